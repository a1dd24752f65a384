package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Value is what a Collection holds. Clone is a deep copy: nothing that can be changed through one is seen through the
// other. A value must also survive a JSON round trip, because some backends keep it that way.
type Value[T any] interface{ Clone() T }

// Collection is typed access to the records of one kind. It clones on the way in and on the way out, so that no caller
// shares memory with the store. Its errors wrap the store's.
type Collection[T Value[T]] struct{ Kind string }

// Kind is a collection as a backend on disk knows it: by its name, and by how its values are read back.
type Kind interface {
	Name() string
	Read(data []byte) (any, error)
}

// Name is the kind of the records.
func (c Collection[T]) Name() string { return c.Kind }

// Read makes a value of its JSON. A field that T does not have is an error: nothing that was kept gets lost unnoticed.
func (c Collection[T]) Read(data []byte) (any, error) {
	var value T
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	return value, nil
}

// Option sets what a record carries besides its value.
type Option func(*Record)

// InGroup puts the record in the group that lists can be restricted to.
func InGroup(group string) Option { return func(r *Record) { r.Group = group } }

// WithLookup names the record store-wide; the zero Hash takes its name away.
func WithLookup(hash Hash) Option { return func(r *Record) { r.Lookup = hash } }

// DueAt makes the record claimable from a virtual instant on; the zero time, never.
func DueAt(at time.Time) Option { return func(r *Record) { r.Due = at } }

// ExpiresAt lets Sweep delete the record from a virtual instant on; the zero time, never.
func ExpiresAt(at time.Time) Option { return func(r *Record) { r.Expires = at } }

// Get returns a copy of one value, or ErrNotFound.
func (c Collection[T]) Get(tx Tx, id string) (T, error) {
	rec, err := tx.Get(c.Kind, id)
	if err != nil {
		var none T
		return none, c.wrap(id, err)
	}
	return c.Decode(rec)
}

// Create adds a value. ErrExists if its id, or its Lookup, is taken.
func (c Collection[T]) Create(tx Tx, id string, value T, options ...Option) error {
	rec := Record{Kind: c.Kind, ID: id, Value: value.Clone()}
	return c.wrap(id, tx.Create(rec.with(options)))
}

// Update replaces a value with what change makes of a copy of it. Group, Lookup, Due and Expires stay unless an option
// sets them. An error of change is returned as it is, and nothing is written. ErrNotFound if there is no such value.
func (c Collection[T]) Update(tx Tx, id string, change func(T) (T, error), options ...Option) error {
	rec, err := tx.Get(c.Kind, id)
	if err != nil {
		return c.wrap(id, err)
	}
	old, err := c.Decode(rec)
	if err != nil {
		return err
	}
	value, err := change(old)
	if err != nil {
		return err
	}
	rec.Value = value.Clone()
	return c.wrap(id, tx.Update(rec.with(options)))
}

// Delete removes a value, or ErrNotFound.
func (c Collection[T]) Delete(tx Tx, id string) error { return c.wrap(id, tx.Delete(c.Kind, id)) }

// List returns copies of the values a query selects; the query's Kind is the collection's.
func (c Collection[T]) List(tx Tx, query Query) ([]T, error) {
	query.Kind = c.Kind
	recs, err := tx.List(query)
	if err != nil {
		return nil, c.wrap(query.After, err)
	}
	values := make([]T, len(recs))
	for i, rec := range recs {
		if values[i], err = c.Decode(rec); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Count says how many values the group holds, or the whole collection if group is empty.
func (c Collection[T]) Count(tx Tx, group string) (int, error) { return tx.Count(c.Kind, group) }

// Decode returns a copy of the value in a record of this kind, such as one that Claim gave.
func (c Collection[T]) Decode(rec Record) (value T, err error) {
	switch kept := rec.Value.(type) {
	case T:
		return kept.Clone(), nil
	case []byte:
		var read T
		err = json.Unmarshal(kept, &read)
		return read, c.wrap(rec.ID, err)
	default:
		return value, c.wrap(rec.ID, fmt.Errorf("holds a %T, not a %T; give each collection a kind of its own", kept, value))
	}
}

func (c Collection[T]) wrap(id string, err error) error {
	if err == nil {
		return nil
	}
	return &recordError{c.Kind, id, err}
}

// recordError says which record an error is about. Its text is made when somebody reads it:
// most are ErrNotFound, which is an answer.
type recordError struct {
	kind, id string
	err      error
}

func (e *recordError) Error() string { return fmt.Sprintf("%s %q: %v", e.kind, e.id, e.err) }
func (e *recordError) Unwrap() error { return e.err }

func (r Record) with(options []Option) Record {
	for _, option := range options {
		option(&r)
	}
	return r
}
