package finx

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
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

// looksParam is the parameter of a connection that lists the logins after the first one, each
// as Unix milliseconds and the id of its sync.
const looksParam = "looks"

// mostLooks is how many of them are remembered.
const mostLooks = 100

// looked remembers that a login has brought new data.
func looked(tx engine.Tx, conn connect.Connection, sync string) (connect.Connection, error) {
	return tx.ChangeConnection(conn.ID, func(conn *connect.Connection) error {
		all := append(strings.Fields(conn.Params[looksParam]), strconv.FormatInt(tx.Now.UnixMilli(), 10)+"/"+sync)
		if conn.Params = maps.Clone(conn.Params); conn.Params == nil {
			conn.Params = map[string]string{}
		}
		conn.Params[looksParam] = strings.Join(all[max(0, len(all)-mostLooks):], " ")
		return nil
	})
}

// look is an instant at which data of a bank was fetched, and the sync that did it; empty for
// those that the provider does by itself.
type look struct {
	at   time.Time
	sync string
}

// looksOf are the instants at which an access got data up to one, the first login first.
func looksOf(conn connect.Connection, asOf time.Time) []look {
	out := []look{{conn.CreatedAt, conn.Session}}
	for _, text := range strings.Fields(conn.Params[looksParam]) {
		ms, sync, _ := strings.Cut(text, "/")
		if n, err := strconv.ParseInt(ms, 10, 64); err == nil {
			out = append(out, look{time.UnixMilli(n).UTC(), sync})
		}
	}
	if !conn.Paused {
		for at := conn.CreatedAt.Add(syncEvery); at.Before(asOf); at = at.Add(syncEvery) {
			out = append(out, look{at: at})
		}
	}
	slices.SortStableFunc(out, func(a, b look) int { return a.at.Compare(b.at) })
	if last := out[len(out)-1].at; asOf.After(last) {
		out = append(out, look{at: asOf})
	}
	return out
}

// syncs tells by which look at the bank a row came: the first one that saw it. A row is asked
// for by its position among all of its account.
type syncs struct {
	book  *bank.Book
	looks []look
	at    int // the look that the row asked for last came by
}

func newSyncs(s shared, asOf time.Time) syncs {
	looks := looksOf(s.conn, asOf)
	return syncs{s.book, looks, len(looks) - 1}
}

// of is the look by which a row came. Rows are asked for in order, so that few looks are repeated.
func (y *syncs) of(position int) look {
	sees := func(n int) bool { return y.book.Count(y.looks[n].at, bank.Range{}) > position }
	for y.at > 0 && sees(y.at-1) {
		y.at--
	}
	for y.at < len(y.looks)-1 && !sees(y.at) {
		y.at++
	}
	return y.looks[y.at]
}
