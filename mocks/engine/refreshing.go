package engine

import (
	"context"
	"errors"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// upkeep is the row that makes a provider refresh a connection by itself. All it has is
// its due time; its id is the connection's.
type upkeep struct{}

// Clone copies nothing.
func (u upkeep) Clone() upkeep { return u }

// keepUp plans the next refresh of a connection that nobody asks for, as long as it
// works and is switched on.
func (t Tx) keepUp(conn connect.Connection) error {
	how := t.m.man.Refreshing
	if how.Every <= 0 {
		return nil
	}
	var due time.Time
	if !conn.Paused && conn.StateAt(t.Now) == connect.Active {
		due = conn.NextRefresh(how, t.Now)
	}
	err := upkeeps.Update(t.tx, conn.ID, func(u upkeep) (upkeep, error) { return u, nil }, store.DueAt(due))
	if errors.Is(err, store.ErrNotFound) {
		return upkeeps.Create(t.tx, conn.ID, upkeep{}, store.DueAt(due))
	}
	return err
}

// ErrSkip is a RefreshPolicy's answer that leaves a connection as it is until the next time.
var ErrSkip = errors.New("engine: this refresh is left out")

// upkeepDue refreshes a connection as its provider does by itself, and plans the next
// time.
func upkeepDue(t Tx, id string) error {
	conn, err := connections.Get(t.tx, id)
	if err != nil {
		return err
	}
	t = t.Of(conn.Provider)
	if err := t.keepUp(conn); err != nil {
		return err
	}
	if conn.Paused || conn.Refreshing != "" || conn.StateAt(t.Now) != connect.Active {
		return nil
	}
	if c, ok := t.m.p.(RefreshPolicy); ok {
		why := c.AllowRefresh(t, conn)
		if errors.Is(why, ErrSkip) {
			return nil
		}
		var p *problem.Error
		if errors.As(why, &p) {
			_, why = t.ChangeConnection(id, func(c *connect.Connection) error {
				c.Failure, c.FailedAt = p.Code, t.Now
				return nil
			})
		}
		if why != nil || p != nil {
			return why
		}
	}
	_, err = t.startRefresh(conn, connect.Refresh{Scheduled: true})
	return err
}

// SetAutoRefresh says whether a connection is refreshed by itself from now on.
func (t Tx) SetAutoRefresh(id string, on bool) (connect.Connection, error) {
	conn, err := t.ChangeConnection(id, func(c *connect.Connection) error {
		c.Paused = !on
		return nil
	})
	if err != nil {
		return conn, err
	}
	return conn, t.keepUp(conn)
}

// Collect begins to fetch the data of a connection for a session that is logged in.
// kind is the provider's word for what is wanted; it takes as long as the script says,
// or as given where that is longer.
func (t Tx) Collect(conn connect.Connection, kind, session string, takes time.Duration) (connect.Refresh, error) {
	least := time.Time{}
	if takes > 0 {
		least = t.Now.Add(takes)
	}
	r, err := t.startRefresh(conn, connect.Refresh{Kind: kind, Session: session, ReadyAt: least})
	if err != nil {
		return r, err
	}
	_, err = t.ChangeConnection(conn.ID, func(c *connect.Connection) error {
		c.Unread = r.ID
		return nil
	})
	return r, err
}

// Poll looks at a refresh as an app does that waits for its data: a refresh whose time
// has come, or that was asked for often enough, ends with the look.
func (t Tx) Poll(conn connect.Connection, id string) (connect.Refresh, error) {
	r, err := refreshes.Get(t.tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Connection != conn.ID {
		return r, problem.Absent("refresh", id)
	}
	if err != nil || r.State != connect.RefreshRunning {
		return r, err
	}
	if !r.ReadyAt.IsZero() {
		if t.Now.Before(r.ReadyAt) {
			return r, nil
		}
		return t.ended(r)
	}
	return t.counted(r, t.behaviourOf(conn).Ready.Polls)
}

// counted is a refresh that was looked at once more; the last look ends it.
func (t Tx) counted(r connect.Refresh, polls int) (connect.Refresh, error) {
	if r.Polls++; r.Polls >= polls {
		return t.ended(r)
	}
	return r, refreshes.Update(t.tx, r.ID, func(connect.Refresh) (connect.Refresh, error) { return r, nil })
}

func (t Tx) ended(r connect.Refresh) (connect.Refresh, error) {
	if err := t.endRefresh(r); err != nil {
		return r, err
	}
	return refreshes.Get(t.tx, r.ID)
}

// OnDemand is what an app may say of a refresh.
type OnDemand struct {
	Kind   string               // the provider's word
	Forced connect.RefreshState // the outcome that a test wants; empty: what the bank and the script have
	Assist bool                 // the user must give the second factor, where the bank asks for one at a login
}

// RefreshNow begins a refresh that the app asked for. The problem says why it cannot be:
// InProgress, RateLimited with RetryAfter, LoginRequired, or Conflict with Paused.
func (t Tx) RefreshNow(conn connect.Connection, how OnDemand) (connect.Refresh, error) {
	if p := conn.MayRefresh(t.m.man.Refreshing, t.Now); p != nil {
		return connect.Refresh{}, p
	}
	return t.startRefresh(conn, connect.Refresh{Kind: how.Kind, Forced: how.Forced, Assisted: how.Assist})
}

// RefreshByHand begins a refresh of any provider's connection as the provider itself
// would: nothing but a refresh that runs stands in its way.
func (t Tx) RefreshByHand(id string, forced connect.RefreshState) (connect.Connection, error) {
	conn, err := connections.Get(t.tx, id)
	if err != nil {
		return conn, orAbsent(err, "connection", id)
	}
	if conn.Refreshing != "" {
		return conn, problem.New(problem.Conflict, "the refresh %s of this connection is at work: wait for its end, or advance the clock", conn.Refreshing)
	}
	if _, err := t.Of(conn.Provider).startRefresh(conn, connect.Refresh{Scheduled: true, Forced: forced}); err != nil {
		return conn, err
	}
	return connections.Get(t.tx, id)
}

// startRefresh writes a refresh that runs until the script says that the data is ready.
func (t Tx) startRefresh(conn connect.Connection, r connect.Refresh) (connect.Refresh, error) {
	n, err := t.tx.Next("refresh/" + t.m.man.Name)
	if err != nil {
		return r, err
	}
	r.ID = t.m.man.Refresh.Mint(t.s.cfg.Key, t.sb.Name, t.m.man.Name, "refresh", int(n))
	r.Provider, r.Connection, r.State = conn.Provider, conn.ID, connect.RefreshRunning
	r.StartedAt, r.Since = t.Now, conn.RefreshedAt
	group := scheduledGroup(conn.ID)
	if !unasked(r) {
		group = conn.ID
		if err := t.forgetRefreshes(conn.ID); err != nil {
			return r, err
		}
	}
	opts := []store.Option{store.WithLookup(store.HashOf(r.ID)), store.InGroup(group)}
	due, b := t.Now, t.behaviourOf(conn)
	r.Assisted = r.Assisted && len(b.Challenges) > 0
	switch ready := b.Ready; {
	case r.Assisted:
		s, _, err := t.assist(conn, r, b)
		if err != nil {
			return r, err
		}
		due = s.ExpiresAt // zero: it waits for the user as long as it takes
	case ready.When == connect.After:
		due = t.Now.Add(ready.After)
	case ready.When == connect.Polls && !r.Scheduled:
		due = time.Time{} // PollRefresh ends it
	}
	if r.ReadyAt.After(due) {
		due = r.ReadyAt
	}
	r.ReadyAt = due
	if err := refreshes.Create(t.tx, r.ID, r, append(opts, store.DueAt(due))...); err != nil {
		return r, err
	}
	conn, err = t.ChangeConnection(conn.ID, func(c *connect.Connection) error {
		c.Refreshing = r.ID
		if c.RefreshedAt.IsZero() {
			c.Data = connect.DataImporting
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	name := RefreshStarted
	if r.Initial {
		name = ImportStarted
	}
	if err := t.Emit(Event{Name: name, Connection: conn, Refresh: &r}); err != nil || !r.Scheduled || !due.Equal(t.Now) {
		return r, err
	}
	return r, t.endRefresh(r) // nobody has to see that it has begun
}

// unasked says whether nobody asked for a refresh, and so nobody asks how far it is.
func unasked(r connect.Refresh) bool { return r.Scheduled || r.Initial }

// scheduledGroup holds the refreshes of a connection that nobody asked for.
func scheduledGroup(conn string) string { return conn + "/scheduled" }

// mostRefreshes is how many refreshes of a connection are remembered.
const mostRefreshes = 200

// forgetRefreshes makes room for one more refresh of a connection.
func (t Tx) forgetRefreshes(conn string) error {
	n, err := refreshes.Count(t.tx, conn)
	if err != nil || n < mostRefreshes {
		return err
	}
	oldest, err := refreshes.List(t.tx, store.Query{Group: conn, Limit: 1})
	if err != nil || len(oldest) == 0 {
		return err
	}
	return refreshes.Delete(t.tx, oldest[0].ID)
}

// behaviourOf is what the bank and the script have for a login with the credentials that
// a connection keeps.
func (t Tx) behaviourOf(conn connect.Connection) connect.Behaviour {
	b := connect.Behaviour{MaxLogins: t.m.man.MaxLogins}
	sc := t.s.scripts(t.sb, t.m, chain{call: conn.Layers, username: conn.Suffix, magic: conn.Magic})
	s := connect.Session{Institution: conn.Institution, Params: conn.Params, Lang: conn.Lang}
	b.Institution = t.institution(sc, s)
	t.script(&b, sc, s)
	return b
}

// refreshDue ends a refresh whose time has come.
func refreshDue(t Tx, id string) error {
	r, err := refreshes.Get(t.tx, id)
	if err != nil {
		return err
	}
	if r.Assisted { // the user did not come in time
		r.Forced, r.Problem = connect.RefreshFailed, problem.SessionExpired
	}
	return t.Of(r.Provider).endRefresh(r)
}

// assisted goes on with a refresh whose user has given the second factor, or did not.
func (t Tx) assisted(s connect.Session) error {
	r, err := refreshes.Get(t.tx, s.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.State != connect.RefreshRunning {
		return nil
	}
	if err != nil {
		return err
	}
	if s.Step != connect.Succeeded {
		r.Forced, r.Problem = connect.RefreshFailed, problem.ChallengeInvalid
		if s.Trouble != nil {
			r.Problem = s.Trouble.Code
		}
		if r.Problem == problem.LoginLocked {
			r.Forced = connect.RefreshRejected
		}
	}
	return t.endRefresh(r)
}

// Instant is Now, for what takes a call or a transaction.
func (t Tx) Instant() time.Time { return t.Now }

// Bank opens the data of a connection.
func (t Tx) Bank(conn connect.Connection) (*bank.World, error) { return t.s.World(t.sb, conn) }

// InstitutionOf names the bank of a connection.
func (t Tx) InstitutionOf(conn connect.Connection) Institution { return t.s.institutionOf(t.sb, conn) }

// Refreshes lists what the app asked for, newest first.
func (t Tx) Refreshes(conn string) ([]connect.Refresh, error) {
	return refreshes.List(t.tx, store.Query{Group: conn, Newest: true})
}

// Refresh reads a refresh of a connection. NotFound is a *problem.Error.
func (t Tx) Refresh(conn, id string) (connect.Refresh, error) {
	r, err := refreshes.Get(t.tx, id)
	if err != nil {
		return connect.Refresh{}, orAbsent(err, "refresh", id)
	}
	if r.Connection != conn {
		return connect.Refresh{}, problem.Absent("refresh", id)
	}
	return r, nil
}

// PollRefresh reads a refresh of the call's connection as an app does that waits for it:
// where the script counts, this may be the look that finds it done.
func (c *Call) PollRefresh(conn connect.Connection, id string) (r connect.Refresh, err error) {
	err = c.View(func(tx Tx) error {
		r, err = tx.Refresh(conn.ID, id)
		return err
	})
	ready := c.tx(nil, &afterwards{}).behaviourOf(conn).Ready
	if err != nil || r.State != connect.RefreshRunning || ready.When != connect.Polls {
		return r, err
	}
	err = c.Do(func(tx Tx) error {
		if r, err = tx.Refresh(conn.ID, id); err != nil || r.State != connect.RefreshRunning {
			return err
		}
		r, err = tx.counted(r, ready.Polls)
		return err
	})
	return r, err
}

// SetState makes a connection work, or stop working, and tells the app. by says what did
// it, for whoever asks why.
func (t Tx) SetState(id string, to connect.State, by string) (connect.Connection, error) {
	before, err := connections.Get(t.tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return before, problem.Absent("connection", id)
	}
	if err != nil {
		return before, err
	}
	was := before.StateAt(t.Now)
	conn, err := t.ChangeConnection(id, func(c *connect.Connection) error {
		c.State, c.StateSince, c.StateBy = to, t.Now, by
		if to == connect.Active && was == connect.ConsentExpired {
			c.ConsentEnds = time.Time{} // it has come: agreed anew, without an end
		}
		return nil
	})
	if err != nil || was == to {
		return conn, err
	}
	t = t.Of(conn.Provider)
	if err := t.keepUp(conn); err != nil {
		return conn, err
	}
	name := ConnectionLoginRequired
	switch to {
	case connect.Active:
		name = ConnectionRestored
	case connect.Revoked, connect.ConsentExpired:
		name = ConsentEnded
	}
	return conn, t.Emit(Event{Name: name, Connection: conn})
}

// Pause switches a connection off, or on again: then it is refreshed at once, as far as
// it can be.
func (t Tx) Pause(id string, paused bool) (connect.Connection, error) {
	was := false
	conn, err := t.ChangeConnection(id, func(c *connect.Connection) error {
		was, c.Paused = c.Paused, paused
		return nil
	})
	if err == nil {
		err = t.keepUp(conn)
	}
	if err != nil || paused || !was || conn.Refreshing != "" || conn.StateAt(t.Now) != connect.Active {
		return conn, err
	}
	if _, err := t.startRefresh(conn, connect.Refresh{Scheduled: true}); err != nil {
		return conn, err
	}
	return connections.Get(t.tx, id)
}

// Connections lists the connections of a sandbox, of all providers, oldest first.
func (s *Server) Connections(ctx context.Context, name string) (out []connect.Connection, err error) {
	err = s.cfg.Store.View(ctx, name, func(tx store.Tx) error {
		out, err = connections.List(tx, store.Query{})
		return err
	})
	return out, err
}
