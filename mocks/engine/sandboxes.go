package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/scenarios"
)

// live is what the process knows of a sandbox beyond its records.
type live struct {
	used    atomic.Int64 // wall time of the last call, Unix nanoseconds
	swept   atomic.Int64 // virtual time of the last sweep, Unix seconds
	full    atomic.Bool  // it was said that the oldest sessions are forgotten
	lost    atomic.Bool  // it was said that webhooks are given up undelivered
	changed journal.Bell // rings when something in it was written

	answering sync.RWMutex // calls under a clock that stands still share it; Run takes it alone
	rows      sync.Mutex   // one due row of the engine's own at a time
	unsettled atomic.Bool  // a call could not finish its rows

	crew   crew        // who carries out what falls due by itself
	runner atomic.Bool // one of them looks for what is due
}

// population is the sandboxes that exist. Making, ending and resetting one happen one
// at a time; everything else only reads.
type population struct {
	life  sync.Mutex // held while a sandbox is made, ended or reset
	mu    sync.RWMutex
	all   map[string]*live
	lives atomic.Int64 // numbers the sandboxes ever made
	swept atomic.Int64 // wall time at which idle ones were looked for, Unix nanoseconds
}

func (p *population) get(name string) *live {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.all[name]
}

func (p *population) put(name string, l *live) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[string]*live{}
	}
	if l == nil {
		delete(p.all, name)
	} else {
		p.all[name] = l
	}
}

func (p *population) count() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.all)
}

// Enter gives the sandbox of this name and makes it at first use.
func (s *Server) Enter(ctx context.Context, name string) (sandbox.Sandbox, error) {
	sb, err := s.Look(ctx, name)
	if err != nil || sb.Life != 0 {
		return sb, err
	}
	sb, _, err = s.create(ctx, sb)
	return sb, err
}

// Look gives the sandbox of this name as it is, or as its first use would make it.
func (s *Server) Look(ctx context.Context, name string) (sandbox.Sandbox, error) {
	s.use(ctx, name, s.cfg.Wall())
	sb, err := s.load(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return s.blank(name), nil
	}
	return sb, err
}

// use notes that somebody uses a sandbox, and ends those that nobody does.
func (s *Server) use(ctx context.Context, name string, wall time.Time) {
	if l := s.pop.get(name); l != nil {
		l.used.Store(wall.UnixNano())
	}
	s.endIdle(ctx, wall)
}

// Sandbox gives a sandbox that exists. NotFound when there is none.
func (s *Server) Sandbox(ctx context.Context, name string) (sandbox.Sandbox, error) {
	sb, err := s.load(ctx, name)
	return sb, orAbsent(err, "sandbox", name)
}

// Found makes the sandbox of this name: as the server's settings want it, then the
// scenario, then edit. Conflict when there is one already.
func (s *Server) Found(ctx context.Context, name, scenario string, edit func(*sandbox.Sandbox)) (sandbox.Sandbox, error) {
	sb := s.blank(name)
	if scenario != "" {
		sb.Scenario = scenario
		s.shape(&sb)
	}
	edit(&sb)
	sb, made, err := s.create(ctx, sb)
	if err == nil && !made {
		err = problem.New(problem.Conflict, "there is a sandbox %q already: reset it (POST /_stunt/v1/sandboxes/%s/reset) or choose another name", name, name)
	}
	return sb, err
}

func (s *Server) load(ctx context.Context, name string) (sb sandbox.Sandbox, err error) {
	err = s.cfg.Store.View(ctx, name, func(tx store.Tx) error {
		sb, err = sandboxes.Get(tx, kindSandbox)
		return err
	})
	return sb, err
}

// do runs a transaction of a sandbox that must still be the one that the caller knows:
// a call that was on its way while the sandbox was reset must not write into the new
// one. fn gets the sandbox as it is now.
func (s *Server) do(ctx context.Context, sb sandbox.Sandbox, fn func(store.Tx, sandbox.Sandbox) error) error {
	err := s.cfg.Store.Do(ctx, sb.Name, func(tx store.Tx) error {
		now, err := sandboxes.Get(tx, kindSandbox)
		if unlessAbsent(err) != nil {
			return err
		}
		if err != nil || now.Life != sb.Life {
			return problem.New(problem.Conflict, "the sandbox %q was reset or deleted meanwhile", sb.Name)
		}
		return fn(tx, now)
	})
	if err == nil {
		s.wrote(ctx, sb.Name)
	}
	return err
}

