package mocks_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

// get asks a server as a client does; host overrides the Host header.
func get(t *testing.T, url, host string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := enginetest.Client.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// answeredBy is the sandbox that made an answer.
func answeredBy(res *http.Response) string {
	id := res.Header.Get(engine.RequestHeader)
	return id[:max(0, strings.LastIndexByte(id, '-'))]
}

// linkToken connects a user of the first provider in a sandbox.
func linkToken(t *testing.T, srv *enginetest.Server, name string) *engine.Driver {
	t.Helper()
	d := engine.NewDriver(srv.URL, name, mocks.All()[0].Manifest())
	if a, err := d.Call(context.Background(), "listAccounts"); err != nil || a.Status != 200 {
		t.Fatalf("%d %v", a.Status, err)
	}
	return d
}

// The five ways of finding a sandbox, and which one wins.
func TestSandboxPrecedence(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	port := srv.URL[strings.LastIndexByte(srv.URL, ':'):]
	list := "/fintoc/v1/links"
	for name, c := range map[string]struct{ path, host, header, key, want string }{
		"nothing":            {list, "", "", "sk_test_x", "default"},
		"path":               {"/~by-path" + list, "", "", "sk_test_x", "by-path"},
		"header":             {list, "", "by-header", "sk_test_x", "by-header"},
		"host":               {"/v1/links", "by-host.fintoc.localhost" + port, "", "sk_test_x", "by-host"},
		"host without name":  {"/v1/links", "fintoc.localhost" + port, "", "sk_test_x", "default"},
		"real host":          {"/v1/links", "api.fintoc.com", "", "sk_test_x~by-key", "by-key"},
		"key":                {list, "", "", "sk_test_x~by-key", "by-key"},
		"path before header": {"/~by-path" + list, "", "by-header", "sk_test_x~by-key", "by-path"},
		"header before host": {"/v1/links", "by-host.fintoc.localhost" + port, "by-header", "sk_test_x", "by-header"},
		"host before key":    {"/v1/links", "by-host.fintoc.localhost" + port, "", "sk_test_x~by-key", "by-host"},
	} {
		headers := []string{"Authorization", c.key}
		if c.header != "" {
			headers = append(headers, "Stunt-Sandbox", c.header)
		}
		res, body := get(t, srv.URL+c.path, c.host, headers...)
		if res.StatusCode != 200 || answeredBy(res) != c.want {
			t.Errorf("%s: answered %d by %q, want %q: %s", name, res.StatusCode, answeredBy(res), c.want, body)
		}
	}
}

// What a sandbox minted belongs to it; an explicit name beats that, and where both name
// one and they differ, nothing is found.
func TestIDsBelongToTheirSandbox(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	d := linkToken(t, srv, "owner")
	accounts := "/fintoc/v1/accounts?link_token=" + d.Vars["link_token"]
	res, _ := get(t, srv.URL+accounts, "", "Authorization", "sk_test_x")
	if res.StatusCode != 200 || answeredBy(res) != "owner" {
		t.Errorf("the token alone: %d by %q", res.StatusCode, answeredBy(res))
	}
	res, _ = get(t, srv.URL+accounts, "", "Authorization", "sk_test_x~owner")
	if res.StatusCode != 200 {
		t.Errorf("the token and its own sandbox: %d", res.StatusCode)
	}
	for _, headers := range [][]string{
		{"Authorization", "sk_test_x~other"}, {"Authorization", "sk_test_x", "Stunt-Sandbox", "other"},
	} {
		if res, body := get(t, srv.URL+accounts, "", headers...); res.StatusCode != 403 || !strings.Contains(body, "invalid_link_token") {
			t.Errorf("the token in another sandbox: %d %s", res.StatusCode, body)
		}
	}
	// After a reset the token is gone, and the same calls mint it again.
	before := d.Vars["link_token"]
	if _, err := srv.Reset(context.Background(), "owner"); err != nil {
		t.Fatal(err)
	}
	if res, _ := get(t, srv.URL+accounts, "", "Authorization", "sk_test_x"); res.StatusCode != 403 {
		t.Errorf("a token of before the reset answers %d", res.StatusCode)
	}
	if again := linkToken(t, srv, "owner").Vars["link_token"]; again != before {
		t.Errorf("the same calls after a reset mint %s, before %s", again, before)
	}
}

func TestSandboxNames(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	for _, name := range []string{"UPPER", "under_score", strings.Repeat("a", 41), "ä"} {
		res, body := get(t, srv.URL+"/fintoc/v1/links", "", "Authorization", "sk_test_x", "Stunt-Sandbox", name)
		if res.StatusCode != 400 || !strings.Contains(body, "1 to 40 of the characters") {
			t.Errorf("%q: %d %s", name, res.StatusCode, body)
		}
	}
}

// A bounded number of sandboxes; the idle ones make room.
func TestSandboxesAreBounded(t *testing.T) {
	t.Parallel()
	wall := time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)
	srv := enginetest.Start(t, func(c *engine.Config) {
		c.Sandboxes, c.Idle = 3, time.Hour
		c.Wall = func() time.Time { return wall }
	}, mocks.All()...)
	ctx := context.Background()
	for i := range 3 {
		if _, err := srv.Enter(ctx, fmt.Sprint("s", i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := srv.Enter(ctx, "s3"); err == nil || !strings.Contains(err.Error(), "raise --sandboxes") {
		t.Errorf("a fourth sandbox of three: %v", err)
	}
	wall = wall.Add(59 * time.Minute)
	if _, err := srv.Enter(ctx, "s1"); err != nil { // is used, so it stays
		t.Fatal(err)
	}
	wall = wall.Add(2 * time.Minute)
	if _, err := srv.Enter(ctx, "s3"); err != nil {
		t.Errorf("idle sandboxes did not make room: %v", err)
	}
	names := map[string]bool{}
	all, err := srv.Sandboxes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, sb := range all {
		names[sb.Name] = true
	}
	if names["s0"] || !names["s1"] || names["s2"] || !names["s3"] {
		t.Errorf("left are %v", names)
	}
}

// The sandbox's own option beats the scenario's, that the server's, that the default.
func TestOptionPrecedence(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, func(c *engine.Config) {
		c.Options = map[string]string{"fintoc.until": "inclusive", "fintoc.delete_body": "json"}
	}, mocks.All()...)
	ctx := context.Background()
	if _, err := srv.Enter(ctx, "options"); err != nil {
		t.Fatal(err)
	}
	sb, err := srv.Change(ctx, "options", func(sb *sandbox.Sandbox) error {
		sb.Options = map[string]string{"fintoc.delete_body": "empty"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := srv.OptionValues(sb, "fintoc")
	for name, want := range map[string]string{"until": "inclusive", "delete_body": "empty", "create_status": "201"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// Forwarded headers count from trusted proxies only.
func TestForwardedHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusted []netip.Prefix
		want    string
	}{
		"loopback is trusted": {nil, "<https://api.example.test/fintoc/v1/links?page=1>"},
		"nobody is":           {[]netip.Prefix{}, "<http://127.0.0.1"},
	} {
		srv := enginetest.Start(t, func(cfg *engine.Config) { cfg.Trusted = c.trusted }, mocks.All()...)
		res, _ := get(t, srv.URL+"/fintoc/v1/links", "", "Authorization", "sk_test_x",
			"X-Forwarded-Proto", "https", "X-Forwarded-Host", "api.example.test")
		if link := res.Header.Get("Link"); !strings.HasPrefix(link, c.want) {
			t.Errorf("%s: Link is %s", name, link)
		}
	}
}

// Every answer says why: the journal entry of an injected problem names rule and layer.
func TestWhy(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	d := linkToken(t, srv, "why")
	d.Headers["Stunt-Scenario"] = "rate-limited"
	a, err := d.Call(context.Background(), "listMovements")
	if err != nil || a.Status != 429 || a.Header.Get("Retry-After") != "30" {
		t.Fatalf("%d %v, Retry-After %q", a.Status, err, a.Header.Get("Retry-After"))
	}
	e, ok := srv.Journal().Find("why", a.Header.Get(engine.RequestHeader))
	if !ok || !e.Why.Injected || e.Why.Scenario != "rate-limited" || e.Why.Layer != "call" || e.Why.Call != 1 ||
		e.Why.Problem != "rate_limited" || !strings.Contains(e.Why.Rule, "rate-limited.yaml:") {
		t.Errorf("the entry says %+v", e.Why)
	}
	// Three calls are limited, the fourth is not: counters are the connection's.
	for call := 2; call <= 4; call++ {
		a, err := d.Call(context.Background(), "listMovements")
		if want := map[bool]int{true: 429, false: 200}[call <= 3]; err != nil || a.Status != want {
			t.Errorf("call %d answers %d %v", call, a.Status, err)
		}
	}
}
