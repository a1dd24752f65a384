package flinks

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// A stored answer is kept as what the bank will make of it, never as it was written.
const (
	paramStored = "stored/" // and the prompt
	storedRight = "right"
	storedWrong = "wrong"
)

// unanswered are the bank's questions to a card's user without a stored answer; the next
// run wants the right one, and forgets a wrong one.
func unanswered(tx engine.Tx, conn connect.Connection, right bool) (out []string) {
	for _, q := range questionsOf(tx, conn) {
		state := conn.Params[paramStored+q.in(conn.Lang)]
		if state == "" || right && state == storedWrong {
			out = append(out, q.in(conn.Lang))
		}
	}
	return out
}

// forgetWrong drops the stored answers that the bank has refused.
func forgetWrong(conn *connect.Connection) error {
	for name, verdict := range conn.Params {
		if strings.HasPrefix(name, paramStored) && verdict == storedWrong {
			delete(conn.Params, name)
		}
	}
	return nil
}

// questionsOf are all questions that a card's user may be asked: none, where the bank
// asks none.
func questionsOf(tx engine.Tx, conn connect.Connection) []question {
	tx = tx.Under(conn)
	var out []question
	for _, ch := range tx.Asked(conn) {
		if ch.Kind != connect.Question {
			continue
		}
		for _, q := range questions[tx.Option(optCountry)] {
			if q.in(conn.Lang) == ch.Prompt {
				return slices.Clone(questions[tx.Option(optCountry)])
			}
		}
		out = append(out, question{ch.Prompt, ch.Prompt, strings.Join(firstOfLists(ch.Answers), ",")})
	}
	return out
}

func firstOfLists(lists [][]string) []string {
	if len(lists) == 0 {
		return nil
	}
	return lists[0]
}

type storedQuestion struct {
	Question string `json:"Question"`
	Answer   word   `json:"Answer,omitempty"`
}

// collected finds a card whose user agreed to have the questions stored.
func collected(c *engine.Call, tx engine.Tx, id string) (connect.Connection, error) {
	conn, err := cardByLogin(c, tx, id)
	if err == nil && conn.Params[paramWithMFA] != "true" {
		err = problem.Invalid("WithMfaQuestions", problem.Missing,
			"this card has no stored questions: authorize it with WithMfaQuestions and Save true")
	}
	return conn, err
}

// getMFAQuestions lists the questions that lack an answer.
func getMFAQuestions(c *engine.Call) (engine.Reply, error) {
	out := struct {
		HTTPStatusCode int              `json:"HttpStatusCode"`
		Message        string           `json:"Message"`
		Questions      []storedQuestion `json:"Questions"`
	}{HTTPStatusCode: http.StatusOK, Message: "SUCCESS"}
	err := c.View(func(tx engine.Tx) error {
		out.Questions = []storedQuestion{}
		conn, err := collected(c, tx, c.Path("loginId"))
		if err != nil {
			return err
		}
		for _, q := range unanswered(tx, conn, false) {
			out.Questions = append(out.Questions, storedQuestion{Question: q})
		}
		return nil
	})
	return engine.JSON(http.StatusOK, out), err
}

// answerMFAQuestions stores answers for the nightly refresh.
func answerMFAQuestions(c *engine.Call) (engine.Reply, error) {
	var body struct {
		LoginID   word
		Questions []storedQuestion
	}
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	if body.LoginID == "" || len(body.Questions) == 0 {
		return engine.Reply{}, problem.Invalid("Questions", problem.Missing, "send LoginId and Questions, a list of Question and Answer")
	}
	for _, q := range body.Questions {
		if q.Question == "" || q.Answer == "" {
			return engine.Reply{}, problem.Invalid("Questions", problem.Missing, "each item of Questions needs its Question, as GetMFAQuestions has it, and its Answer")
		}
	}
	err := c.Do(func(tx engine.Tx) error {
		conn, err := collected(c, tx, string(body.LoginID))
		if err != nil {
			return err
		}
		known := append(questionsOf(tx, conn), questions[tx.Under(conn).Option(optCountry)]...)
		_, err = tx.ChangeConnection(conn.ID, func(conn *connect.Connection) error {
			for _, given := range body.Questions {
				verdict := verdictOn(known, conn.Lang, given)
				if verdict == "" {
					return &problem.Error{Code: problem.ChallengeInvalid, Reason: unknownKey, Param: "Question",
						Detail: fmt.Sprintf("The bank never asks %.80q: send a Question byte for byte as GetMFAQuestions has it", given.Question)}
				}
				conn.Params[paramStored+given.Question] = verdict
			}
			return nil
		})
		return err
	})
	return engine.JSON(http.StatusOK, struct {
		HTTPStatusCode int    `json:"HttpStatusCode"`
		Message        string `json:"Message"`
	}{http.StatusOK, "Answers updated"}), err
}

// withStored answers what the bank asks at a live login with what is stored of the card,
// as far as that reaches. A wrong answer is forgotten at its use; the user is asked then.
func withStored(tx engine.Tx, s connect.Session) (connect.Session, error) {
	for s.Step == connect.Challenging && s.Trouble == nil {
		ch, err := asked(tx, s)
		if err != nil {
			return s, err
		}
		conn, err := tx.Connection(s.Connection)
		if err != nil {
			return s, absent(err) // a card that is being made has none stored
		}
		before := s.Rev
		switch conn.Params[paramStored+ch.Prompt] {
		case storedRight:
			if s, err = tx.Walk(s.ID, connect.Answers{Challenges: [][]string{{answerOf(tx, conn, ch.Prompt)}}}); err == nil {
				s, err = entered(tx, s)
			}
		case storedWrong:
			_, err = tx.ChangeConnection(conn.ID, func(conn *connect.Connection) error {
				delete(conn.Params, paramStored+ch.Prompt)
				return nil
			})
		}
		if err != nil || s.Rev == before {
			return s, err
		}
	}
	return s, nil
}

// answerOf is the right answer to one of the questions of a card.
func answerOf(tx engine.Tx, conn connect.Connection, prompt string) string {
	for _, q := range questionsOf(tx, conn) {
		if q.in(conn.Lang) == prompt {
			return q.answer
		}
	}
	return ""
}

// verdictOn is what the bank will make of an answer, empty for one to a question that it
// never asks.
func verdictOn(known []question, lang string, given storedQuestion) string {
	for _, q := range known {
		if q.in(lang) != given.Question {
			continue
		}
		if connect.Plain(string(given.Answer)) == connect.Plain(q.answer) {
			return storedRight
		}
		return storedWrong
	}
	return ""
}
