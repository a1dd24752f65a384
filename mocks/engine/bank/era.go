package bank

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// era is the World between two instants at which a change becomes visible or ends. It
// has a ledger of its own, so that now stays a filter within it.
type era struct {
	world  *World
	number uint64 // tells it from every other era of this process
	from   time.Time
	books  []lines

	folding sync.Mutex
	ledger  atomic.Pointer[ledger]
}

// lines is what the changes of an era make of one account. ops are in the order of
// their days.
type lines struct {
	opened, closed Day // opened: the first possible day unless it is later than the World's
	ops            []op
	pending        []*op        // those that are authorised before they book
	homes          map[code]*op // where a row went, or is
	lies           []op
}

// take adds an operation. One about a row that was written or moved by hand is carried
// out on that, and two that edit one row become one.
func (ls *lines) take(o op) {
	switch o.do {
	case OpenOn:
		ls.opened = o.day
		return
	case CloseOn:
		ls.closed = o.day
		return
	case Misstate:
		ls.lies = append(ls.lies, o)
		return
	case Remove, Alter:
		at := slices.IndexFunc(ls.ops, func(x op) bool { return x.code == o.code && !x.sameID && (x.inserts() || x.do == o.do) })
		switch {
		case at < 0:
		case o.do == Alter:
			o.alter(&ls.ops[at].row)
			ls.ops[at].shown = ls.ops[at].shown && o.shown
			return
		case ls.ops[at].inserts():
			ls.ops = slices.Delete(ls.ops, at, at+1)
			return
		}
	}
	ls.ops = append(ls.ops, o)
}

// on returns the operations of a day.
func (ls *lines) on(d Day) []op {
	if len(ls.ops) == 0 {
		return nil
	}
	lo := sort.Search(len(ls.ops), func(i int) bool { return ls.ops[i].day >= d })
	hi := lo
	for hi < len(ls.ops) && ls.ops[hi].day == d {
		hi++
	}
	return ls.ops[lo:hi]
}

// eras counts those that were made.
var eras atomic.Uint64

// newEra sorts what is in force at an instant.
func (w *World) newEra(from time.Time, ops [][]op) *era {
	e := &era{world: w, number: eras.Add(1), from: from, books: make([]lines, len(w.books))}
	for i, b := range w.books {
		ls := &e.books[i]
		ls.opened, ls.closed = b.account.Opened, b.account.Closed
		for _, o := range ops[i] {
			if o.active(from) {
				ls.take(o)
			}
		}
		if ls.opened <= w.source.Opened {
			ls.opened = -1 << 20
		}
		slices.SortStableFunc(ls.ops, func(x, y op) int { return cmp.Or(cmp.Compare(x.day, y.day), cmp.Compare(x.sec, y.sec)) })
		for j := range ls.ops {
			o := &ls.ops[j]
			if o.inserts() && !o.sameID {
				if ls.homes == nil {
					ls.homes = map[code]*op{}
				}
				ls.homes[o.code] = o
			}
			if o.inserts() && o.at != (moment{}) {
				ls.pending = append(ls.pending, o)
			}
		}
	}
	return e
}

// eraAt is the era of an instant.
func (w *World) eraAt(now time.Time) *era {
	i := len(w.eras) - 1
	for i > 0 && now.Before(w.eras[i].from) {
		i--
	}
	return w.eras[i]
}

