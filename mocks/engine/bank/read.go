package bank

import (
	"slices"
	"sort"
	"time"
)

// Count returns how many rows of the range are booked at now.
func (b *Book) Count(now time.Time, r Range) int {
	_, lo, hi := b.window(now, r)
	return hi - lo
}

// Page appends up to limit booked rows to dst, newest first, after skipping
// offset. The order is total and rows never move.
func (b *Book) Page(now time.Time, r Range, offset, limit int, dst []Transaction) []Transaction {
	l, lo, hi := b.window(now, r)
	hi -= max(offset, 0)
	return b.rows(l, max(lo, hi-limit), hi, dst)
}

// Each calls f with every booked row of the range, newest first, without holding them.
// The row is overwritten after f.
func (b *Book) Each(now time.Time, r Range, f func(*Transaction)) {
	l, lo, hi := b.window(now, r)
	b.visit(l, lo, hi, f)
}

// Before appends up to limit rows older than the cursor row, newest first. It
// reports false, and appends nothing, unless the cursor is a row booked at now.
// Unlike an offset, a cursor holds still while new rows arrive.
func (b *Book) Before(now time.Time, r Range, cursor ID, limit int, dst []Transaction) ([]Transaction, bool) {
	l, lo, hi := b.window(now, r)
	pos, ok := b.position(l, now, cursor)
	if !ok {
		return dst, false
	}
	hi = min(hi, pos)
	return b.rows(l, max(lo, hi-limit), hi, dst), true
}

// After appends the limit rows next newer than the cursor row, newest first; see
// Before.
func (b *Book) After(now time.Time, r Range, cursor ID, limit int, dst []Transaction) ([]Transaction, bool) {
	l, lo, hi := b.window(now, r)
	pos, ok := b.position(l, now, cursor)
	if !ok {
		return dst, false
	}
	lo = max(lo, pos+1)
	return b.rows(l, lo, lo+min(hi-lo, limit), dst), true
}

// ByID finds a row that is booked or pending at now.
func (b *Book) ByID(now time.Time, id ID) (t Transaction, ok bool) {
	clock := b.world.local(now)
	l := b.world.ledger(now)
	if c := b.world.seal.decode(id); c.account == b.number && c.layer == layerHold {
		return b.lostHold(clock, c)
	}
	d, j, ok := b.find(l, id)
	if !ok {
		return t, false
	}
	d.fill(l, j, &t)
	if d.booked(j).after(clock) {
		return t, b.awaits(&d, j, clock, &t)
	}
	t.Balance = l.accounts[b.index].balance[d.index] + d.sum(l, j+1) + b.lie(l, t.Posted)
	return t, true
}

// Balance returns the balance at now.
func (b *Book) Balance(now time.Time) Balance {
	clock := b.world.local(now)
	l := b.world.ledger(now)
	s := &l.accounts[b.index]
	i := clamp(clock.day-l.opened, s)
	bal := Balance{Current: s.balance[i] + b.lie(l, clock.day), Limit: b.account.Limit}
	if d, ok := b.day(l, clock.day); ok {
		bal.Current += d.sum(l, d.seen(clock.sec))
	}
	bal.Available = bal.Current
	bal.Available += b.held(l, clock)
	return bal
}

// lie is by how much the balances of a day are misstated on purpose.
func (b *Book) lie(l *ledger, d Day) (off int64) {
	for _, o := range l.era.books[b.index].lies {
		if o.day == 0 || o.day == d {
			off += o.row.Amount
		}
	}
	return off
}

// BalanceAt returns the balance at the start of a day. Before the day Opened it
// is the opening balance. It looks as far ahead as asked.
func (b *Book) BalanceAt(day Day) int64 {
	l := b.world.ledger(b.world.instant(moment{day, 0}))
	s := &l.accounts[b.index]
	return s.balance[clamp(day-l.opened, s)]
}

