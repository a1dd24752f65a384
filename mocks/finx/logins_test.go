package finx_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// demobank is a way into a test bank, smsBank one whose published user confirms by SMS.
const (
	demobank = "cb7bb077-d075-4fb5-aac9-5f73aa334165"
	smsBank  = "a08d3799-7c08-4ccb-a1b2-e38aba988266"
)

// post calls something with the access token.
func (k *kit) post(path string, body any) answer {
	k.t.Helper()
	return k.call("POST", path, body, "Authorization", "Bearer "+k.bearer)
}

// access makes an access by a call.
func (k *kit) access(method, user, password string, save bool) string {
	k.t.Helper()
	return k.post("/rest/accesses", map[string]any{
		"access_method_id": method, "credentials": map[string]string{"login_id": user, "password": password}, "save_credentials": save,
	}).want(k.t, 200, 0).Text("id")
}

// sync starts a sync of an access and gives its path.
func (k *kit) sync(access string, body any) string {
	k.t.Helper()
	started := k.post("/rest/accesses/"+access+"/syncs", body).want(k.t, 200, 0)
	if started.Text("status") != "QUEUED" {
		k.t.Fatalf("a new sync is %s", started.Raw)
	}
	return "/rest/accesses/" + access + "/syncs/" + started.Text("id")
}

// The published calls of a client that logs in without the widget: an access, a sync, its
// challenge, the data.
func TestSyncByCalls(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u1"})
	before := len(k.ok("/rest/accounts").List("accounts"))
	id := k.access(smsBank, "user1", "123456", false)
	if all := k.ok("/rest/accesses").Body.([]any); len(all) != 2 || k.ok("/rest/accesses/"+id).At("status.synced_at") != nil {
		t.Fatalf("the accesses are %v", all)
	}
	if n := len(k.ok("/rest/accounts").List("accounts")); n != before {
		t.Fatalf("%d accounts before the first sync", n)
	}
	path := k.sync(id, map[string]any{"state": "s1"})
	waits := k.ok(path)
	if waits.Text("status") != "AWAIT_AUTH" || waits.Text("state") != "s1" || waits.Text("challenge.type") != "EMBEDDED" || waits.Text("challenge.format") != "TEXT" {
		t.Fatalf("the sync is %s", waits.Raw)
	}
	list := k.ok(path + "/challenges").Body.([]any)
	challenge := path + "/challenges/" + list[0].(map[string]any)["id"].(string)
	if k.ok(challenge).Text("label") != "TAN" {
		t.Errorf("the challenge is %v", list)
	}
	k.post(challenge+"/response", map[string]string{}).want(t, 400, 1000)
	k.post(challenge+"/response", map[string]string{"type": "encrypted", "value": "x"}).want(t, 400, 1000)
	k.post(challenge+"/response", map[string]string{"value": "000000"}).want(t, 200, 0)
	if k.ok(path).Text("status") != "AWAIT_AUTH" {
		t.Error("a wrong TAN ends the sync")
	}
	k.post("/rest/accesses/"+id+"/syncs", map[string]any{}).want(t, 423, 1008)
	k.post(challenge+"/response", map[string]string{"value": "111111"}).want(t, 200, 0)
	if done := k.ok(path); done.Text("status") != "COMPLETED" || done.Text("ended_at") == "" || done.At("challenge") != nil {
		t.Errorf("the sync is %s", done.Raw)
	}
	k.get(challenge).want(t, 404, 1002)
	if n := len(k.ok("/rest/accounts").List("accounts")); n <= before || k.ok("/rest/accesses/"+id).Text("status.synced_at") == "" {
		t.Errorf("%d accounts after the sync", n)
	}
	sync := path[strings.LastIndexByte(path, '/')+1:]
	for _, r := range k.ok("/rest/transactions?sync_id=" + sync).List("transactions") {
		if account := k.ok("/rest/accounts/" + r.(map[string]any)["account_id"].(string)); account.Text("access_id") != id {
			t.Fatalf("the sync brought a row of %s", account.Text("access_id"))
		}
	}
	// Nothing was saved, so the next sync wants the credentials again.
	k.post("/rest/accesses/"+id+"/syncs", nil).want(t, 400, 1011)
	k.call("DELETE", "/rest/accesses/"+id, nil, "Authorization", "Bearer "+k.bearer).want(t, 200, 0)
	k.get("/rest/accesses/"+id).want(t, 404, 1002)
	// Another user of the app sees none of it.
	k.connect("/ongoing/access", "demo", map[string]any{"user_id": "u2"})
	k.get(path).want(t, 404, 1002)
}