// wrote tells whoever waits that something in a sandbox was written.
func (s *Server) wrote(ctx context.Context, name string) {
	if l := s.pop.get(name); l != nil {
		l.changed.Ring()
		s.plan(ctx, name)
	}
}

// blank is a new sandbox as the server's settings want it.
func (s *Server) blank(name string) sandbox.Sandbox {
	sb := sandbox.Sandbox{Name: name, Seed: sandbox.SeedOf(name)}
	if s.cfg.Seed != nil {
		sb.Seed = *s.cfg.Seed
	}
	s.shape(&sb)
	return sb
}

// shape applies the parts of the sandbox's scenario that count at birth.
func (s *Server) shape(sb *sandbox.Sandbox) {
	sc, ok := s.scenarioOf(*sb)
	if !ok {
		return
	}
	if sc.Seed != nil {
		sb.Seed = *sc.Seed
	}
	if sc.Clock != nil {
		sb.Clock = clock.At(*sc.Clock)
	}
}

func (s *Server) scenarioOf(sb sandbox.Sandbox) (*scenarios.Scenario, bool) {
	return s.Scenarios().Get(cmp.Or(sb.Scenario, s.cfg.Scenario))
}

// usualHistory is how long before its birth the accounts of a sandbox were opened.
var usualHistory = scenarios.Span{Months: 24}

// create makes a sandbox unless there is one; of two who try, both get the same one.
func (s *Server) create(ctx context.Context, sb sandbox.Sandbox) (_ sandbox.Sandbox, made bool, err error) {
	if err := sandbox.CheckName(sb.Name); err != nil {
		return sb, false, problem.Invalid("name", problem.Format, "%v", err)
	}
	if err := s.checkScenario(sb.Scenario); err != nil {
		return sb, false, err
	}
	s.pop.life.Lock()
	defer s.pop.life.Unlock()
	old, err := s.load(ctx, sb.Name)
	if err == nil || unlessAbsent(err) != nil {
		return old, false, err
	}
	if n := s.pop.count(); n >= s.cfg.Sandboxes {
		return sb, false, problem.New(problem.RateLimited,
			"there are %d sandboxes, which is the limit: delete some (DELETE /_stunt/v1/sandboxes/{name}) or raise --sandboxes", n)
	}
	sb, err = s.bear(ctx, sb)
	return sb, err == nil, err
}

// bear stores a sandbox; the caller holds the lock of lives.
func (s *Server) bear(ctx context.Context, sb sandbox.Sandbox) (sandbox.Sandbox, error) {
	wall := s.cfg.Wall()
	history := usualHistory
	if sc, ok := s.scenarioOf(sb); ok && sc.History != nil {
		history = *sc.History
	}
	sb.Born, sb.Founded, sb.Life = sb.Now(wall), sb.Clock, s.pop.lives.Add(1)
	sb.Opened = history.Before(sb.Born)
	err := s.cfg.Store.Do(ctx, sb.Name, func(tx store.Tx) error {
		if err := sandboxes.Create(tx, kindSandbox, sb); err != nil {
			return err
		}
		if sc, ok := s.scenarioOf(sb); ok {
			return s.writeScripted(s.newTx(tx, nil, sb, sb.Born, "", &afterwards{}), sc)
		}
		return nil
	})
	if err == nil {
		s.know(sb, wall)
	}
	return sb, err
}

// know begins to keep what the process knows of a sandbox.
func (s *Server) know(sb sandbox.Sandbox, wall time.Time) {
	l := &live{}
	l.used.Store(wall.UnixNano())
	l.swept.Store(sb.Born.Unix())
	s.pop.put(sb.Name, l)
}

