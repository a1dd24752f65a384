package memory

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

type (
	key     struct{ kind, id string }
	listKey struct{ kind, group string }
)

// row is a record and its places. A row is never changed but for lease and places: an update puts a new row in its stead.
type row struct {
	store.Record
	seq     int64     // order of creation
	leased  bool      // in the leased queue rather than in the due queue
	until   time.Time // wall instant at which the lease ends
	atDue   int       // place in the due or leased queue
	atSweep int       // place in the expiring queue
}

// dues are the rows of one kind that have a Due.
type dues struct{ due, leased queue }

// box is one sandbox. Everything in it is made at its first use.
type box struct {
	mu        sync.RWMutex
	filled    atomic.Bool // holds something; readable without the lock
	forgotten bool        // not in the store any more
	created   int64
	rows      map[key]*row
	lists     map[listKey]*list
	dues      map[string]*dues
	expiring  queue
	sequences map[string]int64
}

func (b *box) empty() bool { return len(b.rows) == 0 && len(b.sequences) == 0 }

func (b *box) clear() {
	b.rows, b.lists, b.dues, b.expiring, b.sequences = nil, nil, nil, queue{}, nil
}

// swap puts one row in the place of another in every index; nil is no row. swap(new, old) takes it back.
func (b *box) swap(old, new *row) {
	if new != nil {
		b.put(new)
	}
	if old != nil {
		b.take(old)
	}
}

func (b *box) put(r *row) {
	if b.rows == nil {
		b.rows, b.lists = map[key]*row{}, map[listKey]*list{}
	}
	b.rows[key{r.Kind, r.ID}] = r
	b.listIn(listKey{r.Kind, ""}).put(r)
	if r.Group != "" {
		b.listIn(listKey{r.Kind, r.Group}).put(r)
	}
	if !r.Due.IsZero() {
		b.queueOf(r).push(r)
	}
	if !r.Expires.IsZero() {
		b.expiring.order = &byExpires
		b.expiring.push(r)
	}
}

// take removes a row from every index in which no other row has its place by now.
func (b *box) take(r *row) {
	if k := (key{r.Kind, r.ID}); b.rows[k] == r {
		delete(b.rows, k)
	}
	b.unlist(listKey{r.Kind, ""}, r)
	if r.Group != "" {
		b.unlist(listKey{r.Kind, r.Group}, r)
	}
	if !r.Due.IsZero() {
		b.queueOf(r).remove(r)
	}
	if !r.Expires.IsZero() {
		b.expiring.remove(r)
	}
}

func (b *box) listIn(k listKey) *list {
	l := b.lists[k]
	if l == nil {
		l = new(list)
		b.lists[k] = l
	}
	return l
}

func (b *box) unlist(k listKey, r *row) {
	l := b.lists[k]
	l.take(r)
	if l.len() == 0 {
		delete(b.lists, k)
	}
}

func (b *box) list(query store.Query) ([]store.Record, error) {
	var after int64
	if query.After != "" {
		last := b.rows[key{query.Kind, query.After}]
		if last == nil {
			return nil, store.ErrNotFound
		}
		after = last.seq
	}
	return b.lists[listKey{query.Kind, query.Group}].page(after, query.Limit, query.Newest), nil
}

func (b *box) setSequence(name string, n int64) {
	if n == 0 {
		delete(b.sequences, name)
		return
	}
	if b.sequences == nil {
		b.sequences = map[string]int64{}
	}
	b.sequences[name] = n
}

func (b *box) queueOf(r *row) *queue {
	d := b.dues[r.Kind]
	if d == nil {
		if b.dues == nil {
			b.dues = map[string]*dues{}
		}
		d = &dues{due: queue{order: &byDue}, leased: queue{order: &byLease}}
		b.dues[r.Kind] = d
	}
	if r.leased {
		return &d.leased
	}
	return &d.due
}

func (b *box) claim(kind string, due, wall time.Time, lease time.Duration, n int) []store.Record {
	d := b.dues[kind]
	if d == nil {
		return nil
	}
	for r := d.leased.first(); r != nil && !r.until.After(wall); r = d.leased.first() {
		d.leased.remove(r)
		r.leased = false
		d.due.push(r)
	}
	var recs []store.Record
	for r := d.due.first(); r != nil && !r.Due.After(due) && len(recs) < n; r = d.due.first() {
		d.due.remove(r)
		r.leased, r.until = true, wall.Add(lease)
		d.leased.push(r)
		recs = append(recs, r.Record)
	}
	return recs
}

func (b *box) nextDue(kind string, wall time.Time) (due time.Time, ok bool) {
	d := b.dues[kind]
	if d == nil {
		return due, false
	}
	if r := d.due.first(); r != nil {
		due, ok = r.Due, true
	}
	if r := d.leased.first(); r != nil && !r.until.After(wall) && (!ok || r.Due.Before(due)) {
		due, ok = r.Due, true // its claimer has ended, or failed twice
	}
	return due, ok
}

// expired is the row that expired first, if it has expired now.
func (b *box) expired(now time.Time) *row {
	if r := b.expiring.first(); r != nil && !r.Expires.After(now) {
		return r
	}
	return nil
}
