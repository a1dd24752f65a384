package scenarios

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Anchors are what the engine tells the timeline, besides "<token class>_expired" and
// "webhook <event>".
var Anchors = words("created opened connected exchanged refreshed consent_ended")

// The anchor that a call brings about, and that call.
const (
	exchanged = "exchanged"
	exchange  = "token.exchange"
)

func (r *reader) anchors() []string {
	names := append([]string{}, Anchors...)
	for _, class := range r.vocabulary.Tokens {
		names = append(names, class+"_expired")
	}
	for _, event := range r.vocabulary.Events {
		names = append(names, "webhook "+event)
	}
	return names
}

func (r *reader) entry(n *yaml.Node) Entry {
	e := Entry{File: r.file, Line: n.Line}
	r.mark(n, "entry", strconv.Itoa(n.Line))
	b := r.block(n, "entry")
	if n := b["after"]; n != nil {
		e.Anchor, e.Wait = r.moment(n)
	}
	if n := b["do"]; n != nil {
		do := r.block(n, "do")
		set(do, "connection", &e.State, choice[string](r, "state of a connection", states))
		set(do, "data", &e.Changes, r.changes)
	}
	return e
}

// moment reads "connected" and "connected + 30d".
func (r *reader) moment(n *yaml.Node) (anchor string, wait Span) {
	const expected = "an anchor, such as connected or connected + 30d"
	text, ok := r.raw(n, expected)
	if !ok {
		return "", Span{}
	}
	name, later, plus := strings.Cut(text, "+")
	word := *n
	word.Value = strings.TrimSpace(name)
	anchor = r.name(&word, codeAnchor, "anchor", r.anchors())
	if plus {
		rest := *n
		rest.Value = strings.TrimSpace(later)
		wait = r.span(&rest)
	}
	if class, ok := strings.CutSuffix(anchor, "_expired"); ok {
		r.mark(n, "token class", class)
	}
	if anchor == exchanged {
		r.mark(n, "operation", exchange)
	}
	return anchor, wait
}
