package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// rounds bounds the challenges of one login.
const rounds = 20

// logIn does it by the calls of an app that logs its user in through the API: the
// credentials, then an answer to each challenge.
func (p *play) logIn(ctx context.Context, do *scenarios.Connect) (seen, why string, err error) {
	switch do.Do {
	case "poll":
		seen, why, err = p.answer(ctx, nil, false)
	case "approve", "deny": // on the user's own device; then the app asks what came of it
		if err := p.control(ctx, do.Do); err != nil {
			return "", "", err
		}
		seen, why, err = p.answer(ctx, nil, false)
	default:
		seen, why, err = p.enter(ctx, do)
	}
	return seen, why, err
}

// enter logs in, or goes on where a login waits for an answer, as far as what the user
// knows reaches.
func (p *play) enter(ctx context.Context, do *scenarios.Connect) (seen, why string, err error) {
	if p.session.Step != connect.Challenging {
		if seen, why, err = p.submit(ctx, do); err != nil || !p.asked(seen) {
			return seen, why, err
		}
	}
	answers := do.Answers
	for range rounds {
		var given []string
		last := do.MFA == "wrong"
		switch {
		case len(answers) > 0:
			given, answers = answers[0], answers[1:]
		case len(do.Answers) > 0, do.MFA == "none":
			return cmp.Or(seen, p.session.sight()), why, nil
		case do.MFA == "wrong":
			given = []string{"certainly wrong"}
		case p.session.Challenge.Decoupled && p.unapproved():
			last = true
		case p.session.Challenge.Decoupled:
			if err := p.control(ctx, "approve"); err != nil {
				return "", "", err
			}
		}
		seen, why, err = p.answer(ctx, given, given == nil)
		if err != nil || last || !p.asked(seen) {
			return seen, why, err
		}
	}
	return seen, why, nil
}

// unapproved says whether the scenario has the user not approve what is asked elsewhere.
func (p *play) unapproved() bool {
	return p.c.Scenario.Login != nil && slices.ContainsFunc(p.c.Scenario.Login.MFA, func(c scenarios.Challenge) bool {
		return c.Approve.When == scenarios.Never || c.Approve.When == scenarios.Denied
	})
}

// renew logs the user in again where a call needs what the last login has given and its
// time is over, as an app does then. It gives where that leads.
func (p *play) renew(ctx context.Context, op *openapi.Operation) (seen, why string, err error) {
	given := func(name string) bool { return p.c.Provider.Samples[name] == "" }
	if p.user == nil || p.session.Step != connect.Succeeded || !slices.ContainsFunc(op.Example.Needs(), given) {
		return connected, "", nil
	}
	var clock struct {
		Now time.Time `json:"now"`
	}
	if _, err := p.driver.Control(ctx, http.MethodGet, "/clock", nil, &clock); err != nil {
		return "", "", err
	}
	status, err := p.driver.Control(ctx, http.MethodGet, "/sessions/"+p.session.Handle, nil, &p.session)
	if status == http.StatusNotFound { // it has been over for long
		p.session.Expires, err = clock.Now, nil
	}
	if err != nil || p.session.Expires.IsZero() || clock.Now.Before(p.session.Expires) {
		return connected, "", err
	}
	p.session = session{}
	return p.enter(ctx, p.user)
}

// asked says whether the session waits for an answer to a challenge that was just put.
func (p *play) asked(seen string) bool {
	return p.session.Step == connect.Challenging && p.session.Challenge != nil && seen == string(p.session.Challenge.Kind)
}

// submit begins a login with the credentials of a step.
func (p *play) submit(ctx context.Context, do *scenarios.Connect) (seen, why string, err error) {
	p.user = &scenarios.Connect{Institution: do.Institution, Method: do.Method, Username: do.Username, Password: do.Password, Fields: do.Fields}
	p.forget()
	for name, value := range p.login(do) {
		switch value := value.(type) {
		case string:
			if name != "answers" {
				p.driver.Vars[name] = value
			}
		case map[string]string:
			maps.Copy(p.driver.Vars, value)
		}
	}
	before, err := p.newest(ctx)
	if err != nil {
		return "", "", err
	}
	op, err := p.operation("session.submit")
	if err != nil {
		return "", "", err
	}
	return p.tell(ctx, op, nil, func() error {
		p.session, err = p.newest(ctx)
		if p.session.Handle == before.Handle { // it was refused before one was begun
			p.session = session{}
		}
		return err
	})
}

// answer answers the challenge at hand, or asks how far the session is.
func (p *play) answer(ctx context.Context, given []string, right bool) (seen, why string, err error) {
	if p.session.Handle == "" {
		return "", "", fmt.Errorf("no login is under way")
	}
	id, body, err := p.stage.Answer(ctx, p.driver.Sandbox, p.session.ID, given, right)
	if err != nil {
		return "", "", err
	}
	op, err := p.operation(id)
	if err != nil {
		return "", "", err
	}
	return p.tell(ctx, op, body, func() error { return p.look(ctx) })
}

// tell makes a call of a login and gives where the user stands after it: at the problem
// that was answered, or where the session is. look finds out the latter.
func (p *play) tell(ctx context.Context, op *openapi.Operation, body any, look func() error) (sight, why string, err error) {
	a, e, err := p.ask(ctx, op, op.Op, body)
	if err == nil {
		err = look()
	}
	if err != nil {
		return "", "", err
	}
	switch sight = seen(op, a, e); sight {
	case success:
		return p.session.sight(), e.String(), nil
	case pending:
		sight = string(connect.Waiting)
	}
	p.meet(e.Why.Problem)
	return sight, e.String(), nil
}

// await asks for the accounts, and gives whether they are there, and any at all.
func (p *play) await(ctx context.Context, _ *scenarios.Connect) (sight, why string, err error) {
	op, err := p.operation("accounts.list")
	if err != nil {
		return "", "", err
	}
	a, e, err := p.ask(ctx, op, op.Op, nil)
	if err != nil {
		return "", "", err
	}
	switch sight = seen(op, a, e); sight {
	case success:
		sight = connected
		if n, ok := items(a.Body, op.Lists["accounts.list"]); ok && n == 0 {
			sight = string(problem.NoAccounts)
		}
	case pending:
		sight = string(connect.Waiting)
	}
	return sight, e.String(), nil
}

// look finds out how far the session at hand is.
func (p *play) look(ctx context.Context) error {
	handle := p.session.Handle
	p.session = session{}
	_, err := p.driver.Control(ctx, http.MethodGet, "/sessions/"+handle, nil, &p.session)
	return err
}

// control does something on the user's own device.
func (p *play) control(ctx context.Context, what string) error {
	_, err := p.driver.Control(ctx, http.MethodPost, "/sessions/"+p.session.Handle+"/"+what, nil, nil)
	return err
}

// newest is the session that was begun last; its handle is empty before the first.
func (p *play) newest(ctx context.Context) (session, error) {
	var list struct {
		Sessions []session `json:"sessions"`
	}
	_, err := p.driver.Control(ctx, http.MethodGet, "/sessions", nil, &list)
	if err != nil || len(list.Sessions) == 0 {
		return session{}, err
	}
	return list.Sessions[0], nil
}
