package openapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
)

const (
	formType = "application/x-www-form-urlencoded"
)

var kindRoutes = []Route{
	{ID: "kinds", Method: "POST", Path: "/things/{id}"},
	{ID: "optional", Method: "GET", Path: "/things/{id}"},
}

func kinds(t testing.TB) *Spec {
	t.Helper()
	data, err := os.ReadFile("testdata/kinds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := parse("kinds", data, kindRoutes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func operation(t testing.TB, s *Spec, id string) *Operation {
	t.Helper()
	op, ok := s.Operation(id)
	if !ok {
		t.Fatalf("no operation %s", id)
	}
	return op
}

// same compares an error with the violation that is wanted; nil wants no error.
func same(t *testing.T, err error, want *Violation) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Errorf("got %v, want none", err)
		}
		return
	}
	got, ok := err.(*Violation)
	if !ok {
		t.Fatalf("got %T %v, want %+v", err, err, want)
	}
	if want.Detail == "*" {
		want.Detail = got.Detail
	}
	if *got != *want {
		t.Errorf("got  %+v\nwant %+v", *got, *want)
	}
}

func TestCheckRequest(t *testing.T) {
	t.Parallel()
	s := kinds(t)
	op := operation(t, s, "kinds")
	const ok = `{"name":"abc"}`
	for _, tc := range []struct {
		name, id, query, contentType, body, key string
		want                                    *Violation
	}{
		{name: "good", query: "token=t&count=300&ratio=0.5&flag=true&day=2024-02-29&sort=up", body: ok},
		{name: "charset", query: "token=t", contentType: "application/json; charset=utf-8", body: ok},
		{name: "form", query: "token=t", contentType: formType, body: "name=a&active=false&amount=3"},
		{name: "unknown parameter and field", query: "token=t&x=1", body: `{"name":"abc","x":1}`},
		{name: "null where it may be", query: "token=t", body: `{"name":"abc","note":null}`},

		{name: "path type", id: "x", query: "token=t", body: ok, want: &Violation{"path", "id", Type, "integer", `"x"`}},
		{name: "path missing", id: "-", query: "token=t", body: ok, want: &Violation{"path", "id", Missing, "integer", ""}},
		{name: "query missing", body: ok, want: &Violation{"query", "token", Missing, "string", ""}},
		{name: "query integer", query: "token=t&count=ten", body: ok, want: &Violation{"query", "count", Type, "integer", `"ten"`}},
		{name: "query integer too big", query: "token=t&count=99999999999999999999", body: ok, want: &Violation{"query", "count", Type, "integer", `"99999999999999999999"`}},
		{name: "query integer empty", query: "token=t&count=", body: ok, want: &Violation{"query", "count", Type, "integer", "an empty value"}},
		{name: "query number", query: "token=t&ratio=x", body: ok, want: &Violation{"query", "ratio", Type, "number", `"x"`}},
		{name: "query boolean", query: "token=t&flag=maybe", body: ok, want: &Violation{"query", "flag", Type, "boolean", `"maybe"`}},
		{name: "query minimum", query: "token=t&count=0", body: ok, want: &Violation{"query", "count", Minimum, "1", "0"}},
		{name: "query maximum", query: "token=t&count=301", body: ok, want: &Violation{"query", "count", Maximum, "300", "301"}},
		{name: "query format", query: "token=t&day=29.2.2024", body: ok, want: &Violation{"query", "day", Format, "date", `"29.2.2024"`}},
		{name: "query enum", query: "token=t&sort=left", body: ok, want: &Violation{"query", "sort", Enum, "up, down", `"left"`}},
		{name: "query enum long", query: "token=t&sort=" + strings.Repeat("é", 60), body: ok, want: &Violation{"query", "sort", Enum, "up, down", `"` + strings.Repeat("é", 40) + `…"`}},
		{name: "header length", query: "token=t", body: ok, key: "12345", want: &Violation{"header", "Idempotency-Key", MaxLength, "4", "5"}},

		{name: "no body", query: "token=t", want: &Violation{"body", "name", Missing, "string", ""}},
		{name: "not JSON", query: "token=t", body: `{"name":`, want: &Violation{"body", "", Malformed, jsonType, "*"}},
		{name: "not a form", query: "token=t", contentType: formType, body: "name=%zz", want: &Violation{"body", "", Malformed, formType, "*"}},
		{name: "media type", query: "token=t", contentType: "text/plain", body: ok, want: &Violation{"body", "", ContentType, jsonType + " or " + formType, "text/plain"}},
		{name: "no media type", query: "token=t", contentType: "-", body: ok, want: &Violation{"body", "", ContentType, jsonType + " or " + formType, "no Content-Type"}},
		{name: "not an object", query: "token=t", body: `[]`, want: &Violation{"body", "", Type, "object", "an array"}},
		{name: "field missing", query: "token=t", body: `{}`, want: &Violation{"body", "name", Missing, "string", ""}},
		{name: "field null", query: "token=t", body: `{"name":null}`, want: &Violation{"body", "name", Type, "string", "null"}},
		{name: "field type", query: "token=t", body: `{"name":5}`, want: &Violation{"body", "name", Type, "string", "a number"}},
		{name: "field not whole", query: "token=t", body: `{"name":"abc","amount":1.5}`, want: &Violation{"body", "amount", Type, "integer", "a number"}},
		{name: "field boolean", query: "token=t", body: `{"name":"abc","active":"yes"}`, want: &Violation{"body", "active", Type, "boolean", "a string"}},
		{name: "field enum", query: "token=t", body: `{"name":"abc","kind":"c"}`, want: &Violation{"body", "kind", Enum, "a, b", `"c"`}},
		{name: "field enum of another type", query: "token=t", body: `{"name":"abc","kind":{}}`, want: &Violation{"body", "kind", Enum, "a, b", "an object"}},
		{name: "field pattern", query: "token=t", body: `{"name":"abc","code":"SECRET"}`, want: &Violation{"body", "code", Pattern, "^[a-z]+$", ""}},
		{name: "field format", query: "token=t", body: `{"name":"abc","when":"now"}`, want: &Violation{"body", "when", Format, "date-time", `"now"`}},
		{name: "field minimum", query: "token=t", body: `{"name":"abc","amount":-1}`, want: &Violation{"body", "amount", Minimum, "0", "-1"}},
		{name: "field exclusive maximum", query: "token=t", body: `{"name":"abc","amount":10}`, want: &Violation{"body", "amount", Maximum, "10", "10"}},
		{name: "field too short", query: "token=t", body: `{"name":"é"}`, want: &Violation{"body", "name", MinLength, "2", "1"}},
		{name: "field too long", query: "token=t", body: `{"name":"abcde"}`, want: &Violation{"body", "name", MaxLength, "4", "5"}},
		{name: "field of an item", query: "token=t", body: `{"name":"abc","tags":[1]}`, want: &Violation{"body", "tags/0", Type, "string", "a number"}},
		{name: "too many items", query: "token=t", body: `{"name":"abc","tags":["a","b"]}`, want: &Violation{"body", "tags", Other, "", "*"}},
		{name: "nested missing", query: "token=t", body: `{"name":"abc","owner":{}}`, want: &Violation{"body", "owner/id", Missing, "string", ""}},
		{name: "nested extra", query: "token=t", body: `{"name":"abc","owner":{"id":"1","zip":1,"age":2}}`, want: &Violation{"body", "owner/age", Other, "", "the document has no such field, only id"}},
		{name: "inside allOf", query: "token=t", body: `{"name":"abc","both":{"left":1}}`, want: &Violation{"body", "both/left", Type, "string", "a number"}},
		{name: "none of oneOf", query: "token=t", body: `{"name":"abc","either":[]}`, want: &Violation{"body", "either", Other, "", "*"}},
		{name: "form boolean", query: "token=t", contentType: formType, body: "name=a&active=perhaps", want: &Violation{"body", "active", Type, "boolean", `"perhaps"`}},
		{name: "form missing", query: "token=t", contentType: formType, body: "active=true", want: &Violation{"body", "name", Missing, "string", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "/things/7?"+tc.query, nil)
			switch tc.contentType {
			case "":
				r.Header.Set("Content-Type", jsonType)
			case "-":
			default:
				r.Header.Set("Content-Type", tc.contentType)
			}
			if tc.key != "" {
				r.Header.Set("Idempotency-Key", tc.key)
			}
			path := map[string]string{"id": "7"}
			if tc.id == "-" {
				path = nil
			} else if tc.id != "" {
				path["id"] = tc.id
			}
			same(t, op.CheckRequest(r, path, []byte(tc.body)), tc.want)
		})
	}
}

