package scenarios

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// operation reads a canonical operation, or one of a provider's own.
func (r *reader) operation(n *yaml.Node) string {
	return r.name(n, codeOperation, "operation", r.vocabulary.operations())
}

func (r *reader) rule(n *yaml.Node) Rule {
	rule := Rule{File: r.file, Line: n.Line}
	r.mark(n, "rule", strconv.Itoa(n.Line))
	b := r.block(n, "rule")
	set(b, "on", &rule.On, r.operation)
	set(b, "where", &rule.Where, r.where)
	set(b, "then", &rule.Then, r.then)
	if head, qualified := r.vocabulary.qualified(rule.On); qualified {
		r.mark(b["on"], "provider", head)
		if named := rule.Where.Provider; named != "" && named != head {
			r.fail(b["where"], codeProvider, fmt.Sprintf("the provider %q for %q", named, rule.On), "no provider here: the operation names it")
		}
	}
	r.fits(&rule, b)
	return rule
}

// fits holds a rule to conditions and effects that its operation can have.
func (r *reader) fits(rule *Rule, b block) {
	if rule.Where.Step != "" && !strings.HasPrefix(rule.On, "session.") {
		r.fail(b["where"], codeClash, fmt.Sprintf("a step for %q", rule.On), "session.submit, which alone belongs to a step")
	}
	if rule.Where.Event != "" && rule.On != deliver {
		r.fail(b["where"], codeClash, fmt.Sprintf("an event for %q", rule.On), deliver+", which alone tells of events")
	}
	if rule.On == deliver {
		r.fail(b["on"], codeComing, "a rule on "+deliver+", which will come with effects on deliveries", "an operation that an app calls")
	}
}

// deliver is the operation that no app calls: the provider does.
const deliver = "webhook.deliver"

func (r *reader) where(n *yaml.Node) Where {
	var w Where
	b := r.block(n, "where")
	set(b, "call", &w.Call, r.calls)
	set(b, "every", &w.Every, r.small(1))
	set(b, "provider", &w.Provider, r.provider)
	set(b, "institution", &w.Institution, func(n *yaml.Node) string {
		id := r.identifier(n)
		r.mark(n, "institution", id)
		return id
	})
	set(b, "account", &w.Account, r.account)
	for _, condition := range words("page account") {
		if b[condition] != nil {
			r.mark(b[condition], "condition", condition)
		}
	}
	set(b, "persona", &w.Persona, r.personaName)
	set(b, "step", &w.Step, choice[string](r, "step of a session", r.vocabulary.Steps))
	set(b, "connection_age", &w.Age, r.age)
	set(b, "page", &w.Page, r.calls)
	set(b, "event", &w.Event, r.event)
	set(b, "header", &w.Header, r.headers)
	set(b, "chance", &w.Chance, r.chance)
	return w
}

// age reads "30d..", "..1h" and "1d..2d".
func (r *reader) age(n *yaml.Node) (a Age) {
	const expected = "a range of ages: 30d.., ..1h or 1d..2d"
	text, ok := r.raw(n, expected)
	from, to, isRange := strings.Cut(text, "..")
	if ok && (!isRange || from == "" && to == "") {
		r.fail(n, codeValue, describe(n), expected)
		return a
	}
	part := func(text string, span *Span) {
		if node := *n; text != "" {
			node.Value = text
			*span = r.span(&node)
		}
	}
	part(from, &a.From)
	part(to, &a.To)
	if birth := (time.Time{}); !a.To.IsZero() && !a.From.AddTo(birth).Before(a.To.AddTo(birth)) {
		r.fail(n, codeValue, describe(n), "a range that ends after its beginning")
	}
	return a
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)

func (r *reader) headers(n *yaml.Node) map[string]string {
	headers := map[string]string{}
	for _, p := range r.pairs(n, "a block of headers") {
		if !headerName.MatchString(p.key.Value) {
			r.fail(p.key, codeValue, describe(p.key), "the name of a header, such as Accept-Language")
		}
		headers[p.key.Value] = r.text(p.value)
	}
	return headers
}

// chance reads "5%" and "0.5%".
func (r *reader) chance(n *yaml.Node) Chance {
	const expected = "a share from 0.01% to 100%, with at most two decimals"
	text, ok := r.raw(n, expected)
	if !ok {
		return 0
	}
	number, percent := strings.CutSuffix(text, "%")
	whole, part, _ := strings.Cut(number, ".")
	hundredths, err := strconv.ParseUint(whole+(part + "00")[:2], 10, 16)
	if err != nil || !percent || len(part) > 2 || whole == "" || hundredths < 1 || hundredths > 10_000 {
		r.fail(n, codeValue, describe(n), expected)
	}
	return Chance(hundredths)
}

