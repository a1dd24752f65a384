package scenarios

import (
	"strings"
	"testing"
)

// FuzzParse holds Parse to its word: a scenario or errors with positions on single lines, never both, never a panic.
func FuzzParse(f *testing.F) {
	files, err := Files(bundled, "")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(file.Data)
	}
	f.Add([]byte("scenario: x\ninstitutions: [{id: \"1\", name: a}]\noptions: {flinks: {edition: legacy}}\nproviders: [flinks]\nhistory: 1y"))
	v := testVocabulary()
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f.yaml", data, v)
		if (s == nil) == (err == nil) {
			t.Fatalf("scenario %v, error %v", s, err)
		}
		if err == nil {
			s.AppliesTo(v)
			Compile(Layers{{SourceCall, s}}).Decide(Fact{Operation: "accounts.list", Calls: nth(1)})
			return
		}
		list, ok := err.(ErrorList)
		if !ok || len(list) == 0 {
			t.Fatalf("not a list of errors: %v", err)
		}
		for _, e := range list {
			if e.File != "f.yaml" || e.Line < 1 || e.Column < 1 || e.Code == "" || e.Found == "" || e.Expected == "" || strings.Contains(e.Error(), "\n") {
				t.Fatalf("incomplete: %#v", e)
			}
		}
	})
}
