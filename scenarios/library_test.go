package scenarios

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"
)

func mustBundle(t testing.TB) *Library {
	t.Helper()
	l, err := Bundled(testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBundled(t *testing.T) {
	t.Parallel()
	l := mustBundle(t)
	if _, ok := l.Get("happy"); !ok {
		t.Error("no happy scenario")
	}
	if !slices.IsSorted(l.Names()) || len(l.List()) != len(l.Names()) || len(l.Names()) < 30 {
		t.Errorf("names %v", l.Names())
	}
	for _, s := range l.List() {
		if base := strings.TrimSuffix(path.Base(s.File), ".yaml"); base != s.Name && base != s.Name[:strings.IndexByte(s.Name+"-", '-')] || !s.Bundled {
			t.Errorf("%s is in %s", s.Name, s.File)
		}
		if s.Title == "" || !strings.HasPrefix(s.About, "Proves that the app ") || !strings.HasSuffix(s.About, ".") {
			t.Errorf("%s does not say what it proves: %q, %q", s.Name, s.Title, s.About)
		}
		if s.Login == nil && s.Ready == nil && s.Persona == nil && len(s.Tokens)+len(s.Rules)+len(s.Institutions)+len(s.Timeline)+len(s.Data) == 0 {
			t.Errorf("%s does nothing", s.Name)
		}
		if len(s.Expect) == 0 {
			t.Errorf("%s does not test itself", s.Name)
		}
		for _, w := range s.Warnings {
			t.Error(w)
		}
		if names, why := s.AppliesTo(testVocabulary()); len(s.Providers) == 0 && !contains(names, "fintoc") {
			t.Errorf("%s does not apply to a provider that has everything: %v", s.Name, why)
		}
	}
}

// The library must load whatever part of the vocabulary the providers at hand have.
func TestBundledWithoutProviders(t *testing.T) {
	t.Parallel()
	v := testVocabulary()
	v.Providers = nil
	if _, err := Bundled(v); err != nil {
		t.Error(err)
	}
}

func TestUnknownSuggests(t *testing.T) {
	t.Parallel()
	l := mustBundle(t)
	if got := l.Unknown("mfa-expird").Error(); got != `no scenario is called "mfa-expird": did you mean "mfa-expired"?` {
		t.Error(got)
	}
	if got := l.Unknown("zebra-crossing").Error(); !strings.Contains(got, "stuntbank scenarios list") {
		t.Error(got)
	}
}

func TestLoadDir(t *testing.T) {
	t.Parallel()
	base := mustBundle(t)
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

	l, err := base.LoadDir(fstest.MapFS{
		"one.yaml": file("scenario: one"), "deep/two.yml": file("scenario: two"),
		"notes.md": file("x"), ".git/x.yaml": file("x"), ".hidden.yaml": file("x"),
	}, "my")
	if err != nil {
		t.Fatal(err)
	}
	two, ok := l.Get("two")
	if !ok || two.File != "my/deep/two.yml" || two.Bundled || len(l.Names()) != len(base.Names())+2 {
		t.Errorf("two = %+v", two)
	}
	if _, ok := base.Get("one"); ok {
		t.Error("loading a folder changed the library that it was added to")
	}

	l, err = base.LoadDir(fstest.MapFS{
		"a.yaml": file("scenario: good"), "b.yaml": file("titel: x"), "c.yaml": file("title: x\nscenario: good"), "d.yaml": file("scenario: happy"),
	}, "my")
	if l != nil || err == nil {
		t.Fatalf("LoadDir = %v, %v; want no library", l, err)
	}
	for _, want := range []string{
		`my/b.yaml:1:1: SB101: `, `my/b.yaml:1:1: SB104: `,
		`my/c.yaml:2:11: SB119: found the scenario "good" again, expected a name of its own: my/a.yaml has this one`,
		`my/d.yaml:1:11: SB119: found the scenario "happy" again, expected a name of its own: scenarios/happy.yaml has this one`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	if _, err := base.LoadDir(fstest.MapFS{"file": file("")}, "my"); err != nil {
		t.Errorf("a folder without scenarios: %v", err)
	}
	missing, _ := fs.Sub(fstest.MapFS{}, "absent")
	if _, err := base.LoadDir(missing, "absent"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `"absent"`) {
		t.Errorf("a missing folder: %v", err)
	}
}

func BenchmarkBundled(b *testing.B) {
	for b.Loop() {
		mustBundle(b)
	}
}

// misspell returns ways to get a name wrong by one slip.
func misspell(name string) []string {
	last := len(name) - 1
	slips := []string{name + "x", name[:1] + name[2:], strings.ToUpper(name[:1]) + name[1:]}
	if name[last] != name[last-1] {
		slips = append(slips, name[:last-1]+name[last:]+name[last-1:last])
	}
	return slips
}

// Every key and every name of every bundled file, misspelt, must be an error right there that suggests the right one.
func TestMisspeltBundledSuggestsTheRightName(t *testing.T) {
	t.Parallel()
	v := testVocabulary()
	names := slices.Concat(v.operations(), v.Problems, v.Challenges, v.Tokens, Accounts, credentialOutcomes, challengeOutcomes,
		v.Events, Moves, Sights, states,
		[]string{DefaultChallenge, "now", "never", "denied", "none", "true", "refuse", "revoke_family", "violate", "right", "wrong", "all_used", "valid"})
	tried := 0
	for _, s := range mustBundle(t).List() {
		data, err := bundled.ReadFile(strings.TrimPrefix(s.File, "scenarios/"))
		if err != nil {
			t.Fatal(err)
		}
		var root yaml.Node
		if err := yaml.Unmarshal(data, &root); err != nil {
			t.Fatal(err)
		}
		forNames(&root, names, func(n *yaml.Node) {
			for _, wrong := range misspell(n.Value) {
				tried++
				_, err := (&Library{vocabulary: v}).Load(Source{File: s.File, Data: replaceAt(data, n, wrong)})
				list, _ := err.(ErrorList)
				if !slices.ContainsFunc(list, func(e *Error) bool {
					return e.Line == n.Line && e.Column == n.Column && e.Suggestion == n.Value
				}) {
					t.Errorf("%s:%d:%d: %q for %q: %v", s.File, n.Line, n.Column, wrong, n.Value, err)
				}
			}
		})
	}
	if tried < 500 {
		t.Errorf("only %d mutations", tried)
	}
}

// forNames visits the keys, and the values that are names.
func forNames(n *yaml.Node, names []string, visit func(*yaml.Node)) {
	for i, child := range n.Content {
		isKey := n.Kind == yaml.MappingNode && i%2 == 0
		if !isKey && i > 0 && contains([]string{"scenario", "password"}, n.Content[i-1].Value) {
			continue // the file's own name may be anything, and so may a password
		}
		if child.Kind == yaml.ScalarNode && (isKey || contains(names, child.Value)) {
			visit(child)
		}
		if i > 0 && n.Content[i-1].Value == "has" {
			continue // nor are texts of bookings names
		}
		forNames(child, names, visit)
	}
}

func replaceAt(data []byte, n *yaml.Node, text string) []byte {
	lines := strings.Split(string(data), "\n")
	line := []rune(lines[n.Line-1]) // YAML counts characters
	lines[n.Line-1] = string(line[:n.Column-1]) + text + string(line[n.Column-1+len(n.Value):])
	return []byte(strings.Join(lines, "\n"))
}
