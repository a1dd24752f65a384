package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Step is one thing that `stuntbank test` does, and what it wants to see of it. One of
// Connect, Call, Connection, Webhooks, Advance and Rules is set.
type Step struct {
	Connect *Connect
	Sees    string // of Connect: where the user then stands, see Sights; empty: connected

	Call       string           // an operation
	Fails      string           // with this problem, or Malformed; empty: it succeeds, or Status says what is answered
	Status     int              // zero: any of a success, or of the problem
	Times      int              // how often it is called, each time with the same answer
	RetryAfter time.Duration    // what the answer says; zero: anything
	Items      *Calls           // how many items the answer lists
	Has        map[string]Calls // how many of them have a text
	Takes      time.Duration    // at least so long

	Connection string           // the state of the one that was made last
	Webhooks   map[string]Calls // how many notices of an event there have been since the case began
	Signed     bool             // and each of them, as it arrived, had a valid signature
	Advance    Span
	Rules      bool // every rule of the scenario has been used

	Line int
}

// Connect is what the user does with a session. It goes on with the one at hand, or
// begins another when that has ended.
type Connect struct {
	Do string // one of Moves; empty: log in with the fields below

	Institution, Username string            // empty: the provider's sample
	Method                string            // access method of the institution; empty: its first
	Fields                map[string]string // further fields of the login form; what is left out gets the bank's sample
	Password              string            // right, wrong, or the text itself; empty: right
	MFA                   string            // right, wrong, none; empty: right
	Answers               [][]string
	Accounts              []string // empty: all
}

// Malformed is how a call fails whose answer is no JSON although it says so.
const Malformed = "malformed"

// Moves are what a user can do besides logging in. The first begins a session, whatever
// stood before.
var Moves = words("open accept deny choose poll resend back retry approve leave")

// Sights are where a user can stand after a step, besides the problems and the kinds of challenges.
var Sights = words("connected consent institution access_method credentials approval waiting accounts")

func (r *reader) sights() []string {
	return slices.Concat(Sights, r.vocabulary.Problems, []string{DefaultChallenge}, r.vocabulary.Challenges)
}

// of lists which keys of a step go with the one that says what to do.
var of = map[string][]string{
	"connect": words("sees"),
	"call":    words("fails status times retry_after items has takes"),
}

// kinds of steps.
var stepKinds = words("connect call connection webhooks advance rules")

func (r *reader) step(n *yaml.Node) Step {
	s := Step{Line: n.Line, Times: 1}
	b := r.block(n, "step")
	kind := r.only(n, b, "a step", stepKinds)
	if kind == "" {
		return s
	}
	for _, key := range grammar["step"].keys {
		if b[key] != nil && key != kind && !contains(of[kind], key) {
			r.fail(b[key], codeClash, fmt.Sprintf("%q beside %q", key, kind), "beside it "+cmp.Or(strings.Join(of[kind], ", "), "nothing"))
		}
	}
	set(b, "connect", &s.Connect, r.connect)
	set(b, "sees", &s.Sees, choice[string](r, "sight", r.sights()))
	set(b, "call", &s.Call, r.operation)
	set(b, "fails", &s.Fails, func(n *yaml.Node) string {
		return r.name(n, codeProblem, "problem", append([]string{Malformed}, r.vocabulary.Problems...))
	})
	set(b, "status", &s.Status, r.status)
	set(b, "times", &s.Times, r.small(1))
	set(b, "retry_after", &s.RetryAfter, r.duration)
	set(b, "items", &s.Items, said(r.items0))
	set(b, "has", &s.Has, r.has)
	set(b, "takes", &s.Takes, r.duration)
	set(b, "connection", &s.Connection, choice[string](r, "state of a connection", states))
	if n := b["webhooks"]; n != nil {
		s.Webhooks, s.Signed = r.webhooks(n)
	}
	set(b, "advance", &s.Advance, r.span)
	if n := b["rules"]; n != nil {
		s.Rules = r.name(n, codeValue, "expectation of rules", words("all_used")) != ""
	}
	return s
}

func (r *reader) event(n *yaml.Node) string {
	return r.name(n, codeEvent, "event", r.vocabulary.Events)
}

func (r *reader) webhooks(n *yaml.Node) (counts map[string]Calls, signed bool) {
	counts = map[string]Calls{}
	for _, p := range r.pairs(n, "a block of events and how many notices each gave") {
		name := r.name(p.key, codeEvent, "event", slices.Concat(r.vocabulary.Events, words("signature")))
		if name == "signature" {
			signed = r.name(p.value, codeValue, "kind of signature", words("valid")) != ""
		} else if contains(r.vocabulary.Events, name) {
			counts[name] = r.items0(p.value)
		}
	}
	return counts, signed
}

// has reads texts, each with how many items have it.
func (r *reader) has(n *yaml.Node) map[string]Calls {
	counts := map[string]Calls{}
	for _, p := range r.pairs(n, "a block of texts and how many items have each: {PURCHASE: 1, PRIZE: 0}") {
		counts[r.text(p.key)] = r.items0(p.value)
	}
	return counts
}

func (r *reader) connect(n *yaml.Node) *Connect {
	if n.Kind == yaml.ScalarNode {
		if n.Value == "right" {
			return &Connect{}
		}
		return &Connect{Do: r.name(n, codeValue, "move", append(words("right"), Moves...))}
	}
	c := &Connect{}
	b := r.block(n, "connect")
	set(b, "institution", &c.Institution, r.identifier)
	set(b, "username", &c.Username, r.identifier)
	set(b, "method", &c.Method, r.identifier)
	set(b, "password", &c.Password, r.text)
	set(b, "fields", &c.Fields, r.texts("a block of fields and their values"))
	set(b, "accounts", &c.Accounts, r.unique("accounts", r.account))
	if n := b["mfa"]; n != nil && n.Kind == yaml.SequenceNode {
		c.Answers = each(r, "answers, one a challenge", r.answer)(n)
	} else if n != nil {
		c.MFA = r.name(n, codeValue, "answer", words("right wrong none"))
	}
	return c
}

// texts reads a block of names and texts.
func (r *reader) texts(what string) func(*yaml.Node) map[string]string {
	return func(n *yaml.Node) map[string]string {
		out := map[string]string{}
		for _, p := range r.pairs(n, what) {
			out[p.key.Value] = r.text(p.value)
		}
		return out
	}
}

// answer reads what is answered to one challenge: a text, or one for each field.
func (r *reader) answer(n *yaml.Node) []string {
	if n.Kind == yaml.SequenceNode {
		return each(r, "texts, one a field", r.text)(n)
	}
	return []string{r.text(n)}
}

// items0 reads a range of numbers that may begin at 0.
func (r *reader) items0(n *yaml.Node) Calls {
	if n.Value == "0" {
		return Calls{}
	}
	return r.calls(n)
}

// Has reports whether a number of items is what is wanted: the zero value is none.
func (c Calls) Has(n int64) bool { return n >= c.From && (c.To == 0 && c.From > 0 || n <= c.To) }

// String writes the range as files do.
func (c Calls) String() string {
	switch {
	case c.To == 0 && c.From > 0:
		return fmt.Sprintf("%d..", c.From)
	case c.From == c.To:
		return fmt.Sprint(c.From)
	}
	return fmt.Sprintf("%d..%d", c.From, c.To)
}
