package control

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

func (a *API) listSessions(c *engine.Call) (engine.Reply, error) {
	all, err := a.s.Sessions(c.Context(), c.Sandbox.Name)
	if err != nil {
		return engine.Reply{}, err
	}
	out := []sessionView{}
	for _, s := range all {
		v, err := a.session(c, s, c.Now)
		if err != nil {
			return engine.Reply{}, err
		}
		out = append(out, v)
	}
	return engine.JSON(http.StatusOK, map[string]any{"sessions": out}), nil
}

// sessionOf is the session of the path.
func sessionOf(c *engine.Call) (connect.Session, error) {
	if s := c.Session(); s != nil {
		return *s, nil
	}
	return connect.Session{}, problem.New(problem.NotFound,
		"there is no session %q in the sandbox %q: GET /_stunt/v1/sessions lists them, and a reset ends them", c.Path("handle"), c.Sandbox.Name)
}

// movable is the session of the path while it has not ended.
func movable(c *engine.Call) (connect.Session, error) {
	s, err := sessionOf(c)
	if err == nil && s.Step.Final() {
		err = problem.New(problem.Conflict, "the session has ended (%s): start another one", s.Step)
	}
	return s, err
}

func (a *API) getSession(c *engine.Call) (engine.Reply, error) {
	s, err := sessionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	now := c.Now
	if c.HasQuery("wait") {
		if s, now, err = a.await(c, s); err != nil {
			return engine.Reply{}, err
		}
	}
	return a.sessionReply(c, s, now)
}

func (a *API) sessionReply(c *engine.Call, s connect.Session, now time.Time) (engine.Reply, error) {
	v, err := a.session(c, s, now)
	return engine.JSON(http.StatusOK, v), err
}

type drivenView struct {
	Session       sessionView       `json:"session"`
	Events        []connect.Event   `json:"events"`
	HandBack      *string           `json:"hand_back"`
	HandBackQuery map[string]string `json:"hand_back_query"`
	Connection    *string           `json:"connection"`
}

