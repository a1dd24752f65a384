package scenarios

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// maxErrors is how many errors of one file are told. Nobody reads on.
const maxErrors = 50

// reader turns nodes into values and collects every error on the way. Its methods return
// the zero value where they failed, which nobody sees: a file with an error yields no scenario.
type reader struct {
	file       string
	dir        fs.FS // where it lies; nil: nowhere
	vocabulary Vocabulary
	errs       ErrorList
	at         map[string]*yaml.Node // where a name was first used, by kind and name

	challengesRead int
}

func (r *reader) fail(n *yaml.Node, code, found, expected string) *Error {
	e := &Error{File: r.file, Line: max(n.Line, 1), Column: max(n.Column, 1), Code: code, Found: found, Expected: expected}
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, e)
	}
	return e
}

// sorted are the errors in reading order.
func (r *reader) sorted() ErrorList {
	r.errs.sort()
	return r.errs
}

// plain refuses what would let text mean something else than it says: anchors, aliases and tags.
func (r *reader) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.fail(n, codeSyntax, fmt.Sprintf("the alias *%s", n.Value), "the text itself: the language has no aliases")
	case n.Anchor != "":
		r.fail(n, codeSyntax, fmt.Sprintf("the anchor &%s", n.Anchor), "no anchor: the language has none")
	case n.Style&yaml.TaggedStyle != 0:
		r.fail(n, codeSyntax, fmt.Sprintf("the tag %s", n.Tag), "no tag: the language reads plain text")
	}
	for _, child := range n.Content {
		r.plain(child)
	}
}

// pair is one key of a mapping and its value.
type pair struct{ key, value *yaml.Node }

// pairs reads a mapping that says something, each key once.
func (r *reader) pairs(n *yaml.Node, expected string) []pair {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		r.fail(n, codeShape, describe(n), expected)
		return nil
	}
	var list []pair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, codeShape, describe(key)+" as a key", "a name")
		case seen[key.Value]:
			r.fail(key, codeTwice, fmt.Sprintf("the key %s again", quote(key.Value)), "each key once")
		default:
			seen[key.Value] = true
			list = append(list, pair{key, value})
		}
	}
	return list
}

// items reads a list that says something.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.fail(n, codeShape, describe(n), "a list of "+what)
		return nil
	}
	return n.Content
}

// block is a mapping whose keys the grammar knows.
type block map[string]*yaml.Node

// block reads the keys of one section of the grammar. A misspelt key counts as the one
// that was meant, so that its value is checked too and it is not also called missing.
func (r *reader) block(n *yaml.Node, name string) block {
	about, b := grammar[name], block{}
	known, errors := strings.Join(about.keys, ", "), len(r.errs)
	for _, p := range r.pairs(n, fmt.Sprintf("a block with the keys of %s: %s", name, known)) {
		switch key := p.key.Value; {
		case contains(about.keys, key):
			b[key] = p.value
		case about.comes(key) != "":
			r.fail(p.key, codeComing, fmt.Sprintf("the key %q of %s, which will come with %s", key, name, about.comes(key)), "one of "+known)
		default:
			e := r.fail(p.key, codeUnknownKey, fmt.Sprintf("the unknown key %s in %s", quote(key), name), "one of "+known)
			e.Suggestion = nearest(key, about.names())
			if contains(about.keys, e.Suggestion) && b[e.Suggestion] == nil {
				b[e.Suggestion] = p.value
			}
		}
	}
	for _, key := range about.required {
		if b[key] == nil && (len(b) > 0 || len(r.errs) == errors) {
			r.fail(n, codeMissing, fmt.Sprintf("%s without %q", name, key), fmt.Sprintf("the key %q", key))
		}
	}
	return b
}

