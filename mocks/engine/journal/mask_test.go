package journal_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

func TestMaskBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", "", ""},
		{"no secret", `{"a":1,"b":["x"]}`, `{"a":1,"b":["x"]}`},
		{"password", `{"username":"jon","Password": "winter","n":1}`, `{"username":"jon","Password": "•••","n":1}`},
		{"quotes inside", `{"secret":"a\"b\\","n":1}`, `{"secret":"•••","n":1}`},
		{"tokens", `{"access_token":"a","refresh_token":"b","linkToken":"c"}`, `{"access_token":"•••","refresh_token":"•••","linkToken":"•••"}`},
		{"not the token's neighbours", `{"exchange_token_expires_at":"2026","token_type":"Bearer","pinned":"x","tokens":"y"}`, `{"exchange_token_expires_at":"2026","token_type":"Bearer","pinned":"x","tokens":"y"}`},
		{"a list", `{"answers":["a]","b"],"n":1}`, `{"answers":"•••","n":1}`},
		{"lists in a list", `{"answers":[["a"],["b","c"]],"n":[1]}`, `{"answers":"•••","n":[1]}`},
		{"an object", `{"SecurityResponses":{"City?":["Montreal"]},"n":{}}`, `{"SecurityResponses":"•••","n":{}}`},
		{"a number", `{"otp":123456,"n":7}`, `{"otp":"•••","n":7}`},
		{"null and bool", `{"token":null,"secret":true}`, `{"token":null,"secret":true}`},
		{"deeper", `[{"user":{"pin":"1"}},{"a":{"client-secret":"x"}}]`, `[{"user":{"pin":"•••"}},{"a":{"client-secret":"•••"}}]`},
		{"cut inside a secret", `{"a":1,"password":"winter is com`, `{"a":1,"password":"•••"`},
		{"cut inside a list", `{"answers":["a","b`, `{"answers":"•••"`},
		{"an address in JSON", `{"url":"http://h/w?link_token=abc&lang=es","n":"a=b"}`, `{"url":"http://h/w?link_token=•••&lang=es","n":"a=b"}`},
		{"an escaped address", `{"url":"http://h/?a=1\u0026token=abc\u0026b=2","n":1}`, `{"url":"http://h/?a=1\u0026token=•••\u0026b=2","n":1}`},
		{"an address in a page", `<a href="/w?token=abc&amp;b=1">x</a>`, `<a href="/w?token=•••&amp;b=1">x</a>`},
		{"form", `rev=3&username=jon&password=a%26b&action=submit`, `rev=3&username=jon&password=•••&action=submit`},
		{"form with quotes", `password=a"b c&n=1`, `password=•••&n=1`},
		{"form first", `otp=1`, `otp=•••`},
		{"form lists", `answer[]=1&answer.0=2&answer%5B1%5D=3&card[pin]=4&answered=yes`, `answer[]=•••&answer.0=•••&answer%5B1%5D=•••&card[pin]=•••&answered=yes`},
		{"an address in a form", `a=1&hook=http%3A%2F%2Fh%2Fx%3Fkind%3Da%26token%3Dabc%26b%3D2&n=1`, `a=1&hook=http%3A%2F%2Fh%2Fx%3Fkind%3Da%26token%3D•••&n=1`},
		{"a plain address in a form", `hook=http://h/x?token=abc&n=1`, `hook=http://h/x?token=•••&n=1`},
		{"form neighbours", `exchange_token_expires_at=2026&token_type=Bearer`, `exchange_token_expires_at=2026&token_type=Bearer`},
		{"text", `hello`, `hello`},
	} {
		e := journal.Entry{}
		e.Request.Data, e.Response.Data = []byte(tt.body), []byte(tt.body)
		m := e.Mask()
		if string(m.Request.Data) != tt.want || string(m.Response.Data) != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, m.Request.Data, tt.want)
		}
		if json.Valid([]byte(tt.body)) && !json.Valid(m.Request.Data) {
			t.Errorf("%s: masking broke the JSON: %s", tt.name, m.Request.Data)
		}
		if string(e.Request.Data) != tt.body {
			t.Errorf("%s: Mask changed the entry itself", tt.name)
		}
	}
}

func TestMaskTexts(t *testing.T) {
	t.Parallel()
	keys := regexp.MustCompile(`sk_test_\w+`)
	links := regexp.MustCompile(`link_\w+_token_\w+`)
	e := journal.Entry{
		ID: "req_1", Method: "GET", Status: 200, Session: "abc", Path: "/v1/links/link_a1_token_b2c3/accounts",
		Query: "page=2&link_token=link_a1_token_b2c3&exchange_token_expires_at=1&since=2026",
		Notes: []string{"the key sk_test_12345678 is new", "see /w?token=abc, then go on"},
	}
	e.Why.Detail = "no such link: link_a1_token_b2c3"
	e.Request.Data = []byte(`{"id":"link_a1_token_b2c3","key":"sk_test_1"}`)
	m := e.Mask(keys, links)
	want := e
	want.Path = "/v1/links/link_a1_•••/accounts"
	want.Query = "page=2&link_token=•••&exchange_token_expires_at=1&since=2026"
	want.Why.Detail = "no such link: link_a1_•••"
	for _, pair := range [][2]string{
		{m.Path, want.Path}, {m.Query, want.Query}, {m.Why.Detail, want.Why.Detail},
		{m.Notes[0], "the key sk_test_••• is new"}, {m.Notes[1], "see /w?token=••• then go on"},
		{string(m.Request.Data), `{"id":"link_a1_•••","key":"sk_t•••"}`},
		{m.ID + m.Method + m.Session, "req_1GETabc"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("masked to %q, want %q", pair[0], pair[1])
		}
	}
	if !strings.Contains(e.Notes[0], "sk_test_12345678") || !strings.Contains(e.Path, "b2c3") {
		t.Error("Mask changed the entry itself")
	}
}
