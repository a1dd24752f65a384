package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Records is a collection of the provider's own: redirect addresses, hosted instances,
// subscriptions. Its values are JSON; they belong to a sandbox, obey its clock, survive a
// restart with --state, and go with a reset.
//
//	var redirects = engine.Records[redirect]{Kind: "redirect"}
//	err := redirects.Put(tx, id, redirect{URI: uri}, engine.RecordOptions{Group: client})
type Records[T any] struct {
	Kind string // one for each type, by the provider's own naming
}

// RecordOptions say more of a record than its value.
type RecordOptions struct {
	Group  string    // what lists are restricted to: whose it is
	Lookup string    // an id or secret that finds it, and its sandbox, where it comes with a call at a place that the document names
	Ends   time.Time // virtual; it is not found from then on. Zero: never
}

// What a sandbox keeps of records.
const (
	MaxRecord   = 256 << 10 // bytes of one value
	mostRecords = 16 << 20  // bytes of all together
	recordHead  = 200       // bytes that a record takes besides its value
)

// record is a value as the store keeps it.
type record struct {
	ID    string          `json:"id"`   // of the provider's
	Kind  string          `json:"kind"` // and the provider before it
	Value json.RawMessage `json:"value"`
	Ends  time.Time       `json:"ends,omitzero"`
}

// Clone copies the record.
func (r record) Clone() record {
	r.Value = slices.Clone(r.Value)
	return r
}

// recordSize is how many bytes the records of a sandbox take. It may be too high, because
// those that the clock has ended are not taken off, never too low.
type recordSize struct {
	Bytes int `json:"bytes"`
}

// Clone copies the size.
func (s recordSize) Clone() recordSize { return s }

func (r Records[T]) id(t Tx, id string) string { return t.m.man.Name + "/" + r.Kind + "/" + id }

func (r Records[T]) group(t Tx, group string) string {
	return t.m.man.Name + "/" + r.Kind + "/" + group
}

// Put adds a record, or replaces the value, the group, the lookup and the end of the one
// with this id. InvalidRequest where the value exceeds MaxRecord; RateLimited where the
// sandbox has no room left; Conflict where another record has the lookup.
func (r Records[T]) Put(t Tx, id string, value T, how ...RecordOptions) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("engine: %s %q: %w", r.Kind, id, err)
	}
	if len(text) > MaxRecord {
		return problem.Invalid("", problem.BodySize, "the %s %q has %d bytes: send at most %d", r.Kind, id, len(text), MaxRecord)
	}
	var o RecordOptions
	if len(how) > 0 {
		o = how[0]
	}
	kept := record{ID: id, Kind: r.group(t, ""), Value: text, Ends: o.Ends}
	lookup := store.Hash{}
	if o.Lookup != "" {
		lookup = store.HashOf(o.Lookup)
	}
	opts := []store.Option{store.InGroup(r.group(t, o.Group)), store.WithLookup(lookup), store.ExpiresAt(o.Ends)}
	before := 0
	err = records.Update(t.tx, r.id(t, id), func(old record) (record, error) {
		before = len(old.Value) + recordHead
		return kept, nil
	}, opts...)
	if errors.Is(err, store.ErrNotFound) {
		err = records.Create(t.tx, r.id(t, id), kept, opts...)
	}
	if errors.Is(err, store.ErrExists) {
		return problem.New(problem.Conflict, "another record is found by what the %s %q is found by", r.Kind, id)
	}
	if err != nil {
		return err
	}
	return t.grow(len(text) + recordHead - before)
}

// Get reads a record. NotFound when there is none, or none any more.
func (r Records[T]) Get(t Tx, id string) (value T, err error) {
	kept, err := records.Get(t.tx, r.id(t, id))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && kept.ended(t.Now):
		return value, problem.Absent(r.Kind, id)
	case err != nil:
		return value, err
	}
	return r.read(kept)
}

func (r record) ended(now time.Time) bool { return !r.Ends.IsZero() && !now.Before(r.Ends) }

func (r Records[T]) read(kept record) (value T, err error) {
	if err := json.Unmarshal(kept.Value, &value); err != nil {
		return value, fmt.Errorf("engine: %s %q: %w", r.Kind, kept.ID, err)
	}
	return value, nil
}

// Find reads the record whose Lookup came with the call, and gives its id. NotFound when
// the call brought none.
func (r Records[T]) Find(t Tx, lookup string) (id string, value T, err error) {
	for _, ref := range t.refs {
		if ref.Kind != kindRecord || ref.text != lookup {
			continue
		}
		kept, err := records.Get(t.tx, ref.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && ref.ID != r.id(t, kept.ID) {
			continue
		}
		if err != nil {
			return "", value, err
		}
		value, err = r.Get(t, kept.ID)
		return kept.ID, value, err
	}
	return "", value, problem.Absent(r.Kind, "")
}

// List gives the records of a group, oldest first.
func (r Records[T]) List(t Tx, group string) ([]T, error) {
	kept, err := records.List(t.tx, store.Query{Group: r.group(t, group)})
	if err != nil {
		return nil, err
	}
	all := []T{}
	for _, k := range kept {
		if k.ended(t.Now) {
			continue
		}
		value, err := r.read(k)
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	return all, nil
}

// Delete removes a record. NotFound when there is none.
func (r Records[T]) Delete(t Tx, id string) error {
	if _, err := r.Get(t, id); err != nil {
		return err
	}
	kept, err := records.Get(t.tx, r.id(t, id))
	if err != nil {
		return err
	}
	if err := records.Delete(t.tx, r.id(t, id)); err != nil {
		return err
	}
	return t.grow(-len(kept.Value) - recordHead)
}

// grow counts bytes of records, and refuses more of them than a sandbox keeps.
func (t Tx) grow(by int) error {
	const all = "all"
	size, err := sizes.Get(t.tx, all)
	fresh := errors.Is(err, store.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	if size.Bytes = max(0, size.Bytes+by); size.Bytes > mostRecords {
		if size.Bytes, err = t.recordBytes(); err != nil {
			return err
		}
		if size.Bytes > mostRecords && by > 0 {
			return problem.New(problem.RateLimited, "the records of this sandbox exceed %d MiB: delete some, or reset the sandbox", mostRecords>>20)
		}
	}
	if fresh {
		return sizes.Create(t.tx, all, size)
	}
	return sizes.Update(t.tx, all, func(recordSize) (recordSize, error) { return size, nil })
}

// recordBytes counts what is there.
func (t Tx) recordBytes() (sum int, err error) {
	kept, err := records.List(t.tx, store.Query{})
	for _, k := range kept {
		sum += len(k.Value) + recordHead
	}
	return sum, err
}
