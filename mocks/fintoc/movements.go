package fintoc

import (
	"net/http"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// listMovements pages through an account, newest first. The order is stable; the real
// sandbox was recorded to repeat and lose rows between pages.
func listMovements(c *engine.Call) (engine.Reply, error) {
	conn, err := linkOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	book, err := bookOf(c, conn)
	if err != nil {
		return engine.Reply{}, err
	}
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	r, err := rangeOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	asOf := conn.AsOf(c.Now)
	processing := processingOf(c, book, asOf, r)
	total := book.Count(asOf, r) + len(processing)
	from, to := p.Bounds(total)
	first := processing[min(from, len(processing)):min(to, len(processing))]
	rows := func(dst []byte) []byte {
		for i := range first {
			dst = append(appendMovement(dst, &first[i]), ',')
		}
		return book.Print(asOf, r, max(0, from-len(processing)), to-from-len(first), movementForm, dst)
	}
	return engine.JSON(http.StatusOK, movements(rows), pageHeaders(p, c, total)...), nil
}

// processingOf are the rows that are not confirmed yet, if the call wants them. Their
// post_date is the day of the purchase until they are booked.
func processingOf(c *engine.Call, book *bank.Book, asOf time.Time, r bank.Range) []bank.Transaction {
	if c.Query("confirmed_only") != "false" {
		return nil
	}
	var out []bank.Transaction
	for _, t := range book.Pending(asOf) {
		t = awaiting(t)
		if (r.From == 0 || t.Posted >= r.From) && (r.Until == 0 || t.Posted < r.Until) {
			out = append(out, t)
		}
	}
	return out
}

func awaiting(t bank.Transaction) bank.Transaction {
	if !t.At.IsZero() {
		t.Posted = bank.DayOf(t.At)
	}
	return t
}

func getMovement(c *engine.Call) (engine.Reply, error) {
	conn, err := linkOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	book, err := bookOf(c, conn)
	if err != nil {
		return engine.Reply{}, err
	}
	name := c.Path("movement_id")
	text, ok := strings.CutPrefix(name, "mov_")
	if id, valid := bank.ParseID(text); ok && valid {
		if t, found := book.ByID(conn.AsOf(c.Now), id); found {
			if t.Pending {
				t = awaiting(t)
			}
			return engine.JSON(http.StatusOK, movement(t)), nil
		}
	}
	return engine.Reply{}, noSuch("movement", "mov", name)
}

// rangeOf reads since and until, each a date or a date-time, and compares them with
// post_date, which is a midnight in UTC.
func rangeOf(c *engine.Call) (bank.Range, error) {
	var r bank.Range
	since, _, err := dateOf(c, "since")
	if err != nil {
		return r, err
	}
	until, sharp, err := dateOf(c, "until")
	if err != nil {
		return r, err
	}
	if !since.IsZero() {
		r.From = bank.DayOf(since)
		if since.After(r.From.Time()) {
			r.From++ // that day's midnight is before since
		}
	}
	if !until.IsZero() {
		r.Until = bank.DayOf(until)
		if until.After(r.Until.Time()) || sharp && c.Option(optUntil) == "inclusive" {
			r.Until++
		}
	}
	return r, nil
}

// dateOf reads a date or date-time; sharp says that it is exactly a midnight.
func dateOf(c *engine.Call, name string) (at time.Time, sharp bool, err error) {
	text := c.Query(name)
	if text == "" {
		if c.HasQuery(name) {
			return at, false, problem.Invalid(name, problem.Format, "%s must be an ISO 8601 date", name)
		}
		return at, false, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err = time.Parse(layout, text); err == nil {
			at = at.UTC()
			return at, at.Equal(at.Truncate(24 * time.Hour)), nil
		}
	}
	return at, false, problem.Invalid(name, problem.Format, "%s must be an ISO 8601 date such as 2026-03-31", name)
}
