// Package sandbox is the isolated world that every call belongs to: a name, a seed, a
// clock, a scenario and the options that were set. Everything else a sandbox holds is
// kept by the store under its name.
package sandbox

import (
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
)

// Default is the sandbox of calls that name none.
const Default = "default"

// Sandbox is one world, as the store keeps it.
type Sandbox struct {
	Name     string            `json:"name"`
	Seed     uint64            `json:"seed"`     // of the bank data; ids and tokens are keyed by Name
	Scenario string            `json:"scenario"` // empty: the server's default
	Clock    clock.Virtual     `json:"clock"`
	Founded  clock.Virtual     `json:"founded"` // the clock at creation, to which a reset returns
	Born     time.Time         `json:"born"`    // virtual instant of creation
	Opened   time.Time         `json:"opened"`  // where the history of its accounts begins
	Life     int64             `json:"life"`    // tells it from one of the same name before a reset
	Options  map[string]string `json:"options"` // "provider.option" -> value
}

// Clone copies the sandbox.
func (s Sandbox) Clone() Sandbox {
	s.Options = maps.Clone(s.Options)
	return s
}

// Now is the sandbox's time at a wall time.
func (s Sandbox) Now(wall time.Time) time.Time { return s.Clock.Now(wall) }

var shape = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// CheckName says what is wrong with a name.
func CheckName(name string) error {
	if !shape.MatchString(name) {
		return fmt.Errorf("sandbox name %.60q: use 1 to 40 of the characters a-z, 0-9 and -", name)
	}
	return nil
}

// SeedOf is the seed of a sandbox that was given none.
func SeedOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
