package finx_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const day = 24 * time.Hour

// A code works once, for an hour, and with the redirect_uri of its flow.
func TestCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		wait   time.Duration
		uri    string
		status int
	}{
		{"after 59 minutes", 59 * time.Minute, callback, 200}, {"after 61 minutes", 61 * time.Minute, callback, 400},
		{"for another address", 0, callback + "/other", 400}, {"without an address", 0, "", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, nil)
			code := k.back(k.walk(k.open(k.start("/onetime/access", map[string]any{})), "demo")).Get("code")
			k.advance(tt.wait)
			a := k.token(map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": tt.uri})
			if a.Status != tt.status {
				t.Fatalf("answered %d: %s", a.Status, a.Raw)
			}
			if tt.status == 200 {
				k.token(map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": tt.uri}).want(t, 400, 1003)
			} else {
				a.want(t, 400, 1003)
			}
		})
	}
}

// The access token lives an hour; each refresh gives another refresh token and non-empty
// accounts for as long as none of them rests for 90 days.
func TestRefreshChain(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	k.advance(59 * time.Minute)
	k.ok("/rest/accounts")
	k.advance(2 * time.Minute)
	k.get("/rest/accounts").want(t, 401, 1003)
	seen := map[string]bool{k.refresh: true}
	for _, wait := range []time.Duration{80 * day, 80 * day, 80 * day} {
		k.advance(wait)
		old := k.refresh
		k.renew().want(t, 200, 0)
		if seen[k.refresh] {
			t.Error("a refresh gave a token that was there before")
		}
		seen[k.refresh] = true
		if n := len(k.ok("/rest/accounts").List("accounts")); n == 0 {
			t.Error("no accounts after a refresh")
		}
		k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": old}).want(t, 400, 1003)
	}
	k.advance(91 * day)
	k.renew().want(t, 400, 1003)
}

// Of two refreshes at once one wins.
func TestTwoRefreshes(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	var statuses [2]int
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": k.refresh}).Status
		})
	}
	wg.Wait()
	if statuses != [2]int{200, 400} && statuses != [2]int{400, 200} {
		t.Errorf("answered %v", statuses)
	}
}

// A scope can be narrowed, not widened, and what it does not reach is refused.
func TestScopes(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	k.get("/rest/user").want(t, 403, 1007)
	if strings.Contains(k.ok("/rest/transactions?count=1").Raw, "categories") {
		t.Error("categories without their scope")
	}
	narrow := k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": k.refresh, "scope": "accounts=ro"}).want(t, 200, 0)
	if narrow.Text("scope") != "accounts=ro" {
		t.Errorf("the scope is %q", narrow.Text("scope"))
	}
	k.bearer, k.refresh = narrow.Text("access_token"), narrow.Text("refresh_token")
	k.ok("/rest/accounts")
	k.get("/rest/transactions").want(t, 403, 1007)
	wide := k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": k.refresh, "scope": "payments=rw"}).want(t, 400, 1000)
	if len(wide.List("error.data.scope")) != 1 {
		t.Errorf("a wider scope: %s", wide.Raw)
	}
}

// Both verbs revoke: an access token alone, a refresh token with all that came of it.
func TestRevoke(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	first := k.bearer
	if a := k.call("GET", "/auth/revoke?token="+url.QueryEscape(first), nil); a.Status != 200 || a.Raw != "" {
		t.Fatalf("revoked with %d %q", a.Status, a.Raw)
	}
	k.get("/rest/accounts").want(t, 401, 1003)
	k.renew().want(t, 200, 0)
	k.ok("/rest/accounts")
	if a := k.call("POST", "/auth/revoke", "token="+url.QueryEscape(k.refresh), "Content-Type", "application/x-www-form-urlencoded"); a.Status != 200 {
		t.Fatalf("revoked with %d %q", a.Status, a.Raw)
	}
	k.get("/rest/accounts").want(t, 401, 1003)
	k.renew().want(t, 400, 1003)
}

// The token call takes a form, too, and its errors can be those of RFC 6749.
func TestTokenCall(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"token_errors": "oauth", "auth": "strict"})
	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic c3R1bnRiYW5rOnN0dW50YmFuay1zZWNyZXQ="}
	code := k.back(k.walk(k.open(k.call("POST", "/onetime/access", `{"redirect_uri":"`+callback+`"}`, form[2:]...).want(t, 200, 0)), "demo")).Get("code")
	body := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}}.Encode()
	k.call("POST", "/auth/token", body, form...).want(t, 200, 0)
	for want, body := range map[string]string{
		"invalid_grant": body, "unsupported_grant_type": "grant_type=password", "invalid_request": "grant_type=authorization_code",
	} {
		if a := k.call("POST", "/auth/token", body, form...); a.Status != 400 || a.Text("error") != want {
			t.Errorf("%s: answered %d %s", want, a.Status, a.Raw)
		}
	}
	if a := k.call("POST", "/auth/token", body, form[:2]...); a.Status != 401 || a.Text("error") != "invalid_client" {
		t.Errorf("without credentials: %d %s", a.Status, a.Raw)
	}
}

