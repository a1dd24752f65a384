package bank

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"strconv"
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
	l := b.world.folded(clock.day)
	d, j, ok := b.find(l, id)
	if !ok {
		return t, false
	}
	b.fill(&d, j, l, &t)
	if d.booked(j).after(clock) {
		if !t.Kind.holds() || t.At.IsZero() || t.At.After(now) {
			return Transaction{}, false
		}
		t.Pending = true
		return t, true
	}
	t.Balance = l.accounts[b.index].balance[d.index] + d.sum(l, j+1)
	return t, true
}

// Balance returns the balance at now.
func (b *Book) Balance(now time.Time) Balance {
	clock := b.world.local(now)
	l := b.world.folded(clock.day)
	s := &l.accounts[b.index]
	i := clamp(clock.day-l.opened, s)
	bal := Balance{Current: s.balance[i], Limit: b.account.Limit}
	if d, ok := b.day(l, clock.day); ok {
		bal.Current += d.sum(l, d.seen(clock.sec))
	}
	bal.Available = bal.Current
	for _, t := range b.Pending(now) {
		bal.Available += t.Amount
	}
	return bal
}

// BalanceAt returns the balance at the start of a day. Before the day Opened it
// is the opening balance. It looks as far ahead as asked.
func (b *Book) BalanceAt(day Day) int64 {
	l := b.world.folded(day)
	s := &l.accounts[b.index]
	return s.balance[clamp(day-l.opened, s)]
}

// Pending returns what is authorised at now and not booked yet, latest
// authorisation first. Everything that happened since the last bank day books on
// the next one, under the same id.
func (b *Book) Pending(now time.Time) []Transaction {
	if b.plan.stream == nil || !b.plan.stream.holds {
		return nil
	}
	var list []Transaction
	clock := b.world.local(now)
	l := b.world.folded(clock.day)
	for _, day := range [2]Day{clock.day, b.world.calendar.next(clock.day)} {
		d, ok := b.day(l, day)
		for j := d.ruleCount; ok && j < d.ruleCount+d.n; j++ {
			if !d.booked(j).after(clock) {
				continue
			}
			var t Transaction
			if b.fill(&d, j, l, &t); t.Kind.holds() && !t.At.After(now) {
				t.Pending = true
				list = append(list, t)
			}
		}
	}
	slices.SortFunc(list, func(x, y Transaction) int {
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.ID, y.ID))
	})
	return list
}

