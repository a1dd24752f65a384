package finx

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// firstDay is the oldest day that a flow may read: its sync_period before the login.
func firstDay(s shared) bank.Day { return bank.DayOf(s.conn.CreatedAt) - bank.Day(syncPeriod(s.conn)) }

// row is a transaction with the account that it belongs to, and how it came.
type row struct {
	shared
	bank.Transaction
	came look
}

// reader walks through the rows of one account, a few at a time.
type reader struct {
	shared
	asOf        time.Time
	within      bank.Range
	ascending   bool
	total, read int
	older       int // rows before the range
	kept        []bank.Transaction
	syncs       syncs
}

// chunk is how many rows are read at once.
const chunk = 256

func newReader(now time.Time, s shared, within bank.Range, ascending bool) *reader {
	r := &reader{shared: s, asOf: s.conn.AsOf(now), within: within, ascending: ascending}
	r.total = s.book.Count(r.asOf, within)
	r.older = s.book.Count(r.asOf, bank.Range{Until: within.From})
	r.syncs = newSyncs(s, r.asOf)
	return r
}

// peek is the next row, if there is one.
func (r *reader) peek() (*bank.Transaction, bool) {
	if len(r.kept) > 0 {
		return &r.kept[0], true
	}
	n := min(chunk, r.total-r.read)
	if n <= 0 {
		return nil, false
	}
	offset := r.read
	if r.ascending {
		offset = r.total - r.read - n
	}
	if r.kept = r.book.Page(r.asOf, r.within, offset, n, nil); r.ascending {
		slices.Reverse(r.kept)
	}
	r.read += n
	return &r.kept[0], true
}

// take gives the next row, which peek has shown.
func (r *reader) take() row {
	t := r.kept[0]
	position := r.read - len(r.kept)
	if !r.ascending {
		position = r.total - 1 - position
	}
	r.kept = r.kept[1:]
	return row{r.shared, t, r.syncs.of(r.older + position)}
}

// booked gives the booked rows of some accounts in one order: by day, on one day those of the
// first account first when the newest come first.
func booked(now time.Time, of []shared, since, until bank.Day, ascending bool) iter.Seq[row] {
	return func(yield func(row) bool) {
		var readers []*reader
		for _, s := range of {
			within := bank.Range{From: max(firstDay(s), since), Until: until}
			readers = append(readers, newReader(now, s, within, ascending))
		}
		if ascending {
			slices.Reverse(readers)
		}
		for {
			var next *reader
			var day bank.Day
			for _, r := range readers {
				t, ok := r.peek()
				if ok && (next == nil || !ascending && t.Posted > day || ascending && t.Posted < day) {
					next, day = r, t.Posted
				}
			}
			if next == nil || !yield(next.take()) {
				return
			}
		}
	}
}

// awaited are the rows of some accounts that are not booked yet, newest first.
func awaited(now time.Time, of []shared) (out []row) {
	for _, s := range of {
		asOf := s.conn.AsOf(now)
		for _, t := range s.book.Pending(asOf) {
			if !t.At.IsZero() {
				t.Posted = bank.DayOf(t.At)
			}
			out = append(out, row{s, t, look{at: asOf}})
		}
	}
	slices.SortStableFunc(out, func(a, b row) int { return cmp.Compare(b.Posted, a.Posted) })
	return out
}

// wanted are the accounts that the path or the query names; without either all.
func wanted(c *engine.Call) ([]shared, error) {
	if c.Path("account_id") != "" {
		s, err := named(c)
		return []shared{s}, err
	}
	all, err := sharedBy(c)
	if err != nil || c.Query("accounts") == "" {
		return all, err
	}
	names := listed(c.Query("accounts"))
	return slices.DeleteFunc(all, func(s shared) bool { return !slices.Contains(names, s.id()) }), nil
}

func listTransactions(c *engine.Call) (engine.Reply, error) {
	of, err := wanted(c)
	if err != nil {
		return engine.Reply{}, err
	}
	view, err := newRowView(c)
	if err != nil {
		return engine.Reply{}, err
	}
	f, err := newFilter(c.Query, c.Option(optSinceType), c.Now, of, view)
	if err != nil {
		return engine.Reply{}, err
	}
	if !readsTransactions(of) {
		of = nil
	}
	out := transactions{view: view, rows: []row{}, status: syncStatus{SyncedAt: instant(c.Now), SucceededAt: instant(c.Now)}}
	if len(of) > 0 {
		out.status = statusOf(c.Now, of[0])
	}
	count, offset := integer(c, "count", 1000), integer(c, "offset", 0)
	if flag(c, "include_statistics") {
		out.statistics = &statistics{}
	}
	seen := 0
	for r := range f.rows(c.Now, of) {
		if out.statistics != nil {
			out.statistics.add(&r)
		}
		if seen >= offset && seen < offset+count {
			out.rows = append(out.rows, r)
		}
		if seen++; seen >= offset+count && out.statistics == nil {
			break
		}
	}
	return engine.JSON(http.StatusOK, out), nil
}

// integer reads a number of the query, which the document has checked.
func integer(c *engine.Call, name string, otherwise int) int {
	if n, err := strconv.Atoi(c.Query(name)); err == nil {
		return n
	}
	return otherwise
}

func getTransaction(c *engine.Call) (engine.Reply, error) {
	of, err := wanted(c)
	if err != nil {
		return engine.Reply{}, err
	}
	view, err := newRowView(c)
	if err != nil {
		return engine.Reply{}, err
	}
	name := c.Path("transaction_id")
	if r, ok := rowNamed(c.Now, of, name); ok && readsTransactions(of) {
		return engine.JSON(http.StatusOK, oneRow{view, r}), nil
	}
	return engine.Reply{}, problem.Absent("transaction", name)
}

// rowNamed finds a row of some accounts by its id.
func rowNamed(now time.Time, of []shared, name string) (row, bool) {
	id, ok := parseID('T', name)
	if !ok {
		return row{}, false
	}
	for _, s := range of {
		asOf := s.conn.AsOf(now)
		t, found := s.book.ByID(asOf, id)
		if !found || !t.Pending && t.Posted < firstDay(s) {
			continue
		}
		came := look{at: asOf}
		if t.Pending {
			if !t.At.IsZero() {
				t.Posted = bank.DayOf(t.At)
			}
		} else {
			// Its place among the rows: those of earlier days, and those of its day before it.
			sy, at := newSyncs(s, asOf), s.book.Count(asOf, bank.Range{Until: t.Posted})
			day := s.book.Page(asOf, bank.Range{From: t.Posted, Until: t.Posted + 1}, 0, 1<<20, nil)
			at += len(day) - 1 - max(0, slices.IndexFunc(day, func(o bank.Transaction) bool { return o.ID == t.ID }))
			came = sy.of(at)
		}
		return row{s, t, came}, true
	}
	return row{}, false
}
