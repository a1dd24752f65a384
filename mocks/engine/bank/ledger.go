package bank

import (
	"math/bits"
	"sort"
)

// ledger is a cache of day totals, folded month by month. A ledger in use never
// changes: extending it makes a new one, which shares the arrays and appends
// beyond what the old one can see.
type ledger struct {
	era      *era
	opened   Day
	first    month // of the warm-up
	next     month // the first one not folded yet
	accounts []shelf
}

// shelf is one account. Index 0 of the day arrays is the day Opened; rows and
// balances have one entry more than days. The rest is sparse.
type shelf struct {
	rows    []uint32 // booked before the day
	balance []int64  // at the start of the day
	due     []uint64 // bit r: rule r books on the day
	extras  []extra  // what the state of the account caused, by day
	touched []touched
	settled []int64 // by month of closing: what the settlement moves

	now      int64  // balance at the end of the fold
	since    int64  // sum since the last closing, without settlements
	carried  int64  // of a card: left unpaid at the last closing
	finance  int64  // interest on it that is not booked yet
	negative int64  // Σ of debts at midnight since interest was booked
	positive int64  // Σ of credits
	weight   uint64 // of exact mode: spent so far
	low      bool   // the last day ended below zero
}

// warmUp is how many months before Opened are folded unseen, so that the first
// settlement already knows its month: a card bill lies one month behind the
// purchases, and the account that pays it another one.
const warmUp = 4

// lookAhead covers the longest way from a purchase to its booking.
const lookAhead = 21

// folded returns a ledger that knows all days up to and around today.
func (e *era) folded(today Day) *ledger {
	opened := e.world.source.Opened
	until := min(max(today, opened)+lookAhead, LastDay).month()
	if l := e.ledger.Load(); l != nil && l.next > until {
		return l
	}
	e.folding.Lock()
	defer e.folding.Unlock()
	old := e.ledger.Load()
	if old == nil {
		start := opened.month() - warmUp
		old = &ledger{era: e, opened: opened, first: start, next: start, accounts: make([]shelf, len(e.world.books))}
		for i, b := range e.world.books {
			old.accounts[i].now = b.level()
		}
	}
	if old.next > until {
		return old
	}
	l := *old
	l.accounts = append([]shelf(nil), old.accounts...)
	for l.next <= until {
		l.fold()
	}
	e.ledger.Store(&l)
	return &l
}

// fold adds one month to a ledger. All accounts go through a day together, since one
// may pay what another closed.
func (l *ledger) fold() {
	books := l.era.world.books
	due := make([][31]uint64, len(books))
	closing := make([]Day, len(books))
	for i, b := range books {
		due[i] = b.schedule(l.next)
		if r := b.plan.settle; r != nil {
			closing[i] = l.next.on(r.closing())
		}
	}
	start, end := l.next.start(), (l.next + 1).start()
	for d := start; d < end; d++ {
		for i, b := range books {
			b.fold(l, &l.accounts[i], d, due[i][d-start])
			if d == closing[i] && b.alive(l, d) {
				b.close(&l.accounts[i])
			}
		}
	}
	l.next++
}

// fold adds one day to an account: rules, stream, what was changed by hand, and last
// what the state of the account causes.
func (b *Book) fold(l *ledger, s *shelf, d Day, due uint64) {
	if d == l.opened {
		if b.plan.settle == nil || b.plan.spec.opening != nil {
			s.now = b.level()
		}
		if !b.alive(l, d) {
			s.now = 0
		}
		s.rows, s.balance = []uint32{0}, []int64{s.now}
	}
	day := dayRows{book: b, day: d, index: int(d - l.opened), key: b.stream.at(int(d))}
	if b.alive(l, d) {
		if d == l.era.books[b.index].opened {
			*s = shelf{rows: s.rows, balance: s.balance, due: s.due, now: b.late()}
			if len(s.balance) > 0 {
				s.balance[len(s.balance)-1] = s.now
			}
		}
		b.foldAlive(l, s, &day, due)
	}
	if d >= l.opened {
		s.due = append(s.due, day.rules)
		s.rows = append(s.rows, s.rows[len(s.rows)-1]+uint32(day.len()))
		s.balance = append(s.balance, s.now)
	}
}

