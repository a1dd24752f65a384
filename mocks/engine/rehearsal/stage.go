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
}

// Case is a scenario on one of the providers that it applies to.
type Case struct {
	Scenario *scenarios.Scenario
	Provider engine.Manifest
	// Untestable is why it cannot be played there; empty when it can.
	Untestable string
}

// Name is what a case is called in reports.
func (c Case) Name() string { return c.Scenario.Name + " on " + c.Provider.Name }

// Cases lists what there is to play. A scenario without expectations, or for which no
// provider is at hand, gives none; neither does one with a user on a provider whose page,
// where the user would be, is not imitated.
func (s *Stage) Cases(list []*scenarios.Scenario) (cases []Case) {
	for _, sc := range list {
		names, _ := sc.AppliesTo(s.Vocabulary)
		for _, man := range s.Providers {
			if slices.Contains(names, man.Name) && len(sc.Expect) > 0 && (man.Entry != "" || !walks(sc)) {
				cases = append(cases, Case{sc, man, s.untestable(sc, man)})
			}
		}
	}
	return cases
}

// walks says whether a scenario expects something of a user.
func walks(sc *scenarios.Scenario) bool {
	return slices.ContainsFunc(sc.Expect, func(s scenarios.Step) bool { return s.Connect != nil })
}

// untestable says why a provider cannot show what a scenario expects; empty when it can.
func (s *Stage) untestable(sc *scenarios.Scenario, man engine.Manifest) string {
	if man.Webhooks == nil && listens(sc) {
		return "it sends no webhooks that could be signed"
	}
	return sc.Untestable(man.Name, s.Vocabulary)
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
	for _, step := range c.Scenario.Expect {
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
	return r, p.look(ctx)
}

// sandboxOf names a case's sandbox by the case alone, so that every run mints the same.
func sandboxOf(c Case) string {
	h := fnv.New32a()
	h.Write([]byte(c.Name()))
	name := c.Scenario.Name
	return fmt.Sprintf("t-%s-%08x", name[:min(len(name), 29)], h.Sum32())
}