// adopt takes over the sandboxes that the store has kept from an earlier run. Their
// journals begin anew and say so. A scenario that is gone since must not change under
// them unnoticed.
func (s *Server) adopt() error {
	all, err := s.Sandboxes(context.Background())
	if err != nil {
		return err
	}
	wall := s.cfg.Wall()
	for _, sb := range all {
		if err := s.checkScenario(sb.Scenario); err != nil {
			return fmt.Errorf("engine: the kept sandbox %q: %w", sb.Name, err)
		}
		s.know(sb, wall)
		s.pop.lives.Store(max(s.pop.lives.Load(), sb.Life))
		var run int64
		err := s.cfg.Store.Do(context.Background(), sb.Name, func(tx store.Tx) (err error) {
			run, err = tx.Next("run")
			return err
		})
		if err != nil {
			return err
		}
		s.cfg.Journal.Ring(sb.Name).Begin(run * perRun) // no request id names two calls
		s.record(sb.Name, journal.Notice, sb.Now(wall), "the server was started again: the sandbox is as it was, its journal begins here")
	}
	return nil
}

// perRun is how far apart the request ids of two runs of a server on one state begin.
const perRun = 1_000_000_000

// checkScenario says what is wrong with a sandbox's scenario: a name that is none, or
// one that means nothing to any provider here.
func (s *Server) checkScenario(name string) error {
	if name == "" {
		return nil
	}
	sc, ok := s.Scenarios().Get(name)
	if !ok {
		return problem.Invalid("scenario", problem.NotAllowed, "%v", s.Scenarios().Unknown(name))
	}
	names, why := sc.AppliesTo(s.vocab)
	if len(names) > 0 {
		return nil
	}
	reasons := ""
	for _, provider := range s.names() {
		reasons += "; to " + provider + ", for " + why[provider]
	}
	return problem.Invalid("scenario", problem.NotAllowed, "scenario %q means nothing here%s", name, reasons)
}

// endIdle ends the sandboxes that nobody has used for long. It looks once a minute.
func (s *Server) endIdle(ctx context.Context, wall time.Time) {
	last := s.pop.swept.Load()
	if wall.UnixNano()-last < int64(time.Minute) || !s.pop.swept.CompareAndSwap(last, wall.UnixNano()) {
		return
	}
	var idle []string
	s.pop.mu.RLock()
	for name, l := range s.pop.all {
		if wall.Sub(time.Unix(0, l.used.Load())) >= s.cfg.Idle {
			idle = append(idle, name)
		}
	}
	s.pop.mu.RUnlock()
	for _, name := range idle {
		err := s.Delete(ctx, name)
		if err != nil && !problem.Is(err, problem.NotFound) {
			s.cfg.Log.Error("idle sandbox", "sandbox", name, "error", err)
		}
		if err == nil {
			s.cfg.Log.Info("sandbox ended", "sandbox", name, "idle", s.cfg.Idle)
			s.record(sandbox.Default, journal.Notice, wall, fmt.Sprintf("sandbox %q ended after %s without a call", name, s.cfg.Idle))
		}
	}
}

// Delete ends a sandbox with everything in it. NotFound when there is none.
func (s *Server) Delete(ctx context.Context, name string) error {
	s.pop.life.Lock()
	defer s.pop.life.Unlock()
	return s.end(ctx, name)
}

// end forgets a sandbox; the caller holds the lock of lives.
func (s *Server) end(ctx context.Context, name string) error {
	if _, err := s.load(ctx, name); err != nil {
		return orAbsent(err, "sandbox", name)
	}
	if err := s.cfg.Store.Drop(ctx, name); err != nil {
		return err
	}
	l := s.pop.get(name)
	s.pop.put(name, nil)
	s.cfg.Journal.Drop(name)
	if l != nil {
		l.changed.Ring()
	}
	return nil
}

// Reset empties a sandbox and keeps its name, seed, scenario and options. Its clock
// returns to where it began, or to where its scenario wants it.
func (s *Server) Reset(ctx context.Context, name string) (sandbox.Sandbox, error) {
	s.pop.life.Lock()
	defer s.pop.life.Unlock()
	old, err := s.load(ctx, name)
	if err != nil {
		return old, orAbsent(err, "sandbox", name)
	}
	if err := s.end(ctx, name); err != nil {
		return old, err
	}
	sb := sandbox.Sandbox{Name: name, Scenario: old.Scenario, Options: old.Options, Clock: old.Founded}
	s.shape(&sb)
	sb.Seed = old.Seed
	return s.bear(ctx, sb)
}

