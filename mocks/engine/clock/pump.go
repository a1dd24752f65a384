package clock

import (
	"context"
	"fmt"
	"time"
)

// Pumper is what a moving clock sets off.
type Pumper interface {
	// Next returns the earliest row that is due at or before to, and what runs it; false if there is none. Asking changes
	// nothing: a row is claimed by running it. Run is given the virtual instant that it must see, and must leave the row
	// gone, done, or due later, or else it comes again.
	Next(to time.Time) (due time.Time, run func(ctx context.Context, at time.Time) error, ok bool, err error)
}

// Report says how far a Pump came.
type Report struct {
	Ran       int       // rows run
	At        time.Time // virtual instant reached, in UTC: the end, or that of the last row run
	Remaining bool      // stopped while a row was due
}

// Pump runs, in due order, what is due up to and including to, rows that appear on the way included. Each row sees the
// instant at which it was due, or from if it was overdue: time never goes back. When ctx is done it stops between two
// rows, without an error, and the report says whether rows remain. The first error of a row or of Next ends it.
func Pump(ctx context.Context, rows Pumper, from, to time.Time) (Report, error) {
	report := Report{At: from.UTC()}
	if to.Before(from) {
		return report, fmt.Errorf("cannot pump from %s back to %s; set the clock without pumping", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
	for {
		due, run, ok, err := rows.Next(to)
		if err != nil {
			return report, err
		}
		if !ok {
			report.At = to.UTC()
			return report, nil
		}
		if ctx.Err() != nil {
			report.Remaining = true
			return report, nil
		}
		at := report.At
		if due.After(at) {
			at = due.UTC()
		}
		if err := run(ctx, at); err != nil {
			report.Remaining = true
			return report, err
		}
		report.Ran, report.At = report.Ran+1, at
	}
}
