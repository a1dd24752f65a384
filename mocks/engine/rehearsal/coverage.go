package rehearsal

import (
	"maps"
	"slices"
	"sync"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Coverage adds up what the cases of a run have exercised. It is safe for use by several
// goroutines: Took is what a server's Config.Watch takes.
type Coverage struct {
	mu sync.Mutex
	of map[string]*exercised
}

type exercised struct {
	edges    map[connect.Transition]bool
	problems map[string]bool
	calls    map[string]bool
}

// NewCoverage makes an empty one.
func NewCoverage() *Coverage { return &Coverage{of: map[string]*exercised{}} }

func (c *Coverage) provider(name string) *exercised {
	if c.of[name] == nil {
		c.of[name] = &exercised{edges: map[connect.Transition]bool{}, problems: map[string]bool{}, calls: map[string]bool{}}
	}
	return c.of[name]
}

// Took notes an edge that a session took.
func (c *Coverage) Took(provider string, edge connect.Transition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.provider(provider).edges[edge] = true
}

// Add notes what a case met.
func (c *Coverage) Add(r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.provider(r.Provider.Name)
	for _, name := range r.Problems {
		e.problems[name] = true
	}
	for _, name := range r.Calls {
		e.calls[name] = true
	}
}

// Covered is what was exercised of a provider, and what was not.
type Covered struct {
	Taken, Missing  []connect.Transition
	Problems, Unmet []string // canonical
	Calls, Uncalled []string // canonical operations that the provider serves
}

// Share is how much of the machine's edges was taken, from 0 to 1.
func (c Covered) Share() float64 {
	return float64(len(c.Taken)) / float64(max(1, len(c.Taken)+len(c.Missing)))
}

// Of compares what was exercised with what a provider's flow has. served are its operations.
func (c *Coverage) Of(man engine.Manifest, served ...string) (out Covered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.provider(man.Name)
	journeys := man.Journeys()
	var verbs []connect.Verb
	if !man.HasPages() { // scenarios log users in by calls, which know the usual flow alone
		verbs, journeys = connect.ByCalls, []connect.Journey{{Flow: man.FlowOf("")}}
	}
	for _, edge := range connect.Transitions(journeys, kindsOf(man), verbs...) {
		waits := edge.From == connect.Waiting || edge.To == connect.Waiting
		if waits && man.Data != connect.AtLogin || edge.Problem == problem.NoAccounts && man.Data == connect.AtFirstCall {
			continue // it is the data that is waited for and that has no accounts, not the login
		}
		if !man.HasPages() && edge.Problem == problem.InvalidRequest {
			continue // a call that says something wrong is refused, and leaves no session behind
		}
		if e.edges[edge] {
			out.Taken = append(out.Taken, edge)
		} else {
			out.Missing = append(out.Missing, edge)
		}
	}
	for _, code := range problem.Codes() {
		if e.problems[string(code)] {
			out.Problems = append(out.Problems, string(code))
		} else {
			out.Unmet = append(out.Unmet, string(code))
		}
	}
	out.Calls = slices.Sorted(maps.Keys(e.calls))
	for _, op := range engine.Operations() {
		if slices.Contains(served, op) && !e.calls[op] {
			out.Uncalled = append(out.Uncalled, op)
		}
	}
	return out
}

// kindsOf are challenges that stand for all that a provider has: one that is answered on
// the page and one that is answered elsewhere.
func kindsOf(man engine.Manifest) (kinds []connect.Kind) {
	for _, decoupled := range []bool{false, true} {
		for _, kind := range connect.Kinds() {
			if _, has := man.Challenges[kind]; has && kind.Decoupled() == decoupled && (decoupled || kind.Sent()) {
				kinds = append(kinds, kind)
				break
			}
		}
	}
	return kinds
}