// A sync brings the rows that are new, created when it came; saved credentials serve for all.
func TestSyncAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "student", map[string]any{})
	id := k.access(demobank, "demo", "demo", true)
	if k.ok(k.sync(id, nil)).Text("status") != "COMPLETED" {
		t.Fatal("the first sync is not done")
	}
	count := func(query string) int {
		return len(k.ok("/rest/transactions?count=1000&" + query).List("transactions"))
	}
	before := count("")
	for range 2 {
		k.advance(10 * day)
		k.renew().want(t, 200, 0)
		if n := count(""); n != before {
			t.Fatalf("%d rows without a sync, %d before", n, before)
		}
		path := k.sync(id, nil)
		k.ok(path)
		sync := path[strings.LastIndexByte(path, '/')+1:]
		now := count("")
		if fresh := count("sync_id=" + sync); fresh == 0 || now-before != fresh {
			t.Errorf("%d rows are of the sync, %d more than before", fresh, now-before)
		}
		before = now
	}
	if n := count("since=2026-04-10&since_type=created"); n == 0 || n == before {
		t.Errorf("%d of %d rows are created by the syncs", n, before)
	}
	if a := k.post("/rest/accesses/"+id+"/remove_pin", nil).want(t, 200, 0); a.At("save_pin") != false {
		t.Errorf("the access is %s", a.Raw)
	}
	k.post("/rest/accesses/"+id+"/syncs", nil).want(t, 400, 1011)
	// The access of the flow kept no credentials, either; they can be sent along.
	flow := k.ok("/rest/accesses").Body.([]any)[0].(map[string]any)["id"].(string)
	k.post("/rest/accesses/"+flow+"/syncs", nil).want(t, 400, 1011)
	path := k.sync(flow, map[string]any{"credentials": map[string]string{"login_id": "student", "password": "student"}})
	if a := k.ok(path); a.Text("status") != "COMPLETED" {
		t.Errorf("the sync is %s", a.Raw)
	}
}

// What the bank refuses ends the sync with its documented code.
func TestSyncErrors(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	for _, tt := range []struct {
		user, password string
		code           float64
		group          string
	}{
		{"demo", "wrong", 10000, "user"}, {"blocked", "blocked", 10002, "user"}, {"pinchange", "pinchange", 10007, "user"}, {"nobank", "nobank", 20003, "bank"},
	} {
		a := k.get(k.sync(k.access(demobank, tt.user, tt.password, false), nil))
		if a.Text("status") != "ERROR" || a.At("error.code") != tt.code || a.Text("error.group") != tt.group || a.Text("ended_at") == "" {
			t.Errorf("%s: %s", tt.user, a.Raw)
		}
	}
	a := k.post("/rest/accesses", map[string]any{"access_method_id": "nothing"}).want(t, 400, 1000)
	if a.Text("error.data.access_method_id.0") != "Unknown method identifier." || a.Text("error.description") != "Request body doesn't match input schema." {
		t.Errorf("answered %s", a.Raw)
	}
	k.post("/rest/accesses", map[string]any{"access_method_id": demobank, "credentials": map[string]string{"login_id": "demo"}}).want(t, 400, 1011)
	k.post("/rest/accesses/X1.1/syncs", nil).want(t, 404, 1002)
	k.get("/rest/accesses/"+k.access(demobank, "demo", "demo", false)+"/syncs/none").want(t, 404, 1002)
}

