package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/scenarios"
)

// RecordKeeper is a provider with records that developers may write themselves: by the control API
// (/_stunt/v1/providers/<name>/records/<kind>/<id>), and in the section records of a scenario, from
// which they are written when a sandbox is born.
type RecordKeeper interface {
	RecordKinds() []RecordKind
}

// RecordKind is a kind of such records. Make one with Writable.
type RecordKind struct {
	Name string // in paths and scenarios, as the provider writes it
	Help string // what it is, in one line

	put    func(t Tx, id string, text []byte) error
	get    func(t Tx, id string) (any, error)
	list   func(t Tx) ([]KeptRecord[any], error)
	delete func(t Tx, id string) error
}

// KeptRecord is a record and the name by which it is found.
type KeptRecord[T any] struct {
	ID    string `json:"id"`
	Value T      `json:"value"`
}

// Writable lets developers write the records of a collection, by the collection's own kind. A value is
// JSON with the fields of T and no others. prepare checks it, fills in what it does not say and gives
// how it is kept; a *problem.Error of it names the field at fault.
func (r Records[T]) Writable(help string, prepare func(t Tx, id string, value *T) (RecordOptions, error)) RecordKind {
	return RecordKind{
		Name: r.Kind, Help: help,
		put: func(t Tx, id string, text []byte) error {
			var value T
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(&value); err != nil {
				why := strings.TrimPrefix(err.Error(), "json: ")
				return problem.Invalid("", problem.Format, "the %s %q cannot be read (%s): send a JSON object with the fields that the document lists", r.Kind, id, why)
			}
			if _, err := d.Token(); !errors.Is(err, io.EOF) {
				return problem.Invalid("", problem.Malformed, "behind the %s %q more follows: send one JSON object", r.Kind, id)
			}
			o, err := prepare(t, id, &value)
			if err != nil {
				return err
			}
			return r.Put(t, id, value, o)
		},
		get: func(t Tx, id string) (any, error) { return r.Get(t, id) },
		list: func(t Tx) ([]KeptRecord[any], error) {
			all, err := r.All(t)
			out := []KeptRecord[any]{}
			for _, one := range all {
				out = append(out, KeptRecord[any]{one.ID, one.Value})
			}
			return out, err
		},
		delete: r.Delete,
	}
}

// All gives the records of every group with their ids, oldest first.
func (r Records[T]) All(t Tx) ([]KeptRecord[T], error) {
	kept, err := records.List(t.tx, store.Query{})
	if err != nil {
		return nil, err
	}
	out := []KeptRecord[T]{}
	for _, k := range kept {
		if k.Kind != r.group(t, "") || k.ended(t.Now) {
			continue
		}
		value, err := r.read(k)
		if err != nil {
			return nil, err
		}
		out = append(out, KeptRecord[T]{k.ID, value})
	}
	return out, nil
}

// RecordKinds are the kinds of records that the provider lets developers write, by name.
func (s *Server) RecordKinds(provider string) []RecordKind {
	m := s.byName[provider]
	if m == nil {
		return nil
	}
	return recordKinds(m.p)
}

func recordKinds(p Provider) []RecordKind {
	if k, ok := p.(RecordKeeper); ok {
		return k.RecordKinds()
	}
	return nil
}

// recordKind finds a kind of a provider. NotFound names those that there are.
func (s *Server) recordKind(provider, kind string) (RecordKind, error) {
	all := s.RecordKinds(provider)
	for _, k := range all {
		if k.Name == kind {
			return k, nil
		}
	}
	names := []string{}
	for _, k := range all {
		names = append(names, k.Name)
	}
	if len(names) == 0 {
		names = append(names, "none")
	}
	return RecordKind{}, problem.New(problem.NotFound, "%s has no records of the kind %q that could be written: it has %s", provider, kind, strings.Join(names, ", "))
}

// PutRecord writes a record of a provider, and gives it as it is kept.
func (c *Call) PutRecord(provider, kind, id string, text []byte) (value any, err error) {
	k, err := c.s.recordKind(provider, kind)
	if err != nil {
		return nil, err
	}
	sb, err := c.s.Enter(c.Context(), c.Sandbox.Name) // the control API has only looked at it
	if err != nil {
		return nil, err
	}
	c.Sandbox, c.Now = sb, sb.Now(c.entry.Wall)
	err = c.Do(func(t Tx) error {
		t = t.Of(provider)
		if err := k.put(t, id, text); err != nil {
			return err
		}
		value, err = k.get(t, id)
		return err
	})
	return value, err
}

// Record reads a record of a provider.
func (c *Call) Record(provider, kind, id string) (value any, err error) {
	k, err := c.s.recordKind(provider, kind)
	if err != nil {
		return nil, err
	}
	err = c.View(func(t Tx) error {
		value, err = k.get(t.Of(provider), id)
		return err
	})
	return value, err
}

// RecordsOf lists the records of a kind, oldest first.
func (c *Call) RecordsOf(provider, kind string) (all []KeptRecord[any], err error) {
	k, err := c.s.recordKind(provider, kind)
	if err != nil {
		return nil, err
	}
	err = c.View(func(t Tx) error {
		all, err = k.list(t.Of(provider))
		return err
	})
	return all, err
}

// DeleteRecord removes a record of a provider.
func (c *Call) DeleteRecord(provider, kind, id string) error {
	k, err := c.s.recordKind(provider, kind)
	if err != nil {
		return err
	}
	return c.Do(func(t Tx) error { return k.delete(t.Of(provider), id) })
}

// writeScripted writes the records that the scenario of a sandbox asks for.
func (s *Server) writeScripted(t Tx, sc *scenarios.Scenario) error {
	for _, provider := range slices.Sorted(maps.Keys(sc.Records)) {
		for _, kind := range slices.Sorted(maps.Keys(sc.Records[provider])) {
			k, err := s.recordKind(provider, kind)
			if err != nil {
				return err
			}
			written := sc.Records[provider][kind]
			for _, id := range slices.Sorted(maps.Keys(written)) {
				if err := k.put(t.Of(provider), id, []byte(written[id])); err != nil {
					if p := problem.From(err); p != nil && !problem.Ours(err) {
						return problem.Invalid("scenario", p.Reason, "scenario %q, records.%s.%s.%s: %s", sc.Name, provider, kind, id, p.Detail)
					}
					return err
				}
			}
		}
	}
	return nil
}
