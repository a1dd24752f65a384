package finx_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// basic is the header of a client.
var basic = []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("stuntbank:stuntbank-secret")), "Content-Type", "application/json"}

// The calls of python-figo (W-Z-FinTech-GmbH, 2021), in the order of its own integration test. It
// refuses codes without an O and refresh tokens without an R, sends redirect_uri with a refresh
// and a JSON content type with everything, and reads bare arrays where it wants them.
func TestPythonFigo(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"code_style": "figo", "auth": "strict", "scopes": allScopes, "catalog_lists": "array"})
	started := k.call("POST", "/ongoing/access", `{"redirect_uri":"`+callback+`","user_id":"u1"}`, basic...).want(t, 200, 0)
	code := k.back(k.walk(k.open(started), "demo")).Get("code")
	if code[0] != 'O' {
		t.Fatalf("Invalid authentication code %q", code)
	}
	connection := func(method, path string, body any) answer { return k.call(method, path, body, basic...) }
	session := func(method, path string, body any) answer {
		return k.call(method, path, body, "Authorization", "Bearer "+k.bearer, "Content-Type", "application/json", "User-Agent", "python_figo/5.0.0")
	}
	// FigoConnection
	tokens := connection("POST", "/auth/token", map[string]string{"code": code, "redirect_uri": callback, "grant_type": "authorization_code"}).want(t, 200, 0)
	if tokens.Text("refresh_token")[0] != 'R' || tokens.Number("expires_in") != 3600 {
		t.Errorf("%s", tokens.Raw)
	}
	tokens = connection("POST", "/auth/token", map[string]string{"refresh_token": tokens.Text("refresh_token"), "redirect_uri": callback, "grant_type": "refresh_token"}).want(t, 200, 0)
	k.bearer = tokens.Text("access_token")
	if v := connection("GET", "/version", nil).want(t, 200, 0); v.Text("environment") != "staging" || v.Text("version") == "" {
		t.Errorf("%s", v.Raw)
	}
	if c := connection("GET", "/catalog?country=de&q=90090042", nil).want(t, 200, 0); c.Text("banks.0.bank_code") != "90090042" || c.List("services") == nil {
		t.Errorf("%s", c.Raw)
	}
	if c := connection("GET", "/catalog?country=XY", nil).want(t, 200, 0); len(c.List("banks")) != 0 || len(c.List("services")) != 0 {
		t.Errorf("%s", c.Raw)
	}
	// FigoSession
	if u := session("GET", "/rest/user", nil).want(t, 200, 0); !strings.HasPrefix(u.Text("id"), "U") || u.Text("email") == "" {
		t.Errorf("%s", u.Raw)
	}
	session("GET", "/rest/catalog?country=DE", nil).want(t, 200, 0)
	if settings := session("GET", "/catalog/banks?country=DE&q=90090078", nil).want(t, 200, 0); settings.Text("0.access_methods.0.id") != smsBank {
		t.Errorf("get_login_settings reads %.200s", settings.Raw)
	}
	access := session("POST", "/rest/accesses", map[string]any{
		"access_method_id": smsBank, "credentials": map[string]string{"login_id": "user1", "password": "123456"},
		"consent": map[string]any{"recurring": true, "period": 90, "scopes": []string{"ACCOUNTS", "BALANCES", "TRANSACTIONS"}, "accounts": []map[string]string{{"id": "DE67900900424711951500", "currency": "EUR"}}},
	}).want(t, 200, 0).Text("id")
	if list, ok := session("GET", "/rest/accesses", nil).want(t, 200, 0).Body.([]any); !ok || len(list) != 2 {
		t.Errorf("get_accesses reads no bare array of two")
	}
	sync := session("POST", "/rest/accesses/"+access+"/syncs", map[string]any{
		"disable_notifications": true, "redirect_uri": callback, "state": "s1",
		"credentials": map[string]string{"login_id": "user1", "password": "123456"}, "save_secrets": false,
	}).want(t, 200, 0)
	if sync.Text("status") != "QUEUED" {
		t.Errorf("add_sync reads %s", sync.Raw)
	}
	path := "/rest/accesses/" + access + "/syncs/" + sync.Text("id")
	status := session("GET", path, nil).want(t, 200, 0)
	if status.Text("status") != "AWAIT_AUTH" {
		t.Errorf("get_synchronization_status reads %s", status.Raw)
	}
	challenges, ok := session("GET", path+"/challenges", nil).want(t, 200, 0).Body.([]any)
	if !ok || len(challenges) != 1 {
		t.Fatalf("get_synchronization_challenges reads no bare array of one")
	}
	id := challenges[0].(map[string]any)["id"].(string)
	session("GET", path+"/challenges/"+id, nil).want(t, 200, 0)
	if a := session("POST", path+"/challenges/"+id+"/response", map[string]string{"value": "111111"}).want(t, 200, 0); a.Raw != "{}" {
		t.Errorf("solve_synchronization_challenge reads %q", a.Raw)
	}
	if status = session("GET", path, nil).want(t, 200, 0); status.Text("status") != "COMPLETED" {
		t.Errorf("the sync is %s", status.Raw)
	}
	account := session("GET", "/rest/accounts", nil).want(t, 200, 0).Text("accounts.0.account_id")
	session("GET", "/rest/accounts/"+account+"/balance", nil).want(t, 200, 0)
	rows := session("GET", "/rest/accounts/"+account+"/transactions?"+url.Values{
		"count": {"5"}, "sort": {"DESC"}, "since_type": {"booked"}, "include_pending": {"True"}, "include_statistics": {"True"}, "cents": {"True"}, "types": {"Transfer,Direct debit"},
	}.Encode(), nil).want(t, 200, 0)
	row := rows.Text("transactions.0.transaction_id")
	if n := rows.Number("transactions.0.amount"); n != float64(int(n)) || rows.At("statistics.deposit_sum") == nil {
		t.Errorf("cents=True reads %.300s", rows.Raw)
	}
	session("GET", "/rest/accounts/"+account+"/transactions/"+row+"?", nil).want(t, 200, 0)
	session("GET", "/rest/transactions/"+row+"?cents=True", nil).want(t, 200, 0)
	note := session("POST", "/rest/notifications", map[string]string{"observe_key": "/rest/transactions", "notify_uri": "https://example.com/hook", "state": "qwe"}).want(t, 200, 0)
	session("GET", "/rest/notifications/"+note.Text("notification_id"), nil).want(t, 200, 0)
	session("DELETE", "/rest/notifications/"+note.Text("notification_id"), nil).want(t, 200, 0)
	session("POST", "/rest/accesses/"+access+"/remove_pin", nil).want(t, 200, 0)
	session("DELETE", "/rest/accounts/"+account, nil).want(t, 200, 0)
	session("GET", "/rest/accounts/"+account, nil).want(t, 404, 1002)
	connection("GET", "/auth/revoke?"+url.Values{"token": {k.bearer}}.Encode(), nil)
	session("GET", "/rest/accounts", nil).want(t, 401, 1003)
}

