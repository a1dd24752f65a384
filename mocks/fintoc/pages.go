package fintoc

import (
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// paging is documented: 30 rows a page unless per_page says otherwise, 300 at most.
var paging = engine.Paging{Number: "page", Size: "per_page", Usual: 30, Most: 300}

// pageHeaders gives Link and X-Total-Count exactly as they were recorded: absolute URLs
// with the query in its original order and page behind it; first, prev, next, last;
// first and last even for an empty list, because the Ruby client reads them.
func pageHeaders(p engine.ListPage, c *engine.Call, total int) []engine.Header {
	last := p.Last(total)
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
	if p.Number > 1 {
		add(min(p.Number-1, last), "prev")
	}
	if p.Number < last {
		add(p.Number+1, "next")
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
