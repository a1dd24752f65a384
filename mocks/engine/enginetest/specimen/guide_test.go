package specimen_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

// guide is the guide to adding a provider, which tells how this one was made.
const guide = "../../../../web/docs/add-a-provider.md"

var (
	step   = regexp.MustCompile(`(?m)^## \d+\. (.*)$`)
	quoted = regexp.MustCompile("`([^`]+)`")
	said   = regexp.MustCompile("(?ms)^```text\n(.*?)\n```$")
	part   = regexp.MustCompile("`TestProvider/([A-Za-z]+)`")
	ran    = regexp.MustCompile(`t\.Run\("([A-Za-z]+)", s\.`)
)

// The steps of the guide name every file of the provider, each once.
func TestGuideNamesEveryFile(t *testing.T) {
	t.Parallel()
	text := read(t, guide)
	var named []string
	for _, heading := range step.FindAllStringSubmatch(text, -1) {
		for _, name := range quoted.FindAllStringSubmatch(heading[1], -1) {
			if slices.Contains(named, name[1]) {
				t.Errorf("the guide writes %s twice", name[1])
			}
			named = append(named, name[1])
		}
	}
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") && path != "specimen_test.go" {
			return err
		}
		if i := slices.Index(named, path); i >= 0 {
			named = slices.Delete(named, i, i+1)
		} else {
			t.Errorf("no step of the guide writes %s", path)
		}
		return nil
	})
	if err != nil || len(named) > 0 {
		t.Errorf("the guide writes %q, which are not there %v", named, err)
	}
}

// incomplete is the provider as it is on the way: without what a later step adds.
type incomplete struct {
	specimen.Provider
	handlers bool
	change   func(*engine.Manifest)
}

func (p incomplete) Manifest() engine.Manifest {
	man := p.Provider.Manifest()
	p.change(&man)
	return man
}

func (p incomplete) Handlers() map[string]engine.Handler {
	if !p.handlers {
		return nil
	}
	return p.Provider.Handlers()
}

// What the guide says that the server says on the way is what it says.
func TestGuideMessages(t *testing.T) {
	t.Parallel()
	text := read(t, guide)
	var told []string
	for _, m := range said.FindAllStringSubmatch(text, -1) {
		told = append(told, m[1])
	}
	for name, p := range map[string]engine.Provider{
		"no document": incomplete{change: func(m *engine.Manifest) { m.Document = "specimen-2" }},
		"no skin":     incomplete{change: func(m *engine.Manifest) { m.Skin = "specimen-2" }},
		"no language": incomplete{change: func(m *engine.Manifest) { m.Languages = append(m.Languages, "fr") }},
		"no flow":     incomplete{handlers: true, change: func(m *engine.Manifest) { m.Flows = nil }},
		"no handler":  incomplete{change: func(*engine.Manifest) {}},
		"no events": incomplete{handlers: true, change: func(m *engine.Manifest) {
			w := *m.Webhooks
			w.Tells, m.Webhooks = nil, &w
		}},
	} {
		_, err := engine.New(engine.Config{Store: memory.New(), Providers: []engine.Provider{p}})
		if err == nil {
			t.Errorf("%s: the server starts", name)
			continue
		}
		if i := slices.Index(told, err.Error()); i >= 0 {
			told = slices.Delete(told, i, i+1)
		} else {
			t.Errorf("%s: the guide does not tell of\n%v", name, err)
		}
	}
	if len(told) > 0 {
		t.Errorf("the guide tells of what nobody says: %q", told)
	}
}

// The guide tells of every part of the suite.
func TestGuideTellsOfTheSuite(t *testing.T) {
	t.Parallel()
	var told, there []string
	for _, m := range part.FindAllStringSubmatch(read(t, guide), -1) {
		told = append(told, m[1])
	}
	for _, m := range ran.FindAllStringSubmatch(read(t, "../suite.go"), -1) {
		there = append(there, m[1])
	}
	slices.Sort(told)
	slices.Sort(there)
	if told = slices.Compact(told); len(there) < 10 || !slices.Equal(told, there) {
		t.Errorf("the guide tells of\n%v\nthe suite has\n%v", told, there)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
