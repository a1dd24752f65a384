package scenarios

import (
	"fmt"
	"strings"
)

// Fact is what a rule may know of a call. Empty fields are unknown and meet no condition.
type Fact struct {
	Provider    string
	Operation   string // canonical
	OperationID string // the provider's
	Institution string // id
	Account     string // canonical key
	Persona     string
	Call        int64 // which call of the operation this is, from 1; 0: not counted
}

// Decision is the rule that a call met.
type Decision struct {
	Rule    *Rule
	Layer   Layer
	Effects Effects
}

// String says which rule of which file it was.
func (d Decision) String() string {
	s := d.Layer.Scenario
	return fmt.Sprintf("rule on %s (%s:%d) of the scenario %s, chosen by the %s", d.Rule.On, s.File, d.Rule.Line, s.Name, d.Layer.Source)
}

// RuleRef is a rule and the layer that it comes from.
type RuleRef struct {
	Rule  *Rule
	Layer Layer
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

// For returns the rules on the fact's operation, in the order in which they are tried; nil when there are none.
func (c *Compiled) For(f Fact) []RuleRef {
	var refs []RuleRef
	for _, l := range c.layers {
		for rule := range l.book.on(&f) {
			refs = append(refs, RuleRef{rule, l.layer})
		}
	}
	return refs
}

// Counts reports whether a rule on the fact's operation asks for the number of the call.
func (c *Compiled) Counts(f Fact) bool {
	for _, l := range c.layers {
		canonical, own := l.book.find(&f)
		if canonical.counts || own.counts {
			return true
		}
	}
	return false
}

// Decide returns the first rule that the fact meets, nearest layer first, then file order. It is pure.
func (c *Compiled) Decide(f Fact) (Decision, bool) {
	for _, l := range c.layers {
		for rule := range l.book.on(&f) {
			if rule.Where.holds(&f) {
				return Decision{rule, l.layer, rule.Then}, true
			}
		}
	}
	return Decision{}, false
}

func (w *Where) holds(f *Fact) bool {
	return (w.Provider == "" || w.Provider == f.Provider) &&
		(w.Institution == "" || w.Institution == f.Institution) &&
		(w.Account == "" || w.Account == f.Account) &&
		(w.Persona == "" || w.Persona == f.Persona) &&
		w.Call.holds(f.Call) &&
		(w.Every == 0 || f.Call > 0 && f.Call%int64(w.Every) == 0)
}

func (c Calls) holds(call int64) bool {
	return c == Calls{} || call >= c.From && call > 0 && (c.To == 0 || call <= c.To)
}

// book indexes one scenario's rules by operation.
type book struct {
	rules []Rule
	index map[operation]entries
}

// operation is a name cut at its first dot, so that looking up a provider's
// operation joins no strings: {transactions, list} or {fintoc, listMovements}.
type operation struct{ head, tail string }

// entries are the places of an operation's rules.
type entries struct {
	places []int
	counts bool
}

func newBook(rules []Rule) *book {
	b := &book{rules: rules, index: map[operation]entries{}}
	for i, rule := range rules {
		key := cut(rule.On)
		e := b.index[key]
		e.places = append(e.places, i)
		e.counts = e.counts || rule.Where.Call != Calls{} || rule.Where.Every > 0
		b.index[key] = e
	}
	return b
}

func cut(name string) operation {
	head, tail, _ := strings.Cut(name, ".")
	return operation{head, tail}
}

func (b *book) find(f *Fact) (canonical, own entries) {
	if f.Operation != "" {
		canonical = b.index[cut(f.Operation)]
	}
	return canonical, b.index[operation{f.Provider, f.OperationID}]
}

// on yields the rules on the fact's operation, by either of its names, in file order.
func (b *book) on(f *Fact) func(yield func(*Rule) bool) {
	return func(yield func(*Rule) bool) {
		canonical, own := b.find(f)
		p, q := canonical.places, own.places
		for len(p)+len(q) > 0 {
			from := &p
			if len(p) == 0 || len(q) > 0 && q[0] < p[0] {
				from = &q
			}
			if !yield(&b.rules[(*from)[0]]) {
				return
			}
			*from = (*from)[1:]
		}
	}
}