// Defaults are for handlers; a check that wrote them into the request would hide what the app sent.
func TestCheckRequestLeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	s := kinds(t)
	r := httptest.NewRequest("POST", "/things/7?token=t", strings.NewReader("unread"))
	r.Header.Set("Content-Type", jsonType)
	same(t, operation(t, s, "kinds").CheckRequest(r, map[string]string{"id": "7"}, []byte(`{"name":"abc"}`)), nil)
	if r.URL.RawQuery != "token=t" {
		t.Errorf("query became %q", r.URL.RawQuery)
	}
	if rest, _ := io.ReadAll(r.Body); string(rest) != "unread" {
		t.Errorf("body became %q", rest)
	}
}

func TestCheckRequestWithoutBody(t *testing.T) {
	t.Parallel()
	s := kinds(t)
	r := httptest.NewRequest("GET", "/things/7", nil)
	r.Header.Set("Content-Type", jsonType) // published clients send it on every request
	same(t, operation(t, s, "optional").CheckRequest(r, map[string]string{"id": "7"}, nil), nil)
}

func TestCheckResponse(t *testing.T) {
	t.Parallel()
	s := kinds(t)
	op := operation(t, s, "kinds")
	const row = `{"id":1,"at":null}`
	for _, tc := range []struct {
		name, contentType, total, link, body string
		status                               int
		want                                 *Violation
	}{
		{name: "good", status: 200, body: "[" + row + "]"},
		{name: "empty list", status: 200, body: "[]"},
		{name: "no content", status: 204},
		{name: "status class", status: 418, body: `{"error":"teapot"}`},
		{name: "redirect", status: 301},

		{name: "undocumented", status: 201, body: "{}", want: &Violation{"response", "", UnknownStatus, "200, 204, 301, 4XX", "201"}},
		{name: "undocumented redirect", status: 307, want: &Violation{"response", "", UnknownStatus, "200, 204, 301, 4XX", "307"}},
		{name: "body on 204", status: 204, body: "{}", want: &Violation{"response", "", Other, "", "status 204 has no body, got 2 bytes"}},
		{name: "no body", status: 200, want: &Violation{"response", "", Malformed, jsonType, "*"}},
		{name: "cut off", status: 200, body: "[" + row, want: &Violation{"response", "", Malformed, jsonType, "*"}},
		{name: "media type", status: 200, contentType: "text/html", body: "[]", want: &Violation{"response", "", ContentType, jsonType, "text/html"}},
		{name: "header missing", status: 200, total: "-", body: "[]", want: &Violation{"header", "X-Total-Count", Missing, "integer", ""}},
		{name: "header type", status: 200, total: "many", body: "[]", want: &Violation{"header", "X-Total-Count", Type, "integer", `"many"`}},
		{name: "header minimum", status: 200, total: "-1", body: "[]", want: &Violation{"header", "X-Total-Count", Minimum, "0", "-1"}},
		{name: "header pattern", status: 200, link: "http://x", body: "[]", want: &Violation{"header", "Link", Pattern, "^<", ""}},
		{name: "field missing", status: 200, body: `[` + row + `,{"id":2}]`, want: &Violation{"response", "1/at", Missing, "string", ""}},
		{name: "field type", status: 200, body: `[{"id":"1","at":null}]`, want: &Violation{"response", "0/id", Type, "integer", "a string"}},
		{name: "field null", status: 200, body: `[{"id":null,"at":null}]`, want: &Violation{"response", "0/id", Type, "integer", "null"}},
		{name: "field format", status: 200, body: `[{"id":1,"at":"2024-01-01"}]`, want: &Violation{"response", "0/at", Format, "date-time", `"2024-01-01"`}},
		{name: "extra field", status: 200, body: `[{"id":1,"at":null,"more":1}]`, want: &Violation{"response", "0/more", Other, "", "the document has no such field, only at, id, state"}},
		{name: "envelope", status: 200, body: `{"data":[]}`, want: &Violation{"response", "", Type, "array", "an object"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"Content-Type": {jsonType}, "X-Total-Count": {"1"}}
			if tc.contentType != "" {
				h.Set("Content-Type", tc.contentType)
			}
			if tc.total == "-" {
				h.Del("X-Total-Count")
			} else if tc.total != "" {
				h.Set("X-Total-Count", tc.total)
			}
			if tc.link != "" {
				h.Set("Link", tc.link)
			}
			r := httptest.NewRequest("POST", "/things/7", nil)
			same(t, op.CheckResponse(r, map[string]string{"id": "7"}, tc.status, h, []byte(tc.body)), tc.want)
		})
	}
}

