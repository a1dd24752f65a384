package openapi

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var (
	lowerCamel = regexp.MustCompile(`^[a-z]+([A-Z0-9][a-z0-9]*)*$`)
	fidelities = []string{"guide", "documented", "client", "recorded", "inferred", "invented"}
	canonical  = strings.Fields(`
		session.create session.open session.submit session.complete token.exchange token.refresh token.revoke
		auth.login connection.list connection.get connection.update connection.delete connection.refresh refresh.get
		refresh.list accounts.list accounts.get balances.get transactions.list transactions.get statements.list
		investments.list report.get holders.match institutions.list endpoints.write endpoints.read endpoints.test
		webhook.deliver`)
)

// eachOperation runs a check on every operation of every document.
func eachOperation(t *testing.T, check func(t *testing.T, s *Spec, op *Operation)) {
	t.Helper()
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range s.Operations() {
			t.Run(name+"/"+op.ID, func(t *testing.T) {
				t.Parallel()
				check(t, s, op)
			})
		}
	}
}

func TestOperationsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, s *Spec, op *Operation) {
		if !lowerCamel.MatchString(op.ID) {
			t.Errorf("operationId %q is not lowerCamel", op.ID)
		}
		if op.Summary == "" || strings.HasSuffix(op.Summary, ".") {
			t.Errorf("summary %q: want a phrase without a full stop", op.Summary)
		}
		if s.doc.Tags.Get(op.Tag) == nil {
			t.Errorf("tag %q is not declared at the top of the document", op.Tag)
		}
		if op.Op != "-" && !slices.Contains(canonical, op.Op) {
			t.Errorf("op %q is not a canonical operation", op.Op)
		}
		for i, also := range op.Also {
			if !slices.Contains(canonical, also) || also == op.Op || slices.Contains(op.Also[:i], also) || op.Op == "-" {
				t.Errorf("also %q beside %q: want a canonical operation that is not named yet", also, op.Op)
			}
		}
		for of := range op.Examples {
			if !slices.Contains(op.Also, of) {
				t.Errorf("an example of %q: want an operation that this one is also", of)
			}
		}
		for of, pointer := range op.Lists {
			if !op.Is(of) || !strings.HasPrefix(pointer, "/") {
				t.Errorf("lists %q at %q: want an operation that it is, and a JSON pointer", of, pointer)
			}
		}
		if !slices.Contains(fidelities, op.Fidelity) {
			t.Errorf("fidelity %q: want one of %v", op.Fidelity, fidelities)
		}
		if op.Source == "" {
			t.Error("no source")
		}
	})
}

func TestOperationIDsAreUnique(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		seen := map[string]bool{}
		table, err := Routes(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range table {
			if seen[r.ID] {
				t.Errorf("%s: operationId %s twice", name, r.ID)
			}
			seen[r.ID] = true
		}
	}
}

// A router that keeps one name for each wildcard refuses /a/{x} beside /a/{y}/z.
func TestPathParametersHaveOneNameEach(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		table, err := Routes(name)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]string{}
		for _, r := range table {
			parts := strings.Split(r.Path, "/")
			for i, part := range parts {
				if !strings.HasPrefix(part, "{") {
					continue
				}
				prefix := strings.Join(parts[:i], "/")
				if known, ok := names[prefix]; ok && known != part {
					t.Errorf("%s: after %s there is %s and %s", name, prefix, known, part)
				}
				names[prefix] = part
			}
		}
	}
}

func TestExamplesKeepToTheDocument(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, s *Spec, op *Operation) {
		for _, e := range append(slices.Collect(maps.Values(op.Examples)), op.Example) {
			keepsToDocument(t, s, op, e)
		}
	})
}

