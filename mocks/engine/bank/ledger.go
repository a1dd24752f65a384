package bank

import "math/bits"

// ledger is a cache of day totals, folded month by month. A ledger in use never
// changes: extending it makes a new one, which shares the arrays and appends
// beyond what the old one can see.
type ledger struct {
	opened   Day
	first    month // of the warm-up
	next     month // the first one not folded yet
	accounts []shelf
}

// shelf is one account. Index 0 of the day arrays is the day Opened; rows and
// balances have one entry more than days.
type shelf struct {
	rows    []uint32 // booked before the day
	balance []int64  // at the start of the day
	due     []uint64 // bit r: rule r books on the day
	settled []int64  // by month: what the settlement moves
	month   int64    // sum of the last month without its settlement
	now     int64    // balance at the end of the fold
}

// warmUp is how many months before Opened are folded unseen, so that the first
// settlement already knows its month: a card bill lies one month behind the
// purchases, and the account that pays it another one.
const warmUp = 4

// lookAhead covers the longest run of closed days.
const lookAhead = 10

// folded returns a ledger that knows all days up to and around today.
func (w *World) folded(today Day) *ledger {
	until := min(max(today, w.source.Opened)+lookAhead, LastDay).month()
	if l := w.ledger.Load(); l != nil && l.next > until {
		return l
	}
	w.folding.Lock()
	defer w.folding.Unlock()
	old := w.ledger.Load()
	if old == nil {
		start := w.source.Opened.month() - warmUp
		old = &ledger{opened: w.source.Opened, first: start, next: start, accounts: make([]shelf, len(w.books))}
	}
	if old.next > until {
		return old
	}
	l := *old
	l.accounts = append([]shelf(nil), old.accounts...)
	for l.next <= until {
		w.fold(&l)
	}
	w.ledger.Store(&l)
	return &l
}

// Forget drops the cache of day totals; the next read folds it again.
func (w *World) Forget() {
	w.folding.Lock()
	defer w.folding.Unlock()
	w.ledger.Store(nil)
}

// fold adds one month to a ledger.
func (w *World) fold(l *ledger) {
	for i, b := range w.books {
		s := &l.accounts[i]
		s.settled = append(s.settled, -s.month)
		if b.plan.settles && l.next <= l.opened.month() {
			s.now = b.level() + s.month
		}
	}
	start, end := l.next.start(), (l.next + 1).start()
	for i, b := range w.books {
		s := &l.accounts[i]
		due := b.schedule(l.next)
		s.month = 0
		for d := start; d < end; d++ {
			if d == l.opened {
				if !b.plan.settles {
					s.now = b.level()
				}
				s.rows, s.balance = []uint32{0}, []int64{s.now}
			}
			rules, sum, settled := b.dueSum(l, d, due[d-start])
			n := b.count(d)
			if n > 0 {
				sum += b.plan.stream.sum(b.stream.at(int(d)), n)
			}
			s.month += sum
			s.now += sum + settled
			if d >= l.opened {
				s.due = append(s.due, rules)
				s.rows = append(s.rows, s.rows[len(s.rows)-1]+uint32(bits.OnesCount64(rules)+n))
				s.balance = append(s.balance, s.now)
			}
		}
	}
	l.next++
}

func (b *Book) level() int64 { return b.plan.market.income * b.plan.spec.level / 1000 }

// schedule returns the rules due on each day of a month. Rolling may carry one
// over from the months beside it.
func (b *Book) schedule(m month) (due [31]uint64) {
	start, end := m.start(), (m + 1).start()
	for i := range b.plan.rules {
		for turn := m - 1; turn <= m+1; turn++ {
			if d, ok := b.plan.rules[i].bookingDay(turn, b.world.calendar); ok && d >= start && d < end {
				due[d-start] |= 1 << i
			}
		}
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

// ruleAmount is what rule r moves on d.
func (b *Book) ruleAmount(l *ledger, r int, d Day) int64 {
	p, own := &b.plan.rules[r], &b.rules[r]
	switch {
	case p.mirror:
		return -b.world.books[p.account].ruleAmount(l, p.source, d)
	case p.settle:
		return l.accounts[b.index].settled[d.month()-l.first]
	case p.swing > 0:
		e := around(own.key.at(int(d)).word(0), p.swing)
		return rounded(own.amount+own.amount*e/1000, p.step)
	}
	return own.amount
}

func (b *Book) count(d Day) int {
	if b.plan.stream == nil {
		return 0
	}
	return b.plan.stream.count(b.stream.at(int(d)), d, b.world.calendar)
}
