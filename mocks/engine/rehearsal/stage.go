package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/scenarios"
)

// Stage is a server on which scenarios are played. Its library must have them.
type Stage struct {
	Base       string // http://127.0.0.1:8080
	Client     *http.Client
	Vocabulary scenarios.Vocabulary
	Providers  []engine.Manifest
	Clock      time.Time // where sandboxes stand whose scenario has no clock
	// Signature holds a webhook to what signs it: the server's CheckSignature.
	Signature func(ctx context.Context, sandbox, provider string, header http.Header, body []byte) error
	// Answer is what an app calls to answer a challenge: the server's AnswerCall.
	Answer func(ctx context.Context, sandbox, session string, given []string, right bool) (operationID string, body any, err error)
}

// Case is a scenario on one of the providers that it applies to.
type Case struct {
	Scenario *scenarios.Scenario
	Provider engine.Manifest
	// Steps is how many of its expectations can be played there, from the first, and Lacks
	// what the provider lacks for the next; empty when all can.
	Steps int
	Lacks string
}

// Untestable is why nothing of it can be played there; empty when something can.
func (c Case) Untestable() string {
	if c.Steps > 0 {
		return ""
	}
	return c.Lacks
}

// Rest says which step is not played, nor any behind it, and why; empty when all are.
func (c Case) Rest() string {
	if c.Lacks == "" {
		return ""
	}
	step := c.Scenario.Expect[c.Steps]
	return fmt.Sprintf("line %d, %s: %s", step.Line, describe(step), c.Lacks)
}

// Name is what a case is called in reports.
func (c Case) Name() string { return c.Scenario.Name + " on " + c.Provider.Name }

// Cases lists what there is to play. A scenario without expectations, or for which no
// provider is at hand, gives none.
func (s *Stage) Cases(list []*scenarios.Scenario) (cases []Case) {
	for _, sc := range list {
		names, _ := sc.AppliesTo(s.Vocabulary)
		for _, man := range s.Providers {
			if slices.Contains(names, man.Name) && len(sc.Expect) > 0 {
				steps, lacks := sc.Reach(man.Name, s.Vocabulary)
				cases = append(cases, Case{sc, man, steps, lacks})
			}
		}
	}
	return cases
}

// Result is how a case went.
type Result struct {
	Case
	Held     int      // steps that did
	Miss     *Miss    // the first step that did not; nil when all did
	Problems []string // canonical ones that were met
	Calls    []string // operations that were called, by the app or its user
}

// Miss is an expectation that was not met.
type Miss struct {
	File     string
	Line     int
	Did      string // what the step does
	Expected string
	Seen     string
	Why      string // what the journal says of it; may be empty
}

// Error is the miss in one line.
func (m *Miss) Error() string {
	return fmt.Sprintf("%s:%d: %s: expected %s, seen %s", m.File, m.Line, m.Did, m.Expected, m.Seen)
}

// Play plays a case in a sandbox of its own, up to the first step that does not hold. The
// error is about the stage: a server that is not there, or a context that has ended.
func (s *Stage) Play(ctx context.Context, c Case) (Result, error) {
	r := Result{Case: c}
	p := &play{stage: s, c: c, result: &r, driver: engine.NewDriver(s.Base, sandboxOf(c), c.Provider)}
	if s.Client != nil {
		p.driver.Client = s.Client
	}
	defer func() {
		if p.hears != nil {
			p.hears.server.Close()
		}
	}()
	if err := p.begin(ctx); err != nil {
		return r, err
	}
	for _, step := range c.Scenario.Expect[:c.Steps] {
		err := p.step(ctx, step)
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		if err != nil {
			if !errors.As(err, &r.Miss) {
				r.Miss = &Miss{Did: describe(step), Expected: "it to be possible", Seen: err.Error()}
			}
			r.Miss.File, r.Miss.Line = c.Scenario.File, step.Line
			break
		}
		r.Held++
	}
	return r, p.note(ctx)
}

// sandboxOf names a case's sandbox by the case alone, so that every run mints the same.
func sandboxOf(c Case) string {
	h := fnv.New32a()
	h.Write([]byte(c.Name()))
	name := c.Scenario.Name
	return fmt.Sprintf("t-%s-%08x", name[:min(len(name), 29)], h.Sum32())
}
