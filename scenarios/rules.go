package scenarios

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fact is what a rule may know of a call. Empty fields are unknown and meet no condition.
type Fact struct {
	Provider    string
	Operation   string   // canonical
	Also        []string // the other canonical operations that the call is
	OperationID string   // the provider's
	Institution string   // id
	Account     string   // canonical key
	Persona     string
	Step        string // of the session
	Event       string
	Page        int64                    // of a list; 0: the call has no pages
	Calls       map[string]int64         // which call this is of each of these operations, from 1; those of Counted
	Now         time.Time                // virtual
	Connected   time.Time                // when the connection came to be
	Header      func(name string) string // of the request
	Seed        uint64                   // of every draw
}

// Decision is the rule that a call met.
type Decision struct {
	Rule    *Rule
	Layer   Layer
	Effects Effects
	Call    int64         // which call of the rule's operation this is; 0: not counted
	Wait    time.Duration // the latency, drawn
	Draws   []string      // what was drawn on the way, also for rules that were not met
}

// String says which rule of which file it was.
func (d Decision) String() string {
	return fmt.Sprintf("rule on %s (%s:%d) of the scenario %s, chosen by the %s", d.Rule.On, d.Rule.File, d.Rule.Line, d.Layer.Scenario.Name, d.Layer.Source)
}

// Compiled are the rules of some layers, found by operation. It is immutable.
type Compiled struct{ layers []compiledLayer }

type compiledLayer struct {
	layer Layer
	book  *book
}

// Compile makes the rules of the layers ready to be asked. It is cheap: each scenario was indexed when it was read.
func Compile(layers Layers) *Compiled {
	c := &Compiled{}
	for _, l := range layers {
		if l.Scenario == nil || len(l.Scenario.Rules) == 0 {
			continue
		}
		b := l.Scenario.book
		if b == nil { // a scenario built in Go
			b = newBook(l.Scenario.Rules)
		}
		c.layers = append(c.layers, compiledLayer{l, b})
	}
	return c
}

// Has reports whether there is a rule on the fact's operation.
func (c *Compiled) Has(f Fact) bool {
	for _, l := range c.layers {
		for i := range f.names() {
			if _, has := l.book.counts[f.name(i)]; has {
				return true
			}
		}
	}
	return false
}

// Counted lists those of the fact's operations, as rules write them, of which a rule asks
// for the number of the call, itself or for what it draws.
func (c *Compiled) Counted(f Fact) (names []string) {
	for i := range f.names() {
		on := f.name(i)
		if slices.ContainsFunc(c.layers, func(l compiledLayer) bool { return l.book.counts[on] }) {
			names = append(names, on.head+"."+on.tail)
		}
	}
	return names
}

// Decide returns the first rule that the fact meets, nearest layer first, then file
// order. It is pure. What was drawn is in the Decision even if no rule is met.
func (c *Compiled) Decide(f Fact) (d Decision, met bool) {
	for _, l := range c.layers {
		for rule := range l.book.on(&f) {
			call := f.Calls[rule.On]
			if !rule.Where.holds(&f, call) || rule.Where.Chance > 0 && !d.drawn(rule, f.Seed, call) {
				continue
			}
			d.Rule, d.Layer, d.Effects, d.Call = rule, l.layer, rule.Then, call
			d.Wait = d.wait(f.Seed)
			return d, true
		}
	}
	return d, false
}

// drawn decides whether a rule acts that acts by chance.
func (d *Decision) drawn(rule *Rule, seed uint64, call int64) bool {
	share := unit(seed, rule.name(), "chance", call)
	d.Draws = append(d.Draws, fmt.Sprintf("chance %s at %s:%d: drew %.2f%%", rule.Where.Chance, rule.File, rule.Line, share*100))
	return share*10_000 < float64(rule.Where.Chance)
}

// wait is the latency of the met rule.
func (d *Decision) wait(seed uint64) time.Duration {
	l := d.Effects.Latency
	if !l.Drawn() {
		return l.P50
	}
	wait := l.At(unit(seed, d.Rule.name(), "latency", d.Call))
	d.Draws = append(d.Draws, fmt.Sprintf("latency p50 %s p99 %s at %s:%d: drew %s", l.P50, l.P99, d.Rule.File, d.Rule.Line, wait))
	return wait
}

// name tells a rule from others in every draw, wherever its file lies and whatever
// comments it gets.
func (r *Rule) name() string { return path.Base(r.File) + "#" + strconv.Itoa(r.N) }