// Strict authentication wants credentials, and the configured ones.
func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	const start = `{"redirect_uri":"` + callback + `"}`
	k := newKit(t, map[string]string{"auth": "strict", "clients": "stuntbank:stuntbank-secret"})
	k.call("POST", "/onetime/access", start).want(t, 401, 1004)
	k.call("POST", "/onetime/access", start, "Authorization", "Bearer abc").want(t, 401, 1004)
	k.call("POST", "/onetime/access", start, "Authorization", "Basic c3R1bnRiYW5rOnN0dW50YmFuay1zZWNyZXQ=").want(t, 200, 0)
	k.call("POST", "/onetime/access", start, "Authorization", "Basic b3RoZXI6b3RoZXI=").want(t, 401, 1004)
}

// Codes of older clients begin with an O.
func TestCodeStyle(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"code_style": "figo"})
	code := k.back(k.walk(k.open(k.start("/onetime/access", map[string]any{})), "demo")).Get("code")
	if !strings.HasPrefix(code, "O") {
		t.Errorf("the code is %q", code)
	}
	k.exchange(code)
	if !strings.HasPrefix(k.bearer, "A") || !strings.HasPrefix(k.refresh, "R") {
		t.Errorf("the tokens are %q and %q", k.bearer, k.refresh)
	}
	k.ok("/rest/accounts")
}

// One-time data is the snapshot of its login; with the edition qwist it is gone after an hour.
func TestOneTimeData(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		edition string
		kept    bool
	}{{"finleap", true}, {"qwist", false}} {
		t.Run(tt.edition, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, map[string]string{"edition": tt.edition})
			k.connect("/onetime/access", "demo", map[string]any{})
			before := k.ok("/rest/transactions?count=3").Raw
			k.advance(30 * day)
			k.renew().want(t, 200, 0)
			if after := k.ok("/rest/transactions?count=3").Raw; (after == before) != tt.kept {
				t.Errorf("thirty days later the answer is %.300s", after)
			}
			if n := len(k.ok("/rest/accounts").List("accounts")); (n > 0) != tt.kept {
				t.Errorf("thirty days later there are %d accounts", n)
			}
		})
	}
}

// The data of an ongoing flow is renewed, and accounts of one user_id accumulate.
func TestOngoing(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.call("POST", "/ongoing/access", `{"redirect_uri":"`+callback+`"}`).want(t, 400, 1000)
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u1", "save_secrets": true})
	before := k.ok("/rest/transactions").List("transactions")
	k.advance(30 * day)
	k.renew().want(t, 200, 0)
	if after := k.ok("/rest/transactions").List("transactions"); len(after) <= len(before) {
		t.Errorf("%d transactions, and thirty days later %d", len(before), len(after))
	}
	one := k.ok("/rest/accounts").List("accounts")
	k.connect("/ongoing/access", "student", map[string]any{"user_id": "u1"})
	if both := k.ok("/rest/accounts").List("accounts"); len(both) != len(one)+1 {
		t.Errorf("%d accounts, and with another access %d", len(one), len(both))
	}
	if n := len(k.ok("/rest/accesses").Body.([]any)); n != 2 {
		t.Errorf("%d accesses", n)
	}
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u1"})
	if n := len(k.ok("/rest/accesses").Body.([]any)); n != 2 {
		t.Errorf("the same login again makes %d accesses", n)
	}
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u2"})
	if n := len(k.ok("/rest/accesses").Body.([]any)); n != 1 {
		t.Errorf("another user sees %d accesses", n)
	}
}

// The options of tokens: long ones, a grace for the one that was replaced, and calls that count
// as activity.
func TestTokenOptions(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"token_length": "long", "refresh_grace": "30s", "activity": "any"})
	k.connect("/onetime/access", "demo", map[string]any{})
	if len(k.bearer) <= 2048 || len(k.refresh) <= 2048 {
		t.Errorf("the tokens have %d and %d bytes", len(k.bearer), len(k.refresh))
	}
	k.ok("/rest/accounts")
	old := k.refresh
	k.renew().want(t, 200, 0)
	if again := k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": old}).want(t, 200, 0); again.Text("refresh_token") != k.refresh || len(k.refresh) <= 2048 {
		t.Errorf("within the grace the old token gives %s", again.Raw)
	}
	k.advance(31 * time.Second)
	k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": old}).want(t, 400, 1003)
	// A call half an hour later begins the 90 days anew.
	k.advance(30 * time.Minute)
	k.ok("/rest/accounts")
	k.advance(90*day - 20*time.Minute)
	k.renew().want(t, 200, 0)
	// Without the option it does not.
	k = newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	k.advance(30 * time.Minute)
	k.ok("/rest/accounts")
	k.advance(90*day - 20*time.Minute)
	k.renew().want(t, 400, 1003)
}
