package finx

import (
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// syncEvery is how often the data of a user whose credentials are kept is renewed: four times
// a day (documented).
const syncEvery = 6 * time.Hour

// syncPeriod is how many days of history a flow has asked for.
func syncPeriod(conn connect.Connection) int {
	if days, err := strconv.Atoi(conn.Params["sync_period"]); err == nil {
		return days
	}
	return defaultSync
}

// syncID names the sync by which a connection got its data.
func syncID(conn connect.Connection) string { return uuid("sync/" + conn.ID) }

// syncs tells by which look at the bank a row came: the first one that saw it. A row is asked
// for by its position among all of its account.
type syncs struct {
	s    shared
	asOf time.Time
	at   int // the look that the row asked for last came by
	last int
}

func newSyncs(s shared, asOf time.Time) syncs {
	last := 0
	if !s.conn.Paused && asOf.After(s.conn.CreatedAt) {
		last = int(asOf.Sub(s.conn.CreatedAt)/syncEvery) + 1
	}
	return syncs{s, asOf, last, last}
}

// when is the instant of the nth look.
func (y *syncs) when(n int) time.Time {
	at := y.s.conn.CreatedAt.Add(time.Duration(n) * syncEvery)
	if at.After(y.asOf) {
		return y.asOf
	}
	return at
}

// of is when a row came. Rows are asked for in order, so that few looks are repeated.
func (y *syncs) of(position int) time.Time {
	sees := func(n int) bool { return y.s.book.Count(y.when(n), bank.Range{}) > position }
	for y.at > 0 && sees(y.at-1) {
		y.at--
	}
	for y.at < y.last && !sees(y.at) {
		y.at++
	}
	return y.when(y.at)
}