// calls reads "3", "1..3" and "4..".
func (r *reader) calls(n *yaml.Node) Calls {
	const expected = "calls counted from 1: 3, 1..3 or 4.."
	text, ok := r.raw(n, expected)
	if !ok {
		return Calls{}
	}
	first, last, isRange := strings.Cut(text, "..")
	from, ok := parseCount(first, 1)
	to := from
	if isRange && last == "" {
		to = 0
	} else if isRange && ok {
		to, ok = parseCount(last, from)
	}
	if !ok || max(from, to) > 1<<62 {
		r.fail(n, codeValue, describe(n), expected)
		return Calls{}
	}
	return Calls{From: int64(from), To: int64(to)}
}

func (r *reader) then(n *yaml.Node) Effects {
	var e Effects
	b := r.block(n, "then")
	set(b, "problem", &e.Problem, r.problem)
	set(b, "message", &e.Message, r.text)
	set(b, "retry_after", &e.RetryAfter, r.duration)
	set(b, "latency", &e.Latency, r.latency)
	set(b, "status", &e.Status, r.status)
	set(b, "timeout", &e.Timeout, r.duration)
	set(b, "malformed", &e.Malformed, r.boolean)
	if n := b["body"]; n != nil {
		e.Body, e.JSON = r.body(n)
	}
	if n := b["contract"]; n != nil {
		e.Violate = r.name(n, codeValue, "word on the contract", words("violate")) != ""
	}
	needs := func(key, other string) {
		if b[key] != nil && b[other] == nil {
			r.fail(b[key], codeMissing, fmt.Sprintf("%q without a %s", key, other), fmt.Sprintf("the key %q beside it", other))
		}
	}
	needs("message", "problem")
	needs("retry_after", "problem")
	needs("body", "status")
	needs("contract", "status")
	one := func(keys ...string) {
		answers := slices.DeleteFunc(keys, func(key string) bool { return b[key] == nil })
		if len(answers) > 1 {
			r.fail(b[answers[1]], codeClash, fmt.Sprintf("%q beside %q", answers[1], answers[0]), "one answer to a call")
		}
	}
	one("problem", "status", "timeout")
	one("malformed", "status")
	one("malformed", "timeout")
	return e
}

func (r *reader) status(n *yaml.Node) int {
	status := r.small(0)(n)
	if status != 0 && (status < 200 || status > 599) {
		r.fail(n, codeValue, describe(n), "a status from 200 to 599")
	}
	return status
}

// latency reads one wait for all calls, or a curve from which each call draws its own.
func (r *reader) latency(n *yaml.Node) (l Latency) {
	if n.Kind != yaml.MappingNode {
		return Latency{P50: r.duration(n)}
	}
	b := r.block(n, "latency")
	set(b, "p50", &l.P50, r.duration)
	set(b, "p99", &l.P99, r.duration)
	if l.P99 > 0 && l.P99 < l.P50 {
		r.fail(b["p99"], codeValue, describe(b["p99"]), "a p99 that is not shorter than p50")
	}
	return l
}

// body reads a raw answer: a text as it stands, or a block or list as JSON.
func (r *reader) body(n *yaml.Node) (text string, isJSON bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		return n.Value, false
	}
	return string(appendJSON(nil, n)), true
}

// appendJSON writes a node as JSON: keys in their order and numbers as they stand.
func appendJSON(dst []byte, n *yaml.Node) []byte {
	quoted := func(text string) []byte {
		b, _ := json.Marshal(text) // a text always encodes
		return b
	}
	switch {
	case n.Kind == yaml.MappingNode:
		dst = append(dst, '{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, quoted(n.Content[i].Value)...), ':')
			dst = appendJSON(dst, n.Content[i+1])
		}
		return append(dst, '}')
	case n.Kind == yaml.SequenceNode:
		dst = append(dst, '[')
		for i, item := range n.Content {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, item)
		}
		return append(dst, ']')
	case n.Tag == "!!null":
		return append(dst, "null"...)
	case n.Tag != "!!str" && json.Valid([]byte(n.Value)):
		return append(dst, n.Value...)
	}
	return append(dst, quoted(n.Value)...)
}
