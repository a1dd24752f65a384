package memory

import (
	"cmp"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// list is rows in order of creation. A row that goes leaves a hole, so that going costs no more than finding; holes at
// the ends go at once, those in between when they are the larger part. A nil list is empty.
type list struct {
	entries []entry
	holes   int
}

type entry struct {
	seq int64
	row *row // nil: a hole
}

func (l *list) len() int {
	if l == nil {
		return 0
	}
	return len(l.entries) - l.holes
}

// find says where seq is, or belongs.
func (l *list) find(seq int64) (int, bool) {
	if n := len(l.entries); n == 0 || l.entries[n-1].seq < seq {
		return n, false
	}
	return slices.BinarySearchFunc(l.entries, seq, func(e entry, seq int64) int { return cmp.Compare(e.seq, seq) })
}

// put adds a row, or replaces the one with its seq.
func (l *list) put(r *row) {
	i, ok := l.find(r.seq)
	if !ok {
		l.entries = slices.Insert(l.entries, i, entry{seq: r.seq, row: r})
		return
	}
	if l.entries[i].row == nil {
		l.holes--
	}
	l.entries[i].row = r
}

// take removes a row, unless another one has its place by now.
func (l *list) take(r *row) {
	i, ok := l.find(r.seq)
	if !ok || l.entries[i].row != r {
		return
	}
	l.entries[i].row = nil
	l.holes++
	for len(l.entries) > 0 && l.entries[0].row == nil {
		l.entries = l.entries[1:]
		l.holes--
	}
	for n := len(l.entries); n > 0 && l.entries[n-1].row == nil; n = len(l.entries) {
		l.entries = l.entries[:n-1]
		l.holes--
	}
	if l.holes > len(l.entries)/2 {
		l.compact()
	}
}

func (l *list) compact() {
	kept := make([]entry, 0, l.len())
	for _, e := range l.entries {
		if e.row != nil {
			kept = append(kept, e)
		}
	}
	l.entries, l.holes = kept, 0
}

// page returns up to limit records (0 = all) that follow the row with seq after (0 = the start).
func (l *list) page(after int64, limit int, newest bool) []store.Record {
	size := l.len()
	if size == 0 {
		return nil
	}
	if limit > 0 {
		size = min(size, limit)
	}
	i, end, step := 0, len(l.entries), 1
	if newest {
		i, end, step = end-1, -1, -1
	}
	if after > 0 {
		at, found := l.find(after)
		switch {
		case newest:
			i = at - 1
		case found:
			i = at + 1
		default:
			i = at
		}
	}
	var recs []store.Record
	for ; i != end && len(recs) < size; i += step {
		if r := l.entries[i].row; r != nil {
			if recs == nil {
				recs = make([]store.Record, 0, size)
			}
			recs = append(recs, r.Record)
		}
	}
	return recs
}
