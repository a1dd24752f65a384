package engine

import (
	"errors"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// keep is how long something that has ended is remembered, so that "expired" and
// "unknown" stay two answers.
const keep = 24 * time.Hour

// Tx is one transaction of one sandbox, as providers see it.
type Tx struct {
	Now time.Time

	tx   store.Tx
	s    *Server
	m    *mount
	sb   sandbox.Sandbox
	refs []located // the ids and tokens that the call sent

	end      *afterwards // what is to be done outside the store
	punctual bool        // an entry of a timeline is being carried out
	cause    string      // the entry of whoever runs it
	ch       chain
	named    []string // the scenarios that the call itself names, nearest first
}

// Issue mints the nth grant of a kind below a subject (a session or a connection) and
// stores it by hash.
func (t Tx) Issue(kind grant.Kind, subject string, n int) (string, grant.Grant, error) {
	class, ok := t.m.man.Tokens[kind]
	if !ok {
		return "", grant.Grant{}, errors.New("engine: the manifest has no token class " + strconv.Quote(string(kind)))
	}
	secret := t.Secret(kind, subject, n)
	g := grant.Issue(kind, t.m.man.Name, subject, n, t.rules(kind, class), t.Now)
	g.Of = kindSession
	if _, err := t.tx.Get(kindConnection, subject); err == nil {
		g.Of = kindConnection
	}
	opts := []store.Option{store.InGroup(subject), store.WithLookup(store.HashOf(secret))}
	if end := g.ExpiresAt(); !end.IsZero() {
		opts = append(opts, store.ExpiresAt(end.Add(keep)))
	}
	t.did(grantIssued, subject, string(kind))
	if err := grants.Create(t.tx, grantKey(kind, subject, n), g, opts...); err != nil {
		return "", g, err
	}
	return secret, g, t.expires(g)
}

// mostFree is how many grants of a kind that belong to no session yet a sandbox keeps.
const mostFree = 10_000

// IssueFree mints one more grant of a kind that comes before any session. owner names
// whose it is, an account of the app's with the provider.
func (t Tx) IssueFree(kind grant.Kind, owner string) (string, grant.Grant, error) {
	if n, err := grants.Count(t.tx, owner); err != nil {
		return "", grant.Grant{}, err
	} else if n >= mostFree {
		oldest, err := grants.List(t.tx, store.Query{Group: owner, Limit: 1})
		if err != nil {
			return "", grant.Grant{}, err
		}
		for _, g := range oldest {
			if err := grants.Delete(t.tx, grantKey(g.Kind, g.Subject, g.N)); err != nil {
				return "", grant.Grant{}, err
			}
		}
	}
	n, err := t.tx.Next("grant/" + t.m.man.Name + "/" + string(kind))
	if err != nil {
		return "", grant.Grant{}, err
	}
	return t.Issue(kind, owner, int(n))
}

// Secret gives the text of a grant again.
func (t Tx) Secret(kind grant.Kind, subject string, n int) string {
	return t.m.man.Tokens[kind].Format.Mint(t.s.cfg.Key, t.sb.Name, subject, string(kind), n)
}

// Grants counts the grants of a kind below a subject, used or not.
func (t Tx) Grants(kind grant.Kind, subject string) (int, error) {
	all, err := grants.List(t.tx, store.Query{Group: subject})
	n := 0
	for _, g := range all {
		if g.Kind == kind {
			n++
		}
	}
	return n, err
}

// Find gives the grant behind a secret, if this sandbox minted it and it is of the
// kind; NotFound otherwise. It does not look whether it still works.
func (t Tx) Find(kind grant.Kind, secret string) (grant.Grant, error) {
	for _, ref := range t.refs {
		if ref.Kind != kindGrant || ref.text != secret {
			continue
		}
		if g, err := grants.Get(t.tx, ref.ID); err == nil && g.Kind == kind && g.Provider == t.m.man.Name {
			return g, nil
		}
	}
	return grant.Grant{}, problem.New(problem.InvalidGrant, "no such %s token in this sandbox", kind)
}

// Use uses a grant and says what is wrong with it otherwise: unknown, expired, revoked,
// spent. allow lets a spent one pass (a provider's option). A second use of a grant
// whose family it revokes ends everything that came of its subject, although the call
// fails.
func (t Tx) Use(kind grant.Kind, secret string, allow bool) (grant.Grant, error) {
	return t.UseIn("", kind, secret, allow)
}

// UseIn is Use by a session, which may go on with a grant that counts sessions.
func (t Tx) UseIn(session string, kind grant.Kind, secret string, allow bool) (grant.Grant, error) {
	g, err := t.Find(kind, secret)
	if err != nil {
		return g, err
	}
	trial := g
	if allow {
		trial.Rules.Reuse = grant.AllowReuse
	}
	used, p := trial.Use(t.Now, session)
	if p != nil {
		if p.Code == problem.ReusedGrant && g.Rules.Reuse == grant.RevokeFamily {
			t.onRollback(func(tx Tx) error { return tx.revoke(g.Subject) })
		}
		return g, p
	}
	used.Rules = g.Rules
	if err := t.exchanged(g); err != nil || !g.Rules.Counted() {
		return used, err
	}
	var opts []store.Option
	if end := used.ExpiresAt(); !end.IsZero() {
		opts = append(opts, store.ExpiresAt(end.Add(keep)))
	}
	t.did(grantUsed, g.Subject, string(g.Kind))
	return used, grants.Update(t.tx, grantKey(g.Kind, g.Subject, g.N),
		func(grant.Grant) (grant.Grant, error) { return used, nil }, opts...)
}

// revoke ends the grants of a subject; of a session also those of its connection.
func (t Tx) revoke(subject string) error {
	subjects := []string{subject}
	if s, err := sessions.Get(t.tx, subject); err == nil && s.Connection != "" {
		subjects = append(subjects, s.Connection)
	}
	for _, subject := range subjects {
		all, err := grants.List(t.tx, store.Query{Group: subject})
		if err != nil {
			return err
		}
		for _, g := range all {
			err := grants.Update(t.tx, grantKey(g.Kind, g.Subject, g.N), func(g grant.Grant) (grant.Grant, error) { return g.Revoke(t.Now), nil })
			if err != nil {
				return err
			}
			t.did(grantRevoked, g.Subject, string(g.Kind))
		}
	}
	return nil
}

// rules are the lifetimes of a kind: the manifest's, as the scenarios override them.
func (t Tx) rules(kind grant.Kind, class TokenClass) grant.Rules {
	sc, r := t.s.scripts(t.sb, t.m, t.ch), class.Rules
	if class.IdleOption != "" {
		if d, err := time.ParseDuration(t.Option(class.IdleOption)); err == nil {
			r.Idle = d
		}
	}
	overrides, _ := sc.layers.Tokens()
	o, ok := overrides[string(kind)]
	if !ok {
		return r
	}
	span := func(d *time.Duration, s interface{ AddTo(time.Time) time.Time }) {
		if to := s.AddTo(t.Now); to.After(t.Now) {
			*d = to.Sub(t.Now)
		}
	}
	span(&r.TTL, o.TTL)
	span(&r.Idle, o.Idle)
	span(&r.Absolute, o.Absolute)
	if o.Uses > 0 {
		r.Uses = o.Uses
	}
	if o.Rotate != nil {
		r.Rotate = *o.Rotate
	}
	if o.Reuse != "" {
		r.Reuse = grant.Reuse(o.Reuse)
	}
	if o.Grace != nil {
		r.Grace = o.Grace.AddTo(t.Now).Sub(t.Now)
	}
	return r
}

// Connection reads a connection of the provider. NotFound is a *problem.Error.
func (t Tx) Connection(id string) (connect.Connection, error) {
	c, err := connections.Get(t.tx, id)
	if err != nil || c.Provider != t.m.man.Name {
		return connect.Connection{}, problem.Absent("connection", id)
	}
	return c, nil
}

// Connections lists the provider's connections, newest first.
func (t Tx) Connections() ([]connect.Connection, error) {
	return connections.List(t.tx, store.Query{Group: t.m.man.Name, Newest: true})
}

// ChangeConnection edits a connection.
func (t Tx) ChangeConnection(id string, fn func(*connect.Connection) error) (connect.Connection, error) {
	var out connect.Connection
	err := connections.Update(t.tx, id, func(c connect.Connection) (connect.Connection, error) {
		err := fn(&c)
		out = c
		return c, err
	})
	t.did(connectionChanged, id, string(out.State))
	return out, err
}

// DeleteConnection removes a connection with its refreshes and every grant that reads it.
func (t Tx) DeleteConnection(id string) error {
	conn, err := connections.Get(t.tx, id)
	if err != nil {
		return err
	}
	if err := t.deleteGrants(id); err != nil {
		return err
	}
	for _, group := range []string{id, scheduledGroup(id)} {
		old, err := refreshes.List(t.tx, store.Query{Group: group})
		if err != nil {
			return err
		}
		for _, r := range old {
			if err := refreshes.Delete(t.tx, r.ID); err != nil {
				return err
			}
		}
	}
	if err := upkeeps.Delete(t.tx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := connections.Delete(t.tx, id); err != nil {
		return err
	}
	t.did(connectionDeleted, id, "")
	return t.Emit(Event{Name: ConnectionDeleted, Connection: conn})
}

// deleteGrants removes the grants of a subject.
func (t Tx) deleteGrants(subject string) error {
	all, err := t.tx.List(store.Query{Kind: kindGrant, Group: subject})
	if err != nil {
		return err
	}
	for _, rec := range all {
		if err := grants.Delete(t.tx, rec.ID); err != nil {
			return err
		}
	}
	return nil
}

// Session reads a session by its id.
func (t Tx) Session(id string) (connect.Session, error) {
	s, err := sessions.Get(t.tx, id)
	if err != nil || s.Provider != t.m.man.Name {
		return connect.Session{}, problem.Absent("session", id)
	}
	return s, nil
}
