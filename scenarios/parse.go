package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFile bounds a scenario file. A long one is tens of kilobytes.
const maxFile = 1 << 20

// Parse reads one scenario file. The error is an ErrorList that holds everything wrong
// with it, and then there is no scenario. File is only quoted. What the file names of
// other files, a Library joins.
func Parse(file string, data []byte, v Vocabulary) (*Scenario, error) {
	s, p, errs := (&reader{file: file, vocabulary: v}).parse(data)
	if p != nil {
		errs = ErrorList{{File: file, Line: 1, Column: 1, Code: codeShape, Found: "a persona", Expected: "a scenario"}}
	}
	return s, errs.err()
}

// parse reads a file of either kind: a scenario, or a persona that scenarios can name.
func (r *reader) parse(data []byte) (*Scenario, *Persona, ErrorList) {
	r.at = map[string]*yaml.Node{}
	root := r.document(data)
	if root != nil {
		r.plain(root)
	}
	if len(r.errs) > 0 {
		return nil, nil, r.sorted()
	}
	if key := root.Content; root.Kind == yaml.MappingNode && len(key) > 0 && key[0].Value == "persona" {
		p := r.personaFile(root)
		if len(r.errs) > 0 {
			return nil, nil, r.sorted()
		}
		return nil, p, nil
	}
	s := r.scenario(root)
	s.File = r.file
	if len(r.errs) == 0 {
		r.check(s)
	}
	if len(r.errs) > 0 {
		return nil, nil, r.sorted()
	}
	s.at, s.text = r.places(), string(data)
	s.book = newBook(s.Rules)
	return s, nil, nil
}

// document returns the root of the only YAML document, or nil after an error.
func (r *reader) document(data []byte) *yaml.Node {
	start := &yaml.Node{Line: 1, Column: 1}
	if len(data) > maxFile {
		r.fail(start, codeSyntax, fmt.Sprintf("a file of %d bytes", len(data)), fmt.Sprintf("at most %d", maxFile))
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := decoder.Decode(&first); errors.Is(err, io.EOF) {
		r.fail(start, codeSyntax, "an empty file", "a scenario")
		return nil
	} else if err != nil {
		r.syntax(err)
		return nil
	}
	if err := decoder.Decode(&second); err == nil {
		r.fail(&second, codeSyntax, "a second document", "one scenario in a file")
		return nil
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil
	}
	if len(first.Content) != 1 {
		r.fail(start, codeSyntax, "an empty document", "a scenario")
		return nil
	}
	return first.Content[0]
}

var lineOf = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

// syntax passes on what the YAML parser says. It knows the line, not the column.
func (r *reader) syntax(err error) {
	at, text := &yaml.Node{Line: 1, Column: 1}, strings.ReplaceAll(err.Error(), "\n", " ")
	if m := lineOf.FindStringSubmatch(text); m != nil {
		text = m[2]
		if line, err := strconv.Atoi(m[1]); err == nil {
			at.Line = line
		}
	}
	r.fail(at, codeSyntax, "broken YAML ("+text+")", "a YAML document")
}

func (r *reader) scenario(n *yaml.Node) *Scenario {
	s := &Scenario{}
	b := r.block(n, "scenario")
	set(b, "scenario", &s.Name, r.scenarioName)
	set(b, "title", &s.Title, r.text)
	set(b, "about", &s.About, r.text)
	set(b, "use", &s.Use, r.unique("used scenarios", r.used))
	set(b, "override", &s.Override, r.boolean)
	set(b, "everywhere", &s.Everywhere, r.boolean)
	set(b, "pages", &s.Pages, r.boolean)
	set(b, "persona", &s.Persona, r.persona)
	set(b, "data", &s.Data, r.changes)
	set(b, "timeline", &s.Timeline, each(r, "entries", r.entry))
	set(b, "expect", &s.Expect, each(r, "steps", r.step))
	set(b, "providers", &s.Providers, r.unique("providers", r.provider))
	set(b, "seed", &s.Seed, said(r.count(0)))
	set(b, "clock", &s.Clock, said(r.instant))
	set(b, "history", &s.History, said(r.span))
	set(b, "tokens", &s.Tokens, r.tokens)
	set(b, "institutions", &s.Institutions, each(r, "institutions", r.institution))
	set(b, "options", &s.Options, r.options)
	set(b, "records", &s.Records, r.records)
	set(b, "rules", &s.Rules, each(r, "rules", r.rule))
	if n := b["login"]; n != nil {
		s.Login, s.Ready = r.login(n)
	}
	for i := range s.Rules {
		s.Rules[i].N = i
	}
	return s
}

var scenarioName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// scenarioName reads a name that works as a username suffix.
func (r *reader) scenarioName(n *yaml.Node) string {
	r.at["scenario"] = n
	before := len(r.errs)
	name := r.identifier(n)
	if len(r.errs) == before && (!scenarioName.MatchString(name) || len(name) > 60) {
		r.fail(n, codeValue, describe(n), "lower-case letters, digits and single hyphens, such as mfa-expired")
	}
	return name
}

func (r *reader) provider(n *yaml.Node) string {
	return r.name(n, codeProvider, "provider", r.vocabulary.providers())
}

// unique reads a list in which nothing comes twice.
func (r *reader) unique(what string, read func(*yaml.Node) string) func(*yaml.Node) []string {
	seen := map[string]bool{}
	return each(r, what, func(n *yaml.Node) string {
		item := read(n)
		if item != "" && seen[item] {
			r.fail(n, codeTwice, quote(item)+" again", "each of the "+what+" once")
		}
		seen[item] = true
		return item
	})
}
