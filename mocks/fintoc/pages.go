package fintoc

import (
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Documented: 30 rows a page unless per_page says otherwise, 300 at most.
const (
	perPage    = 30
	maxPerPage = 300
)

// page is what a list call asks for.
type page struct{ number, size int }

func pageOf(c *engine.Call) (page, error) {
	number, err := positive(c, "page", 1)
	if err != nil {
		return page{}, err
	}
	size, err := positive(c, "per_page", perPage)
	if err != nil {
		return page{}, err
	}
	if size > maxPerPage {
		return page{}, problem.Invalid("per_page", problem.TooLarge, "")
	}
	return page{number, size}, nil
}

func positive(c *engine.Call, name string, otherwise int) (int, error) {
	if !c.HasQuery(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(c.Query(name))
	switch {
	case err != nil:
		return 0, problem.Invalid(name, problem.WrongType, "%s must be an integer", name)
	case n < 1:
		return 0, problem.Invalid(name, problem.TooSmall, "")
	}
	return n, nil
}

// bounds are the first row of the page and the one behind its last.
func (p page) bounds(total int) (from, to int) {
	if p.number > total/p.size+1 {
		return total, total
	}
	from = min((p.number-1)*p.size, total)
	return from, min(from+p.size, total)
}

// headers gives Link and X-Total-Count exactly as they were recorded: absolute URLs
// with the query in its original order and page behind it; first, prev, next, last;
// first and last even for an empty list, because the Ruby client reads them.
func (p page) headers(c *engine.Call, total int) []engine.Header {
	last := max(1, (total+p.size-1)/p.size)
	base, path, query := c.BaseURL(), c.LocalPath(), queryWithoutPage(c.Request.URL.RawQuery)
	var b strings.Builder
	b.Grow(4 * (len(base) + len(path) + len(query) + 32))
	add := func(number int, rel string) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		for _, part := range [...]string{"<", base, path, "?", query, "page=", strconv.Itoa(number), `>; rel="`, rel, `"`} {
			b.WriteString(part)
		}
	}
	add(1, "first")
	if p.number > 1 {
		add(min(p.number-1, last), "prev")
	}
	if p.number < last {
		add(p.number+1, "next")
	}
	add(last, "last")
	return []engine.Header{{Name: "Link", Value: b.String()}, {Name: "X-Total-Count", Value: strconv.Itoa(total)}}
}

// linkSafe escapes what would end a URL inside a Link header: all official clients
// split it at commas.
var linkSafe = strings.NewReplacer(",", "%2C", "<", "%3C", ">", "%3E", " ", "+", `"`, "%22")

func queryWithoutPage(raw string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" || part == "page" || strings.HasPrefix(part, "page=") {
			continue
		}
		b.WriteString(linkSafe.Replace(part))
		b.WriteByte('&')
	}
	return b.String()
}