// Sandboxes lists all, by name.
func (s *Server) Sandboxes(ctx context.Context) ([]sandbox.Sandbox, error) {
	names, err := s.cfg.Store.Sandboxes(ctx)
	if err != nil {
		return nil, err
	}
	out := []sandbox.Sandbox{}
	for _, name := range names {
		sb, err := s.load(ctx, name)
		if err == nil {
			out = append(out, sb)
		} else if unlessAbsent(err) != nil { // it has ended meanwhile
			return nil, err
		}
	}
	return out, nil
}

// Change edits a sandbox in one transaction. A scenario that fn sets must exist; its
// seed and clock take effect when the sandbox is reset.
func (s *Server) Change(ctx context.Context, name string, fn func(*sandbox.Sandbox) error) (sandbox.Sandbox, error) {
	sb, err := s.Sandbox(ctx, name)
	if err != nil {
		return sb, err
	}
	return s.change(ctx, sb, fn)
}

func (s *Server) change(ctx context.Context, sb sandbox.Sandbox, fn func(*sandbox.Sandbox) error) (out sandbox.Sandbox, err error) {
	err = s.do(ctx, sb, func(tx store.Tx, _ sandbox.Sandbox) error {
		return sandboxes.Update(tx, kindSandbox, func(sb sandbox.Sandbox) (sandbox.Sandbox, error) {
			before := sb.Scenario
			if err := fn(&sb); err != nil {
				return sb, err
			}
			if sb.Scenario != before {
				if err := s.checkScenario(sb.Scenario); err != nil {
					return sb, err
				}
			}
			out = sb
			return sb, nil
		})
	})
	return out, err
}

// CheckOption says what is wrong with an option's full name ("provider.option") or
// its value.
func (s *Server) CheckOption(name, value string) error {
	provider, option, ok := strings.Cut(name, ".")
	m := s.byName[provider]
	if !ok || m == nil || m.isEngine {
		return problem.Invalid(name, problem.NotAllowed, "option %q: write <provider>.<option>; the providers are %s", name, strings.Join(s.names(), ", "))
	}
	o, ok := m.options[option]
	if !ok {
		return problem.Invalid(name, problem.NotAllowed, "%s has no option %q: %sit has %s", provider, option, didYouMean(option, m.optionNames()), strings.Join(m.optionNames(), ", "))
	}
	values := o.Values
	if o.Type == Bool {
		values = []string{"true", "false"}
	}
	said := strconv.Quote(value)
	if o.Secret {
		said = "what was sent" // an error is shown and logged
	}
	if o.Shape != nil && value != "" && !o.Shape.MatchString(value) {
		return problem.Invalid(name, problem.Format, "option %s cannot be %s: use %s such as %s, or leave it empty", name, said, o.Form, o.Sample)
	}
	if o.Type != Text && !slices.Contains(values, value) {
		return problem.Invalid(name, problem.NotAllowed, "option %s is %s: use one of %s", name, said, strings.Join(values, ", "))
	}
	return nil
}

func (s *Server) names() []string {
	var out []string
	for _, man := range s.Providers() {
		out = append(out, man.Name)
	}
	return out
}

func (m *mount) optionNames() []string {
	var out []string
	for _, o := range m.man.Options {
		out = append(out, o.Name)
	}
	return out
}

// option finds the value of an option: the sandbox's own, the scenarios', the
// server's, the default.
func (s *Server) option(m *mount, sb sandbox.Sandbox, sc *scripts, name string) string {
	full := m.man.Name + "." + name
	if v, ok := sb.Options[full]; ok {
		return v
	}
	if v, ok := sc.options[name]; ok {
		return v
	}
	if v, ok := s.cfg.Options[full]; ok {
		return v
	}
	o, ok := m.options[name]
	if !ok {
		panic(fmt.Sprintf("engine: %s declares no option %q", m.man.Name, name))
	}
	return o.Default
}

// OptionValues gives every option of a provider in a sandbox.
func (s *Server) OptionValues(sb sandbox.Sandbox, provider string) map[string]string {
	m := s.byName[provider]
	out := map[string]string{}
	for _, o := range m.man.Options {
		out[o.Name] = s.option(m, sb, s.scripts(sb, m, chain{}), o.Name)
	}
	return out
}