func (b *Book) foldAlive(l *ledger, s *shelf, day *dayRows, due uint64) {
	var sum, settled int64
	day.rules, sum, settled = b.dueSum(l, day.day, due)
	day.ruleCount = bits.OnesCount64(day.rules)
	if day.n = b.rowsOf(s, day); day.n > 0 {
		sum += b.plan.stream.sum(day.key, day.n)
	}
	ops := l.era.books[b.index].on(day.day)
	if len(ops) > 0 {
		sum += day.merge(l, ops)
	}
	from := len(s.extras)
	sum += b.react(l, s, day, sum, settled)
	day.extras = s.extras[from:len(s.extras):len(s.extras)]
	if len(ops) > 0 {
		sum += day.mergeExtras(l, ops)
		s.touched = append(s.touched, touched{day.day, day.n, day.refs})
	}
	s.now += sum + settled
	s.since += sum
}

// close draws up the statement of an account that settles: what came together since
// the last one, and what was left of that.
func (b *Book) close(s *shelf) {
	r := b.plan.settle
	owed := s.since + s.carried
	paid := -owed
	if r.part > 0 && owed < 0 {
		paid = -owed * r.part / 1000
	}
	s.settled = append(s.settled, paid)
	s.since, s.carried = 0, owed+paid
	if s.carried < 0 {
		s.finance += s.carried * b.world.locale.terms.lineRate / 120_000
	}
}

// level is the balance that the account opens with and its settlement steers to.
func (b *Book) level() int64 {
	if o := b.plan.spec.opening; o != nil {
		return *o
	}
	return b.plan.market.income * b.plan.spec.level / 1000
}

// late is what an account begins with that opens after the others.
func (b *Book) late() int64 {
	if o := b.plan.spec.opening; o != nil {
		return *o
	}
	return 0
}

// alive reports whether the account is open on a day.
func (b *Book) alive(l *ledger, d Day) bool {
	lines := &l.era.books[b.index]
	return d >= lines.opened && (lines.closed == 0 || d <= lines.closed)
}

// rowsOf is how many rows the stream books on a day.
func (b *Book) rowsOf(s *shelf, day *dayRows) int {
	st := b.plan.stream
	switch {
	case st == nil:
		return 0
	case st.exact == nil:
		return st.count(day.key, day.day)
	case day.day < st.exact.from:
		return 0
	}
	before := st.exact.share(s.weight, b.total)
	s.weight += uint64(st.weight(day.key, day.day))
	return int(st.exact.share(s.weight, b.total) - before)
}

// schedule returns the rules due on each day of a month.
func (b *Book) schedule(m month) (due [31]uint64) {
	start, end := m.start(), (m + 1).start()
	for i := range b.rules {
		r := &b.rules[i]
		r.schedule.due(start, end, b.world.calendar, func(d Day) {
			if d >= r.from && (r.until == 0 || d < r.until) {
				due[d-start] |= 1 << i
			}
		})
	}
	return due
}

// dueSum drops rules that have nothing to move and adds up the others, the
// settlement apart.
func (b *Book) dueSum(l *ledger, d Day, due uint64) (rules uint64, sum, settled int64) {
	for rest := due; rest != 0; rest &= rest - 1 {
		r := bits.TrailingZeros64(rest)
		a := b.ruleAmount(l, r, d)
		switch {
		case a == 0:
			due &^= 1 << r
		case b.plan.rules[r].settle:
			settled += a
		default:
			sum += a
		}
	}
	return due, sum, settled
}

// ruleAmount is what rule r moves on d: nothing if an account of the two is not open.
func (b *Book) ruleAmount(l *ledger, r int, d Day) int64 {
	p, own := &b.plan.rules[r], &b.rules[r]
	switch {
	case !b.alive(l, d):
		return 0
	case p.mirror:
		return -b.world.books[p.account].ruleAmount(l, p.source, d)
	case p.account >= 0 && !b.world.books[p.account].alive(l, d):
		return 0
	case p.settle:
		settled := l.accounts[b.index].settled
		// Opened late, the account has closings from then on only.
		i := int(d.month()-l.first) - p.shift() - int(max(l.era.books[b.index].opened.month()-l.first, 0))
		if i < 0 || i >= len(settled) {
			return 0
		}
		return settled[i]
	}
	amount := own.amount
	if p.raise != 0 {
		y, _, _ := d.Civil()
		amount += amount * p.raise * int64(y-raisedFrom) / 1000
	}
	if p.swing > 0 {
		amount += amount * around(own.key.at(int(d)).word(0), p.swing) / 1000
	}
	return rounded(amount, p.step)
}

// raisedFrom is the year in which a yearly raise begins to count.
const raisedFrom = 2024

// closing is the day of the month on which the statement is drawn up.
func (r *rulePlan) closing() int {
	if r.closes == 0 {
		return 31
	}
	return r.closes
}

