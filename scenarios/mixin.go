package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
)

// places are where things stand in a file, by kind and name.
type places map[string]place

type place struct{ line, column int }

func (r *reader) places() places {
	at := make(places, len(r.at))
	for name, n := range r.at {
		at[name] = place{n.Line, n.Column}
	}
	return at
}

// wrong makes an error at the place of a name, or at that of the scenario's.
func (s *Scenario) wrong(at, code, found, expected string) *Error {
	p, ok := s.at[at]
	if !ok {
		p = s.at["scenario"]
	}
	return &Error{File: s.File, Line: max(p.line, 1), Column: max(p.column, 1), Code: code, Found: found, Expected: expected}
}

// Unusable is the error of bank data that no bank of a provider could have; line 0 is
// that of the persona, or of the name. An error that has a place of its own keeps it.
func (s *Scenario) Unusable(line int, err error) *Error {
	if placed := (*Error)(nil); errors.As(err, &placed) {
		return placed
	}
	e := s.wrong("persona", codeData, err.Error(), "amounts, days and kinds as the provider's banks have them")
	if line > 0 {
		e.Line, e.Column = line, 1
	}
	return e
}

func (r *reader) used(n *yaml.Node) string {
	name := r.identifier(n)
	r.mark(n, "use", name)
	return name
}

// mix gives the scenario the sections of those that it uses: left to right, then its
// own. Rules, timeline and data are joined, and of them what is said later comes first.
// Anything else that is said twice, differently, is a clash unless the scenario says
// `override: true`.
func (s *Scenario) mix(used []*Scenario) ErrorList {
	s.used = used
	if len(used) == 0 {
		return nil
	}
	own := *s
	s.own = &own
	s.Seed, s.Clock, s.History, s.Persona, s.Login, s.Ready = nil, nil, nil, nil, nil, nil
	s.Tokens, s.Options, s.Records, s.Institutions, s.Data, s.Timeline, s.Rules = nil, nil, nil, nil, nil, nil, nil
	m := mixer{s: s, from: map[string]*Scenario{}}
	for _, u := range append(slices.Clone(used), &own) {
		m.add(u)
	}
	s.book = newBook(s.Rules)
	return m.errs
}

// mixer joins scenarios into one.
type mixer struct {
	s    *Scenario
	from map[string]*Scenario // who said a thing
	errs ErrorList
}

func (m *mixer) add(u *Scenario) {
	s := m.s
	say(m, u, "seed", &s.Seed, u.Seed)
	say(m, u, "clock", &s.Clock, u.Clock)
	say(m, u, "history", &s.History, u.History)
	say(m, u, "persona", &s.Persona, u.Persona)
	say(m, u, "login", &s.Login, u.Login)
	say(m, u, "ready", &s.Ready, u.Ready)
	sayAll(m, u, "token", &s.Tokens, u.Tokens)
	for _, provider := range slices.Sorted(maps.Keys(u.Options)) {
		values := maps.Clone(s.Options[provider])
		sayAll(m, u, "option "+provider, &values, u.Options[provider])
		if s.Options == nil {
			s.Options = map[string]map[string]string{}
		}
		s.Options[provider] = values
	}
	for _, provider := range slices.Sorted(maps.Keys(u.Records)) {
		kinds := maps.Clone(s.Records[provider])
		for _, kind := range slices.Sorted(maps.Keys(u.Records[provider])) {
			written := maps.Clone(kinds[kind])
			sayAll(m, u, "record "+provider+" "+kind, &written, u.Records[provider][kind])
			if kinds == nil {
				kinds = map[string]map[string]string{}
			}
			kinds[kind] = written
		}
		if s.Records == nil {
			s.Records = map[string]map[string]map[string]string{}
		}
		s.Records[provider] = kinds
	}
	for _, i := range u.Institutions {
		at := slices.IndexFunc(s.Institutions, func(other Institution) bool { return other.ID == i.ID })
		if at < 0 {
			s.Institutions = append(s.Institutions, i)
			at = len(s.Institutions) - 1
		}
		m.note(u, "institution "+i.ID, s.Institutions[at], i)
		s.Institutions[at] = i
	}
	s.Rules = slices.Concat(u.Rules, s.Rules)
	s.Timeline = slices.Concat(u.Timeline, s.Timeline)
	s.Data = slices.Concat(u.Data, s.Data)
}

// say takes over a section.
func say[T any](m *mixer, u *Scenario, what string, into **T, value *T) {
	if value != nil {
		m.note(u, what, *into, value)
		*into = value
	}
}

// sayAll takes over the entries of a section that is joined by name.
func sayAll[T any](m *mixer, u *Scenario, what string, into *map[string]T, values map[string]T) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if *into == nil {
			*into = map[string]T{}
		}
		m.note(u, what+" "+name, (*into)[name], values[name])
		(*into)[name] = values[name]
	}
}

// note remembers who says a thing, and whether somebody else has said it differently.
func (m *mixer) note(u *Scenario, what string, before, now any) {
	if first := m.from[what]; first != nil && !m.s.Override && !reflect.DeepEqual(before, now) {
		m.errs = append(m.errs, m.s.wrong("use "+first.Name, codeClash, fmt.Sprintf("the %s of %s and of %s", what, first.Name, u.Name),
			"one of them, or override: true, with which the later one counts"))
	}
	m.from[what] = u
}
