package bank

import (
	"reflect"
	"slices"
	"time"
)

// News is what became of an account between two instants: what was booked, what was
// there already and is another now, and what is gone. Each list is newest first; Removed
// has the rows as they were.
type News struct{ Added, Changed, Removed []Transaction }

// Added returns how many rows were booked between two instants. It costs the same
// however many there are, as long as no change became visible in between.
func (b *Book) Added(from, to time.Time) int {
	if b.world.eraAt(from) == b.world.eraAt(to) {
		return b.Count(to, Range{}) - b.Count(from, Range{})
	}
	return len(b.News(from, to).Added)
}

// News compares the account at two instants, from before to. It costs what it finds:
// days on which nothing differs are never read.
func (b *Book) News(from, to time.Time) (n News) {
	before, had := b.eraRows(from)
	after, has := b.eraRows(to)
	if before.era == after.era {
		n.Added = b.rows(after, had, has, nil)
		return n
	}
	old, now := &before.accounts[b.index], &after.accounts[b.index]
	today := b.world.local(to).day
	for d := after.opened; d <= today; d++ {
		i := int(d - after.opened)
		x, okX := b.day(before, d)
		y, okY := b.day(after, d)
		if okX && okY && d < b.world.local(from).day && old.sameDay(now, i, &x, &y) {
			continue
		}
		b.compare(before, after, had, has, i, okX, &n)
	}
	slices.Reverse(n.Added)
	slices.Reverse(n.Changed)
	slices.Reverse(n.Removed)
	return n
}

// eraRows is the ledger of an instant and how many rows are booked by then.
func (b *Book) eraRows(at time.Time) (*ledger, int) {
	l, _, hi := b.window(at, Range{})
	return l, hi
}

// sameDay reports whether a day has the same rows in two eras, balances apart.
func (s *shelf) sameDay(o *shelf, i int, x, y *dayRows) bool {
	return x.refs == nil && y.refs == nil && x.rules == y.rules && x.n == y.n &&
		s.rows[i+1]-s.rows[i] == o.rows[i+1]-o.rows[i] && s.balance[i+1]-s.balance[i] == o.balance[i+1]-o.balance[i] &&
		slices.Equal(x.extras, y.extras)
}

// compare tells the rows of a day apart. A balance that moved is no change of the row.
func (b *Book) compare(before, after *ledger, had, has, i int, known bool, n *News) {
	var old []Transaction
	if known {
		old = b.rowsOfDay(before, i, had)
	}
	for _, t := range b.rowsOfDay(after, i, has) {
		at := slices.IndexFunc(old, func(o Transaction) bool { return o.ID == t.ID })
		if at < 0 {
			n.Added = append(n.Added, t)
			continue
		}
		if old[at].Balance = t.Balance; !reflect.DeepEqual(old[at], t) {
			n.Changed = append(n.Changed, t)
		}
		old = slices.Delete(old, at, at+1)
	}
	n.Removed = append(n.Removed, old...)
}

// rowsOfDay is a day's rows among the first that are booked, oldest first.
func (b *Book) rowsOfDay(l *ledger, i, booked int) []Transaction {
	s := &l.accounts[b.index]
	if i+1 >= len(s.rows) {
		return nil
	}
	rows := b.rows(l, int(s.rows[i]), min(int(s.rows[i+1]), booked), nil)
	slices.Reverse(rows)
	return rows
}