// The calls of figo-client-net (PBeckerr): a token and the data below /v4, dates in .NET's round-trip
// format, since by created.
func TestFigoClientNet(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"code_style": "figo", "since_type": "created"})
	started := k.call("POST", "/onetime/access", `{"redirect_uri":"`+callback+`"}`, basic...).want(t, 200, 0)
	code := k.back(k.walk(k.open(started), "demo")).Get("code")
	tokens := k.call("POST", "/v4/auth/token", map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": callback}, basic...).want(t, 200, 0)
	tokens = k.call("POST", "/v4/auth/token", map[string]string{"grant_type": "refresh_token", "refresh_token": tokens.Text("refresh_token")}, basic...).want(t, 200, 0)
	k.bearer = tokens.Text("access_token")
	account := k.ok("/v4/rest/accounts?cents=false").Text("accounts.0.account_id")
	k.ok("/v4/rest/accounts/" + account + "?cents=false")
	all := len(k.ok("/v4/rest/transactions?count=1000").List("transactions"))
	for since, want := range map[string]int{
		"2026-03-31T00:00:00.0000000Z": all, "2026-03-31T00:00:00.0000000": all, "2026-03-31T13:00:00.0000000+00:00": 0,
	} {
		query := url.Values{"since": {since}, "filter": {"purpose:"}, "include_pending": {"false"}, "count": {"1000"}}
		if n := len(k.ok("/v4/rest/transactions?" + query.Encode()).List("transactions")); n != want {
			t.Errorf("since %s there are %d of %d", since, n, all)
		}
	}
	id := k.ok("/v4/rest/accounts/" + account + "/transactions?count=1").Text("transactions.0.transaction_id")
	k.ok("/v4/rest/accounts/" + account + "/transactions/" + id)
	// What RegShield had beside them is declined in words that the client can read.
	for _, path := range []string{"/v1/account/ongoing", "/v1/account/ongoing/sync"} {
		if a := k.call("POST", path, `{"redirect_uri":"`+callback+`"}`, basic...); a.Status != 404 || a.Number("error.code") != 1002 {
			t.Errorf("%s answers %d %s", path, a.Status, a.Raw)
		}
	}
}