// driveSession walks the session with what the body knows, as the page's forms would.
func (a *API) driveSession(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Institution string            `json:"institution"`
		Method      string            `json:"method"`
		Username    string            `json:"username"`
		Password    string            `json:"password"`
		Fields      map[string]string `json:"fields"`
		Answers     json.RawMessage   `json:"answers"`
		Accounts    []string          `json:"accounts"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	before, err := movable(c)
	if err != nil {
		return engine.Reply{}, err
	}
	answers := connect.Answers{
		Institution: body.Institution, Method: body.Method, Fields: loginOf(body.Username, body.Password, body.Fields), Accounts: body.Accounts,
	}
	if answers.Institution == "" {
		man, _, _ := a.s.Provider(before.Provider)
		answers.Institution = man.Samples["institution"]
	}
	if answers.Challenges, answers.Right, err = parseAnswers(body.Answers); err != nil {
		return engine.Reply{}, err
	}
	if len(body.Accounts) > 0 && !before.Has(connect.Accounts) {
		return engine.Reply{}, problem.Invalid("accounts", problem.NotAllowed,
			"%s has no step that asks for accounts: leave accounts out, or script them (login: {accounts: [main]})", before.Provider)
	}
	var out drivenView
	err = c.Do(func(engine.Tx) error {
		after, err := c.Run(answers)
		if err != nil {
			return err
		}
		v, err := a.session(c, after, c.Now)
		if err != nil {
			return err
		}
		out = drivenView{
			Session: v, Events: append([]connect.Event{}, after.Events[len(before.Events):]...),
			HandBackQuery: map[string]string{}, Connection: optional(after.Connection),
		}
		// The page of an expired session stays: nothing is handed back.
		target, err := c.HandBackURL(after)
		if target != "" && after.Step != connect.Expired {
			out.HandBack = &target
			out.HandBackQuery = queryOf(target)
		}
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// queryOf gives the first value of each parameter of a URL.
func queryOf(target string) map[string]string {
	out := map[string]string{}
	if u, err := url.Parse(target); err == nil {
		for name, values := range u.Query() {
			out[name] = values[0]
		}
	}
	return out
}

// parseAnswers reads one item per challenge, each a text or a list with a text per
// field; or the word right.
func parseAnswers(raw json.RawMessage) (answers [][]string, right bool, err error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, false, nil
	}
	if string(raw) == `"right"` {
		return nil, true, nil
	}
	wrong := problem.Invalid("answers", problem.WrongType,
		`answers must be "right", or a list with one item per challenge: ["0000"], [["00","00","00"]], ["approve"]`)
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, false, wrong
	}
	for _, item := range items {
		var one string
		var fields []string
		switch {
		case string(item) == "null":
			return nil, false, wrong
		case json.Unmarshal(item, &one) == nil:
			fields = []string{one}
		case json.Unmarshal(item, &fields) != nil:
			return nil, false, wrong
		}
		answers = append(answers, fields)
	}
	return answers, false, nil
}

func (a *API) approveChallenge(c *engine.Call) (engine.Reply, error) {
	return a.decide(c, connect.DoApprove)
}

func (a *API) denyChallenge(c *engine.Call) (engine.Reply, error) {
	return a.decide(c, connect.DoDeny)
}

// decide answers a decoupled challenge as the user's phone would, and the bank's own question
// for access as the user does there.
func (a *API) decide(c *engine.Call, verb connect.Verb) (engine.Reply, error) {
	s, err := movable(c)
	if err != nil {
		return engine.Reply{}, err
	}
	ch, ok, err := challengeOf(c, s)
	if err != nil {
		return engine.Reply{}, err
	}
	if s.Step != connect.Approving && (!ok || !ch.Kind.Decoupled()) {
		at := string(s.Step)
		if ok {
			at += " " + string(ch.Kind)
		}
		return engine.Reply{}, problem.New(problem.Conflict,
			"the session is at the step %s, where nothing is approved on another device: wait until it is at a push, qr or redirect challenge or at the bank's approval, or drive it there", at)
	}
	return a.advance(c, verb)
}

// inputSession does one thing that a button of the page does.
func (a *API) inputSession(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Verb connect.Verb `json:"verb"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	if _, err := movable(c); err != nil {
		return engine.Reply{}, err
	}
	return a.advance(c, body.Verb)
}

func (a *API) cancelSession(c *engine.Call) (engine.Reply, error) {
	if _, err := movable(c); err != nil {
		return engine.Reply{}, err
	}
	return a.advance(c, connect.DoCancel)
}

// requestInstitution is the user who does not find a bank.
func (a *API) requestInstitution(c *engine.Call) (engine.Reply, error) {
	s, err := movable(c)
	if err != nil {
		return engine.Reply{}, err
	}
	if s.Step != connect.Institution {
		return engine.Reply{}, problem.New(problem.Conflict,
			"the session is at the step %s, where no institution is chosen: ask while it is at institution", s.Step)
	}
	return a.advance(c, connect.DoRequest)
}

func (a *API) advance(c *engine.Call, verb connect.Verb) (engine.Reply, error) {
	var reply engine.Reply
	err := c.Do(func(engine.Tx) error {
		s, err := c.Advance(connect.Input{Verb: verb, Rev: connect.AnyRev})
		if err == nil {
			reply, err = a.sessionReply(c, s, c.Now)
		}
		return err
	})
	return reply, err
}

func (a *API) listInbox(c *engine.Call) (engine.Reply, error) {
	all, err := a.s.Inbox(c.Context(), c.Sandbox.Name)
	if err != nil {
		return engine.Reply{}, err
	}
	out := []engine.Message{}
	for _, m := range all {
		if only := c.Query("session"); only == "" || only == m.Session {
			out = append(out, m)
		}
	}
	return engine.JSON(http.StatusOK, map[string]any{"messages": out}), nil
}
