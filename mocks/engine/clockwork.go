package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/scenarios"
)

// Task carries out a due row of its kind, in the row's own transaction and at the
// row's own virtual time. It must end the row or give it a later due time.
type Task func(tx Tx, id string) error

// pumpTime is how long one move of the clock may work before it reports what remains.
const pumpTime = 30 * time.Second

// lease is how long a claimed row belongs to its claimer, in wall time.
const lease = time.Minute

// Move is how a sandbox's clock is to move. Exactly one of its fields is set.
type Move struct {
	Advance *scenarios.Span // forward, running what falls due on the way
	Set     *time.Time      // to an instant; forward it runs what falls due, back it runs nothing
	Freeze  *bool           // true stops the clock, false lets it run
	Rate    *float64        // virtual seconds in a second
	Follow  bool            // follow the wall clock again
}

// Moved reports a move of the clock.
type Moved struct {
	Sandbox   sandbox.Sandbox
	From, Now time.Time
	Ran       int  // due rows that ran
	Remaining bool // the time allowed ran out before all was done
}

// MoveClock moves the clock of a sandbox. Conflict when another move is at work.
func (s *Server) MoveClock(ctx context.Context, name string, mv Move) (Moved, error) {
	sb, err := s.Enter(ctx, name)
	if err != nil {
		return Moved{}, err
	}
	end, err := s.beginMove(name)
	if err != nil {
		return Moved{}, err
	}
	defer end()
	out := Moved{From: sb.Now(s.cfg.Wall())}
	var to time.Time
	switch {
	case mv.Advance != nil:
		to = mv.Advance.AddTo(out.From)
	case mv.Set != nil:
		to = *mv.Set
	}
	if _, err := mv.apply(sb.Clock, s.cfg.Wall(), to); err != nil { // before anything has happened
		return out, problem.Invalid("", problem.Format, "%v", err)
	}
	if to.After(out.From) {
		report, err := s.pump(ctx, sb, out.From, to)
		if err != nil {
			return out, err
		}
		out.Ran, out.Remaining, to = report.Ran, report.Remaining, report.At
	}
	out.Sandbox, err = s.change(ctx, sb, func(sb *sandbox.Sandbox) error {
		v, err := mv.apply(sb.Clock, s.cfg.Wall(), to)
		sb.Clock = v
		return err
	})
	if err != nil {
		return out, err
	}
	out.Now = out.Sandbox.Now(s.cfg.Wall())
	if _, err := s.cfg.Store.Sweep(ctx, name, out.Now); err != nil {
		return out, err
	}
	s.write(name, journal.Entry{Kind: journal.Clock, At: out.Now, Cause: causeOf(ctx), Notes: []string{fmt.Sprintf(
		"the clock moved from %s to %s, %d due rows ran", out.From.Format(time.RFC3339), out.Now.Format(time.RFC3339), out.Ran)}})
	return out, nil
}

func (mv Move) apply(v clock.Virtual, wall, to time.Time) (clock.Virtual, error) {
	switch {
	case mv.Freeze != nil && *mv.Freeze:
		return v.Freeze(wall), nil
	case mv.Freeze != nil:
		return v.Thaw(wall), nil
	case mv.Rate != nil:
		return v.WithRate(wall, *mv.Rate)
	case mv.Follow:
		return clock.Following(), nil
	}
	return v.Set(wall, to)
}

// pump runs what falls due in a sandbox between two instants.
func (s *Server) pump(ctx context.Context, sb sandbox.Sandbox, from, to time.Time) (clock.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, pumpTime)
	defer cancel()
	return clock.Pump(ctx, &dueRows{s: s, ctx: ctx, sandbox: sb}, from, to)
}

// dueRows are the rows of a sandbox that wait for their instant, of all kinds that
// have a task.
type dueRows struct {
	s       *Server
	ctx     context.Context
	sandbox sandbox.Sandbox
}

func (d *dueRows) Next(to time.Time) (time.Time, func(context.Context, time.Time) error, bool, error) {
	first, kind, ok, err := d.s.firstDue(d.ctx, d.sandbox.Name, d.s.taskKinds, to)
	if err != nil || !ok {
		return first, nil, false, err
	}
	return first, func(ctx context.Context, at time.Time) error {
		if err := d.s.showTime(ctx, &d.sandbox, at); err != nil {
			return err
		}
		if kind == kindDelivery {
			_, err := d.s.deliver(ctx, d.sandbox, at)
			return err
		}
		return d.s.runRow(ctx, d.sandbox, kind, at)
	}, true, nil
}

// showTime sets the clock of a sandbox to the instant at which a row was due, for
// whoever looks at it meanwhile.
func (s *Server) showTime(ctx context.Context, sb *sandbox.Sandbox, at time.Time) error {
	wall := s.cfg.Wall()
	if sb.Now(wall).Equal(at) {
		return nil
	}
	changed, err := s.change(ctx, *sb, func(sb *sandbox.Sandbox) error {
		v, err := sb.Clock.Set(wall, at)
		sb.Clock = v
		return err
	})
	if err == nil {
		*sb = changed
	}
	return err
}

