package flinks_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// What the guide to Express prints works as printed.
func TestGuideOfExpress(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../web/docs/flinks-express.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		t.Helper()
		m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindSubmatch(text)
		if m == nil {
			t.Fatalf("the guide has no %s", kind)
		}
		return string(m[1])
	}
	_, scenario, _ := strings.Cut(block("yaml"), "title: A page of Express\n")
	k := newKit(t, scripted(map[string]string{"north-shore": scenario}))
	call := block("sh")
	target := regexp.MustCompile(`http://localhost:8080(\S+)`).FindStringSubmatch(call)[1]
	body := regexp.MustCompile(`(?s)-d '(.*?)'`).FindStringSubmatch(call)[1]
	if r := enginetest.Send(t, "PUT", k.srv.URL+"/~test"+target, body); r.Status != 200 {
		t.Fatalf("the call answers %d %s", r.Status, r.Raw)
	}
	made := enginetest.Send(t, "POST", k.srv.URL+"/_stunt/v1/sandboxes", fields{"name": "yaml", "scenario": "north-shore"})
	if made.Status != 201 {
		t.Fatalf("the scenario answers %d %s", made.Status, made.Raw)
	}
	for _, sandbox := range []string{"test", "yaml"} {
		if r := k.in(sandbox).express("GET", "/express/north-shore", nil); r.Status != 200 || !strings.Contains(r.Raw, "North Shore Loans") {
			t.Errorf("in %s the page answers %d", sandbox, r.Status)
		}
	}
}
