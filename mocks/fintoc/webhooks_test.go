package fintoc_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
)

// hook is an app's receiver, written from the public description of the webhooks alone.
type hook struct {
	t      *testing.T
	url    string
	secret string

	mu     sync.Mutex
	got    []received
	answer func(n int) int // status of the nth request; nil: 200
	during func(received)  // what the app does while it is told
}

type received struct {
	ID   string         `json:"id"`
	Type string         `json:"type"`
	Mode string         `json:"mode"`
	Data map[string]any `json:"data"`
	At   time.Time      `json:"created_at"`
}

func newHook(t *testing.T) *hook {
	h := &hook{t: t}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	h.url = srv.URL + "/hooks"
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	h.mu.Lock()
	secret := h.secret
	h.mu.Unlock()
	if err := verify(secret, r.Header.Get("Fintoc-Signature"), body, noon); err != nil {
		h.t.Errorf("the signature does not verify: %v", err)
	}
	var e received
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" || e.Type == "" || e.Mode != "test" {
		h.t.Errorf("no event: %s", body)
	}
	h.mu.Lock()
	h.got = append(h.got, e)
	n, answer, during := len(h.got), h.answer, h.during
	h.mu.Unlock()
	if during != nil {
		during(e)
	}
	if answer != nil {
		w.WriteHeader(answer(n))
	}
}

// verify does what the description says: t and v1, HMAC-SHA256 over "t.body", at most
// five minutes from now.
func verify(secret, header string, body []byte, now time.Time) error {
	first, second, ok := strings.Cut(header, ",")
	t, okT := strings.CutPrefix(first, "t=")
	v1, okV := strings.CutPrefix(second, "v1=")
	if !ok || !okT || !okV {
		return fmt.Errorf("header %q", header)
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return err
	}
	if off := now.Sub(time.Unix(seconds, 0)).Abs(); off > 5*time.Minute {
		return fmt.Errorf("%s off", off)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t))
	mac.Write([]byte("."))
	mac.Write(body)
	if want := hex.EncodeToString(mac.Sum(nil)); want != v1 {
		return fmt.Errorf("v1 is %s, want %s", v1, want)
	}
	return nil
}

func (h *hook) events() []received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

func (h *hook) types() []string {
	var out []string
	for _, e := range h.events() {
		out = append(out, e.Type)
	}
	return out
}

// listen registers the hook with these event types.
func (k *kit) listen(h *hook, types ...string) string {
	k.t.Helper()
	a := k.want(k.call("POST", "/v1/webhook_endpoints", map[string]any{"url": h.url, "enabled_events": types}), 201, "")
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.secret = a.Text("secret"); !strings.HasPrefix(h.secret, "whsec_") {
		k.t.Fatalf("the secret is %q", h.secret)
	}
	return a.Text("id")
}

// drain delivers what is due.
func (k *kit) drain() {
	k.t.Helper()
	if _, err := k.srv.Drain(k.t.Context(), k.sandbox); err != nil {
		k.t.Fatal(err)
	}
}

// refresh asks for a refresh of a link.
func (k *kit) refresh(l linked, params ...string) answer {
	k.t.Helper()
	q := url.Values{"link_token": {l.token}}
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return k.call("POST", "/v1/refresh_intents?"+q.Encode(), nil)
}

func (k *kit) deliveries() []webhook.Delivery {
	k.t.Helper()
	all, err := k.srv.Deliveries(k.t.Context(), k.sandbox)
	if err != nil {
		k.t.Fatal(err)
	}
	return all
}

const (
	accountOK       = "account.refresh_intent.succeeded"
	accountFailed   = "account.refresh_intent.failed"
	accountRejected = "account.refresh_intent.rejected"
	linkOK          = "link.refresh_intent.succeeded"
	credentialsGone = "link.credentials_changed"
)

