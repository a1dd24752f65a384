// Package store is the seam between the engine and whatever keeps its state: small records in sandboxes.
//
//	engine ── Collection[T] ── Tx ─┬─ View  a consistent look, in parallel with other looks
//	          (typed, cloning)     └─ Do    all or nothing; an error or a panic leaves no trace
//
//	Lookup   secret or id → sandbox, kind, id        one index over all sandboxes
//	Claim    rows whose virtual instant has come     leased by wall time, so that nobody else works on them
//	Sweep    rows that have expired                  with an instant given by the caller
//
// A record belongs to exactly one sandbox, by construction: no call reads two. The package never reads a clock; virtual
// and wall instants are arguments. Backends live in their own packages and all pass storetest.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// What a store refuses. Backends return these, possibly wrapped; compare with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("already exists")
	ErrConflict = errors.New("changed since it was read; read it again and retry")
	ErrReadOnly = errors.New("read-only transaction; write inside Do")
)

// Hash names a record without revealing the secret that finds it. The zero Hash names nothing.
type Hash [sha256.Size]byte

// HashOf is the SHA-256 of a secret or public id. A store holds secrets in no other form.
func HashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// String is the hash in hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Record is one row of a sandbox. Kind and ID identify it.
type Record struct {
	Kind, ID string
	Group    string    // optional: what a list can be restricted to, such as the connection a thing belongs to
	Lookup   Hash      // optional: store-wide unique name, bound by the commit that writes it, unbound with the record
	Rev      int64     // set by the store: 1 at creation, one more at each update
	Due      time.Time // virtual instant at which Claim may give the record; zero = never
	Expires  time.Time // virtual instant at which Sweep may delete the record; zero = never
	Value    any       // immutable; a backend returns it as given, or as its JSON ([]byte)
}

// Normal is what a backend keeps of a record it is given: instants in UTC. A record without kind or id is refused.
func (r Record) Normal() (Record, error) {
	if r.Kind == "" || r.ID == "" {
		return Record{}, errors.New("a record needs a kind and an id; set both")
	}
	r.Due, r.Expires = r.Due.UTC(), r.Expires.UTC()
	return r, nil
}

// Ref is where a record lives.
type Ref struct{ Sandbox, Kind, ID string }

// Query selects records of one kind, in the order in which they were created.
type Query struct {
	Kind   string
	Group  string // only this group; empty = all
	After  string // id of the last record seen; ErrNotFound when that record is gone
	Limit  int    // at most so many; 0 = all
	Newest bool   // last created first
}

// Store keeps the records of all sandboxes. A sandbox needs no creation: it exists while it holds something.
// Instants called now or due are virtual; wall is the wall clock's.
type Store interface {
	// View runs fn on a consistent state, in which every write fails with ErrReadOnly.
	View(ctx context.Context, sandbox string, fn func(Tx) error) error

	// Do runs fn and keeps all that it wrote, or nothing if fn returns an error or panics (the panic goes on), or if
	// another sandbox bound the same Lookup meanwhile (ErrExists). fn may run more than once, so it must change nothing
	// but the Tx, and it must not call the Store.
	Do(ctx context.Context, sandbox string, fn func(Tx) error) error

	// Lookup finds the record that carries the hash, in whichever sandbox, or ErrNotFound.
	Lookup(ctx context.Context, hash Hash) (Ref, error)

	// Claim leases up to n records whose Due is not after due, earliest first, ties in order of creation. Until the lease
	// ends no other Claim gives them. It ends at wall+lease, or earlier with the record's next Update or Delete: to
	// acknowledge, set a new Due, clear it, or delete. A claim does not change Rev.
	Claim(ctx context.Context, sandbox, kind string, due, wall time.Time, lease time.Duration, n int) ([]Record, error)

	// NextDue is the earliest Due of the kind among records that are not leased at wall, and whether there is one. Of
	// several whose lease has run out it may know only the one that was claimed first; Claim gives them in order.
	NextDue(ctx context.Context, sandbox, kind string, wall time.Time) (time.Time, bool, error)

	// Sweep deletes the records whose Expires is not after now, and says how many.
	Sweep(ctx context.Context, sandbox string, now time.Time) (int, error)

	// Sandboxes names, sorted, every sandbox that holds a record or a sequence.
	Sandboxes(ctx context.Context) ([]string, error)

	// Drop forgets all of one sandbox: records, lookups, sequences.
	Drop(ctx context.Context, sandbox string) error

	// Close releases what the store holds; no call may follow.
	Close() error
}

// Tx is one sandbox inside View or Do. It ends with the function it was given to and belongs to one goroutine.
type Tx interface {
	// Get returns one record, or ErrNotFound.
	Get(kind, id string) (Record, error)

	// Create adds a record with Rev 1. ErrExists if the kind has that id, or if any record of any sandbox has that Lookup.
	Create(Record) error

	// Update replaces a record whose Rev is still the given one and counts it up. ErrNotFound, ErrConflict, or ErrExists
	// for a new Lookup that is taken. The record keeps its place in lists, and a lease on it ends.
	Update(Record) error

	// Delete removes a record, or ErrNotFound.
	Delete(kind, id string) error

	// List returns the records a Query selects.
	List(Query) ([]Record, error)

	// Count says how many records List would find in the group, or in the whole kind if group is empty.
	Count(kind, group string) (int, error)

	// Next counts 1, 2, 3, … per sandbox and sequence. A Do that fails gives its numbers back.
	Next(sequence string) (int64, error)
}
