package engine

import (
	"cmp"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Revealer shows the secrets of a connection that was made without a widget, as the
// provider's dashboard does: for the only time.
type Revealer interface {
	Reveal(tx Tx, conn connect.Connection) (map[string]string, error)
}

// DirectStarter is a provider that says which session a connection without a widget takes.
// params are what its start call or its entry page would have said.
type DirectStarter interface {
	StartDirect(tx Tx, params map[string]string) (NewSession, error)
}

// Direct asks for a connection without a widget.
type Direct struct {
	Provider string
	Product  string            // whose flow it takes; empty: the usual one
	Params   map[string]string // what the provider's start call would have said
	Answers  connect.Answers
}

// Connected is a connection and the secrets that are shown once.
type Connected struct {
	Connection connect.Connection
	Secrets    map[string]string
}

// Connect walks through a session as a user would and makes the connection, all in one
// transaction. A login that fails leaves nothing behind; its problem is the error.
func (c *Call) Connect(d Direct) (Connected, error) {
	m := c.s.byName[d.Provider]
	if m == nil || m.isEngine {
		return Connected{}, problem.Invalid("provider", problem.NotAllowed, "no provider is called %q: use one of %s", d.Provider, strings.Join(c.s.names(), ", "))
	}
	revealer, ok := m.p.(Revealer)
	if !ok {
		return Connected{}, problem.Invalid("provider", problem.NotAllowed, "%s makes connections through its API only", m.man.Title)
	}
	sb, err := c.s.Enter(c.Context(), c.Sandbox.Name) // the control API has only looked at it
	if err != nil {
		return Connected{}, err
	}
	c.Sandbox, c.Now = sb, sb.Now(c.entry.Wall)
	var out Connected
	err = c.Do(func(tx Tx) error {
		tx.m = m
		n := NewSession{Params: d.Params}
		if starter, ok := m.p.(DirectStarter); ok {
			var err error
			if n, err = starter.StartDirect(tx, d.Params); err != nil {
				return err
			}
		}
		n.Product = cmp.Or(d.Product, n.Product)
		s, _, err := tx.StartSession(n)
		if err != nil {
			return err
		}
		begun := s
		s, effects, err := tx.run(s, d.Answers)
		if err != nil {
			return err
		}
		tx.moved(begun, s)
		if s, err = tx.carryOut(s, effects); err != nil {
			return err
		}
		if s.Step != connect.Succeeded {
			return unfinished(s)
		}
		if err := tx.keep(s); err != nil {
			return err
		}
		if out.Connection, err = tx.Connection(s.Connection); err != nil {
			return err
		}
		out.Secrets, err = revealer.Reveal(tx, out.Connection)
		return err
	})
	return out, err
}

// keep stores a session as it is.
func (t Tx) keep(s connect.Session) error {
	return sessions.Update(t.tx, s.ID, func(connect.Session) (connect.Session, error) { return s, nil })
}

// unfinished says why a session did not get through.
func unfinished(s connect.Session) error {
	if t := s.Trouble; t != nil {
		e := problem.New(t.Code, "the login stopped at %s: %s", s.Step, t.Code)
		e.Param = t.Field
		switch {
		case t.Detail != "":
			e.Detail += ": " + t.Detail
		case s.Step == connect.Challenging:
			e.Detail += ": each call starts a new login, so answer step by step in a session (POST /_stunt/v1/sessions/{handle}/drive)"
		}
		return e
	}
	if s.Step == connect.Credentials {
		return problem.Invalid("password", problem.Missing, "the login waits for credentials: send username and password")
	}
	return problem.New(problem.ChallengeRequired, "the login waits at %s: answer it with `answers` (\"right\" finds the right ones)", s.Step)
}
