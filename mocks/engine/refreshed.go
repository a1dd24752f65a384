package engine

import (
	"errors"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// endRefresh ends a refresh as the bank and the script have it, and tells.
func (t Tx) endRefresh(r connect.Refresh) error {
	conn, err := connections.Get(t.tx, r.Connection)
	if errors.Is(err, store.ErrNotFound) {
		return refreshes.Delete(t.tx, r.ID)
	}
	if err != nil {
		return err
	}
	r.State, r.Problem = r.Outcome(conn, t.behaviourOf(conn), t.Now)
	r.EndedAt = t.Now
	if r.State == connect.RefreshSucceeded {
		if conn, err = t.withAccounts(conn); err != nil {
			return err
		}
		if r.New, err = t.newRows(conn, r.Since); err != nil {
			return err
		}
	}
	opts := []store.Option{store.DueAt(time.Time{})}
	if unasked(r) {
		opts = append(opts, store.ExpiresAt(t.Now.Add(keep)))
	}
	err = refreshes.Update(t.tx, r.ID, func(connect.Refresh) (connect.Refresh, error) { return r, nil }, opts...)
	if err != nil {
		return err
	}
	accounts, first := conn.Accounts, conn.RefreshedAt.IsZero()
	conn, err = t.ChangeConnection(conn.ID, func(c *connect.Connection) error {
		c.Refreshing = ""
		if r.Session == "" && !r.Initial {
			c.Logins++
		}
		c.Failure, c.FailedAt = r.Problem, t.Now
		switch {
		case r.State == connect.RefreshSucceeded:
			c.RefreshedAt, c.FailedAt, c.Accounts, c.Data = t.Now, time.Time{}, accounts, connect.DataReady
			if !unasked(r) {
				c.RefreshedOnDemand, c.RefreshedKind = t.Now, r.Kind
			}
		case r.State == connect.RefreshRejected:
			c.RejectedAt = t.Now
		}
		if first && r.State != connect.RefreshSucceeded {
			c.Data = connect.DataFailed
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range endOf(r, first) {
		if err := t.Emit(Event{Name: name, Connection: conn, Refresh: &r}); err != nil {
			return err
		}
	}
	if r.State == connect.RefreshRejected && conn.State == connect.Active {
		_, err = t.SetState(conn.ID, connect.LoginRequired, "the refresh "+r.ID+", which the bank rejected")
	}
	return err
}

// endOf names what the end of a refresh is told as; first says that there was no data before.
func endOf(r connect.Refresh, first bool) (told []EventName) {
	switch {
	case r.Initial && r.State != connect.RefreshSucceeded:
		return []EventName{ImportFailed}
	case !r.Initial:
		told = append(told, map[connect.RefreshState]EventName{
			connect.RefreshSucceeded: RefreshSucceeded, connect.RefreshFailed: RefreshFailed, connect.RefreshRejected: RefreshRejected,
		}[r.State])
	}
	if first && r.State == connect.RefreshSucceeded {
		told = append(told, ConnectionReady)
	}
	return told
}

// withAccounts is a connection with the accounts of now where its data brings them, rather
// than the login that its user made.
func (t Tx) withAccounts(conn connect.Connection) (connect.Connection, error) {
	if t.m.man.Data != connect.AtFirstCall {
		return conn, nil
	}
	world, err := t.Bank(conn)
	if err == nil {
		conn.Accounts = t.s.scripts(t.sb, t.m, chainOfConnection(conn)).shown(world, t.Now)
	}
	return conn, err
}

// newRows counts what a refresh brings, by account: rows that were not there when the
// data was last looked at.
func (t Tx) newRows(conn connect.Connection, since time.Time) (map[string]int, error) {
	world, err := t.Bank(conn)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, a := range world.AccountsAt(t.Now) {
		if book, ok := world.Book(a.Key); ok && conn.Consents(a.Key) {
			if since.IsZero() { // nothing had been looked at
				out[a.Key] = book.Count(t.Now, bank.Range{})
				continue
			}
			out[a.Key] = book.Added(since, t.Now)
		}
	}
	return out, nil
}
