package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestRoutesAreGenerated(t *testing.T) {
	t.Parallel()
	want, err := generate(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../" + target)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the documents say: run go generate ./openapi", target)
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	const b = `
paths:
  /z/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    post: {operationId: second, x-stuntbank: {op: "-", fidelity: invented, source: us}}
    get: {operationId: third, x-stuntbank: {op: accounts.get, also: [balances.get], fidelity: client, source: 'a "b"'}}
  /a:
    get: {operationId: last, x-stuntbank: {op: "-", fidelity: invented, source: us}}
`
	const a = `
paths:
  /first:
    get: {operationId: first, x-stuntbank: {op: "-", fidelity: invented, source: us}}
`
	dir := fstest.MapFS{"b.yaml": {Data: []byte(b)}, "a.yaml": {Data: []byte(a)}, "note.txt": {Data: []byte("x")}}
	source, err := generate(dir)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(source)
	for _, next := range []string{
		`"a": {`, `ID: "first"`, `"b": {`,
		`ID: "second", Method: "POST", Path: "/z/{id}", Op: "-"`,
		`ID: "third", Method: "GET", Path: "/z/{id}", Op: "accounts.get", Fidelity: "client", Source: "a \"b\"", Also: []string{"balances.get"}},`, // a parameter of the path counts
		`ID: "last", Method: "GET", Path: "/a", Op: "-", Fidelity: "invented", Source: "us", Plain: true}`,
	} {
		_, after, ok := strings.Cut(rest, next)
		if !ok {
			t.Fatalf("%s is not next in:\n%s", next, source)
		}
		rest = after
	}
	if strings.Contains(string(source), "note") {
		t.Error("a file that is not YAML was read")
	}
}

func TestGenerateErrorsNameTheLine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, doc, want string }{
		{"no extension", "paths:\n  /a:\n    get: {operationId: a}\n", "x.yaml:3: GET /a needs operationId and x-stuntbank"},
		{"no id", "paths:\n  /a:\n    get: {x-stuntbank: {op: \"-\", fidelity: invented, source: us}}\n", "x.yaml:3: GET /a needs operationId"},
		{"not a mapping", "paths:\n  /a:\n    get: [1]\n", "x.yaml:3: "},
		{"not YAML", "paths: [", "x.yaml: yaml:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := generate(fstest.MapFS{"x.yaml": {Data: []byte(tc.doc)}})
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got %v, want %s…", err, tc.want)
			}
		})
	}
}