// settleEras resolves all changes, the persona's first, and makes an era of each time
// between two of their instants. A young history may lack what the persona's are about.
func (w *World) settleEras(own []happening, scripted []Change) error {
	fixtures := make([][]op, len(w.books))
	for i, b := range w.books {
		seen := make(map[code]bool, len(b.plan.spec.rows))
		for j := range b.plan.spec.rows {
			ops, err := b.resolve(&Change{Do: Insert, Row: b.plan.spec.rows[j]}, j, nil)
			if err != nil {
				return err
			}
			o := &ops[0]
			if id := b.plan.spec.rows[j].ID; seen[o.code] && id != "" {
				return fmt.Errorf("account %s: two rows of %s have the id %q: give each its own", b.account.Key, o.day, id)
			}
			for seen[o.code] { // texts that share a hash
				o.code.number = (o.code.number + 1) & 0xffffff
			}
			seen[o.code], o.nth = true, j+1
			fixtures[i] = append(fixtures[i], *o)
		}
	}
	base := w.newEra(time.Time{}, fixtures)
	if err := w.checkBalances(base); err != nil {
		return err
	}
	changes := make([]Change, 0, len(own)+len(scripted))
	for _, h := range own {
		changes = append(changes, h.change(w))
	}
	changes = append(changes, scripted...)
	if len(changes) == 0 {
		w.eras = []*era{base}
		return nil
	}
	all := fixtures
	instants := []time.Time{{}}
	for n := range changes {
		c := &changes[n]
		b, ok := w.Book(c.Account)
		if !ok {
			return w.unknownAccount(c)
		}
		ops, err := b.resolve(c, n, base)
		if err != nil && n >= len(own) {
			return err
		}
		all[b.index] = append(all[b.index], ops...)
		instants = append(instants, c.VisibleFrom, c.VisibleUntil)
	}
	slices.SortFunc(instants, time.Time.Compare)
	for _, at := range slices.CompactFunc(instants, time.Time.Equal) {
		w.eras = append(w.eras, w.newEra(at, all))
	}
	return nil
}

// touched is a day whose rows a change made others: refs lists them in order.
type touched struct {
	day  Day
	n    int // rows of the stream, those that are gone included
	refs []ref
}

// ref is a row of a touched day: one of the day itself, or one that a change brought,
// or both where it altered one.
type ref struct {
	base int // -1: none
	op   *op // nil: as it was
}

// merge lists the rows of a touched day, its extras apart, and returns by how much the
// changes move its sum.
func (d *dayRows) merge(l *ledger, ops []op) (delta int64) {
	d.refs = make([]ref, 0, d.ruleCount+d.n+len(ops))
	for j := range d.ruleCount + d.n {
		d.refs = append(d.refs, ref{base: j})
	}
	for i := range ops {
		if o := &ops[i]; o.inserts() {
			at := sort.Search(len(d.refs), func(j int) bool { return d.booked(j).sec > o.sec })
			d.refs = slices.Insert(d.refs, at, ref{base: -1, op: o})
			delta += o.row.Amount
		}
	}
	return delta + d.amend(l, ops)
}

// mergeExtras adds the extras, which come last.
func (d *dayRows) mergeExtras(l *ledger, ops []op) (delta int64) {
	for j := range d.extras {
		d.refs = append(d.refs, ref{base: d.ruleCount + d.n + j})
	}
	return d.amend(l, ops)
}

// amend removes and alters rows that are listed.
func (d *dayRows) amend(l *ledger, ops []op) (delta int64) {
	for i := range ops {
		o := &ops[i]
		if o.inserts() {
			continue
		}
		base, ok := d.locate(o.code)
		at := slices.IndexFunc(d.refs, func(r ref) bool { return r.base == base })
		if !ok || at < 0 {
			continue
		}
		delta -= d.amount(l, at)
		if o.do == Remove {
			d.refs = slices.Delete(d.refs, at, at+1)
			continue
		}
		d.refs[at].op = o
		delta += d.amount(l, at)
	}
	return delta
}

// keeps reports whether a rule's row is still there.
func (d *dayRows) keeps(base int) bool {
	return d.refs == nil || slices.ContainsFunc(d.refs, func(r ref) bool { return r.base == base })
}

// fixture is the operation of the n-th row that the persona has by hand.
func (ls *lines) fixture(n int) *op {
	for i := range ls.ops {
		if ls.ops[i].nth == n+1 {
			return &ls.ops[i]
		}
	}
	return nil
}
