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
	if st := b.plan.stream; st != nil && st.holds {
		list = b.ahead(l, clock, list)
		if b.alive(l, clock.day) {
			for day := clock.day - holdDays; day <= clock.day; day++ {
				for i := range st.lost(b.stream.at(int(day)), day) {
					if t, ok := b.lostHold(now, clock, code{account: b.number, day: day, layer: layerHold, number: uint32(i)}); ok {
						list = append(list, t)
					}
				}
			}
		}
	}
	slices.SortFunc(list, func(x, y Transaction) int {
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.ID, y.ID))
	})
	return list
}

// ahead looks at what the next bank days will book, for what was bought already.
func (b *Book) ahead(l *ledger, clock moment, list []Transaction) []Transaction {
	day := clock.day
	for range maxLag + 1 {
		if d, ok := b.day(l, day); ok {
			for j := range d.len() {
				r := d.at(j)
				if i := r.base - d.ruleCount; r.base < 0 || i < 0 || i >= d.n || !d.booked(j).after(clock) {
					continue
				}
				if x, _ := b.plan.stream.pick(d.key, r.base-d.ruleCount); !b.plan.stream.cats[x.cat].kind.holds() {
					continue
				}
				var t Transaction
				if d.fill(l, j, &t); b.awaits(&d, j, clock, &t) {
					list = append(list, t)
				}
			}
		}
		day = b.world.calendar.next(day)
	}
	return list
}

// awaits makes a row that is not booked a pending one, if it is authorised. What is
// held may be another sum than what will be booked.
func (b *Book) awaits(d *dayRows, j int, clock moment, t *Transaction) bool {
	if o := d.at(j).op; o != nil && o.inserts() {
		if t.Pending = o.at != (moment{}) && !o.at.after(clock); t.Pending {
			return true
		}
		*t = Transaction{}
		return false
	}
	if !t.Kind.holds() || t.At.IsZero() || b.world.local(t.At).after(clock) {
		*t = Transaction{}
		return false
	}
	t.Pending = true
	if i := d.at(j).base - d.ruleCount; i >= 0 && i < d.n {
		x, _ := b.plan.stream.pick(d.key, i)
		if c := &b.plan.stream.cats[x.cat]; c.blocked && c.hold > 0 {
			t.Amount = -c.hold
		} else if t.Original != nil { // the rate is not known yet
			t.Amount += t.Amount * around(d.key.word(wordHold+uint64(i)), 15) / 1000
		}
	}
	return true
}

// lostHold is an authorisation that expires: pending for some days, never booked.
func (b *Book) lostHold(now time.Time, clock moment, c code) (t Transaction, ok bool) {
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
		Amount: x.amount, Kind: cat.kind, Category: cat.name, At: b.world.instant(at), Pending: true,
	}
	v := cat.voice
	t.Description = v.text(t.Amount, below(mix(u+1), v.n), mix(u+2))
	return t, true
}