// shift is how many months lie between a closing and its payment.
func (r *rulePlan) shift() int {
	if r.day > r.closing() {
		return 0
	}
	return 1
}

// extraKind is what the state of an account causes at the end of a day.
type extraKind uint8

const (
	extraReturned extraKind = iota
	extraReturnFee
	extraForeignFee
	extraOverdraftFee
	extraInterest
	extraFinance
	extraClosing
	extraKinds
)

// extra is one such row; ref tells rows of a kind and day apart.
type extra struct {
	day    Day
	kind   extraKind
	ref    uint32
	amount int64
}

func (x *extra) number() uint32 { return uint32(x.kind)<<20 | x.ref&0xfffff }

// react appends what a day causes: collected debits that the account cannot pay, given
// back with a fee; the bank's share of purchases abroad; the fee of the first day below
// zero; interest; and on the last day of the account, its balance.
func (b *Book) react(l *ledger, s *shelf, day *dayRows, sum, settled int64) (caused int64) {
	add := func(kind extraKind, ref uint32, amount int64) {
		if amount != 0 {
			s.extras = append(s.extras, extra{day.day, kind, ref, amount})
			caused += amount
		}
	}
	if b.plan.spec.literal {
		return 0
	}
	t := &b.world.locale.terms
	open := b.world.calendar.open(day.day)
	current := b.account.Type == Checking || b.account.Type == Sight
	if current && day.rules&b.collects != 0 {
		b.giveBack(l, s, day, add)
	}
	if st := b.plan.stream; st != nil && st.abroad && t.foreignFee > 0 && day.n > 0 {
		for i := range day.n {
			if x, a := st.pick(day.key, i); st.cats[x.cat].abroad != "" {
				add(extraForeignFee, uint32(i), -rounded(magnitude(a)*t.foreignFee/10_000, b.plan.market.step))
			}
		}
	}
	end := s.now + sum + settled + caused
	if current && open {
		if end < 0 && !s.low && t.overdraftFee > 0 && b.plan.currency == b.world.locale.currency {
			add(extraOverdraftFee, 0, -t.overdraftFee)
			end = s.now + sum + settled + caused
		}
		s.low = end < 0
	}
	s.negative += max(-end, 0)
	s.positive += max(end, 0)
	if open && b.plan.earns() && t.interestMonths>>(uint(day.day.month())%12)&1 == 1 && b.world.calendar.next(day.day).month() != day.day.month() {
		switch {
		case current:
			add(extraInterest, 0, -(s.negative*t.overdraftRate+1_825_000)/3_650_000)
		case b.account.Type == Savings:
			add(extraInterest, 0, (s.positive*t.savingsRate+1_825_000)/3_650_000)
		}
		s.negative, s.positive = 0, 0
	}
	if open && s.finance != 0 {
		add(extraFinance, 0, s.finance)
		s.finance = 0
	}
	if day.day == l.era.books[b.index].closed {
		add(extraClosing, 0, -(s.now + sum + settled + caused))
	}
	return caused
}

// giveBack goes through the debits of a day in booking order.
func (b *Book) giveBack(l *ledger, s *shelf, day *dayRows, add func(extraKind, uint32, int64)) {
	running := s.now
	for rest := day.rules; rest != 0; rest &= rest - 1 {
		r := bits.TrailingZeros64(rest)
		a := b.ruleAmount(l, r, day.day)
		if b.collects>>r&1 == 1 && running+a < -b.account.Limit && day.keeps(bits.OnesCount64(day.rules&(1<<r-1))) {
			add(extraReturned, b.plan.rules[r].number, -a)
			add(extraReturnFee, b.plan.rules[r].number, -b.world.locale.terms.returnFee)
			running -= b.world.locale.terms.returnFee
			continue
		}
		running += a
	}
}

// earns reports whether the bank reckons interest here by itself; a rule may do it.
func (a *accountPlan) earns() bool {
	for i := range a.rules {
		if a.rules[i].kind == KindInterest {
			return false
		}
	}
	return a.spec.typ != CreditCard && a.spec.typ != CreditLine && len(a.rules) > 0
}

// extrasOn returns the part of the list that belongs to a day.
func (s *shelf) extrasOn(d Day) []extra {
	lo := sort.Search(len(s.extras), func(i int) bool { return s.extras[i].day >= d })
	hi := lo
	for hi < len(s.extras) && s.extras[hi].day == d {
		hi++
	}
	return s.extras[lo:hi:hi]
}