// Both vectors were made by running the clients' own code.
func TestSignature(t *testing.T) {
	t.Parallel()
	h := fintoc.New().Sign(engine.Signing{Secret: "whsec_test_secret", At: time.Unix(1700000000, 0), Body: []byte(`{"id":"evt_test","object":"event"}`)})
	const want = "t=1700000000,v1=8042376f6ca064adbe037642a718227dfd59047137eb49497a54c49eb0cfb724"
	if len(h) != 1 || h[0].Name != "Fintoc-Signature" || h[0].Value != want {
		t.Errorf("signed %v, want %s", h, want)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	l := k.connect(goodUser)
	k.listen(h, accountOK, linkOK)
	before := k.get("/v1/accounts/" + l.account + "/movements?link_token=" + l.token).Header.Get("X-Total-Count")
	k.advance(3 * time.Hour)
	if after := k.get("/v1/accounts/" + l.account + "/movements?link_token=" + l.token).Header.Get("X-Total-Count"); after != before {
		t.Errorf("without a refresh there are %s movements and then %s", before, after)
	}
	r := k.want(k.refresh(l), 201, "")
	if r.Text("status") != "created" || r.Text("type") != "only_last" || r.Text("refreshed_object_id") != l.id || r.At("public_error") != nil || r.At("requires_mfa") != nil {
		t.Errorf("the refresh is %s", r.Raw)
	}
	if s := k.get("/v1/links/" + l.token).Text("refresh_status"); s != "refreshing" {
		t.Errorf("the link is %s", s)
	}
	k.drain()
	accounts := k.get("/v1/accounts?link_token=" + l.token).List("")
	got := h.events()
	if len(got) != len(accounts)+1 {
		t.Fatalf("%d accounts, told %v", len(accounts), h.types())
	}
	ids := map[string]bool{}
	for i, e := range got {
		ids[e.ID] = true
		if want := []string{"account", "link"}[i/len(accounts)]; e.Data["refreshed_object"] != want || e.Data["id"] != r.Text("id") || e.Data["status"] != "succeeded" {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if len(ids) != len(got) {
		t.Errorf("%d events have %d ids", len(got), len(ids))
	}
	one := k.want(k.get("/v1/refresh_intents/"+r.Text("id")+"?link_token="+l.token), 200, "")
	if one.Text("status") != "succeeded" {
		t.Errorf("afterwards it is %s", one.Raw)
	}
	list := k.want(k.get("/v1/refresh_intents?link_token="+l.token), 200, "")
	if len(list.List("")) != 1 || list.Text("0.id") != r.Text("id") || list.Header.Get("X-Total-Count") != "1" {
		t.Errorf("listed are %s", list.Raw)
	}
	if last := k.get("/v1/links/" + l.token).Text("last_time_refreshed"); last != "2026-03-31T15:00:00.000Z" {
		t.Errorf("last refreshed at %s", last)
	}
}

func TestRefreshIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	k.want(k.refresh(l, "refresh_type", "everything"), 400, "invalid_refresh_type")
	k.want(k.refresh(l, "result_status", "fine"), 400, "invalid_enum")
	k.want(k.call("POST", "/v1/refresh_intents", nil), 400, "missing_parameter")
	k.want(k.get("/v1/refresh_intents/ri_0000000000000000?link_token="+l.token), 404, "missing_resource")
	k.want(k.call("POST", "/v1/refresh_intents", map[string]string{"link_token": l.token, "refresh_type": "historical"}), 201, "")
	a := k.want(k.refresh(l), 422, "refresh_intent_in_progress")
	if want := "There is already a refresh intent in progress for " + l.id + "."; a.Text("error.message") != want || a.Text("error.type") != "invalid_request_error" {
		t.Errorf("says %s", a.Raw)
	}
	k.drain()
	a = k.want(k.refresh(l), 429, "rate_limit_exceeded")
	if want := "This Link was recently refreshed.You have to wait at least 60 minutes between refresh intents"; a.Text("error.message") != want {
		t.Errorf("says %s", a.Raw)
	}
	k.advance(time.Hour - time.Second)
	k.want(k.refresh(l), 429, "rate_limit_exceeded")
	k.advance(time.Second)
	k.want(k.refresh(l, "result_status", "failed"), 201, "")
	k.drain()
	k.want(k.refresh(l), 201, "") // no pause after a failure
	k.drain()
	if a = k.want(k.refresh(l), 429, "rate_limit_exceeded"); !strings.Contains(a.Text("error.message"), "at least 5 minutes") {
		t.Errorf("says %s", a.Raw)
	}

	k.want(k.call("PATCH", "/v1/links/"+l.token, map[string]bool{"active": false}), 200, "")
	k.advance(5 * time.Minute)
	k.want(k.refresh(l), 422, "on_demand_refresh_unavailable")
	k.want(k.get("/v1/accounts?link_token="+l.token), 200, "") // reading stays possible
}

// A rejected refresh takes the credentials for wrong: the link wants a new login, says
// so, and works again after it with the same id and token.
func TestRejectedAndReconnected(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	l := k.connect(goodUser)
	k.listen(h, accountRejected, credentialsGone)
	k.want(k.refresh(l, "result_status", "rejected"), 201, "")
	k.drain()
	types := h.types()
	if len(types) < 2 || types[0] != accountRejected || types[len(types)-1] != credentialsGone {
		t.Fatalf("told %v", types)
	}
	last := h.events()[len(types)-1]
	if last.Data["id"] != l.id || last.Data["status"] != "login_required" || last.Data["refresh_status"] != "interrupted" || last.Data["link_token"] != nil {
		t.Errorf("the link is told as %v", last.Data)
	}
	if got := h.events()[0].Data["public_error"]; got != "invalid_credentials_error" {
		t.Errorf("public_error is %v", got)
	}
	a := k.want(k.refresh(l), 422, "rejected_refresh_intent")
	if a.Text("error.type") != "link_error" || !strings.HasSuffix(a.Text("error.message"), "You have to wait at least an hour to avoid locking your credentials") {
		t.Errorf("says %s", a.Raw)
	}
	k.advance(time.Hour)
	if a = k.want(k.refresh(l), 422, "rejected_refresh_intent"); !strings.HasSuffix(a.Text("error.message"), "You need to reconnect the account.") {
		t.Errorf("an hour later it says %s", a.Raw)
	}
	p := k.open("link_token", l.token, "product", "movements", "holder_type", "individual", "country", "cl")
	k.login(p, goodUser, goodPass).Want("success", "")
	if s := k.get("/v1/links/" + l.token).Text("status"); s != "active" {
		t.Errorf("after a new login the link is %s", s)
	}
	k.want(k.refresh(l), 201, "")
}

// The script decides how a refresh ends, and when.
func TestScriptedRefresh(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	h := newHook(t)
	k.listen(h, accountOK, accountFailed)
	state := func(scenario string) {
		t.Helper()
		if got := k.call("PUT", k.srv.URL+"/_stunt/v1/sandboxes/test/scenario", map[string]string{"scenario": scenario}); got.Status != 200 {
			t.Fatalf("%s: %s", scenario, got.Raw)
		}
	}
	state("bank-down-before-login")
	k.want(k.refresh(l), 201, "")
	k.drain()
	if types := h.types(); len(types) == 0 || types[0] != accountFailed || h.events()[0].Data["public_error"] != "retryable_error" {
		t.Errorf("with the bank down: %v", h.events())
	}
	state("pending-long")
	r := k.want(k.refresh(l), 201, "")
	status := func() string {
		return k.get("/v1/refresh_intents/" + r.Text("id") + "?link_token=" + l.token).Text("status")
	}
	k.drain()
	if s := status(); s != "created" {
		t.Errorf("a slow refresh is %s at once", s)
	}
	k.advance(24 * time.Hour)
	if s := status(); s != "succeeded" {
		t.Errorf("a slow refresh is %s a day later", s)
	}
}

// Retries come at the provider's pauses, in virtual days and real milliseconds; then the
// delivery is given up, and can be sent again by hand.
func TestRetries(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	h.answer = func(int) int { return 503 }
	l := k.connect(goodUser)
	k.listen(h, linkOK)
	k.want(k.refresh(l), 201, "")
	k.advance(4 * 24 * time.Hour)
	all := k.deliveries()
	i := slices.IndexFunc(all, func(d webhook.Delivery) bool { return d.Type == linkOK })
	d := all[i]
	if d.State != webhook.Failed || len(d.Attempts) != 17 {
		t.Fatalf("%s after %d attempts", d.State, len(d.Attempts))
	}
	pause := 3 * time.Second
	for n, a := range d.Attempts[1:] {
		if got := a.At.Sub(d.Attempts[n].At); got != pause || a.Status != 503 {
			t.Errorf("attempt %d came %s after the one before, want %s: %+v", n+2, got, pause, a)
		}
		pause *= 2
	}
	heard := func() (n int) {
		for _, e := range h.events() {
			if e.ID == d.EventID {
				n++
			}
		}
		return n
	}
	if n := heard(); n != 17 {
		t.Errorf("the receiver saw the event %d times", n)
	}
	h.mu.Lock()
	h.answer = nil
	h.mu.Unlock()
	a := k.call("POST", k.srv.URL+"/_stunt/v1/deliveries/"+d.ID+"/resend", nil, "Stunt-Sandbox", "test", "Authorization", "")
	if a.Status != 200 || a.Text("event_id") != d.EventID || a.Text("state") != "pending" {
		t.Fatalf("resend answers %s", a.Raw)
	}
	k.drain()
	if n := heard(); n != 18 {
		t.Errorf("resent, the receiver saw the event %d times", n)
	}
}

// First attempts about a link go out in the order of the events, whatever failed before.
func TestOrder(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	h.answer = func(n int) int { return []int{500, 200}[n%2] }
	l := k.connect(goodUser)
	k.listen(h, accountOK, linkOK, accountFailed, "link.refresh_intent.failed")
	for i := range 6 {
		k.want(k.refresh(l, "result_status", []string{"succeeded", "failed"}[i%2]), 201, "")
		k.advance(6 * time.Minute)
	}
	var firsts []string
	seen := map[string]bool{}
	for _, e := range h.events() {
		if !seen[e.ID] {
			seen[e.ID] = true
			firsts = append(firsts, e.ID)
		}
	}
	var want []string
	for _, d := range k.deliveries() {
		want = append(want, d.EventID)
	}
	if !slices.Equal(firsts, want) {
		t.Errorf("first attempts came as\n%v, want\n%v", firsts, want)
	}
}

// A month goes by day by day: each refresh and each webhook happens at its own instant,
// which the app's calls back see; together they bring exactly the rows of the month.
func TestMonthOfRefreshes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	l := k.connect(goodUser)
	total := func() int {
		n, _ := strconv.Atoi(k.get("/v1/accounts/" + l.account + "/movements?link_token=" + l.token).Header.Get("X-Total-Count"))
		return n
	}
	h.during = func(e received) {
		link := k.get("/v1/links/" + l.token)
		if at := e.At.Format("2006-01-02T15:04:05.000Z"); link.Text("last_time_refreshed") != at {
			t.Errorf("told at %s, the link says %s", at, link.Text("last_time_refreshed"))
		}
		if e.Data["refreshed_object_id"] == l.account && int(e.Data["new_movements"].(float64)) < 0 {
			t.Errorf("fewer than no movements: %v", e.Data)
		}
	}
	k.listen(h, accountOK)
	before := total()
	k.advance(30 * 24 * time.Hour)
	rows, days := 0, map[string]bool{}
	var last time.Time
	for _, e := range h.events() {
		if e.At.Before(last) {
			t.Errorf("%s comes after %s", e.At, last)
		}
		last = e.At
		if e.Data["refreshed_object_id"] == l.account {
			rows += int(e.Data["new_movements"].(float64))
			days[e.At.Format(time.DateOnly)] = true
		}
	}
	if len(days) != 30 {
		t.Errorf("told on %d days", len(days))
	}
	if rows == 0 || total()-before != rows {
		t.Errorf("%d movements were told of, there are %d more", rows, total()-before)
	}
}
