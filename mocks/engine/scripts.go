package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
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
	casts   casts
}

// layerCache keeps scripts by chain: few chains serve many calls.
type layerCache struct {
	mu sync.RWMutex
	m  map[layerKey]*scripts
}

type layerKey struct{ provider, own, username, magic, call string }

const layerCacheSize = 4096

// happy is the scenario behind all others: everything works.
const happy = "happy"

// clip shortens a name that somebody sent, for an error.
func clip(name string) string { return name[:min(len(name), 60)] }

// scripts gives the scenarios in force for a chain in a sandbox.
func (s *Server) scripts(sb sandbox.Sandbox, m *mount, ch chain) *scripts {
	own := cmp.Or(sb.Scenario, s.cfg.Scenario)
	key := layerKey{m.man.Name, own, ch.username, ch.magic, strings.Join(ch.call, "\x00")}
	s.layers.mu.RLock()
	sc := s.layers.m[key]
	s.layers.mu.RUnlock()
	if sc != nil {
		return sc
	}
	for _, name := range append([]string{ch.username, ch.magic}, ch.call...) {
		if _, ok := s.Scenarios().Get(name); !ok && name != "" {
			// Refused anew each time: what anybody may send is never a key of the cache.
			return &scripts{refused: problem.Invalid("Stunt-Scenario", problem.NotAllowed, "%v", s.Scenarios().Unknown(clip(name)))}
		}
	}
	library := s.Scenarios()
	sc = s.compile(m, own, ch)
	s.layers.mu.Lock()
	defer s.layers.mu.Unlock()
	if s.Scenarios() != library {
		return sc // another one came meanwhile: this may still be of the old one
	}
	if len(s.layers.m) >= layerCacheSize || s.layers.m == nil {
		s.layers.m = map[layerKey]*scripts{}
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
	last := scenarios.SourceSandbox // happy is behind all others, also behind the provider's test users
	if own != happy {
		s.layer(sc, m, scenarios.SourceSandbox, own)
		last = scenarios.SourceDefault
	}
	s.layer(sc, m, scenarios.SourceProvider, ch.magic)
	s.layer(sc, m, last, happy)
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
	found, ok := s.Scenarios().Get(name)
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

// before lets the scenario act ahead of the handler: it waits, and then it may answer
// in the handler's place.
func (c *Call) before() (reply Reply, answered bool, err error) {
	if c.m.isEngine {
		return reply, false, nil // nothing scripts the control API
	}
	sc := c.scripts()
	if sc.refused != nil {
		return reply, false, sc.refused
	}
	if sc.left != "" {
		c.Note("%s", sc.left)
	}
	return c.meet(scenarios.Fact{Provider: c.m.man.Name, Operation: c.rt.Op, Also: c.rt.Also, OperationID: c.rt.ID})
}

// Meet lets the scenario act on an operation that a page carries out itself, as it would
// on a call of it.
func (c *Call) Meet(operation string) error {
	_, answered, err := c.meet(scenarios.Fact{Provider: c.m.man.Name, Operation: operation})
	if answered || c.malform {
		c.raw, c.violate, c.malform = false, false, false // a page cannot show a raw answer: what it asked for has failed
		return &problem.Error{Code: problem.Internal, Detail: "a scenario answers " + operation + " itself", Injected: true}
	}
	return err
}

// meet lets the rules of a fact act.
func (c *Call) meet(fact scenarios.Fact) (reply Reply, answered bool, err error) {
	d, met, err := c.decide(fact)
	if err != nil || !met {
		return reply, false, err
	}
	why, e := &c.entry.Why, d.Effects
	why.Scenario, why.Layer, why.Rule = d.Layer.Scenario.Name, d.Layer.Source, d.String()
	if wait := d.Wait + e.Timeout; wait > 0 {
		why.Injected, why.Waited = true, wait.Milliseconds()
		if err := c.s.cfg.Sleep(c.Context(), wait); err != nil {
			return reply, false, problem.New(problem.Timeout, "the client left while the answer was delayed")
		}
	}
	c.malform = e.Malformed
	switch {
	case e.Timeout > 0:
		c.cut = true
		return reply, false, &problem.Error{Code: problem.Timeout, Detail: "the line was cut without an answer", Injected: true}
	case e.Status > 0:
		why.Injected, c.raw, c.violate = true, true, e.Violate
		reply = Reply{Status: e.Status, Raw: []byte(e.Body)}
		if !e.JSON && e.Body != "" && !json.Valid(reply.Raw) {
			reply.ContentType = "text/plain; charset=utf-8"
		}
		return reply, true, nil
	case e.Problem != "":
		why.Injected = true
		return reply, false, &problem.Error{Code: problem.Code(e.Problem), Detail: e.Message, RetryAfter: e.RetryAfter, Injected: true}
	}
	return reply, false, nil
}

// decide finds the rule that a fact meets, with all that is known of the call.
func (c *Call) decide(fact scenarios.Fact) (d scenarios.Decision, met bool, err error) {
	rules := c.scripts().rules
	if !rules.Has(fact) {
		return d, false, nil
	}
	fact.Now, fact.Header, fact.Seed, fact.Page = c.Now, c.Header, c.Sandbox.Seed, c.pageNumber()
	fact.Account = c.accountKey()
	switch {
	case c.sess != nil:
		fact.Step, fact.Institution = string(c.sess.Step), c.sess.Institution
	case !c.page() && c.rt.Is(opSubmit): // an app that logs its user in begins there
		fact.Step = string(connect.Credentials)
	}
	if conn := c.about(); conn != nil {
		fact.Institution, fact.Persona, fact.Connected = conn.Institution, conn.Persona, conn.CreatedAt
	}
	if counted := rules.Counted(fact); len(counted) > 0 {
		if fact.Calls, err = c.count(counted); err != nil {
			return d, false, err
		}
		c.entry.Why.Call = fact.Calls[counted[0]]
	}
	if d, met = rules.Decide(fact); d.Call > 0 {
		c.entry.Why.Call = d.Call
	}
	c.entry.Why.Draws = strings.Join(d.Draws, "; ")
	return d, met, nil
}

// pageNumber is the page of a list that is asked for; 0 for a provider without pages.
func (c *Call) pageNumber() int64 {
	if c.m.man.PageNumber.Name == "" {
		return 0
	}
	n, err := strconv.ParseInt(cmp.Or(c.at(c.m.man.PageNumber), "1"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// count numbers this call among those of each operation that it is: per connection where
// it has one, else per session, else in the sandbox.
func (c *Call) count(operations []string) (calls map[string]int64, err error) {
	of, conn := "", c.about()
	switch {
	case conn != nil:
		of = "/" + conn.ID
	case c.sess != nil:
		of = "/" + c.sess.ID
	}
	err = c.s.do(c.Context(), c.Sandbox, func(tx store.Tx, _ sandbox.Sandbox) error {
		calls = make(map[string]int64, len(operations))
		for _, on := range operations {
			if calls[on], err = tx.Next("rule/" + c.m.man.Name + "/" + on + of); err != nil {
				return err
			}
		}
		return nil
	})
	return calls, err
}

// accountKey is the canonical key of the account in the call's path, if it has one.
func (c *Call) accountKey() string {
	conn := c.about()
	if conn == nil {
		return ""
	}
	for _, p := range c.params {
		if key := c.s.accountKey(c.Sandbox, *conn, p.Value); key != "" {
			return key
		}
	}
	return ""
}

// explainAttempt tells the journal which attempt of the script decided what the user
// met, and which layer it came from.
func (c *Call) explainAttempt(before, after connect.Session) {
	m := c.s.byName[after.Provider]
	login, from := c.s.scripts(c.Sandbox, m, chainOf(after)).layers.Login()
	why := &c.entry.Why
	if n := after.Attempts; n > before.Attempts {
		why.Attempt = fmt.Sprintf("login %d: %s", n, login.Credentials.At(n))
	}
	for i, n := range after.Tried {
		if i < len(login.MFA) && n > 0 && (i >= len(before.Tried) || n > before.Tried[i]) {
			why.Attempt = fmt.Sprintf("challenge %d, answer %d: %s", i+1, n, login.MFA[i].Attempts.At(n))
		}
	}
	if from.Scenario != nil && why.Attempt != "" {
		why.Scenario, why.Layer = from.Scenario.Name, from.Source
	}
}