// only finds the one of some keys that a block does, empty after an error.
func (r *reader) only(n *yaml.Node, b block, what string, verbs []string) string {
	var found []string
	for _, verb := range verbs {
		if b[verb] != nil {
			found = append(found, verb)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	if len(b) > 0 {
		r.fail(n, codeMissing, fmt.Sprintf("%s with %d things to do", what, len(found)), "one of "+strings.Join(verbs, ", "))
	}
	return ""
}

// set reads the key of b into the field, when the file has it.
func set[T any](b block, key string, field *T, read func(*yaml.Node) T) {
	if n := b[key]; n != nil {
		*field = read(n)
	}
}

// said wraps a reading function for a field that tells "not said" from a zero value.
func said[T any](read func(*yaml.Node) T) func(*yaml.Node) *T {
	return func(n *yaml.Node) *T {
		value := read(n)
		return &value
	}
}

// each reads every item of a list.
func each[T any](r *reader, what string, read func(*yaml.Node) T) func(*yaml.Node) []T {
	return func(n *yaml.Node) []T {
		var list []T
		for _, item := range r.items(n, what) {
			list = append(list, read(item))
		}
		return list
	}
}

// text returns the raw text of a scalar, whatever type YAML would give it.
func (r *reader) text(n *yaml.Node) string {
	text, _ := r.raw(n, "a text")
	return strings.TrimSpace(text)
}

func (r *reader) raw(n *yaml.Node, expected string) (string, bool) {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" || n.Tag == "!!null" {
		r.fail(n, codeShape, describe(n), expected)
		return "", false
	}
	return n.Value, true
}

// identifier returns raw text that YAML, too, reads as text: 0001234 without quotes is 668 to other tools.
func (r *reader) identifier(n *yaml.Node) string {
	text, ok := r.raw(n, "an identifier")
	switch {
	case !ok:
	case n.Tag != "!!str":
		r.fail(n, codeUnquoted, describe(n)+" without quotes", "it in quotes, because it is an identifier: "+quote(text))
	case strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		r.fail(n, codeValue, describe(n), "an identifier without spaces")
	}
	return text
}

// name reads one of the known names and remembers where.
func (r *reader) name(n *yaml.Node, code, what string, known []string) string {
	text, ok := r.raw(n, oneOf(what, known))
	switch {
	case !ok:
		return ""
	case !contains(known, text):
		meant := r.vocabulary.Also[text]
		if meant == "" {
			meant = nearest(text, known)
		}
		r.fail(n, code, fmt.Sprintf("the unknown %s %s", what, quote(text)), oneOf(what, known)).Suggestion = meant
	default:
		r.mark(n, what, text)
	}
	return text
}

func (r *reader) mark(n *yaml.Node, kind, name string) {
	if r.at[kind+" "+name] == nil {
		r.at[kind+" "+name] = n
	}
}

// choice returns a reading function for a closed set of words.
func choice[T ~string](r *reader, what string, words []string) func(*yaml.Node) T {
	return func(n *yaml.Node) T { return T(r.name(n, codeValue, what, words)) }
}

func (r *reader) boolean(n *yaml.Node) bool {
	return r.name(n, codeValue, "truth value", []string{"true", "false"}) == "true"
}

// count reads a whole number in plain decimal. 042 would be 34 to other YAML tools, so it is refused.
func (r *reader) count(least uint64) func(*yaml.Node) uint64 {
	return func(n *yaml.Node) uint64 {
		expected := fmt.Sprintf("a whole number from %d, in plain digits", least)
		text, ok := r.raw(n, expected)
		if !ok {
			return 0
		}
		number, good := parseCount(text, least)
		if !good {
			r.fail(n, codeValue, describe(n), expected)
		}
		return number
	}
}

func parseCount(text string, least uint64) (uint64, bool) {
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil && number >= least && strconv.FormatUint(number, 10) == text
}

// small reads a count that fits any int.
func (r *reader) small(least uint64) func(*yaml.Node) int {
	return func(n *yaml.Node) int {
		number := r.count(least)(n)
		if number > 1_000_000 {
			r.fail(n, codeValue, describe(n), "at most 1000000")
		}
		return int(min(number, 1_000_000))
	}
}

// instant reads RFC 3339 from the raw text, which YAML would turn into a time of its own.
func (r *reader) instant(n *yaml.Node) time.Time {
	const expected = "an instant such as 2026-03-31T10:00:00Z, in the years 1970 to 2199"
	text, ok := r.raw(n, expected)
	if !ok {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if at = at.UTC(); err != nil || at.Year() < 1970 || at.Year() > 2199 {
		r.fail(n, codeValue, describe(n), expected)
	}
	return at
}

// anySpan reads a length of time that may be none.
func (r *reader) anySpan(n *yaml.Node) Span {
	text, ok := r.raw(n, "a duration such as 30s, 90d or 24mo")
	if !ok {
		return Span{}
	}
	span, err := ParseSpan(text)
	switch {
	case err == errBankDays:
		r.fail(n, codeComing, describe(n), err.Error())
	case err != nil:
		r.fail(n, codeValue, describe(n), "a duration: "+err.Error())
	}
	return span
}

// span reads a length of time that is some.
func (r *reader) span(n *yaml.Node) Span {
	before := len(r.errs)
	span := r.anySpan(n)
	if len(r.errs) == before && span.IsZero() {
		r.fail(n, codeValue, describe(n), "a duration longer than nothing")
	}
	return span
}

// duration reads an exact length: months and years are none.
func (r *reader) duration(n *yaml.Node) time.Duration {
	d, exact := r.span(n).Duration()
	if !exact {
		r.fail(n, codeValue, describe(n), "an exact duration: mo and y depend on the date")
	}
	return d
}

// describe says what stands at n, in the words of somebody who looks at the file.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		return "an empty block"
	case n.Kind == yaml.MappingNode:
		return "a block"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return "an empty list"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case strings.TrimSpace(n.Value) == "" || n.Tag == "!!null":
		return "nothing"
	}
	return quote(n.Value)
}

// quote keeps a message on one line, and that line short.
func quote(text string) string {
	if len(text) > 60 {
		return strconv.Quote(text[:57]) + "..."
	}
	return strconv.Quote(text)
}
