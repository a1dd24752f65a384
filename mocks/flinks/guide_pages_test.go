package flinks

import (
	"os"
	"strings"
	"testing"
)

// The guide has every parameter of the pages, with its default and what it does, and every option.
func TestGuideOfConnect(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../web/docs/flinks-connect.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parameters {
		row := "| `" + p.name + "` | "
		if p.otherwise != "" {
			row += "`" + p.otherwise + "`"
		}
		if row += " | " + p.help; !strings.Contains(string(text), row) {
			t.Errorf("the guide lacks %s", row)
		}
		for _, also := range p.also {
			if !strings.Contains(string(text), "`"+also+"`") {
				t.Errorf("the guide does not say that %s is also written %s", p.name, also)
			}
		}
	}
	for _, o := range []string{optPageCustomer, optErrorStep, optRedirectMessage, optRedirectOrder, optRedirectCommas, optRedirectBank, optRedirectFragment, optRedirects, optOAuthAnswer} {
		if !strings.Contains(string(text), "`"+o+"`") {
			t.Errorf("the guide does not name the option %s", o)
		}
	}
}
