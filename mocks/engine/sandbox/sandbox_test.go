package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{sandbox.Default, "a", "ci-42", "0", "-", strings.Repeat("x", 40)} {
		if err := sandbox.CheckName(name); err != nil {
			t.Errorf("%q is refused: %v", name, err)
		}
	}
	for _, name := range []string{"", "CI", "a b", "a_b", "a.b", "~a", "ñ", "a\n", "a/b", strings.Repeat("x", 41)} {
		err := sandbox.CheckName(name)
		if err == nil {
			t.Errorf("%q is accepted", name)
		} else if !strings.Contains(err.Error(), "use 1 to 40 of the characters") {
			t.Errorf("%q: the error names no fix: %v", name, err)
		}
	}
	if err := sandbox.CheckName(strings.Repeat("y", 1<<16)); len(err.Error()) > 200 {
		t.Errorf("the error repeats %d bytes of a hostile name", len(err.Error()))
	}
}

// A seed is a function of the name, for ever: bank data in people's fixtures depend on it.
func TestSeedOf(t *testing.T) {
	t.Parallel()
	if got, want := sandbox.SeedOf("default"), uint64(16982411286042166782); got != want {
		t.Errorf("the seed of %q is %d, want %d", "default", got, want)
	}
	seen := map[uint64]string{}
	for n := range 10_000 {
		name := fmt.Sprint("ci-", n)
		seed := sandbox.SeedOf(name)
		if twin, ok := seen[seed]; ok {
			t.Fatalf("%s and %s have one seed", name, twin)
		}
		seen[seed] = name
	}
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	s := sandbox.Sandbox{Name: "ci", Clock: clock.Virtual{At: at, Frozen: true}, Options: map[string]string{"p.a": "b"}}
	if now := s.Now(at.AddDate(1, 0, 0)); !now.Equal(at) {
		t.Errorf("a frozen sandbox is at %v, want %v", now, at)
	}
	c := s.Clone()
	c.Options["p.a"] = "x"
	if s.Options["p.a"] != "b" {
		t.Error("a change of the clone reached the sandbox")
	}
}