func keepsToDocument(t *testing.T, s *Spec, op *Operation, given Example) {
	t.Helper()
	example, err := given.Expand(s.Samples)
	if err != nil {
		t.Fatal(err)
	}
	target := op.Target(example)
	if strings.Contains(target, "{") {
		t.Fatalf("target %s has an open path parameter", target)
	}
	anyone := slices.ContainsFunc(s.doc.Security, func(r openapi3.SecurityRequirement) bool { return len(r) == 0 })
	if len(s.doc.Security) > 0 && !anyone && given.Headers["Authorization"] == "" {
		t.Error("the example has no Authorization header")
	}
	var body []byte
	r := httptest.NewRequest(op.Method, target, nil)
	if example.Body != nil {
		if body, err = json.Marshal(example.Body); err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range example.Headers {
		r.Header.Set(k, v)
	}
	if err := op.CheckRequest(r, example.Path, body); err != nil {
		t.Error(err)
	}
	for k := range example.Query {
		if parameter(s, op, "query", k) == nil {
			t.Errorf("the example sends the query parameter %q, which the document does not have", k)
		}
	}
}

func parameter(s *Spec, op *Operation, in, name string) *openapi3.Parameter {
	item := s.doc.Paths.Value(op.Path)
	if p := item.GetOperation(op.Method).Parameters.GetByInAndName(in, name); p != nil {
		return p
	}
	return item.Parameters.GetByInAndName(in, name)
}

// Every variable has a sample, and every sample is used.
func TestSamplesMatchTheVariables(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		used := map[string]bool{}
		for _, op := range s.Operations() {
			for _, e := range append(slices.Collect(maps.Values(op.Examples)), op.Example) {
				for _, v := range e.Needs() {
					used[v] = true
				}
				for v := range e.Yields {
					used[v] = true
				}
			}
		}
		want := slices.Sorted(maps.Keys(used))
		if got := slices.Sorted(maps.Keys(s.Samples)); !slices.Equal(got, want) {
			t.Errorf("%s: samples %v, variables %v", name, got, want)
		}
	}
}

func TestYieldsPointIntoTheAnswer(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, s *Spec, op *Operation) {
		for name, pointer := range op.Example.Yields {
			schema := success(op)
			pointer, _, _ = strings.Cut(pointer, "?")
			for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
				schema = step(schema, token)
			}
			if schema == nil || !schema.Type.Is("string") {
				t.Errorf("${%s}: %s is no string of the answer", name, pointer)
			}
		}
	})
}

// success returns the schema of the first 2xx answer with a body.
func success(op *Operation) *openapi3.Schema {
	for _, status := range op.Statuses() {
		code, err := strconv.Atoi(status)
		if err != nil || code/100 != 2 {
			continue
		}
		if media := op.response(code).Content.Get("application/json"); media != nil {
			return media.Schema.Value
		}
	}
	return nil
}

func step(schema *openapi3.Schema, token string) *openapi3.Schema {
	if schema == nil {
		return nil
	}
	if schema.Type.Is("array") && token == "0" {
		return schema.Items.Value
	}
	if ref := schema.Properties[token]; ref != nil {
		return ref.Value
	}
	return nil
}

func TestAnswersHaveSchemas(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, s *Spec, op *Operation) {
		succeeds, fails := false, false
		for status, ref := range op.call.Operation.Responses.Map() {
			media := ref.Value.Content.Get("application/json")
			switch {
			case status == "204":
				succeeds = true
				if len(ref.Value.Content) > 0 {
					t.Error("204 has a body")
				}
			case strings.HasPrefix(status, "2"):
				succeeds = true
				for mediaType, media := range ref.Value.Content {
					if media.Schema == nil {
						t.Errorf("%s %s has no schema", status, mediaType)
					}
				}
				if len(ref.Value.Content) == 0 && !strings.HasPrefix(*ref.Value.Description, "Empty.") {
					t.Errorf("%s has no schema", status)
				}
			case strings.HasPrefix(status, "3"):
			default:
				fails = true
				if media == nil || media.Schema == nil || media.Schema.Ref != "#/components/schemas/Error" {
					t.Errorf("%s does not answer #/components/schemas/Error", status)
				}
			}
		}
		if !succeeds || !fails {
			t.Errorf("statuses %v: want at least one success and one error", op.Statuses())
		}
	})
}

// An open object would let an extra field of ours pass.
func TestAnswersAreClosed(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, s *Spec, op *Operation) {
		for status, ref := range op.call.Operation.Responses.Map() {
			for _, media := range ref.Value.Content {
				if media.Schema != nil {
					closed(t, media.Schema, status, map[*openapi3.Schema]bool{})
				}
			}
		}
	})
}

// closed walks a schema. An object is closed by additionalProperties, false or with a schema of its own; the
// description of one that stays open must say why by the word "open".
func closed(t *testing.T, ref *openapi3.SchemaRef, at string, seen map[*openapi3.Schema]bool) {
	t.Helper()
	schema := ref.Value
	if seen[schema] {
		return
	}
	seen[schema] = true
	if schema.Type.Is("object") {
		more := schema.AdditionalProperties
		shut := more.Schema != nil || more.Has != nil && !*more.Has
		if !shut && !strings.Contains(strings.ToLower(schema.Description), "open") {
			t.Errorf("%s: an object without additionalProperties: false", at)
		}
	}
	for name, property := range schema.Properties {
		closed(t, property, at+"/"+name, seen)
	}
	for _, part := range slices.Concat(schema.AllOf, schema.AnyOf, schema.OneOf) {
		closed(t, part, at, seen)
	}
	if schema.Items != nil {
		closed(t, schema.Items, at+"/0", seen)
	}
}
