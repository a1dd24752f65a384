package openapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"testing"
)

// bodies gives the operations whose bodies can be judged at a glance, with the check that
// kin-openapi makes.
func bodies(t testing.TB) (ops []*Operation, check func(op *Operation, body []byte) error) {
	t.Helper()
	for _, name := range Names() {
		spec, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range spec.Operations() {
			if op.obvious.body != nil {
				ops = append(ops, op)
			}
		}
	}
	return ops, func(op *Operation, body []byte) error {
		r := httptest.NewRequest(op.Method, "/x", bytes.NewReader(body))
		r.Header.Set("Content-Type", jsonType)
		path := map[string]string{}
		for _, p := range op.call.Operation.Parameters {
			switch p.Value.In {
			case "path":
				path[p.Value.Name] = "x"
			case "query":
				if p.Value.Required {
					q := r.URL.Query()
					q.Set(p.Value.Name, "x")
					r.URL.RawQuery = q.Encode()
				}
			}
		}
		return op.CheckRequest(r, path, body)
	}
}

// unusual are values that a field of a body may be given by mistake.
var unusual = []string{
	`null`, `true`, `0`, `-1`, `1.5`, `1e3`, `01`, `99999999999`, `""`, `"x"`, `"\u0041"`, `"ñ"`, `"a b"`, `[]`, `[1]`, `["x"]`, `[null]`, `{}`, `{"x":1}`, `"` + "\xff" + `"`,
	`"2026-02-30"`, `"https://example.test/?a=b"`,
}

// A body that is waved through also passes the full check, for each field of each example
// with each unusual value; and the examples themselves are waved through.
func TestShapesAreTrue(t *testing.T) {
	t.Parallel()
	ops, check := bodies(t)
	waved, examples := 0, 0
	try := func(op *Operation, body []byte) bool {
		if !op.obvious.body.keeps(body) {
			return false
		}
		waved++
		if err := check(op, body); err != nil {
			t.Errorf("%s: %s is waved through, but %v", op.ID, body, err)
		}
		return true
	}
	for _, op := range ops {
		example, fields := exampleBody(op), map[string]json.RawMessage{}
		if json.Unmarshal(example, &fields) == nil && try(op, example) {
			examples++
		}
		if fields == nil { // no example
			fields = map[string]json.RawMessage{}
		}
		for _, whole := range unusual {
			try(op, []byte(whole))
		}
		for _, f := range op.obvious.body.fields {
			for _, value := range unusual {
				changed := maps.Clone(fields)
				changed[f.name] = json.RawMessage(value)
				try(op, object(changed))
				try(op, object(map[string]json.RawMessage{f.name: changed[f.name]}))
			}
			missing := maps.Clone(fields)
			delete(missing, f.name)
			try(op, object(missing))
		}
	}
	if len(ops) < 15 || examples < len(ops)*3/4 || waved < 200 {
		t.Errorf("%d operations have a shape, %d of their examples and %d bodies are obvious", len(ops), examples, waved)
	}
}

func exampleBody(op *Operation) []byte {
	body, err := json.Marshal(op.Example.Body)
	if err != nil {
		panic(err)
	}
	return body
}

// object writes fields as they are, in the order of their names.
func object(fields map[string]json.RawMessage) []byte {
	var b bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if b.WriteByte(','); i == 0 {
			b.Reset()
			b.WriteByte('{')
		}
		quoted, _ := json.Marshal(name)
		b.Write(quoted)
		b.WriteByte(':')
		b.Write(fields[name])
	}
	if b.Len() == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes()
}

// FuzzShapes looks for a body that is waved through although kin-openapi refuses it.
func FuzzShapes(f *testing.F) {
	ops, check := bodies(f)
	for i, op := range ops {
		f.Add(i, exampleBody(op))
	}
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		op := ops[uint(i)%uint(len(ops))]
		if op.obvious.body.keeps(body) {
			if err := check(op, body); err != nil {
				t.Errorf("%s: %q is waved through, but %v", op.ID, body, err)
			}
		}
	})
}
