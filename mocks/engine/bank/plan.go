package bank

import (
	"slices"
	"strconv"
)

// plan is a persona in a locale: compiled once, shared by all worlds, never
// changed.
type plan struct {
	persona  *persona
	accounts []accountPlan
}

type accountPlan struct {
	spec     *accountSpec
	currency string
	market   *market
	settle   *rulePlan  // nil: none
	rules    []rulePlan // at most 64: one bit each in a day
	stream   *stream    // nil: none
}

// rulePlan is one row that comes again. The second leg of a transfer between accounts
// is a mirror: it has the schedule of its source and the opposite amount.
type rulePlan struct {
	rule
	category     string // of its rows: the name, without what makes that unique
	schedule     Schedule
	number       uint32 // in ids; from the name, so that other rules may come and go
	amount, step int64
	purpose      string
	second       int // of the day when it books; both legs agree
	nth          int // of a rule with times
	mirror       bool
	account      int    // mirror: index of the source; otherwise index of with, or -1
	source       int    // mirror: index of the rule there
	voice        *voice // nil: depends on the holder
}

// maxRules is how many rules an account has at most.
const maxRules = 64

func compile(l *locale) map[string]*plan {
	plans := make(map[string]*plan, len(personas))
	for i := range personas {
		plans[personas[i].Key] = newPlan(l, &personas[i])
	}
	return plans
}

// newPlan panics on a mistake in our own tables.
func newPlan(l *locale, p *persona) *plan {
	pl := &plan{persona: p, accounts: make([]accountPlan, len(p.accounts))}
	index := map[string]int{"": -1}
	for i := range p.accounts {
		index[p.accounts[i].key] = i
	}
	second := 5 * 3600
	for i := range pl.accounts {
		a, spec := &pl.accounts[i], &p.accounts[i]
		a.spec, a.currency = spec, spec.currency
		if a.currency == "" {
			a.currency = l.currency
		}
		if a.market = l.markets[a.currency]; a.market == nil {
			a.market = l.markets[l.currency]
		}
		if len(spec.stream) > 0 {
			a.stream = newStream(l, spec.typ, spec.stream, a.market, rhythms[p.kind])
		}
		if a.stream != nil {
			a.stream.exact = spec.exact
			a.stream.spend(spec.budget)
		}
		for _, r := range spec.rules {
			if r.settle && (r.day < 5 || r.day > 20) {
				panic("bank: a settlement must not roll out of its month: " + r.name)
			}
			for c := range max(r.times, 1) {
				if a.add(l, r, c, index, second) {
					second += 20
				}
			}
		}
	}
	pl.mirror()
	for i := range pl.accounts {
		a := &pl.accounts[i]
		if len(a.rules) > maxRules {
			panic("bank: more than 64 rules on " + p.Key + "/" + a.spec.key)
		}
		if j := slices.IndexFunc(a.rules, func(r rulePlan) bool { return r.settle }); j >= 0 {
			a.settle = &a.rules[j]
		}
	}
	return pl
}

// mirror adds the second legs and puts the rules of each account in booking order.
func (pl *plan) mirror() {
	for i := range pl.accounts {
		for _, r := range pl.accounts[i].rules {
			if !r.mirror && r.account >= 0 {
				leg := r
				leg.step, leg.mirror, leg.account, leg.settle, leg.swing = 1, true, i, false, 0
				leg.name = "mirror/" + pl.accounts[i].spec.key + "/" + r.name
				leg.number = ruleNumber(leg.name)
				other := &pl.accounts[r.account]
				other.rules = append(other.rules, leg)
			}
		}
	}
	for _, a := range pl.accounts {
		slices.SortFunc(a.rules, func(x, y rulePlan) int { return x.second - y.second })
	}
	for _, a := range pl.accounts {
		for j := range a.rules {
			if r := &a.rules[j]; r.mirror {
				r.source = slices.IndexFunc(pl.accounts[r.account].rules, func(s rulePlan) bool { return s.second == r.second })
			}
		}
	}
}

// add compiles a rule, unless the country has no such thing: no party, no pay day.
func (a *accountPlan) add(l *locale, r rule, nth int, index map[string]int, second int) bool {
	with, known := index[r.with]
	p := rulePlan{rule: r, category: r.name, nth: nth + r.other, account: with, second: second, step: a.market.step}
	p.schedule = Schedule{Day: r.day, Months: r.months, Roll: r.roll}
	p.amount = a.market.income * r.share / 1000
	if r.when != "" {
		due, ok := l.paydays[r.when]
		if !ok {
			return false
		}
		p.schedule, p.amount = due.Schedule, p.amount*due.share/1000
	}
	if r.due != nil {
		p.schedule = *r.due
	}
	labels := l.pools[r.pool]
	if len(r.names) > 0 {
		labels = r.names
	}
	own := r.with != "" || r.pool == "contacts" || r.pool == "self"
	if !known || !own && r.pool != "" && len(labels) == 0 {
		return false
	}
	if r.times > 1 {
		p.name += "/" + strconv.Itoa(nth)
	}
	if r.round {
		p.step = a.market.round
	}
	p.number, p.purpose = ruleNumber(p.name), l.purpose(p.category, p.kind)
	if r.amount != 0 {
		p.amount, p.step = r.amount, 1
	}
	if !own {
		texts := l.texts[r.name]
		if texts == nil {
			texts = l.onCard(a.spec.typ, r.kind)
		}
		p.voice = l.poolVoice(r.kind, labels, texts)
	}
	a.rules = append(a.rules, p)
	return true
}

func ruleNumber(name string) uint32 { return uint32(mix(hash(name))) & 0xffffff }