// runRow is runDue when no other row of the engine's own is at work in the sandbox.
func (s *Server) runRow(ctx context.Context, sb sandbox.Sandbox, kind string, at time.Time) error {
	l := s.pop.get(sb.Name)
	if l == nil {
		return nil // it has ended
	}
	l.rows.Lock()
	defer l.rows.Unlock()
	return s.runDue(ctx, sb, kind, at)
}

// runDue claims the first due row of a kind and runs its task at the row's own time. A
// row that is gone by then needs nothing.
func (s *Server) runDue(ctx context.Context, sb sandbox.Sandbox, kind string, at time.Time) error {
	wall := s.cfg.Wall()
	rows, err := s.cfg.Store.Claim(ctx, sb.Name, kind, at, wall, lease, 1)
	if err != nil || len(rows) == 0 {
		return err
	}
	id := rows[0].ID
	e := s.numbered(sb.Name, journal.Entry{Kind: journal.Task, At: at, Cause: causeOf(ctx), Notes: []string{fmt.Sprintf("%s %s was due", kind, id)}})
	e.Did, err = s.transact(ctx, sb, func(tx store.Tx, sb sandbox.Sandbox) Tx { return s.newTx(tx, nil, sb, at, e.ID, &afterwards{}) }, func(t Tx) error {
		if _, err := t.tx.Get(kind, id); errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return s.tasks[kind](t, id)
	})
	if err != nil {
		return errors.Join(err, s.release(ctx, sb, kind, id))
	}
	for _, d := range e.Did {
		if d.What == timelineKept || d.What == connectionChanged {
			e.Connection = d.Subject
		}
	}
	s.write(sb.Name, e)
	return nil
}

// release gives a claimed row back, so that the next move finds it.
func (s *Server) release(ctx context.Context, sb sandbox.Sandbox, kind, id string) error {
	return s.do(ctx, sb, func(tx store.Tx, _ sandbox.Sandbox) error {
		rec, err := tx.Get(kind, id)
		if err != nil {
			return err
		}
		return tx.Update(rec)
	})
}

// ownTasks are the due rows of the engine itself.
// Of two rows that are due at one instant the kind that stands first here goes first, so
// that a delivery finds all that happened at its instant.
func (s *Server) ownTasks() {
	s.tasks = map[string]Task{kindConnection: consentEnded, kindUpkeep: upkeepDue, kindRefresh: refreshDue, kindTimeline: keepAppointment}
	s.ownKinds = []string{kindConnection, kindUpkeep, kindRefresh, kindTimeline}
	s.taskKinds = append(slices.Clone(s.ownKinds), kindDelivery)
}

// consentEnded ends the row of a consent whose time has come. The state of the
// connection is no row's business: it is a function of the time (StateAt), so that a
// clock that is set back brings the consent back.
func consentEnded(tx Tx, id string) error {
	conn, err := connections.Get(tx.tx, id)
	if err != nil {
		return err
	}
	err = connections.Update(tx.tx, id, func(c connect.Connection) (connect.Connection, error) { return c, nil }, store.DueAt(time.Time{}))
	if err != nil || conn.StateAt(tx.Now) != connect.ConsentExpired {
		return err
	}
	tx.did(connectionChanged, id, string(connect.ConsentExpired))
	tx = tx.Of(conn.Provider)
	if err := tx.keepUp(conn); err != nil {
		return err
	}
	return tx.Emit(Event{Name: ConsentEnded, Connection: conn})
}

// record writes an entry that no request made.
func (s *Server) record(name string, kind journal.Kind, at time.Time, text string) {
	s.write(name, journal.Entry{Kind: kind, At: at, Notes: []string{text}})
}

// numbered gives an entry that is no call its name, so that what it sets off can say so.
func (s *Server) numbered(name string, e journal.Entry) journal.Entry {
	ring := s.cfg.Journal.Ring(name)
	e.Seq = ring.Next()
	if e.ID == "" {
		e.ID = requestID(name, ring.Number())
	}
	return e
}

// write keeps an entry that is no call.
func (s *Server) write(name string, e journal.Entry) {
	if e.Seq == 0 {
		e = s.numbered(name, e)
	}
	e.Wall = s.cfg.Wall()
	s.cfg.Journal.Ring(name).Add(&e)
}

type causeKey struct{}

// Because gives the call's context for what it sets off: entries of that have the call as
// their cause.
func (c *Call) Because() context.Context {
	return context.WithValue(c.Context(), causeKey{}, c.ID())
}

func causeOf(ctx context.Context) string {
	id, _ := ctx.Value(causeKey{}).(string)
	return id
}