func TestCheckMessages(t *testing.T) {
	t.Parallel()
	s := kinds(t)
	same(t, s.CheckJSON("Done", []byte(`{"code":"c_1"}`)), nil)
	same(t, s.CheckJSON("Done", []byte(`{`)), &Violation{"body", "", Malformed, jsonType, "*"})
	same(t, s.CheckJSON("Done", []byte(`{}`)), &Violation{"body", "code", Missing, "string", ""})
	same(t, s.CheckQuery("Done", url.Values{"code": {"c_1", "x"}, "state": {"s"}}), nil)
	same(t, s.CheckQuery("Done", url.Values{"code": {"x"}}), &Violation{"query", "code", Pattern, "^c_", ""})
	err := s.CheckJSON("Gone", []byte(`{}`))
	if err == nil || err.Error() != `openapi/kinds.yaml has no schema "Gone": add it under components.schemas` {
		t.Errorf("got %v", err)
	}
}

func TestViolationIsOneSentence(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]Violation{
		`query parameter "token" is missing: send a string`:                                       {"query", "token", Missing, "string", ""},
		`path parameter "id" must be an integer, got "x"`:                                         {"path", "id", Type, "integer", `"x"`},
		`body field "kind" must be one of a, b, got "c"`:                                          {"body", "kind", Enum, "a, b", `"c"`},
		`response field "0/at" must have the format date-time, got "now"`:                         {"response", "0/at", Format, "date-time", `"now"`},
		`query parameter "page" must be at least 1, got 0`:                                        {"query", "page", Minimum, "1", "0"},
		`query parameter "page" must be at most 300, got 301`:                                     {"query", "page", Maximum, "300", "301"},
		`body field "name" must have at least 2 characters, got 1`:                                {"body", "name", MinLength, "2", "1"},
		`header "Idempotency-Key" must have at most 4 characters, got 5`:                          {"header", "Idempotency-Key", MaxLength, "4", "5"},
		`body field "code" must match ^c_`:                                                        {"body", "code", Pattern, "^c_", ""},
		`the body is not valid application/json: EOF`:                                             {"body", "", Malformed, jsonType, "EOF"},
		`the body has a media type that is not documented: send application/json, got text/plain`: {"body", "", ContentType, jsonType, "text/plain"},
		`the response has a status that is not documented: answer one of 200, 4XX, got 201`:       {"response", "", UnknownStatus, "200, 4XX", "201"},
		`response field "0/more" breaks the document: the document has no such field`:             {"response", "0/more", Other, "", "the document has no such field"},
		`the response breaks the document: status 204 has no body, got 2 bytes`:                   {"response", "", Other, "", "status 204 has no body, got 2 bytes"},
	} {
		if got := v.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A redirect and a message fit one of the schemas that the document names; the error says of each why it does not.
func TestCheckRedirectAndMessage(t *testing.T) {
	t.Parallel()
	document := func(more string) (*Spec, error) {
		return parse("pages", []byte("openapi: 3.0.3\ninfo: {title: t, version: v}\npaths: {}\n"+more), nil)
	}
	s, err := document(`
x-stuntbank: {redirects: [Done, Left], messages: [Done]}
components:
  schemas:
    Done: {type: object, additionalProperties: false, required: [code], properties: {code: {type: string}}}
    Left: {type: object, additionalProperties: false, required: [error], properties: {error: {type: string, enum: [cancelled]}}}
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, fits := range []url.Values{{"code": {"x"}}, {"error": {"cancelled"}}} {
		same(t, s.CheckRedirect(fits), nil)
	}
	same(t, s.CheckMessage([]byte(`{"code":"x"}`)), nil)
	for _, err := range []error{s.CheckRedirect(url.Values{"error": {"x"}}), s.CheckMessage([]byte(`{"error":"cancelled"}`))} {
		if err == nil || !strings.Contains(err.Error(), `Done: `) {
			t.Errorf("%v", err)
		}
	}
	none, err := document("")
	if err != nil {
		t.Fatal(err)
	}
	if err := none.CheckRedirect(nil); err == nil || !strings.Contains(err.Error(), "add x-stuntbank.redirects") {
		t.Errorf("a document without: %v", err)
	}
	if _, err := document("x-stuntbank: {messages: [Gone]}\n"); err == nil || !strings.Contains(err.Error(), `names the schema "Gone"`) {
		t.Errorf("a document that names what it has not: %v", err)
	}
}