// What breaks one of the published clients: a body that is no JSON, a code that is no number, data
// that is no object of lists, a description that is not there, an instant without a zone, a null.
func TestClientsCanReadIt(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"auth": "strict", "scopes": allScopes})
	k.exchangeAs(t)
	for _, a := range []answer{
		k.call("POST", "/onetime/access", `{}`, basic...), k.call("POST", "/onetime/access", `{"redirect_uri":`, basic...), k.call("POST", "/onetime/access", `{}`),
		k.call("POST", "/auth/token", `{"grant_type":"password"}`, basic...), k.call("POST", "/auth/token", `{"grant_type":"refresh_token","refresh_token":"R1"}`, basic...),
		k.call("GET", "/auth/revoke", nil, basic...), k.call("GET", "/nowhere", nil), k.call("PATCH", "/rest/accounts", nil), k.call("GET", "/rest/accounts", nil),
		k.get("/rest/accounts/A1.1"), k.get("/rest/transactions?count=x"), k.get("/rest/transactions", "Accept-Language", "xy"), k.get("/rest/income-reports/none"),
		k.get("/rest/payments"), k.get("/rest/standing_orders"), k.get("/rest/securities"),
		k.get("/rest/accounts", "Stunt-Scenario", "rate-limited"), k.get("/rest/accounts", "Stunt-Scenario", "maintenance"),
	} {
		if a.Status < 400 {
			continue // a scenario that spares the first call
		}
		code, number := a.At("error.code").(float64)
		data, object := a.At("error.data").(map[string]any)
		if !number || code == 0 || !object || a.Text("error.description") == "" || a.Text("error.group") == "" || a.Number("status") != float64(a.Status) || a.Status == http.StatusTooManyRequests {
			t.Errorf("answered %d %s", a.Status, a.Raw)
		}
		for field, texts := range data {
			if list, ok := texts.([]any); !ok || len(list) == 0 || list[0] == "" {
				t.Errorf("data of %s is %v", field, texts)
			}
		}
	}
	for _, path := range []string{"/rest/accounts", "/rest/accounts/", "/rest/transactions?include_pending=1&count=200", "/rest/accesses", "/rest/user", "/rest/notifications"} {
		var body any
		a := k.ok(path)
		if err := json.Unmarshal([]byte(a.Raw), &body); err != nil {
			t.Fatal(err)
		}
		readable(t, path, body)
	}
}

// readable holds what a client reads to zones and to fields that are there or left out.
func readable(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if value == nil && name != "parent_id" {
				t.Errorf("%s: %s is null", path, name)
			}
			if text, ok := value.(string); ok && (strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_date")) {
				if _, err := time.Parse("2006-01-02T15:04:05.000Z07:00", text); err != nil {
					t.Errorf("%s: %s is %q", path, name, text)
				}
			}
			readable(t, path, value)
		}
	case []any:
		for _, one := range v {
			readable(t, path, one)
		}
	}
}

// exchangeAs goes the whole way as a client that authenticates.
func (k *kit) exchangeAs(t *testing.T) {
	t.Helper()
	started := k.call("POST", "/onetime/access", `{"redirect_uri":"`+callback+`"}`, basic...).want(t, 200, 0)
	code := k.back(k.walk(k.open(started), "manyacct")).Get("code")
	tokens := k.call("POST", "/auth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}}.Encode(),
		"Authorization", basic[1], "Content-Type", "application/x-www-form-urlencoded").want(t, 200, 0)
	k.bearer = tokens.Text("access_token")
}
