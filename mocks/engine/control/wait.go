package control

import (
	"context"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/scenarios"
)

// How long a call waits, in wall time.
const (
	usualWait   = 10 * time.Second
	longestWait = time.Minute
)

// errStopping is told to whoever waits when the server stops.
var errStopping = problem.New(problem.Timeout, "the server is stopping: ask the next one")

// anyEnd is the name of the state that stands for every final step.
const anyEnd = "final"

// await holds the call until the session is at the step that it asks for. It sleeps
// until something in the sandbox is written, and looks again. Conflict when the session
// has ended elsewhere, Timeout when the time is over.
func (a *API) await(c *engine.Call, s connect.Session) (connect.Session, time.Time, error) {
	want := strings.TrimPrefix(c.Query("wait"), "state:")
	if want == "success" { // the word of the pages' data-state
		want = string(connect.Succeeded)
	}
	patience, err := patienceOf(c)
	if err != nil {
		return s, c.Now, err
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	for over := false; ; {
		changed := a.s.Changed(c.Sandbox.Name)
		now, err := a.reload(c, &s)
		switch {
		case err != nil:
			return s, now, err
		case string(s.Step) == want, want == anyEnd && s.Step.Final():
			return s, now, nil
		case s.Step.Final():
			return s, now, problem.New(problem.Conflict, "the session has ended (%s%s) and will not be at %s: start another one", s.Step, because(s), want)
		case over:
			return s, now, problem.New(problem.Timeout, "after %s the session is at %s and not at %s: move it, or wait longer with timeout=", patience, s.Step, want)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			over = true // one last look: time alone may have ended the session
		case <-a.s.Stopping():
			return s, now, errStopping
		}
	}
}

// reload reads the session and the time of its sandbox anew.
func (a *API) reload(c *engine.Call, s *connect.Session) (time.Time, error) {
	ctx := context.WithoutCancel(c.Context())
	sb, err := a.s.Look(ctx, c.Sandbox.Name)
	if err != nil {
		return c.Now, err
	}
	now := sb.Now(a.s.Wall())
	fresh, err := a.s.Session(ctx, sb.Name, s.ID)
	if err != nil {
		return now, problem.New(problem.NotFound, "the session is gone: its sandbox %q was reset or deleted meanwhile", sb.Name)
	}
	*s = at(fresh, now)
	return now, nil
}

func because(s connect.Session) string {
	if s.Trouble == nil {
		return ""
	}
	return ": " + string(s.Trouble.Code)
}

func patienceOf(c *engine.Call) (time.Duration, error) {
	text := c.Query("timeout")
	if text == "" {
		return usualWait, nil
	}
	span, err := scenarios.ParseSpan(text)
	if err != nil {
		return 0, problem.Invalid("timeout", problem.Format, "%v", err)
	}
	d, exact := span.Duration()
	if !exact || d > longestWait {
		return 0, problem.Invalid("timeout", problem.TooLarge, "timeout is %s: use at most 1m", text)
	}
	return d, nil
}
