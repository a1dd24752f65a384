package engine

import (
	"errors"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
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

	call     *Call            // that it is part of; nil for rows that were due
	end      *afterwards      // what is to be done outside the store
	punctual bool             // an entry of a timeline is being carried out
	moving   *connect.Session // the session that this transaction moves: the store has it as it was before
	cause    string           // the entry of whoever runs it
	ch       chain
	named    []string // the scenarios that the call itself names, nearest first
}

// Connection reads a connection of the provider. NotFound is a *problem.Error.
func (t Tx) Connection(id string) (connect.Connection, error) {
	c, err := connections.Get(t.tx, id)
	if err != nil {
		return connect.Connection{}, orAbsent(err, "connection", id)
	}
	if c.Provider != t.m.man.Name {
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
	var before, out connect.Connection
	err := connections.Update(t.tx, id, func(c connect.Connection) (connect.Connection, error) {
		before = c
		err := fn(&c)
		out = c
		return c, err
	})
	if err == nil && (out.Owner != before.Owner || out.UserKey != before.UserKey) {
		err = errors.Join(t.unfile(kindConnection, id, before.Owner, before.UserKey), t.file(kindConnection, id, out.Owner, out.UserKey, time.Time{}))
	}
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
	if err := errors.Join(t.unfile(kindConnection, id, conn.Owner, conn.UserKey), connections.Delete(t.tx, id)); err != nil {
		return err
	}
	t.did(connectionDeleted, id, "")
	return t.Emit(Event{Name: ConnectionDeleted, Connection: conn})
}

// Session reads a session by its id.
func (t Tx) Session(id string) (connect.Session, error) {
	s, err := sessions.Get(t.tx, id)
	if err != nil {
		return connect.Session{}, orAbsent(err, "session", id)
	}
	if s.Provider != t.m.man.Name {
		return connect.Session{}, problem.Absent("session", id)
	}
	return s, nil
}
