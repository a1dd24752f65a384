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
	settles  bool
	rules    []rulePlan // at most 64: one bit each in a day
	stream   *stream    // nil: none
}

// rulePlan is one row a month. The second leg of a transfer between accounts is
// a mirror: it has the schedule of its source and the opposite amount.
type rulePlan struct {
	rule
	number       uint32 // in ids; from the name, so that other rules may come and go
	amount, step int64
	second       int // of the day when it books; both legs agree
	nth          int // of a rule with times
	mirror       bool
	account      int    // mirror: index of the source; otherwise index of with, or -1
	source       int    // mirror: index of the rule there
	voice        *voice // nil: depends on the holder
}

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
		a.market = l.markets[a.currency]
		if len(spec.stream) > 0 {
			a.stream = newStream(spec.stream, a.market, rhythms[p.kind], &l.season)
		}
		for _, r := range spec.rules {
			if r.settle && (r.day < 5 || r.day > 20) {
				panic("bank: a settlement must not roll out of its month: " + r.name)
			}
			a.settles = a.settles || r.settle
			for c := range max(r.times, 1) {
				a.add(l, r, c, index[r.with], second)
				second += 20
			}
		}
	}
	pl.mirror()
	return pl
}

// mirror adds the second legs and puts the rules of each account in booking order.
func (pl *plan) mirror() {
	for i := range pl.accounts {
		for _, r := range pl.accounts[i].rules {
			if !r.mirror && r.account >= 0 {
				leg := rulePlan{rule: r.rule, step: 1, second: r.second, mirror: true, account: i}
				leg.name = "mirror/" + pl.accounts[i].spec.key + "/" + r.name
				leg.number = ruleNumber(leg.name)
				leg.settle = false
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

func (a *accountPlan) add(l *locale, r rule, nth, with, second int) {
	p := rulePlan{rule: r, nth: nth, account: with, second: second, step: a.market.step}
	if r.times > 1 {
		p.name += "/" + strconv.Itoa(nth)
	}
	if r.round {
		p.step = a.market.round
	}
	p.number = ruleNumber(p.name)
	p.amount = a.market.income * r.share / 1000
	if r.with == "" && r.pool != "contacts" && r.pool != "self" {
		p.voice = l.poolVoice(r.kind, r.pool, nil)
	}
	a.rules = append(a.rules, p)
}

func ruleNumber(name string) uint32 { return uint32(mix(hash(name))) & 0xffffff }

// bookingDay returns the booking day of the rule's turn in a month.
func (r *rulePlan) bookingDay(m month, c *calendar) (Day, bool) {
	if r.months != 0 && r.months>>(uint(m)%12)&1 == 0 {
		return 0, false
	}
	return c.adjust(m.on(r.day), r.roll), true
}
