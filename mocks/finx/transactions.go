package finx

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// firstDay is the oldest day that a flow may read: its sync_period before the login.
func firstDay(s shared) bank.Day {
	days, err := strconv.Atoi(s.conn.Params["sync_period"])
	if err != nil {
		days = defaultSync
	}
	return bank.DayOf(s.conn.CreatedAt) - bank.Day(days)
}

// row is a transaction with the account that it belongs to.
type row struct {
	shared
	bank.Transaction
}

// rowsOf are the transactions of some accounts, newest first, with what is pending in front.
func rowsOf(c *engine.Call, of []shared, pending bool) []row {
	var out, ahead []row
	for _, s := range of {
		asOf := s.conn.AsOf(c.Now)
		s.book.Each(asOf, bank.Range{From: firstDay(s)}, func(t *bank.Transaction) { out = append(out, row{s, *t}) })
		if pending {
			for _, t := range s.book.Pending(asOf) {
				if !t.At.IsZero() {
					t.Posted = bank.DayOf(t.At)
				}
				ahead = append(ahead, row{s, t})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b row) int { return int(b.Posted - a.Posted) })
	return append(ahead, out...)
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
	names := strings.Split(c.Query("accounts"), ",")
	return slices.DeleteFunc(all, func(s shared) bool { return !slices.Contains(names, s.id()) }), nil
}

func listTransactions(c *engine.Call) (engine.Reply, error) {
	of, err := wanted(c)
	if err != nil {
		return engine.Reply{}, err
	}
	count, offset := 1000, 0
	if n, err := strconv.Atoi(c.Query("count")); err == nil {
		count = n
	}
	if n, err := strconv.Atoi(c.Query("offset")); err == nil {
		offset = n
	}
	rows := rowsOf(c, of, flag(c, "include_pending"))
	rows = rows[min(offset, len(rows)):]
	rows = rows[:min(count, len(rows))]
	out := transactions{view: newRowView(c), rows: rows}
	if len(of) > 0 {
		out.status = statusOf(c, of[0])
	} else {
		out.status = syncStatus{SyncedAt: instant(c.Now), SucceededAt: instant(c.Now)}
	}
	return engine.JSON(http.StatusOK, out), nil
}

func getTransaction(c *engine.Call) (engine.Reply, error) {
	of, err := wanted(c)
	if err != nil {
		return engine.Reply{}, err
	}
	name := c.Path("transaction_id")
	id, ok := parseID('T', name)
	for _, s := range of {
		if !ok {
			break
		}
		if t, found := s.book.ByID(s.conn.AsOf(c.Now), id); found && (t.Pending || t.Posted >= firstDay(s)) {
			return engine.JSON(http.StatusOK, oneRow{newRowView(c), row{s, t}}), nil
		}
	}
	return engine.Reply{}, problem.Absent("transaction", name)
}
