package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// live is what the process knows of a sandbox beyond its records.
type live struct {
	used    atomic.Int64 // wall time of the last call, Unix nanoseconds
	advance sync.Mutex   // one move of the clock at a time
	changed bell         // rings when something in it was written
}

// population counts the sandboxes and remembers when idle ones were looked for.
type population struct {
	count atomic.Int64
	grow  sync.Mutex
	swept time.Time
}

// Enter gives the sandbox of this name and makes it at first use.
func (s *Server) Enter(ctx context.Context, name string) (sandbox.Sandbox, error) {
	wall := s.cfg.Wall()
	s.alive(name).used.Store(wall.UnixNano())
	sb, err := s.load(ctx, name)
	if !errors.Is(err, store.ErrNotFound) {
		return sb, err
	}
	return s.Create(ctx, s.blank(name))
}

// Look gives the sandbox of this name as it is, or as its first use would make it.
func (s *Server) Look(ctx context.Context, name string) (sandbox.Sandbox, error) {
	sb, err := s.load(ctx, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return s.blank(name), nil
	case err == nil:
		s.alive(name).used.Store(s.cfg.Wall().UnixNano())
	}
	return sb, err
}

// Sandbox gives a sandbox that exists. NotFound when there is none.
func (s *Server) Sandbox(ctx context.Context, name string) (sandbox.Sandbox, error) {
	sb, err := s.load(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		err = problem.Absent("sandbox", name)
	}
	return sb, err
}

// Found makes the sandbox of this name: as the server's settings want it, then the
// scenario, then edit. Conflict when there is one already.
func (s *Server) Found(ctx context.Context, name, scenario string, edit func(*sandbox.Sandbox)) (sandbox.Sandbox, error) {
	sb := s.blank(name)
	if scenario != "" {
		sb.Scenario = scenario
		s.shape(&sb, scenario)
	}
	edit(&sb)
	sb, made, err := s.create(ctx, sb)
	if err == nil && !made {
		err = problem.New(problem.Conflict, "there is a sandbox %q already: reset it (POST /_stunt/v1/sandboxes/%s/reset) or choose another name", name, name)
	}
	return sb, err
}

func (s *Server) alive(name string) *live {
	if l, ok := s.live.Load(name); ok {
		return l.(*live)
	}
	l, _ := s.live.LoadOrStore(name, &live{})
	return l.(*live)
}

func (s *Server) load(ctx context.Context, name string) (sb sandbox.Sandbox, err error) {
	err = s.cfg.Store.View(ctx, name, func(tx store.Tx) error {
		sb, err = sandboxes.Get(tx, kindSandbox)
		return err
	})
	return sb, err
}

// blank is a new sandbox as the server's settings want it.
func (s *Server) blank(name string) sandbox.Sandbox {
	sb := sandbox.Sandbox{Name: name, Seed: sandbox.SeedOf(name)}
	if s.cfg.Seed != nil {
		sb.Seed = *s.cfg.Seed
	}
	s.shape(&sb, s.cfg.Scenario)
	return sb
}

