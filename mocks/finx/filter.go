package finx

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// filter is what a call wants of the transactions.
type filter struct {
	ascending    bool
	pending      bool
	since, until bank.Day
	createdSince time.Time // of since_type created and modified
	after        *row      // since names a row, which is not listed itself
	types        []string
	categories   []string
	minor, most  *float64
	key, text    string // of filter
	sync         string
	view         rowView
}

// newFilter reads a query. sinceType is what since means where the query does not say.
func newFilter(query func(name string) string, sinceType string, now time.Time, of []shared, view rowView) (f filter, err error) {
	f = filter{pending: isOn(query("include_pending")), types: listed(query("types")), categories: listed(query("categories")), sync: query("sync_id"), view: view}
	switch strings.ToLower(query("sort")) {
	case "", "desc":
	case "asc":
		f.ascending = true
	default:
		return f, problem.Invalid("sort", problem.NotAllowed, "Must be one of: asc, desc.")
	}
	if f.minor, f.most = decimal(query("min_amount")), decimal(query("max_amount")); query("filter") != "" {
		var ok bool
		f.key, f.text, ok = strings.Cut(query("filter"), ":")
		if f.text = strings.ToLower(strings.TrimSpace(f.text)); !ok || !slices.Contains([]string{"date", "person", "purpose", "amount"}, f.key) {
			return f, problem.Invalid("filter", problem.Format, "Must be key:value with one of the keys date, person, purpose, amount.")
		}
	}
	if err = f.readSince(query, sinceType, now, of); err != nil {
		return f, err
	}
	if text := query("until"); text != "" {
		at, err := dateOf("until", text)
		if err != nil {
			return f, err
		}
		f.until = bank.DayOf(at) + 1
	}
	return f, nil
}

// readSince reads a row's id or a date.
func (f *filter) readSince(query func(name string) string, sinceType string, now time.Time, of []shared) error {
	text := query("since")
	if text == "" {
		return nil
	}
	if strings.HasPrefix(text, "T") {
		r, ok := rowNamed(now, of, text)
		if !ok {
			return problem.Invalid("since", problem.NotAllowed, "There is no such transaction.")
		}
		f.after = &r
		return nil
	}
	at, err := dateOf("since", text)
	if err != nil {
		return err
	}
	if cmp.Or(query("since_type"), sinceType) != "booked" {
		f.createdSince = at
		return nil
	}
	if f.since = bank.DayOf(at); at.After(f.since.Time()) {
		f.since++ // that day's midnight, which bookings have, is before it
	}
	return nil
}

// dateOf reads a date or a date-time.
func dateOf(name, text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, strings.ReplaceAll(text, " ", "+")); err == nil { // a bare + in a query is a blank
			return at.UTC(), nil
		}
	}
	return time.Time{}, problem.Invalid(name, problem.Format, "Not a valid date.")
}

func decimal(text string) *float64 {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return &v
	}
	return nil
}

func listed(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// rows are those that the filter lets pass, in the order that the call wants.
func (f filter) rows(now time.Time, of []shared) iter.Seq[row] {
	return func(yield func(row) bool) {
		if f.pending && !f.ascending && !f.each(slices.Values(awaited(now, of)), yield) {
			return
		}
		since := f.since
		if f.after != nil && !f.after.Pending {
			since = f.after.Posted
		}
		if !f.eachBooked(booked(now, of, since, f.until, f.ascending), yield) {
			return
		}
		if f.pending && f.ascending {
			ahead := awaited(now, of)
			slices.Reverse(ahead)
			f.each(slices.Values(ahead), yield)
		}
	}
}

// eachBooked leaves out the row that since names and what is older.
func (f filter) eachBooked(rows iter.Seq[row], yield func(row) bool) bool {
	if f.after == nil {
		return f.each(rows, yield)
	}
	return f.each(func(yield func(row) bool) {
		newer := !f.ascending
		for r := range rows {
			if r.ID == f.after.ID {
				if newer {
					return
				}
				newer = true
				continue
			}
			if newer && !yield(r) {
				return
			}
		}
	}, yield)
}

func (f filter) each(rows iter.Seq[row], yield func(row) bool) bool {
	for r := range rows {
		if f.passes(&r) && !yield(r) {
			return false
		}
	}
	return true
}

// lists says whether a row that is at hand would be listed, by its day, too.
func (f filter) lists(r *row) bool {
	return f.passes(r) && r.Posted >= f.since && (f.until == 0 || r.Posted < f.until)
}

func (f filter) passes(r *row) bool {
	if !r.Pending && r.came.at.Before(f.createdSince) {
		return false
	}
	if len(f.types) > 0 && !slices.Contains(f.types, typeOf(&r.Transaction)) {
		return false
	}
	if f.sync != "" && f.sync != r.came.sync {
		return false
	}
	if f.minor != nil || f.most != nil {
		size, _ := strconv.ParseFloat(bank.FormatAmount(max(r.Amount, -r.Amount), r.Currency), 64)
		if f.minor != nil && size < *f.minor || f.most != nil && size > *f.most {
			return false
		}
	}
	if len(f.categories) > 0 {
		leaf := categoryOf(&r.Transaction)
		if !slices.Contains(f.categories, itoa(leaf)) && !slices.Contains(f.categories, itoa(categories[leaf].parent)) {
			return false
		}
	}
	var in string
	switch f.key {
	case "date":
		in = r.Posted.String()
	case "person":
		in = partyOf(&r.Transaction)
	case "purpose":
		in = r.Description
	case "amount":
		in = bank.FormatAmount(r.Amount, r.Currency)
	default:
		return true
	}
	return strings.Contains(strings.ToLower(in), f.text)
}

// statistics are about all rows that the filter lets pass, in the currency of the first one.
// An expense keeps its sign.
type statistics struct {
	currency                 string
	depositSum, depositMax   int64
	expenseSum, expenseLeast int64
}

func (s *statistics) add(r *row) {
	if s.currency == "" {
		s.currency = r.Currency
	}
	switch {
	case r.Currency != s.currency:
	case r.Amount > 0:
		s.depositSum, s.depositMax = s.depositSum+r.Amount, max(s.depositMax, r.Amount)
	default:
		s.expenseSum, s.expenseLeast = s.expenseSum+r.Amount, min(s.expenseLeast, r.Amount)
	}
}