// window turns a range into positions [lo,hi) of the rows booked at now; the
// oldest row is 0.
func (b *Book) window(now time.Time, r Range) (l *ledger, lo, hi int) {
	clock := b.world.local(now)
	l = b.world.folded(clock.day)
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

// rows appends the rows at positions [lo,hi), the last one first.
func (b *Book) rows(l *ledger, lo, hi int, dst []Transaction) []Transaction {
	if lo >= hi {
		return dst
	}
	s := &l.accounts[b.index]
	dst = slices.Grow(dst, hi-lo)
	i := sort.Search(len(s.rows), func(i int) bool { return int(s.rows[i]) >= hi }) - 1
	d, _ := b.day(l, l.opened+Day(i))
	j := hi - int(s.rows[i])
	balance := s.balance[i] + d.sum(l, j)
	for ; hi > lo; hi-- {
		for j == 0 {
			i--
			d, _ = b.day(l, l.opened+Day(i))
			j = d.ruleCount + d.n
		}
		j--
		dst = append(dst, Transaction{})
		t := &dst[len(dst)-1]
		b.fill(&d, j, l, t)
		t.Balance = balance
		balance -= t.Amount
	}
	return dst
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
	if d, ok = b.day(l, c.day); !ok {
		return d, 0, false
	}
	switch c.layer {
	case layerRule:
		for rest := d.rules; rest != 0; rest &= rest - 1 {
			if b.plan.rules[bits.TrailingZeros64(rest)].number == c.number {
				return d, j, true
			}
			j++
		}
	case layerStream:
		return d, d.ruleCount + int(c.number), int(c.number) < d.n
	}
	return d, 0, false
}

// dayRows is what the ledger knows of one day: first the rules, then the stream.
type dayRows struct {
	book      *Book
	day       Day
	index     int
	rules     uint64
	ruleCount int
	n         int // rows of the stream
	key       key
}

func (b *Book) day(l *ledger, day Day) (dayRows, bool) {
	s := &l.accounts[b.index]
	i := int(day - l.opened)
	if i < 0 || i >= len(s.due) {
		return dayRows{}, false
	}
	rules := bits.OnesCount64(s.due[i])
	return dayRows{b, day, i, s.due[i], rules, int(s.rows[i+1]-s.rows[i]) - rules, b.stream.at(int(day))}, true
}

// rule returns the index of the j-th rule of the day.
func (d *dayRows) rule(j int) int {
	rest := d.rules
	for ; j > 0; j-- {
		rest &= rest - 1
	}
	return bits.TrailingZeros64(rest)
}

// booked returns when row j books. It ascends with j.
func (d *dayRows) booked(j int) moment {
	if j < d.ruleCount {
		return moment{d.day, d.book.plan.rules[d.rule(j)].second}
	}
	return moment{d.day, d.book.plan.stream.second(d.key, j-d.ruleCount, d.n)}
}

// seen returns how many rows are booked at a second of the day.
func (d *dayRows) seen(sec int) int {
	return sort.Search(d.ruleCount+d.n, func(j int) bool { return d.booked(j).sec > sec })
}

// sum adds up the first j rows of the day.
func (d *dayRows) sum(l *ledger, j int) (total int64) {
	for i := range min(j, d.ruleCount) {
		total += d.book.ruleAmount(l, d.rule(i), d.day)
	}
	if n := j - d.ruleCount; n > 0 {
		total += d.book.plan.stream.sum(d.key, n)
	}
	return total
}

// fill writes row j of a day, all but what depends on now.
func (b *Book) fill(d *dayRows, j int, l *ledger, t *Transaction) {
	t.Account, t.Currency, t.Posted = b.account.Key, b.account.Currency, d.day
	c := code{account: b.number, day: d.day}
	var v *voice
	var party int
	var variant uint64
	var numbers key
	if j < d.ruleCount {
		i := d.rule(j)
		r := &b.rules[i]
		c.layer, c.number = layerRule, b.plan.rules[i].number
		t.Amount, t.Kind = b.ruleAmount(l, i, d.day), b.plan.rules[i].kind
		v, party, variant, numbers = r.voice, r.party, r.variant, r.key.at(int(d.day))
	} else {
		i := j - d.ruleCount
		c.layer, c.number = layerStream, uint32(i)
		s := b.plan.stream
		x, amount := s.pick(d.key, i)
		cat := &s.cats[x.cat]
		t.Amount, t.Kind = amount, cat.kind
		if v = cat.voice; v == nil {
			v = b.world.contacts
		}
		variant = d.key.word(wordParty + uint64(i))
		party = min(below(variant, v.n), below(mix(variant), v.n)) // favourites
		variant = mix(variant + 1)
		numbers = key(d.key.word(wordNumber + uint64(i)))
	}
	t.ID = b.world.seal.encode(c)
	t.Kind = t.Kind.signed(t.Amount)
	t.Description = v.text(t.Amount, party, variant)
	switch {
	case t.Kind.IsTransfer():
		t.Counterparty = &v.parties[party]
		t.At = b.world.instant(d.booked(j))
		t.Reference = reference(numbers)
		if v == b.world.contacts {
			t.Comment = b.world.locale.comments[below(numbers.word(2), len(b.world.locale.comments))]
		}
	case t.Kind.holds() && j >= d.ruleCount:
		t.At = d.authorised(j - d.ruleCount)
	}
}

// authorised draws when row i of the stream was: on a day since the bank day
// before, between 08:00 and 23:00.
func (d *dayRows) authorised(i int) time.Time {
	w := d.book.world
	u := d.key.word(wordLag + uint64(i))
	span := int(d.day - w.calendar.previous(d.day))
	return w.instant(moment{d.day - 1 - Day(below(u, span)), 8*3600 + below(mix(u), 15*3600)})
}

// reference is the ten-digit number that both legs of a transfer carry.
func reference(k key) string {
	return strconv.FormatInt(1_000_000_000+below(k.word(1), int64(9_000_000_000)), 10)
}