// Each way to confirm has the documented type of challenge.
func TestChallengesOfSyncs(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	begin := func(user string) (string, answer) {
		path := k.sync(k.access(demobank, user, user, false), map[string]any{"redirect_uri": callback, "state": "s2"})
		list := answer{}
		all := k.ok(path + "/challenges").Body.([]any)
		if len(all) != 1 {
			t.Fatalf("%s: %d challenges: %s", user, len(all), k.ok(path).Raw)
		}
		list.Body = all[0]
		return path, list
	}
	respond := func(path string, ch answer, body map[string]string) {
		k.post(path+"/challenges/"+ch.Text("id")+"/response", body).want(t, 200, 0)
	}
	done := func(path string) {
		t.Helper()
		if a := k.ok(path); a.Text("status") != "COMPLETED" {
			t.Errorf("the sync is %s", a.Raw)
		}
	}

	path, ch := begin("photo")
	data, err := base64.StdEncoding.DecodeString(ch.Text("data"))
	if err == nil {
		_, err = png.Decode(bytes.NewReader(data))
	}
	if err != nil || ch.Text("format") != "PHOTO" {
		t.Errorf("%v: %v", ch.Body, err)
	}
	respond(path, ch, map[string]string{"value": "111111"})
	done(path)

	path, ch = begin("chip")
	code := ch.Text("data")[strings.LastIndexByte(ch.Text("data"), ' ')+1:]
	respond(path, ch, map[string]string{"value": code})
	done(path)

	path, ch = begin("multi")
	if ch.Text("type") != "METHOD_SELECTION" || ch.Text("auth_methods.0.type") != "SMS_OTP" || len(ch.List("auth_methods")) != 3 {
		t.Fatalf("%v", ch.Body)
	}
	k.post(path+"/challenges/"+ch.Text("id")+"/response", map[string]string{"method_id": "M1.1"}).want(t, 400, 1000)
	respond(path, ch, map[string]string{"method_id": ch.Text("auth_methods.1.id")})
	next := k.ok(path)
	if next.Text("challenge.format") != "PHOTO" || next.Text("challenge.id") == ch.Text("id") {
		t.Fatalf("%s", next.Raw)
	}
	k.post(path+"/challenges/"+next.Text("challenge.id")+"/response", map[string]string{"value": "111111"}).want(t, 200, 0)
	done(path)

	path, ch = begin("decoupled")
	if ch.Text("type") != "DECOUPLED" || ch.Text("message") == "" {
		t.Fatalf("%v", ch.Body)
	}
	respond(path, ch, map[string]string{})
	if k.ok(path + "/challenges").Body.([]any)[0].(map[string]any)["id"] != ch.Text("id") {
		t.Error("an empty answer confirms what only the user can")
	}
	sessions := enginetest.Send(t, "GET", k.srv.URL+"/~test/_stunt/v1/sessions", nil)
	enginetest.Send(t, "POST", k.srv.URL+"/~test/_stunt/v1/sessions/"+sessions.Text("sessions.0.handle")+"/approve", nil)
	done(path)

	path, ch = begin("redirect")
	if ch.Text("type") != "REDIRECT" {
		t.Fatalf("%v", ch.Body)
	}
	page := enginetest.NewBrowser(t, k.srv.URL).Open(ch.Text("location"))
	page = page.Click("oauth-open").Click("bank-allow")
	page = page.Want("accounts", "").Click("accounts-submit", "account", page.AllOf("account"))
	if left := page.Want("success", "").Click("success-finish").Left; left != callback+"?state=s2&success=true" {
		t.Errorf("the user comes back to %s", left)
	}
	done(path)
}