// window turns a range into positions [lo,hi) of the rows booked at now; the
// oldest row is 0.
func (b *Book) window(now time.Time, r Range) (l *ledger, lo, hi int) {
	return b.windowIn(b.world.eraAt(now), now, r)
}

func (b *Book) windowIn(e *era, now time.Time, r Range) (l *ledger, lo, hi int) {
	clock := b.world.local(now)
	l = e.folded(clock.day)
	s := &l.accounts[b.index]
	hi = int(s.rows[clamp(clock.day-l.opened, s)])
	if d, ok := b.day(l, clock.day); ok {
		hi += d.seen(clock.sec)
	}
	if r.Until != 0 {
		hi = min(hi, int(s.rows[clamp(r.Until-l.opened, s)]))
	}
	if r.From != 0 {
		lo = int(s.rows[clamp(r.From-l.opened, s)])
	}
	return l, lo, max(lo, hi)
}

func clamp(i Day, s *shelf) int { return min(max(int(i), 0), len(s.due)) }

// ledger is that of the era of now, as far as now needs it.
func (w *World) ledger(now time.Time) *ledger { return w.eraAt(now).folded(w.local(now).day) }

// pageIn is the newest rows of a range as an era has them.
func (b *Book) pageIn(e *era, now time.Time, r Range, limit int) []Transaction {
	l, lo, hi := b.windowIn(e, now, r)
	return b.rows(l, max(lo, hi-limit), hi, nil)
}

// rows appends the rows at positions [lo,hi), the last one first.
func (b *Book) rows(l *ledger, lo, hi int, dst []Transaction) []Transaction {
	dst = slices.Grow(dst, max(hi-lo, 0))
	b.visit(l, lo, hi, func(t *Transaction) { dst = append(dst, *t) })
	return dst
}

// visit calls f with the rows at positions [lo,hi), the last one first. The row is
// overwritten after f.
func (b *Book) visit(l *ledger, lo, hi int, f func(*Transaction)) {
	if lo >= hi {
		return
	}
	s := &l.accounts[b.index]
	i := sort.Search(len(s.rows), func(i int) bool { return int(s.rows[i]) >= hi }) - 1
	d, _ := b.day(l, l.opened+Day(i))
	j := hi - int(s.rows[i])
	balance := s.balance[i] + d.sum(l, j)
	t := new(Transaction)
	for ; hi > lo; hi-- {
		if j == 0 {
			for i--; s.rows[i] == s.rows[i+1]; i-- { // days without a row
			}
			d, _ = b.day(l, l.opened+Day(i))
			j = d.len()
		}
		j--
		*t = Transaction{}
		d.fill(l, j, t)
		t.Balance = balance + b.lie(l, d.day)
		if d.refs == nil {
			balance -= t.Amount
		} else { // what is shown may be no amount that moved
			balance -= d.amount(l, j)
		}
		f(t)
	}
}

// position returns where a booked row stands.
func (b *Book) position(l *ledger, now time.Time, id ID) (int, bool) {
	d, j, ok := b.find(l, id)
	if !ok || d.booked(j).after(b.world.local(now)) {
		return 0, false
	}
	return int(l.accounts[b.index].rows[d.index]) + j, true
}

// find decodes an id to a row of a day. An id of another World decodes to noise,
// which names no row here.
func (b *Book) find(l *ledger, id ID) (d dayRows, j int, ok bool) {
	c := b.world.seal.decode(id)
	if c.account != b.number {
		return d, 0, false
	}
	at := c.day
	moved := l.era.books[b.index].homes[c]
	if moved != nil {
		at = moved.day
	}
	if d, ok = b.day(l, at); !ok {
		return d, 0, false
	}
	if moved != nil {
		j = slices.IndexFunc(d.refs, func(r ref) bool { return r.op == moved })
		return d, j, j >= 0
	}
	if j, ok = d.locate(c); ok && d.refs != nil {
		base := j
		j = slices.IndexFunc(d.refs, func(r ref) bool { return r.base == base })
		ok = j >= 0
	}
	return d, j, ok
}
