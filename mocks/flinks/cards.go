package flinks

import (
	"net/http"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// deleteCard forgets a card and all that was said of it, unless its data is just being
// collected.
func deleteCard(c *engine.Call) (engine.Reply, error) {
	var id string
	err := c.Do(func(tx engine.Tx) error {
		conn, err := cardByLogin(c, tx, c.Path("loginId"))
		if err != nil {
			return err
		}
		id = conn.ID
		if busy, err := inUse(tx, conn); err != nil {
			return err
		} else if busy {
			return &problem.Error{Code: problem.Conflict, Detail: "the data of this card is to be read or is being collected: read it with the RequestId of its login, or wait until that is over (8 minutes; 30 while it is collected), then delete"}
		}
		return tx.EraseConnection(conn.ID)
	})
	return engine.JSON(http.StatusOK, struct {
		StatusCode int    `json:"StatusCode"` // sic
		Message    string `json:"Message"`
	}{http.StatusOK, "All of the information about LoginId " + id + " has been removed"}), err
}

// inUse says whether a card is at work: its data is being collected, which to the client it
// is until somebody was told of it or the request that asked for it is over; and, unless
// an option says otherwise, from a live login on, after which the data is to be read.
func inUse(tx engine.Tx, conn connect.Connection) (bool, error) {
	if conn.Refreshing != "" {
		return true, nil
	}
	if _, owes, err := owing(tx, conn); err != nil || owes && tx.Under(conn).Option(optInUse) == "after_authorize" {
		return owes, err
	}
	return awaited(tx, conn)
}

// owing is the live request whose data of a card nobody has read yet, if there is one.
func owing(tx engine.Tx, conn connect.Connection) (connect.Session, bool, error) {
	s, err := tx.Session(conn.Params[paramOwed])
	return s, err == nil && tx.Now.Before(s.ExpiresAt), absent(err)
}

// absent is no error where something is gone.
func absent(err error) error {
	if problem.Is(err, problem.NotFound) {
		return nil
	}
	return err
}

// setScheduledRefresh switches the nightly refresh of a card. One client writes its
// parameters into the query, in snake case.
func setScheduledRefresh(c *engine.Call) (engine.Reply, error) {
	var body struct {
		LoginID     word
		IsActivated flag
	}
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	id := firstWord(string(body.LoginID), c.Query("loginId"), c.Query("login_id"))
	if id == "" {
		return engine.Reply{}, problem.Invalid("LoginId", problem.Missing, "LoginId is missing")
	}
	if !body.IsActivated.set {
		text := firstWord(c.Query("isActivated"), c.Query("is_activated"))
		if err := body.IsActivated.UnmarshalJSON([]byte(text)); err != nil || !body.IsActivated.set {
			return engine.Reply{}, problem.Invalid("IsActivated", problem.Missing, "IsActivated must be true or false")
		}
	}
	err := c.Do(func(tx engine.Tx) error {
		conn, err := cardByLogin(c, tx, id)
		if err != nil {
			return err
		}
		id = conn.ID
		_, err = tx.SetAutoRefresh(conn.ID, body.IsActivated.on)
		return err
	})
	verb := "activated"
	if !body.IsActivated.on {
		verb = "deactivated"
	}
	return engine.JSON(http.StatusOK, "LoginId "+id+" has now been "+verb+" for automatic refresh"), err
}

// Documented: what a card needs to be refreshed at night.
const week = 7 * 24 * time.Hour

// retryable are the errors after which a night is tried again.
var retryable = map[problem.Code]bool{
	problem.InstitutionUnavailable: true, problem.Internal: true, problem.SessionExpired: true, problem.ChallengeExpired: true,
	problem.InstitutionDisabled: true, problem.Unauthorized: true, problem.PermissionMissing: true, problem.ConsentExpired: true,
	problem.NotFound: true, problem.Maintenance: true,
}

// AllowRefresh says whether a card is refreshed this night. An answer that the bank refuses is
// forgotten with it. A card that has rested too long is passed over: no run has failed.
func (Provider) AllowRefresh(tx engine.Tx, conn connect.Connection) error {
	p := ineligibility(tx, conn)
	switch {
	case p == nil:
		return nil
	case p.Code == rested:
		return engine.ErrSkip
	case p.Code == problem.ChallengeRequired:
		if _, err := tx.ChangeConnection(conn.ID, forgetWrong); err != nil {
			return err
		}
	}
	return p
}

// rested is the problem of a card that nobody has read, or that has brought nothing, for a
// week.
const rested problem.Code = "rested"

// ineligibility is why a card is not refreshed at night, nil for none. What has stopped it is
// met first, then a question of the bank that has no stored answer.
func ineligibility(tx engine.Tx, conn connect.Connection) *problem.Error {
	switch conn.StateAt(tx.Now) {
	case connect.Revoked, connect.ConsentExpired:
		return problem.New(problem.ConsentExpired, "the consent has ended")
	case connect.LoginRequired:
		if conn.Failure != "" && !retryable[conn.Failure] {
			return problem.New(conn.Failure, "the bank refused the last refresh")
		}
		return problem.New(problem.LoginRequired, "the bank wants the user to log in")
	}
	if missing := unanswered(tx, conn, true); len(missing) > 0 {
		return problem.New(problem.ChallengeRequired, "the bank asks %q, and no answer is stored", missing[0])
	}
	switch {
	case conn.Ephemeral:
		return problem.New(problem.LoginInvalid, "the card was not to be saved")
	case conn.RefreshedAt.IsZero() || tx.Now.Sub(conn.RefreshedAt) > week:
		return problem.New(rested, "the last success is more than seven days ago")
	case conn.Failure != "" && conn.Failure != problem.ChallengeRequired && !retryable[conn.Failure]:
		return problem.New(conn.Failure, "the last refresh ended in an error that is not tried again")
	case tx.Option(optHook) == "" && tx.Now.Sub(lastRead(conn)) > week:
		return problem.New(rested, "the card was not read for seven days, and there is no webhook")
	}
	return nil
}

// lastRead is when a card's data was last asked for: at the latest when it was connected.
func lastRead(conn connect.Connection) time.Time {
	if conn.ReadAt.IsZero() {
		return conn.CreatedAt
	}
	return conn.ReadAt
}

type ineligible struct {
	LoginID              string  `json:"LoginId"`
	LastRefreshDate      string  `json:"LastRefreshDate"`
	LastRefreshState     string  `json:"LastRefreshState"`
	LastRefreshErrorCode *string `json:"LastRefreshErrorCode"`
}

// feed are the states of the request feed that a problem ends in (documented: the
// dashboard's words, without the blanks that the one example leaves out).
var feed = map[string]string{
	"QUESTION_NOT_FOUND": "AnsweringSecurityChallenge", "SESSION_EXPIRED": "SessionExpired", "INVALID_PASSWORD": "InvalidPassword",
	"INVALID_USERNAME": "InvalidUsername", "INVALID_LOGIN": "InvalidLogin",
}

// getNightlyRefreshStatus lists the cards that wanted to be refreshed and will not be.
func getNightlyRefreshStatus(c *engine.Call) (engine.Reply, error) {
	out := struct {
		HTTPStatusCode  int          `json:"HttpStatusCode"`
		FlinksCode      string       `json:"FlinksCode,omitempty"`
		IneligibleCards []ineligible `json:"IneligibleCards"`
	}{HTTPStatusCode: http.StatusOK, FlinksCode: okCode(c)}
	err := c.View(func(tx engine.Tx) error {
		out.IneligibleCards = []ineligible{}
		cards, err := tx.Connections()
		if err != nil {
			return err
		}
		only := firstWord(c.Query("loginId"), c.Query("LoginId"))
		if only != "" {
			if _, err := cardByLogin(c, tx, only); absent(err) != nil {
				return err
			} else if err != nil {
				return &problem.Error{Code: problem.NotFound, Subject: loginSubject, ID: only}
			}
		}
		for _, conn := range cards {
			if conn.Paused || conn.Ephemeral || conn.Params[paramCustomer] != customer(c) || only != "" && conn.ID != strings.ToLower(only) {
				continue
			}
			p := ineligibility(tx, conn)
			if p == nil {
				continue
			}
			out.IneligibleCards = append(out.IneligibleCards, newIneligible(conn, p.Code))
		}
		return nil
	})
	return engine.JSON(http.StatusOK, out), err
}

// newIneligible says how the last run ended; that of a card that rests is the last one
// that there was.
func newIneligible(conn connect.Connection, code problem.Code) ineligible {
	if code == rested {
		code = conn.Failure
	}
	word := codes[code].code
	i := ineligible{LoginID: conn.ID, LastRefreshDate: loginOf(conn).LastRefresh, LastRefreshState: feed[word]}
	switch {
	case code == "" && conn.RefreshedAt.IsZero(): // it was authorized, and no more
		i.LastRefreshState = "PartiallyCompleted"
		return i
	case code == "":
		i.LastRefreshState = "Completed"
		return i
	case i.LastRefreshState == "":
		i.LastRefreshState = "NotCompleted"
	}
	if word != "QUESTION_NOT_FOUND" { // the one example has none then
		i.LastRefreshErrorCode = &word
	}
	return i
}
