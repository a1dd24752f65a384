package mocks_test

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/scenarios"
)

var fenced = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// Every example of the guide is a file that loads without a warning, and holds.
func TestGuideExamples(t *testing.T) {
	t.Parallel()
	text, err := read("web/docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources []scenarios.Source
	for i, block := range fenced.FindAllSubmatch(text, -1) {
		sources = append(sources, scenarios.Source{File: fmt.Sprintf("example-%d.yaml", i+1), Data: block[1]})
	}
	bundled, err := scenarios.Bundled(engine.Vocabulary(mocks.All()))
	if err != nil {
		t.Fatal(err)
	}
	library, err := bundled.Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	var examples []*scenarios.Scenario
	for _, s := range library.List() {
		if !s.Bundled {
			examples = append(examples, s)
			for _, w := range s.Warnings {
				t.Error(w)
			}
			if len(s.Expect) == 0 {
				t.Errorf("%s, the scenario %s, expects nothing", s.File, s.Name)
			}
		}
	}
	if len(examples) < 7 {
		t.Fatalf("only %d examples were found", len(examples))
	}
	s := stage(t, library, nil)
	for _, c := range s.Cases(examples) {
		r, err := s.Play(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		if r.Miss != nil {
			t.Errorf("%v\n%s", r.Miss, r.Miss.Why)
		}
	}
}

// The guide tells of every code, every key of the language that it can, and every move.
func TestGuideIsWhole(t *testing.T) {
	t.Parallel()
	text, err := read("web/docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for n := 100; n < 300; n++ {
		if code := fmt.Sprintf("SB%d", n); scenarios.Help(code) != "" {
			words = append(words, code)
		}
	}
	words = append(words, scenarios.Moves...)
	words = append(words, scenarios.Sights...)
	words = append(words, scenarios.Anchors...)
	words = append(words, scenarios.Accounts...)
	for _, w := range words {
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(w) + `\b`).Match(text) {
			t.Errorf("the guide does not tell of %s", w)
		}
	}
	if strings.Contains(string(text), "\t") {
		t.Error("the guide has tabs, which YAML refuses")
	}
}

// What we write into every bank is in the language of the guide: a ready scenario does not
// put the words of one country's banks into those of another.
func TestNeutralTexts(t *testing.T) {
	t.Parallel()
	spanish := regexp.MustCompile(`(?i)\b(pago|arriendo|compra|abono|cargo|premio|sueldo|transferencia|giro|supermercado|farmacia|feria|panader[ií]a|corr)\b`)
	files := []string{"web/docs/scenarios.md"}
	bundled, err := filepath.Glob("../scenarios/*.yaml")
	if err != nil || len(bundled) < 50 {
		t.Fatalf("%d scenarios: %v", len(bundled), err)
	}
	for _, f := range bundled {
		files = append(files, strings.TrimPrefix(f, "../"))
	}
	for _, f := range files {
		text, err := read(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if m := spanish.FindString(line); m != "" {
				t.Errorf("%s:%d says %q", f, i+1, m)
			}
		}
	}
}
