package bank

import (
	"cmp"
	"slices"
	"time"
)

// Pending returns what is authorised at now and not booked yet, latest
// authorisation first. Rows keep their id when they book; a few never do, and are gone
// after some days.
func (b *Book) Pending(now time.Time) []Transaction {
	clock := b.world.local(now)
	l := b.world.ledger(now)
	ls := &l.era.books[b.index]
	var list []Transaction
	for _, o := range ls.pending {
		if d, ok := b.day(l, o.day); ok {
			j := slices.IndexFunc(d.refs, func(r ref) bool { return r.op == o })
			var t Transaction
			if j >= 0 && d.booked(j).after(clock) && !o.at.after(clock) {
				d.fill(l, j, &t)
				t.Pending = true
				list = append(list, t)
			}
		}
	}
	b.ahead(l, clock, func(d *dayRows, j int) {
		var t Transaction
		if d.fill(l, j, &t); b.awaits(d, j, clock, &t) {
			list = append(list, t)
		}
	})
	b.eachLost(l, clock, func(t Transaction) { list = append(list, t) })
	slices.SortFunc(list, func(x, y Transaction) int {
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.ID, y.ID))
	})
	return list
}

// held is the sum of what is pending, without writing it down.
func (b *Book) held(l *ledger, clock moment) (sum int64) {
	for _, o := range l.era.books[b.index].pending {
		if !o.at.after(clock) && (moment{o.day, o.sec}).after(clock) {
			sum += o.row.Amount
		}
	}
	b.ahead(l, clock, func(d *dayRows, j int) { sum += d.blocked(d.at(j).base-d.ruleCount, d.shown(l, j)) })
	b.eachLost(l, clock, func(t Transaction) { sum += t.Amount })
	return sum
}

// ahead calls f with the rows of the stream that were bought by now and will book on
// this bank day or one of the next.
func (b *Book) ahead(l *ledger, clock moment, f func(*dayRows, int)) {
	st := b.plan.stream
	if st == nil || !st.holds {
		return
	}
	day := clock.day
	for range maxLag + 1 {
		if d, ok := b.day(l, day); ok {
			for j := range d.len() {
				i := d.at(j).base - d.ruleCount
				if i < 0 || i >= d.n {
					continue
				}
				booked := d.booked(j)
				if x, _ := st.pick(d.key, i); !st.cats[x.cat].kind.holds() || !booked.after(clock) || st.authorised(d.key, i, booked).after(clock) {
					continue
				}
				f(&d, j)
			}
		}
		day = b.world.calendar.next(day)
	}
}

// eachLost calls f with the holds that will never book and have not expired yet.
func (b *Book) eachLost(l *ledger, clock moment, f func(Transaction)) {
	if st := b.plan.stream; st == nil || !st.holds || !b.alive(l, clock.day) {
		return
	}
	for day := clock.day - holdDays; day <= clock.day; day++ {
		for i := range b.plan.stream.lost(b.stream.at(int(day)), day) {
			if t, ok := b.lostHold(clock, code{account: b.number, day: day, layer: layerHold, number: uint32(i)}); ok {
				f(t)
			}
		}
	}
}

// blocked is what is held for row i of the stream, which will book an amount: a round
// sum where the price is not known yet, or one at another rate.
func (d *dayRows) blocked(i int, amount int64) int64 {
	st := d.book.plan.stream
	x, _ := st.pick(d.key, i)
	switch c := &st.cats[x.cat]; {
	case c.blocked && c.hold > 0:
		return -c.hold
	case c.abroad != "":
		return amount + amount*around(d.key.word(wordHold+uint64(i)), 15)/1000
	}
	return amount
}

// shown is the amount that is served of a row.
func (d *dayRows) shown(l *ledger, j int) int64 {
	if o := d.at(j).op; o != nil && o.row.Amount != 0 {
		return o.row.Amount
	}
	return d.amount(l, j)
}

// awaits makes a row that is not booked a pending one, if it is authorised. What is
// held may be another sum than what will be booked.
func (b *Book) awaits(d *dayRows, j int, clock moment, t *Transaction) bool {
	if o := d.at(j).op; o != nil && o.inserts() {
		t.Pending = o.at != (moment{}) && !o.at.after(clock)
	} else if t.Pending = t.Kind.holds() && !t.At.IsZero() && !b.world.local(t.At).after(clock); t.Pending {
		if i := d.at(j).base - d.ruleCount; i >= 0 && i < d.n {
			t.Amount = d.blocked(i, t.Amount)
		}
	}
	if !t.Pending {
		*t = Transaction{}
	}
	return t.Pending
}

// lostHold is an authorisation that expires: pending for some days, never booked.
func (b *Book) lostHold(clock moment, c code) (t Transaction, ok bool) {
	st := b.plan.stream
	if st == nil || !st.holds || clock.day < c.day || clock.day > c.day+holdDays {
		return t, false
	}
	k := b.stream.at(int(c.day))
	if int(c.number) >= st.lost(k, c.day) {
		return t, false
	}
	u := k.word(wordHold + uint64(c.number))
	x := &st.block.slots[uint8(u)]
	cat := &st.cats[x.cat]
	at := moment{c.day, 8*3600 + below(mix(u), 15*3600)}
	gone := moment{at.day + holdDays, at.sec}
	if !cat.kind.holds() || cat.credit || at.after(clock) || !gone.after(clock) {
		return t, false
	}
	t = Transaction{
		ID: b.world.seal.encode(c), Account: b.account.Key, Currency: b.account.Currency, Posted: b.world.calendar.next(c.day),
		Amount: x.amount, Kind: cat.kind, Category: cat.name, Booking: cat.booking, Code: cat.code, At: b.world.instant(at), Pending: true,
	}
	v, party := cat.voice, below(mix(u+1), cat.voice.n)
	t.Description, t.PurposeCode = v.text(t.Amount, party, mix(u+2)), cat.purpose
	if t.Kind.trades() && len(v.parties) > 0 {
		t.Merchant = &v.parties[party]
	}
	return t, true
}
