package engine

import (
	"cmp"
	"errors"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// LogIn is a login that an app makes through the API: a session without pages.
type LogIn struct {
	// Connection is the id of what is connected, which ConnectionID gives for one login.
	// If it exists the session asks for its login again.
	Connection  string
	Ephemeral   bool // nothing is kept: the connection gets an id of its own and ends with the session
	AutoRefresh bool // the connection is refreshed by itself
	Stored      bool // the answers are what is kept, not what the user says now: a connection that has stopped working takes them no more
	Product     string
	Lang        string // in which the bank asks
	Params      map[string]string
	Answers     connect.Answers
}

// attempted counts the logins that were tried for a connection, by its id: the bank
// remembers a wrong password although no connection came of it.
type attempted struct {
	Logins  int    `json:"logins"`
	Session string `json:"session"` // the last one
}

// Clone copies the count.
func (a attempted) Clone() attempted { return a }

// LogIn begins a session and feeds it what the app knows, as far as that reaches.
func (t Tx) LogIn(l LogIn) (connect.Session, error) {
	s := connect.Session{Purpose: connect.Connect, Product: l.Product, Lang: l.Lang, Params: l.Params, Target: l.Connection, Ephemeral: l.Ephemeral, AutoRefresh: l.AutoRefresh}
	_, s.Suffix = t.m.man.splitLogin(l.Answers.Fields, l.Answers.Suffix) // it may say how the institution does
	old, err := attempts.Get(t.tx, l.Connection)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return s, err
	}
	s.Earlier = old.Logins
	conn, err := connections.Get(t.tx, l.Connection)
	switch {
	case l.Ephemeral:
		s.Target = ""
	case err == nil:
		s.Purpose, s.Connection, s.Institution = connect.Reconnect, conn.ID, conn.Institution
		s.Product = cmp.Or(s.Product, conn.Product)
		l.Answers.Method = cmp.Or(l.Answers.Method, conn.Method)
		s.Earlier = max(s.Earlier, conn.Logins)
	case !errors.Is(err, store.ErrNotFound):
		return s, err
	}
	if s, _, err = t.begin(s); err != nil {
		return s, err
	}
	if code := stopped(conn.StateAt(t.Now)); l.Stored && code != "" {
		return t.drive(s.ID, func(t Tx, s connect.Session) (connect.Session, []connect.Effect, error) {
			next, effects := connect.Refuse(s, code, t.Now)
			return next, effects, nil
		})
	}
	if s, err = t.Walk(s.ID, l.Answers); err != nil || s.Attempts == 0 {
		return s, err
	}
	return s, t.remember(l.Connection, attempted{s.Earlier + s.Attempts, s.ID})
}

// stopped is why nobody but the user can log in to a connection of this state; empty when
// others can.
func stopped(s connect.State) problem.Code {
	switch s {
	case connect.LoginRequired:
		return problem.LoginRequired
	case connect.Revoked, connect.ConsentExpired:
		return problem.ConsentExpired
	}
	return ""
}

func (t Tx) remember(id string, a attempted) error {
	expires := store.ExpiresAt(t.Now.Add(keep))
	err := attempts.Update(t.tx, id, func(attempted) (attempted, error) { return a, nil }, expires)
	if errors.Is(err, store.ErrNotFound) {
		return attempts.Create(t.tx, id, a, expires)
	}
	return err
}

// OpenLogin is the session in which the user of a connection is logging in now, if there
// is one. The connection need not exist yet.
func (t Tx) OpenLogin(connection string) (s connect.Session, open bool, err error) {
	last, err := attempts.Get(t.tx, connection)
	if err != nil {
		return s, false, unlessAbsent(err)
	}
	if s, err = sessions.Get(t.tx, last.Session); err != nil {
		return s, false, unlessAbsent(err)
	}
	waits := s.Step == connect.Challenging || s.Step == connect.Waiting
	return s, waits && t.Now.Before(s.ExpiresAt), nil
}

// Read begins a session that reads what a connection keeps: nobody logs in.
func (t Tx) Read(conn connect.Connection, params map[string]string) (connect.Session, error) {
	s, _, err := t.begin(connect.Session{
		Purpose: connect.Read, Connection: conn.ID, Institution: conn.Institution, Username: conn.Username,
		Suffix: conn.Suffix, Params: params, Lang: conn.Lang,
	})
	return s, err
}

// Walk feeds answers to a session, as far as they reach, and carries out what follows.
func (t Tx) Walk(id string, a connect.Answers) (connect.Session, error) {
	return t.drive(id, func(t Tx, s connect.Session) (connect.Session, []connect.Effect, error) { return t.run(s, a) })
}

// Under is the transaction in which the scenarios of a connection are in force, behind
// those that the call itself names.
func (t Tx) Under(conn connect.Connection) Tx {
	t.ch = chainOfConnection(conn)
	t.ch.call = slices.Concat(t.named, conn.Layers)
	return t
}

// UserOf is who logs in to a connection.
func (t Tx) UserOf(conn connect.Connection) (User, error) {
	s := connect.Session{Institution: conn.Institution, Username: conn.Username, Layers: conn.Layers, Suffix: conn.Suffix, Params: conn.Params, Lang: conn.Lang}
	return t.user(s, map[string]string{"username": conn.Username})
}

// Asked are the challenges that the bank puts to the user of a connection.
func (t Tx) Asked(conn connect.Connection) []connect.Challenge { return t.behaviourOf(conn).Challenges }

// EraseConnection removes a connection and all that was said of it: its sessions, its
// refreshes, its deliveries, whether or not they were sent, what a timeline has for it, and
// the codes for its user.
func (t Tx) EraseConnection(id string) error {
	all, err := sessions.List(t.tx, store.Query{Group: t.m.man.Name})
	if err != nil {
		return err
	}
	handles := map[string]bool{}
	for _, s := range all {
		if s.Connection != id && s.Target != id {
			continue
		}
		handles[s.Handle] = true
		if err := t.deleteSession(s); err != nil {
			return err
		}
	}
	sent, err := deliveries.List(t.tx, store.Query{})
	if err != nil {
		return err
	}
	for _, d := range sent {
		if d.Connection != id {
			continue
		}
		if err := t.forgetDelivery(d); err != nil {
			return err
		}
	}
	err = errors.Join(
		eraseAll(t, inbox, func(m Message) bool { return handles[m.Session] }),
		eraseAll(t, appointments, func(a appointment) bool { return a.Connection == id }))
	if err != nil {
		return err
	}
	if err := attempts.Delete(t.tx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return t.DeleteConnection(id)
}

// eraseAll deletes the records of a collection that are of something.
func eraseAll[T store.Value[T]](t Tx, c store.Collection[T], of func(T) bool) error {
	rows, err := t.tx.List(store.Query{Kind: c.Kind})
	if err != nil {
		return err
	}
	for _, row := range rows {
		v, err := c.Decode(row)
		if err != nil {
			return err
		}
		if !of(v) {
			continue
		}
		if err := c.Delete(t.tx, row.ID); err != nil {
			return err
		}
	}
	return nil
}