func (w *Where) holds(f *Fact, call int64) bool {
	return (w.Provider == "" || w.Provider == f.Provider) &&
		(w.Institution == "" || w.Institution == f.Institution) &&
		(w.Account == "" || w.Account == f.Account) &&
		(w.Persona == "" || w.Persona == f.Persona) &&
		(w.Step == "" || w.Step == f.Step) &&
		(w.Event == "" || w.Event == f.Event) &&
		w.Call.holds(call) && w.Page.holds(f.Page) &&
		(w.Every == 0 || call > 0 && call%int64(w.Every) == 0) &&
		w.Age.holds(f.Connected, f.Now) && w.sent(f.Header)
}

func (w *Where) sent(header func(string) string) bool {
	for name, value := range w.Header {
		if header == nil || header(name) != value {
			return false
		}
	}
	return true
}

func (a Age) holds(since, now time.Time) bool {
	return a == Age{} || !since.IsZero() && !now.Before(a.From.AddTo(since)) && (a.To.IsZero() || now.Before(a.To.AddTo(since)))
}

func (c Calls) holds(call int64) bool {
	return c == Calls{} || call >= c.From && call > 0 && (c.To == 0 || call <= c.To)
}

// book indexes one scenario's rules by operation, and by the first name of their
// condition: rules about another account, say, are never looked at.
type book struct {
	rules  []Rule
	counts map[operation]bool // has every operation; true: a rule on it asks for the number of the call
	places map[key][]int
}

// operation is a name cut at its first dot, so that looking up a provider's
// operation joins no strings: {transactions, list} or {fintoc, listMovements}.
type operation struct{ head, tail string }

type key struct {
	on    operation
	about subject
	name  string
}

// subject is which name of a fact a condition is about.
type subject int

const (
	aboutAnything subject = iota
	aboutProvider
	aboutInstitution
	aboutAccount
	aboutPersona
	aboutStep
	aboutEvent
	subjects
)

func newBook(rules []Rule) *book {
	b := &book{rules: rules, counts: map[operation]bool{}, places: map[key][]int{}}
	for i, rule := range rules {
		on := cut(rule.On)
		b.counts[on] = b.counts[on] || rule.Where.counted() || rule.Then.Latency.Drawn()
		k := key{on: on}
		w := &rule.Where
		for about, name := range names(w.Provider, w.Institution, w.Account, w.Persona, w.Step, w.Event) {
			if name != "" && k.about == aboutAnything {
				k.about, k.name = subject(about), name
			}
		}
		b.places[k] = append(b.places[k], i)
	}
	return b
}

// names puts names under their subjects.
func names(provider, institution, account, persona, step, event string) [subjects]string {
	return [...]string{
		aboutProvider: provider, aboutInstitution: institution, aboutAccount: account,
		aboutPersona: persona, aboutStep: step, aboutEvent: event,
	}
}

func cut(name string) operation {
	head, tail, _ := strings.Cut(name, ".")
	return operation{head, tail}
}

// names is how many names the fact's operation has.
func (f *Fact) names() int { return 2 + len(f.Also) }

// name is the ith of them: the canonical ones, and last the provider's own.
func (f *Fact) name(i int) operation {
	switch {
	case i == 0:
		return cut(f.Operation)
	case i <= len(f.Also):
		return cut(f.Also[i-1])
	}
	return operation{f.Provider, f.OperationID}
}

// on yields the rules on the fact's operation, by any of its names, in file order, but
// for those that are about something else.
func (b *book) on(f *Fact) func(yield func(*Rule) bool) {
	return func(yield func(*Rule) bool) {
		var room [4 * subjects][]int
		lists := room[:0]
		for i := range f.names() {
			on := f.name(i)
			if _, has := b.counts[on]; !has {
				continue
			}
			for about, name := range names(f.Provider, f.Institution, f.Account, f.Persona, f.Step, f.Event) {
				if name == "" && about != int(aboutAnything) {
					continue
				}
				if places := b.places[key{on, subject(about), name}]; len(places) > 0 {
					lists = append(lists, places)
				}
			}
		}
		for {
			first := -1
			for i := range lists {
				if len(lists[i]) > 0 && (first < 0 || lists[i][0] < lists[first][0]) {
					first = i
				}
			}
			if first < 0 || !yield(&b.rules[lists[first][0]]) {
				return
			}
			lists[first] = lists[first][1:]
		}
	}
}
