package mocks_test

import (
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

// A value of the wrong shape is refused with the shape in words and a value that is taken.
func TestOptionsOfAShape(t *testing.T) {
	t.Parallel()
	s, err := engine.New(engine.Config{Providers: mocks.All(), Store: memory.New()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	n := 0
	for _, p := range mocks.All() {
		man := p.Manifest()
		for _, o := range man.Options {
			if o.Shape == nil {
				continue
			}
			n++
			name := man.Name + "." + o.Name
			const wrong = "ftp://x y"
			said := `"` + wrong + `"`
			if o.Secret {
				said = "what was sent"
			}
			if err := s.CheckOption(name, wrong); err == nil || !strings.Contains(err.Error(), "option "+name+" cannot be "+said+": use "+o.Form+" such as "+o.Sample+", or leave it empty") {
				t.Errorf("%s: %v", name, err)
			}
			for _, right := range []string{o.Sample, ""} {
				if err := s.CheckOption(name, right); err != nil {
					t.Errorf("%q: %v", right, err)
				}
			}
		}
	}
	if n < 9 {
		t.Errorf("%d options have a shape", n)
	}
}
