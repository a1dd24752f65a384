package bank

import (
	"sync/atomic"
	"time"
)

// Form is how a provider writes a row. What was written is kept in runs of a few rows, so
// that a page that was asked for before is joined and not written again.
type Form struct {
	write func(dst []byte, t *Transaction) []byte
	kept  [runs]atomic.Pointer[run]
}

// Bounds of what one Form keeps: about 8 MiB at the most, 4 MiB of usual rows.
const (
	runs       = 1024
	runRows    = 8
	longestRun = 8 << 10 // bytes; a longer one is not kept
)

// run is the rows from one position on, the newest first, with a comma behind each. It
// never changes: nor does a row that an era has folded.
type run struct {
	runKey
	text []byte
	ends [runRows + 1]uint16 // row i of the text lies between ends i and i+1
}

// runKey holds no pointer, so that what is kept keeps no World.
type runKey struct {
	era   uint64
	shown key // whose ids the rows have
	book  int
	start int // a multiple of runRows
}

// NewForm makes a form; write appends a row, and looks at nothing but the row.
func NewForm(write func(dst []byte, t *Transaction) []byte) *Form { return &Form{write: write} }

// Print appends the rows of a page, see Page, in a form, with a comma behind each.
func (b *Book) Print(now time.Time, r Range, offset, limit int, f *Form, dst []byte) []byte {
	l, lo, hi := b.window(now, r)
	hi -= max(offset, 0)
	lo = max(lo, hi-limit)
	for hi > lo {
		start := (hi - 1) / runRows * runRows
		from := max(lo, start)
		if k := f.run(b, l, start); k != nil {
			dst = append(dst, k.rows(from-start, hi-start)...)
		} else {
			b.visit(l, from, hi, func(t *Transaction) { dst = append(f.write(dst, t), ',') })
		}
		hi = from
	}
	return dst
}

// run gives a run as it was kept, or writes it and keeps it in the place of another. It
// is nil if it is too long, or not all of it is folded.
func (f *Form) run(b *Book, l *ledger, start int) *run {
	if rows := l.accounts[b.index].rows; start+runRows > int(rows[len(rows)-1]) {
		return nil
	}
	k := runKey{l.era.number, b.world.shown, b.index, start}
	slot := &f.kept[mix(mix((k.era+uint64(b.index))^uint64(k.shown))+uint64(start))%runs]
	if kept := slot.Load(); kept != nil && kept.runKey == k {
		return kept
	}
	n := &run{runKey: k, text: make([]byte, 0, 4<<10)}
	row := 0
	b.visit(l, start, start+runRows, func(t *Transaction) {
		if len(n.text) <= longestRun {
			n.text = append(f.write(n.text, t), ',')
		}
		row++
		n.ends[row] = uint16(min(len(n.text), longestRun))
	})
	if len(n.text) > longestRun {
		return nil
	}
	slot.Store(n)
	return n
}

// rows is the text of the rows [lo,hi) of the run.
func (k *run) rows(lo, hi int) []byte { return k.text[k.ends[runRows-hi]:k.ends[runRows-lo]] }
