package finx_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

func (k *kit) drain() {
	k.t.Helper()
	if _, err := k.srv.Drain(k.t.Context(), k.sandbox); err != nil {
		k.t.Fatal(err)
	}
}

// notify registers a notification and gives its id.
func (k *kit) notify(key, uri string) string {
	k.t.Helper()
	return k.post("/rest/notifications", map[string]string{"observe_key": key, "notify_uri": uri, "state": "s1"}).want(k.t, 200, 0).Text("notification_id")
}

// A notification is registered, listed, read, changed and removed by its user alone.
func TestNotifications(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u1"})
	id := k.notify("/rest/transactions", "https://example.com/hook")
	second := k.notify("/rest/transactions?include_pending=0&filter=purpose:Rent", "https://example.com/hook")
	if list := k.ok("/rest/notifications").List("notifications"); len(list) != 2 || id == second {
		t.Fatalf("%v", list)
	}
	change := func(body any) answer {
		return k.call("PUT", "/rest/notifications/"+id, body, "Authorization", "Bearer "+k.bearer)
	}
	change(map[string]string{"state": "s2"}).want(t, 200, 0)
	if a := k.ok("/rest/notifications/" + id); a.Text("state") != "s2" || a.Text("observe_key") != "/rest/transactions" || a.Text("notify_uri") != "https://example.com/hook" {
		t.Errorf("%s", a.Raw)
	}
	for field, bad := range map[string]string{"observe_key": "/rest/accounts", "notify_uri": "ftp://example.com"} {
		if a := change(map[string]string{field: bad}).want(t, 400, 1000); len(a.List("error.data."+field)) != 1 {
			t.Errorf("%s", a.Raw)
		}
	}
	for _, key := range []string{"/rest/accounts/A1.1/balance", "/rest/balance?inferior_limit=1", "/rest/transactions?sort=up", "/rest/transactions?since=never"} {
		k.post("/rest/notifications", map[string]string{"observe_key": key, "notify_uri": "https://example.com/hook"}).want(t, 400, 1000)
	}
	k.post("/rest/notifications", map[string]string{"observe_key": "/rest/transactions"}).want(t, 400, 1000)
	other := k.bearer
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u2"})
	k.get("/rest/notifications/"+id).want(t, 404, 1002)
	k.bearer = other
	k.call("DELETE", "/rest/notifications/"+id, nil, "Authorization", "Bearer "+k.bearer).want(t, 200, 0)
	k.get("/rest/notifications/"+id).want(t, 404, 1002)
	if list := k.ok("/rest/notifications").List("notifications"); len(list) != 1 {
		t.Errorf("%v", list)
	}
	// A token without the scope of what is observed may not.
	a := k.token(map[string]string{"grant_type": "refresh_token", "refresh_token": k.refresh, "scope": "accounts=ro"}).want(t, 200, 0)
	k.bearer = a.Text("access_token")
	k.post("/rest/notifications", map[string]string{"observe_key": "/rest/transactions", "notify_uri": "https://example.com/hook"}).want(t, 403, 1007)
}

// Whoever observes the transactions hears of the new ones, when data is renewed by itself and
// when a sync brings it: once of each, those alone that the filter lets pass, and of no other
// user's.
func TestNotices(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	all, some, others := enginetest.Listen(t), enginetest.Listen(t), enginetest.Listen(t)
	k.connect("/ongoing/access", "student", map[string]any{"user_id": "u2"})
	k.notify("/rest/transactions", others.URL)
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u1", "save_secrets": true})
	id := k.notify("/rest/transactions", all.URL)
	account := k.ok("/rest/accounts").Text("accounts.0.account_id")
	k.notify("/rest/accounts/"+account+"/transactions?types=Direct+debit", some.URL)

	k.advance(10 * day)
	k.drain()
	k.renew().want(t, 200, 0)
	var told []string
	agent := ""
	for _, a := range all.Take() {
		agent = a.Header.Get("User-Agent")
		if a.Text("notification_id") != id || a.Text("notification_uri") != all.URL || a.Text("observe_key") != "/rest/transactions" || a.Text("state") != "s1" {
			t.Errorf("heard %.300s", a.Raw)
		}
		for _, r := range a.List("data.transactions") {
			told = append(told, r.(map[string]any)["transaction_id"].(string))
		}
	}
	fresh := map[string]bool{}
	for _, r := range k.ok("/rest/transactions?since_type=created&since=2026-03-31T12:00:01Z").List("transactions") {
		fresh[r.(map[string]any)["transaction_id"].(string)] = true
	}
	for _, one := range told {
		if !fresh[one] {
			t.Errorf("told of %s, which is not new or was told before", one)
		}
		delete(fresh, one)
	}
	if len(fresh) != 0 || len(told) == 0 || agent != "finx-notification/1.0.0" {
		t.Errorf("told of %d transactions, not of %d, as %q", len(told), len(fresh), agent)
	}
	debits := 0
	for _, a := range some.Take() {
		for _, r := range a.List("data.transactions") {
			if debits++; r.(map[string]any)["type"] != "Direct debit" || r.(map[string]any)["account_id"] != account {
				t.Errorf("told of %v", r)
			}
		}
	}
	if debits == 0 {
		t.Error("told of no direct debit")
	}
	if n := len(others.Take()); n != 0 {
		t.Errorf("another user was told %d times", n)
	}

	// A sync of an access that a call has made: all of its transactions are new.
	made := k.access(demobank, "joint", "joint", true)
	k.ok(k.sync(made, map[string]any{"disable_notifications": true}))
	k.drain()
	if n := len(all.Take()); n != 0 {
		t.Errorf("told %d times although the sync said not to", n)
	}
	k.advance(day)
	k.drain()
	k.renew().want(t, 200, 0)
	all.Take()
	k.advance(0)
	second := k.access(demobank, "student", "student", true)
	k.ok(k.sync(second, nil))
	k.drain()
	if heard := all.Take(); len(heard) != 1 || len(heard[0].List("data.transactions")) < 10 {
		t.Errorf("told %d times of a new access", len(heard))
	}
}

// A balance is told when it falls below the limit; a receiver that redirects has the notice, one
// that fails is tried again.
func TestBalanceNotices(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	h := enginetest.Listen(t)
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u1", "save_secrets": true})
	account := k.ok("/rest/accounts").Text("accounts.0.account_id")
	limit := strings.Split(strings.TrimSpace(k.ok("/rest/accounts/"+account+"/balance").Raw), ".")[0]
	limit = limit[strings.LastIndexByte(limit, ':')+1:]
	k.notify("/rest/accounts/"+account+"/balance?inferior_limit="+limit, h.URL)
	h.Answer(http.StatusFound)
	for range 20 {
		k.advance(2 * day)
	}
	k.drain()
	heard := h.Take()
	if len(heard) == 0 || len(heard) > 5 {
		t.Fatalf("told %d times that the balance is below %s", len(heard), limit)
	}
	if heard[0].At("data.balance.balance") == nil || heard[0].At("data.transactions") != nil {
		t.Errorf("heard %s", heard[0].Raw)
	}
	h.Answer(http.StatusInternalServerError)
	k.renew().want(t, 200, 0)
	k.notify("/rest/transactions", h.URL)
	k.advance(day)
	k.advance(time.Hour)
	k.drain()
	ids := map[string]int{}
	for _, a := range h.Take() {
		ids[a.Raw]++
	}
	for raw, n := range ids {
		if n != 3 {
			t.Errorf("tried %d times: %.200s", n, raw)
		}
	}
	if len(ids) == 0 {
		t.Error("told of nothing in a day")
	}
}
