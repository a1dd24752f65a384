package openapi

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range entries {
		want = append(want, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	if got := Names(); !slices.Equal(got, want) || !slices.Contains(got, "fintoc") {
		t.Errorf("got %v, embedded %v", got, want)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	table, err := Routes("fintoc")
	if err != nil {
		t.Fatal(err)
	}
	first := Route{
		ID: "createLinkIntent", Method: "POST", Path: "/v1/link_intents", Op: "session.create",
		Fidelity: "documented", Source: "docs.fintoc.com/api/movements-api/linkintents",
	}
	if !reflect.DeepEqual(table[0], first) {
		t.Errorf("got %+v", table[0])
	}
	table[0].ID = "changed"
	if again, _ := Routes("fintoc"); !reflect.DeepEqual(again[0], first) {
		t.Error("a caller changed the table")
	}
}

func TestUnknownDocument(t *testing.T) {
	t.Parallel()
	_, routesErr := Routes("plaid")
	_, loadErr := Load("plaid")
	for _, err := range []error{routesErr, loadErr} {
		if err == nil || !strings.HasPrefix(err.Error(), `no OpenAPI document "plaid": use `) || !strings.Contains(err.Error(), "fintoc") {
			t.Errorf("got %v", err)
		}
	}
}

func TestLoadOnceForAll(t *testing.T) {
	t.Parallel()
	const callers = 8
	var specs [callers]*Spec
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() { specs[i], _ = Load("fintoc") })
	}
	wait.Wait()
	for _, s := range specs {
		if s == nil || s != specs[0] {
			t.Fatalf("got %v", specs)
		}
	}
}

func TestOperationsFollowTheRoutes(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		table, err := Routes(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []Route
		for _, op := range s.Operations() {
			if found, ok := s.Operation(op.ID); !ok || found != op {
				t.Errorf("%s: Operation(%q) is another one", name, op.ID)
			}
			got = append(got, op.Route)
		}
		if !reflect.DeepEqual(got, table) {
			t.Errorf("%s: operations and routes differ", name)
		}
	}
}

func TestOperation(t *testing.T) {
	t.Parallel()
	s := kinds(t)
	op := operation(t, s, "kinds")
	if op.Summary != "Everything" || op.Tag != "Kinds" || !slices.Equal(op.Accepts, []string{jsonType, formType}) {
		t.Errorf("got %+v", op)
	}
	if !slices.Equal(op.Statuses(), []string{"200", "204", "301", "4XX"}) {
		t.Errorf("statuses %v", op.Statuses())
	}
	for status, want := range map[int]bool{200: true, 201: false, 404: true, 500: false} {
		if got := op.Documents(status); got != want {
			t.Errorf("Documents(%d) = %v", status, got)
		}
	}
	if !operation(t, s, "optional").Documents(599) {
		t.Error("default does not document 599")
	}
	if _, ok := s.Operation("nothing"); ok {
		t.Error("an operation that does not exist was found")
	}
	if s.Samples["id"] != "7" || s.Version != "1" {
		t.Errorf("got %v, %q", s.Samples, s.Version)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	const head = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"
	const get = "paths:\n  /a:\n    get:\n      operationId: a\n      responses: {'200': {description: Yes.}}\n"
	a := []Route{{ID: "a", Method: "GET", Path: "/a"}}
	for _, tc := range []struct {
		name, doc, want string
		table           []Route
	}{
		{"not YAML", "[", "openapi/x.yaml: ", nil},
		{"not OpenAPI", "openapi: 3.0.3\npaths: {}\n", "openapi/x.yaml is not valid OpenAPI: ", nil},
		{"stale table", head + get, "openapi/x.yaml: b: GET /b is in routes_gen.go only: run go generate ./openapi", []Route{{ID: "b", Method: "GET", Path: "/b"}}},
		{"stale method", head + get, "openapi/x.yaml: a: PUT /a is in routes_gen.go only", []Route{{ID: "a", Method: "PUT", Path: "/a"}}},
		{"misspelt key", head + get + "      x-stuntbank: {exmaple: {}}\n", `openapi/x.yaml: a: x-stuntbank: json: unknown field "exmaple"`, a},
		{"number for text", head + get + "      x-stuntbank: {example: {query: {page: 1}}}\n", "openapi/x.yaml: a: x-stuntbank: json: cannot unmarshal number", a},
		{"misspelt top key", head + "x-stuntbank: {vars: {}}\n" + get, `openapi/x.yaml: x-stuntbank: json: unknown field "vars"`, a},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse("x", []byte(tc.doc), tc.table)
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got %v, want %s…", err, tc.want)
			}
		})
	}
}

func TestMode(t *testing.T) {
	t.Parallel()
	for _, m := range []Mode{Off, Request, Full} {
		if got, err := ParseMode(m.String()); err != nil || got != m {
			t.Errorf("%v: got %v, %v", m, got, err)
		}
	}
	if _, err := ParseMode("Full"); err == nil || err.Error() != `unknown contract mode "Full": use off, request or full` {
		t.Errorf("got %v", err)
	}
	if got := Mode(9).String(); got != "mode 9" {
		t.Errorf("got %q", got)
	}
}

func TestExample(t *testing.T) {
	t.Parallel()
	e := Example{
		Path:    map[string]string{"id": "${id}"},
		Query:   map[string]string{"q": "a ${b} c", "empty": ""},
		Headers: map[string]string{"Authorization": "Bearer ${key}"},
		Body:    map[string]any{"list": []any{"${id}", 1.0, nil}, "nested": map[string]any{"k": "${key}-${b}"}},
		Yields:  map[string]string{"x": "/id"},
	}
	if got := e.Needs(); !slices.Equal(got, []string{"b", "id", "key"}) {
		t.Errorf("needs %v", got)
	}
	_, err := e.Expand(map[string]string{"b": "1"})
	if err == nil || err.Error() != "example needs ${id}, ${key}: call an operation that yields it first" {
		t.Errorf("got %v", err)
	}
	got, err := e.Expand(map[string]string{"b": "&", "id": "a/b", "key": "K"})
	if err != nil {
		t.Fatal(err)
	}
	r := Route{Path: "/things/{id}"}
	if target := r.Target(got); target != "/things/a%2Fb?empty=&q=a+%26+c" {
		t.Errorf("target %s", target)
	}
	nested := got.Body.(map[string]any)["nested"].(map[string]any)["k"]
	if got.Headers["Authorization"] != "Bearer K" || nested != "K-&" || !maps.Equal(got.Yields, e.Yields) {
		t.Errorf("got %+v", got)
	}
	if e.Path["id"] != "${id}" || e.Body.(map[string]any)["list"].([]any)[0] != "${id}" {
		t.Error("Expand changed the example itself")
	}
	if target := r.Target(Example{}); target != "/things/{id}" {
		t.Errorf("target %s", target)
	}
}

// Start-up must not pay for documents that nobody checks against.
func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile("fintoc.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := parse("fintoc", data, routes["fintoc"]); err != nil {
			b.Fatal(err)
		}
	}
}
