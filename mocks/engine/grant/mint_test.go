package grant_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

var key = grant.NewKey([]byte("a fixed key"))

func TestMint(t *testing.T) {
	t.Parallel()
	f := grant.Format{Prefix: "link_", Length: 16}
	first := f.Mint(key, "default", "parent", "link", 0)
	if again := f.Mint(key, "default", "parent", "link", 0); again != first {
		t.Errorf("equal calls gave %q and %q", first, again)
	}
	// The same bytes for ever: tokens in people's fixtures depend on it.
	if want := "link_nGsw9PqJYySChBJj"; first != want {
		t.Errorf("minted %q, want %q", first, want)
	}
	others := map[string]string{
		"key":     f.Mint(grant.NewKey([]byte("another")), "default", "parent", "link", 0),
		"sandbox": f.Mint(key, "ci", "parent", "link", 0),
		"parent":  f.Mint(key, "default", "other", "link", 0),
		"kind":    f.Mint(key, "default", "parent", "access", 0),
		"n":       f.Mint(key, "default", "parent", "link", 1),
		"borders": f.Mint(key, "defaultp", "arent", "link", 0),
	}
	seen := map[string]string{first: "the first"}
	for name, text := range others {
		if twin, ok := seen[text]; ok {
			t.Errorf("another %s gives the text of %s", name, twin)
		}
		seen[text] = name
	}
}

func TestMintShapes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format   grant.Format
		prefix   string
		alphabet string
	}{
		{grant.Format{Length: 26}, "", grant.Base62},
		{grant.Format{Prefix: "sk_test_", Length: 40}, "sk_test_", grant.Base62},
		{grant.Format{Prefix: "{parent}_token_", Length: 24}, "link_1_token_", grant.Base62},
		{grant.Format{Prefix: "a{parent}", Length: 3, Alphabet: grant.Digits}, "alink_1", grant.Digits},
		{grant.Format{Length: 64, Alphabet: grant.Hex}, "", grant.Hex},
		{grant.Format{Prefix: "only"}, "only", ""},
	} {
		got := tt.format.Mint(key, "default", "link_1", "x", 7)
		tail, ok := strings.CutPrefix(got, tt.prefix)
		if !ok || len(tail) != tt.format.Length || strings.Trim(tail, tt.alphabet) != "" {
			t.Errorf("%+v gave %q", tt.format, got)
		}
		if !tt.format.Match(got) {
			t.Errorf("%+v does not match its own %q", tt.format, got)
		}
		if len(tail) >= 24 && strings.Count(tail, tail[:1]) > len(tail)/2 {
			t.Errorf("%q does not look random", got)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	plain := grant.Format{Prefix: "sk_", Length: 3, Alphabet: grant.Digits}
	child := grant.Format{Prefix: "p_{parent}_t_", Length: 3, Alphabet: grant.Digits}
	random := grant.Format{Layout: grant.GUID, Alphabet: grant.Hex}
	for _, tt := range []struct {
		format grant.Format
		text   string
		want   bool
	}{
		{plain, "sk_123", true},
		{plain, "sk_", false}, // as long as the random part alone
		{plain, "", false},
		{plain, "sk_12", false},
		{plain, "sk_1234", false},
		{plain, "sk_1a3", false},
		{plain, "sk_12é", false},
		{plain, "pk_123", false},
		{plain, " sk_123", false},
		{child, "p_link_1_t_123", true},
		{child, "p__t_123", false}, // no parent
		{child, "p_x_123", false},
		{child, "p_123", false},
		{child, "p_x_t_12x", false},
		{grant.Format{Length: 2}, "aZ", true},
		{grant.Format{Length: 2}, "a_", false},
		{grant.Format{Prefix: "only"}, "only", true},
		{grant.Format{Prefix: "only"}, "onlyx", false},
		{random, "0f6a2ef0-6b3c-4d4f-8d3a-1c9f3e1f0a77", true},
		{random, random.Mint(key, "default", "p", "x", 1), true},
		{random, "0f6a2ef0-6b3c-5d4f-8d3a-1c9f3e1f0a77", false}, // another version
		{random, "0F6a2ef0-6b3c-4d4f-8d3a-1c9f3e1f0a77", false},
		{random, "0f6a2ef0-6b3c-4d4f-8d3a-1c9f3e1f0a7", false},
		{random, "", false},
	} {
		if got := tt.format.Match(tt.text); got != tt.want {
			t.Errorf("%+v matches %q: %v, want %v", tt.format, tt.text, got, tt.want)
		}
	}
}

func TestMintDoesNotCollide(t *testing.T) {
	t.Parallel()
	const each = 25_000
	f := grant.Format{Length: 16}
	seen := make(map[string]bool, 4*each)
	for n := range each {
		for _, text := range []string{
			f.Mint(key, "default", "p", "access", n),
			f.Mint(key, "default", "p", "refresh", n),
			f.Mint(key, "ci", "p", "access", n),
			f.Mint(key, "default", fmt.Sprint("p", n), "access", 0),
		} {
			if seen[text] {
				t.Fatalf("%q was minted twice", text)
			}
			seen[text] = true
		}
	}
}

// Every character of an alphabet is about as likely as any other.
func TestMintIsEven(t *testing.T) {
	t.Parallel()
	f := grant.Format{Length: 62_000}
	counts := map[rune]int{}
	for _, r := range f.Mint(key, "default", "p", "x", 0) {
		counts[r]++
	}
	for _, r := range grant.Base62 {
		if n := counts[r]; n < 850 || n > 1150 { // a thousand each, nearly five deviations
			t.Errorf("%q occurs %d times in %d", r, n, f.Length)
		}
	}
}
