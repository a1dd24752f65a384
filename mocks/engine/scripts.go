package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/scenarios"
)

// chain names the scenarios in force, nearest first: those named at the call, the one
// that the user name names, and the provider's own for a test user. The sandbox's and
// the default come behind them.
type chain struct {
	call     []string
	username string
	magic    string
}

// scripts are the scenarios of a chain, ready to ask.
type scripts struct {
	layers  scenarios.Layers
	rules   *scenarios.Compiled
	options map[string]string // of the provider
	refused error             // a name of the chain that is no scenario of this provider's
	left    string            // why the sandbox's scenario does not count here
}

// layerCache keeps scripts by chain: few chains serve many calls.
type layerCache struct {
	mu sync.RWMutex
	m  map[string]*scripts
}

const layerCacheSize = 4096

// happy is the scenario behind all others: everything works.
const happy = "happy"

// clip shortens a name that somebody sent, for an error.
func clip(name string) string { return name[:min(len(name), 60)] }

// scripts gives the scenarios in force for a chain in a sandbox.
func (s *Server) scripts(sb sandbox.Sandbox, m *mount, ch chain) *scripts {
	own := cmp.Or(sb.Scenario, s.cfg.Scenario)
	key := m.man.Name + "\x00" + own + "\x00" + ch.username + "\x00" + ch.magic + "\x00" + strings.Join(ch.call, "\x00")
	s.layers.mu.RLock()
	sc := s.layers.m[key]
	s.layers.mu.RUnlock()
	if sc != nil {
		return sc
	}
	for _, name := range append([]string{ch.username, ch.magic}, ch.call...) {
		if _, ok := s.cfg.Scenarios.Get(name); !ok && name != "" {
			// Refused anew each time: what anybody may send is never a key of the cache.
			return &scripts{refused: problem.Invalid("Stunt-Scenario", problem.NotAllowed, "%v", s.cfg.Scenarios.Unknown(clip(name)))}
		}
	}
	sc = s.compile(m, own, ch)
	s.layers.mu.Lock()
	defer s.layers.mu.Unlock()
	if len(s.layers.m) >= layerCacheSize || s.layers.m == nil {
		s.layers.m = map[string]*scripts{}
	}
	s.layers.m[key] = sc
	return sc
}

func (s *Server) compile(m *mount, own string, ch chain) *scripts {
	sc := &scripts{}
	for _, name := range ch.call {
		s.layer(sc, m, scenarios.SourceCall, name)
	}
	s.layer(sc, m, scenarios.SourceUsername, ch.username)
	s.layer(sc, m, scenarios.SourceSandbox, own)
	s.layer(sc, m, scenarios.SourceProvider, ch.magic)
	if own != happy {
		s.layer(sc, m, scenarios.SourceDefault, happy)
	}
	sc.rules = scenarios.Compile(sc.layers)
	sc.options = sc.layers.Options(m.man.Name)
	return sc
}

// layer adds a scenario. One that means nothing to the provider is refused where the
// call named it, and left out where the sandbox has it for other providers.
func (s *Server) layer(sc *scripts, m *mount, source, name string) {
	if name == "" {
		return
	}
	found, ok := s.cfg.Scenarios.Get(name)
	if !ok {
		return
	}
	if names, why := found.AppliesTo(s.vocab); !slices.Contains(names, m.man.Name) {
		if source == scenarios.SourceCall || source == scenarios.SourceUsername {
			sc.refused = problem.Invalid("Stunt-Scenario", problem.NotAllowed,
				"scenario %q means nothing to %s: %s", name, m.man.Title, why[m.man.Name])
		} else {
			sc.left = fmt.Sprintf("the %s's scenario %q means nothing to %s: %s", source, name, m.man.Title, why[m.man.Name])
		}
		return
	}
	sc.layers = append(sc.layers, scenarios.Layer{Source: source, Scenario: found})
}

// before lets the scenario act ahead of the handler: latency, then a problem.
func (c *Call) before() error {
	if c.m.isEngine {
		return nil // nothing scripts the control API
	}
	sc := c.scripts()
	if sc.refused != nil {
		return sc.refused
	}
	if sc.left != "" {
		c.Note("%s", sc.left)
	}
	if c.rt.page {
		return nil // a page does what several operations do, see Meet
	}
	return c.meet(scenarios.Fact{Provider: c.m.man.Name, Operation: c.rt.Op, OperationID: c.rt.ID}, c.rt.ID)
}

// Meet lets the scenario act on an operation that a page carries out itself, as it would
// on a call of it.
func (c *Call) Meet(operation string) error {
	return c.meet(scenarios.Fact{Provider: c.m.man.Name, Operation: operation}, operation)
}

// meet lets the rules of a fact act; counter names what they count.
func (c *Call) meet(fact scenarios.Fact, counter string) error {
	sc := c.scripts()
	if sc.rules.For(fact) == nil {
		return nil
	}
	fact.Account = c.accountKey()
	if c.conn != nil {
		fact.Institution, fact.Persona = c.conn.Institution, c.conn.Persona
	}
	if sc.rules.Counts(fact) {
		n, err := c.count(counter)
		if err != nil {
			return err
		}
		fact.Call = n
	}
	d, ok := sc.rules.Decide(fact)
	if !ok {
		return nil
	}
	why := &c.entry.Why
	why.Scenario, why.Layer, why.Rule, why.Call = d.Layer.Scenario.Name, d.Layer.Source, d.String(), fact.Call
	if d.Effects.Latency > 0 {
		why.Injected = true
		if err := c.s.cfg.Sleep(c.Context(), d.Effects.Latency); err != nil {
			return problem.New(problem.Timeout, "the client left while the answer was delayed")
		}
	}
	if d.Effects.Problem == "" {
		return nil
	}
	why.Injected = true
	return &problem.Error{
		Code: problem.Code(d.Effects.Problem), Detail: d.Effects.Message,
		RetryAfter: d.Effects.RetryAfter, Injected: true,
	}
}

// count numbers this call of the operation, per connection where it has one.
func (c *Call) count(counter string) (n int64, err error) {
	name := "rule/" + c.m.man.Name + "." + counter
	if c.conn != nil {
		name += "/" + c.conn.ID
	}
	err = c.Do(func(tx Tx) error {
		n, err = tx.tx.Next(name)
		return err
	})
	return n, err
}

// accountKey is the canonical key of the account in the call's path, if it has one.
func (c *Call) accountKey() string {
	if c.conn == nil {
		return ""
	}
	for _, p := range c.params {
		if key := c.s.accountKey(c.Sandbox, *c.conn, p.Value); key != "" {
			return key
		}
	}
	return ""
}
