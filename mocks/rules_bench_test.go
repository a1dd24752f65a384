package mocks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/scenarios"
)

// What loaded rules and scenarios cost a call that none of them meets: four servers in
// turns, one call at a time and without a network, so that microseconds show.
func BenchmarkRules(b *testing.B) {
	rules := func(on, where string) string {
		var text strings.Builder
		text.WriteString("scenario: many\nrules:\n")
		for i := range 500 {
			fmt.Fprintf(&text, "  - {on: %s, where: {%s}, then: {problem: internal}}\n", on, fmt.Sprintf(where, i))
		}
		return text.String()
	}
	scenarioOf := func(i int) scenarios.Source {
		return scenarios.Source{File: fmt.Sprint(i, ".yaml"), Data: fmt.Appendf(nil, "scenario: s-%d\nrules: [{on: accounts.list, then: {problem: internal}}]", i)}
	}
	var thousand []scenarios.Source
	for i := range 1000 {
		thousand = append(thousand, scenarioOf(i))
	}
	many := func(text string) []scenarios.Source {
		return []scenarios.Source{{File: "many.yaml", Data: []byte(text)}}
	}
	loads := []struct {
		name, scenario string
		files          []scenarios.Source
	}{
		{"none", "happy", nil},
		{"500-elsewhere", "many", many(rules("transactions.list", "account: card, page: 1%d.."))},
		{"500-here", "many", many(rules("accounts.list", "institution: cl_banco_estado, header: {X-Case: c%d}"))},
		{"1000-scenarios", "happy", thousand},
	}
	var calls []func(n int) time.Duration
	for _, l := range loads {
		calls = append(calls, listAccounts(b, l.scenario, l.files))
	}
	const round = 20
	spent := make([][]float64, len(loads)) // microseconds of a call
	for b.Loop() {
		for i, call := range calls {
			spent[i] = append(spent[i], float64(call(round).Nanoseconds())/round/1000)
		}
	}
	median := func(list []float64) float64 { slices.Sort(list); return list[len(list)/2] }
	none := median(spent[0])
	b.ReportMetric(none, "none-us")
	for i, l := range loads[1:] {
		b.ReportMetric(median(spent[i+1])-none, l.name+"-extra-us")
	}
}

// listAccounts gives what calls accounts.list n times on a server of its own.
func listAccounts(b *testing.B, scenario string, files []scenarios.Source) func(n int) time.Duration {
	b.Helper()
	library, err := scenarios.Bundled(engine.Vocabulary(mocks.All()))
	if err != nil {
		b.Fatal(err)
	}
	if library, err = library.Load(files...); err != nil {
		b.Fatal(err)
	}
	s, err := engine.New(engine.Config{Providers: append(mocks.All(), control.New()), Store: memory.New(), Scenarios: library, Scenario: scenario})
	if err != nil {
		b.Fatal(err)
	}
	widget.Mount(s)
	d := engine.NewDriver("http://localhost", "", manifests()[0])
	d.Client = engine.InProcess(s)
	op := operation(b, d.Manifest, "accounts.list")
	if a, err := d.Call(context.Background(), op.ID); err != nil || a.Status != http.StatusOK {
		b.Fatalf("%d %v", a.Status, err)
	}
	e, err := op.Example.Expand(d.Vars)
	if err != nil {
		b.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodGet, "/"+d.Manifest.Name+op.Target(e), nil)
	for k, v := range e.Headers {
		req.Header.Set(k, v)
	}
	return func(n int) time.Duration {
		begin := time.Now()
		for range n {
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, req.Clone(context.Background())); w.Code != http.StatusOK {
				b.Fatalf("answered %d", w.Code)
			}
		}
		return time.Since(begin)
	}
}
