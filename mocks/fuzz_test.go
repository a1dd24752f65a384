package mocks_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// still is a server whose wall stands, without a network.
func still(f *testing.F) *http.Client {
	f.Helper()
	at := time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)
	srv := enginetest.Start(f, func(c *engine.Config) { c.Wall = func() time.Time { return at } }, mocks.All()...)
	return engine.InProcess(srv)
}

// dial calls an address that a fuzzer made up; nil when no client could send it.
func dial(client *http.Client, method, target, body string, headers ...string) (*http.Response, string) {
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		return nil, ""
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, ""
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res, string(text)
}

// Whatever is sent to an operation, it answers in the provider's words and never fails by
// itself: enginetest's log fails the test on a panic, an internal error or an answer that
// breaks its document.
func FuzzRequests(f *testing.F) {
	client := still(f)
	for _, man := range mocks.All() {
		m := man.Manifest()
		for _, seed := range [][4]string{
			{"POST", "/v1/link_intents", `{"product":"movements","country":"cl","holder_type":"individual"}`, "application/json"},
			{"POST", "/v1/link_intents", `product=movements&country=cl&holder_type=business`, "application/x-www-form-urlencoded"},
			{"POST", "/v1/refresh_intents?link_token=link_x_token_y", `{"refresh_type":"only_last","idempotency_key":1e400}`, "application/json"},
			{"POST", "/v1/webhook_endpoints", `{"url":"http://127.0.0.1:1/","enabled_events":["link.created",null]}`, "application/json"},
			{"POST", "/v1/events/trigger", `{"type":"account.refresh_intent.succeeded","overrides":{"id":{"a":[]},"object":null}}`, "application/json"},
			{"GET", "/v1/accounts/acc_1/movements?since=2026-02-30&until=9999-12-31T23:59:59Z&page=9223372036854775807", "", ""},
			{"PATCH", "/v1/links/link_x_token_y", `{"active":"maybe"}`, "application/json"},
			{"GET", "/v1/links/exchange?exchange_token=li_a_exchange_token_b", "", ""},
			{"DELETE", "/v1/links/%2e%2e%2f", "\xff\xfe", "text/plain"},
		} {
			f.Add(seed[0], seed[1], seed[2], seed[3], m.Samples["secret_key"])
		}
	}
	f.Fuzz(func(t *testing.T, method, path, body, contentType, key string) {
		if !strings.HasPrefix(path, "/") || len(path)+len(body) > 4096 {
			t.Skip()
		}
		for _, man := range mocks.All() {
			m := man.Manifest()
			res, text := dial(client, method, "http://localhost/~fuzz/"+m.Name+path, body, "Content-Type", contentType, "Authorization", key)
			if res == nil {
				return
			}
			if res.StatusCode >= 500 {
				t.Errorf("%s %s answers %d: %s", method, path, res.StatusCode, text)
			}
			if v := res.Header.Get(engine.ViolationHeader); v != "" {
				t.Errorf("%s %s: %s", method, path, v)
			}
			if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") && method != "HEAD" && !json.Valid([]byte(text)) {
				t.Errorf("%s %s answers no JSON: %s", method, path, text)
			}
		}
	})
}

// rel is how every published client takes a Link header apart, once it has split it at
// its commas.
var rel = regexp.MustCompile(`^\s*<(.*)>;\s*rel="(.*)"$`)

// Whatever query a list is asked with, the clients can read its Link header: no comma
// inside an address, every one a URL, the page once and last.
func FuzzLinkHeader(f *testing.F) {
	client := still(f)
	for _, seed := range []string{"", "page=2", "per_page=1&page=1", "a=b,c&page=3&page=4", "x=%2C%3C%3E&y=<z>", "status=active&&page", "q=\"'`; rel=\"next\"", "page=1%20", "a=%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if len(query) > 2000 || strings.ContainsAny(query, "#\x00") {
			t.Skip()
		}
		res, _ := dial(client, "GET", "http://localhost/~fuzz/fintoc/v1/links?"+query, "", "Authorization", "sk_test_fuzz")
		if res == nil || res.StatusCode != 200 {
			return
		}
		seen := map[string]bool{}
		for part := range strings.SplitSeq(res.Header.Get("Link"), ",") {
			m := rel.FindStringSubmatch(part)
			if m == nil {
				t.Fatalf("%q is no link", part)
			}
			u, err := url.Parse(m[1])
			if err != nil {
				t.Fatalf("%q is no URL: %v", m[1], err)
			}
			last := u.RawQuery[strings.LastIndexByte(u.RawQuery, '&')+1:]
			if !strings.HasPrefix(last, "page=") || strings.Count("&"+u.RawQuery, "&page=") != 1 {
				t.Errorf("the page is not once and last in %q", u.RawQuery)
			}
			seen[m[2]] = true
		}
		if !seen["first"] || !seen["last"] {
			t.Errorf("first or last is missing in %q", res.Header.Get("Link"))
		}
	})
}

// Nothing that only looks like a token opens anything.
func FuzzTokens(f *testing.F) {
	client := still(f)
	for _, seed := range []string{"", "link_a_token_b", "link_token_token_", "li_nMNejK7BT8oGbvO4_exchange_token_x", "~other", "sk_test_x~fuzz", "a\x00b", strings.Repeat("_token_", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		q := url.QueryEscape(token)
		for _, path := range []string{
			"/v1/accounts?link_token=" + q, "/v1/links/exchange?exchange_token=" + q, "/v1/links/" + url.PathEscape(token) + "?x=1",
			"/webview/widget.html?public_key=pk_test_x&widget_token=" + q, "/v1/refresh_intents?link_token=" + q,
		} {
			res, text := dial(client, "GET", "http://localhost/~fuzz/fintoc"+path, "", "Authorization", "sk_test_fuzz")
			if res != nil && (res.StatusCode >= 500 || res.StatusCode/100 == 2 && !strings.HasPrefix(text, "[") && token != "" && path[:9] != "/v1/links") {
				t.Errorf("%q opens %s: %d %.200s", token, path, res.StatusCode, text)
			}
		}
	})
}