// shape applies the parts of a scenario that count at birth: its seed and its clock.
func (s *Server) shape(sb *sandbox.Sandbox, name string) {
	sc, ok := s.cfg.Scenarios.Get(name)
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

// Create makes a sandbox that does not exist; of two who try, both get the same one.
func (s *Server) Create(ctx context.Context, sb sandbox.Sandbox) (sandbox.Sandbox, error) {
	sb, _, err := s.create(ctx, sb)
	return sb, err
}

func (s *Server) create(ctx context.Context, sb sandbox.Sandbox) (_ sandbox.Sandbox, made bool, err error) {
	if err := sandbox.CheckName(sb.Name); err != nil {
		return sb, false, problem.Invalid("name", problem.Format, "%v", err)
	}
	if sb.Scenario != "" {
		if _, ok := s.cfg.Scenarios.Get(sb.Scenario); !ok {
			return sb, false, problem.Invalid("scenario", problem.NotAllowed, "%v", s.cfg.Scenarios.Unknown(sb.Scenario))
		}
	}
	if err := s.room(ctx); err != nil {
		return sb, false, err
	}
	wall := s.cfg.Wall()
	sb.Born = sb.Now(wall)
	made = true
	err = s.cfg.Store.Do(ctx, sb.Name, func(tx store.Tx) error {
		if old, err := sandboxes.Get(tx, kindSandbox); err == nil {
			sb, made = old, false
			return nil
		}
		return sandboxes.Create(tx, kindSandbox, sb)
	})
	if err == nil && made {
		s.count.Add(1)
		s.alive(sb.Name).used.Store(wall.UnixNano())
	}
	return sb, made && err == nil, err
}

// room looks for a place for one more sandbox and ends idle ones first.
func (s *Server) room(ctx context.Context) error {
	if int(s.count.Load()) < s.cfg.Sandboxes && s.cfg.Wall().Sub(s.swept) < time.Minute {
		return nil
	}
	s.grow.Lock()
	defer s.grow.Unlock()
	s.swept = s.cfg.Wall()
	s.endIdle(ctx, s.swept)
	if int(s.count.Load()) >= s.cfg.Sandboxes {
		return problem.New(problem.RateLimited,
			"there are %d sandboxes, which is the limit: delete some (DELETE /_stunt/v1/sandboxes/{name}) or raise --sandboxes", s.count.Load())
	}
	return nil
}

func (s *Server) endIdle(ctx context.Context, wall time.Time) {
	s.live.Range(func(key, value any) bool {
		name, l := key.(string), value.(*live)
		if wall.Sub(time.Unix(0, l.used.Load())) < s.cfg.Idle {
			return true
		}
		if err := s.Delete(ctx, name); err == nil {
			s.cfg.Log.Info("sandbox ended", "sandbox", name, "idle", s.cfg.Idle)
			s.record(sandbox.Default, journal.Notice, wall, fmt.Sprintf("sandbox %q ended after %s without a call", name, s.cfg.Idle))
		}
		return true
	})
}

// Delete ends a sandbox with everything in it. NotFound when there is none.
func (s *Server) Delete(ctx context.Context, name string) error {
	if _, err := s.load(ctx, name); err != nil {
		return problem.Absent("sandbox", name)
	}
	if err := s.cfg.Store.Drop(ctx, name); err != nil {
		return err
	}
	s.count.Add(-1)
	s.cfg.Journal.Drop(name)
	if l, ok := s.live.LoadAndDelete(name); ok {
		l.(*live).changed.ring()
	}
	return nil
}

// Reset empties a sandbox and keeps its name, seed, scenario and options. Its clock
// starts as its scenario says.
func (s *Server) Reset(ctx context.Context, name string) (sandbox.Sandbox, error) {
	old, err := s.load(ctx, name)
	if err != nil {
		return old, problem.Absent("sandbox", name)
	}
	if err := s.Delete(ctx, name); err != nil {
		return old, err
	}
	sb := s.blank(name)
	sb.Scenario, sb.Options = old.Scenario, old.Options
	if old.Scenario != "" {
		s.shape(&sb, old.Scenario)
	}
	sb.Seed = old.Seed
	return s.Create(ctx, sb)
}

// Sandboxes lists all, by name.
func (s *Server) Sandboxes(ctx context.Context) ([]sandbox.Sandbox, error) {
	names, err := s.cfg.Store.Sandboxes(ctx)
	if err != nil {
		return nil, err
	}
	out := []sandbox.Sandbox{}
	for _, name := range names {
		if sb, err := s.load(ctx, name); err == nil {
			out = append(out, sb)
		}
	}
	return out, nil
}

// Change edits a sandbox in one transaction. A scenario that fn sets must exist; its
// seed and clock take effect when the sandbox is reset.
func (s *Server) Change(ctx context.Context, name string, fn func(*sandbox.Sandbox) error) (sandbox.Sandbox, error) {
	var out sandbox.Sandbox
	err := s.cfg.Store.Do(ctx, name, func(tx store.Tx) error {
		return sandboxes.Update(tx, kindSandbox, func(sb sandbox.Sandbox) (sandbox.Sandbox, error) {
			if err := fn(&sb); err != nil {
				return sb, err
			}
			if sb.Scenario != "" {
				if _, ok := s.cfg.Scenarios.Get(sb.Scenario); !ok {
					return sb, problem.Invalid("scenario", problem.NotAllowed, "%v", s.cfg.Scenarios.Unknown(sb.Scenario))
				}
			}
			out = sb
			return sb, nil
		})
	})
	if errors.Is(err, store.ErrNotFound) {
		err = problem.Absent("sandbox", name)
	}
	if err == nil {
		s.alive(name).changed.ring()
	}
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
		return problem.Invalid(name, problem.NotAllowed, "%s has no option %q: it has %s", provider, option, strings.Join(m.optionNames(), ", "))
	}
	values := o.Values
	if o.Type == Bool {
		values = []string{"true", "false"}
	}
	if o.Type != Text && !slices.Contains(values, value) {
		return problem.Invalid(name, problem.NotAllowed, "option %s is %q: use one of %s", name, value, strings.Join(values, ", "))
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
