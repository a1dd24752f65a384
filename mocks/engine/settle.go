package engine

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Under a clock that stands still nothing races. What a call has made due at once is done
// before its answer is written, and its webhooks leave after that:
//
//	call   ── hold ── commit ── settle: the rows that are due ── answer ── letGo
//	Run            ·· waits ····································             ── deliveries
//
// A running clock has no such order: rows fall due whenever their time has come.

// hold keeps Run from what falls due in a sandbox whose clock stands still, until the
// answer of the call is written. Calls hold side by side.
func (c *Call) hold() {
	if c.held != nil || !c.Sandbox.Clock.Frozen {
		return
	}
	if c.held = c.s.pop.get(c.Sandbox.Name); c.held != nil {
		c.held.answering.RLock()
	}
}

// letGo lets Run go on when the answer is on its way. w is nil where nobody waits for it.
func (c *Call) letGo(w gin.ResponseWriter) {
	if c.held == nil {
		return
	}
	if w != nil && c.wrote && c.s.alarms.listening() {
		_ = http.NewResponseController(w).Flush() // a webhook must not overtake the answer
	}
	c.held.answering.RUnlock()
	c.held = nil
}

// settle finishes what a call has made due at once.
func (c *Call) settle() {
	if c.held == nil || !c.wrote {
		return
	}
	err := c.s.settle(context.WithValue(context.WithoutCancel(c.Context()), causeKey{}, c.ID()), c.Sandbox.Name, c.held)
	if err != nil {
		c.Note("what fell due could not be done yet: %v", err)
		c.s.cfg.Log.Error("due row", "sandbox", c.Sandbox.Name, "cause", c.ID(), "error", err)
	}
}

// catchUp finishes what a call before this one could not, a failing store say: this answer
// must see it.
func (c *Call) catchUp() error {
	l := c.s.pop.get(c.Sandbox.Name)
	if l == nil || !l.unsettled.Load() {
		return nil
	}
	return c.s.settle(context.WithoutCancel(c.Context()), c.Sandbox.Name, l)
}

// mostAtOnce is how many rows one call may finish. Rows that call each other for ever are
// left to the clock.
const mostAtOnce = 1000

// settle runs the rows of a sandbox, deliveries apart, that are due at the instant at which
// its clock stands.
func (s *Server) settle(ctx context.Context, name string, l *live) (err error) {
	l.rows.Lock()
	defer l.rows.Unlock()
	defer func() { l.unsettled.Store(err != nil) }()
	for range mostAtOnce {
		sb, err := s.load(ctx, name)
		if err != nil || !sb.Clock.Frozen {
			return unlessAbsent(err) // absent: it has ended
		}
		due, kind, ok, err := s.firstDue(ctx, name, s.ownKinds, sb.Now(s.cfg.Wall()))
		if err != nil || !ok {
			return err
		}
		if err := s.runDue(ctx, sb, kind, due); err != nil {
			return err
		}
	}
	return nil
}

// firstDue finds the row that is due first among some kinds, up to an instant.
func (s *Server) firstDue(ctx context.Context, name string, kinds []string, to time.Time) (first time.Time, kind string, ok bool, err error) {
	for _, k := range kinds {
		due, any, err := s.cfg.Store.NextDue(ctx, name, k, s.cfg.Wall())
		if err != nil {
			return first, "", false, err
		}
		if any && !due.After(to) && (!ok || due.Before(first)) {
			first, kind, ok = due, k, true
		}
	}
	return first, kind, ok, nil
}
