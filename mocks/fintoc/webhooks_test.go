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
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
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

func TestWebhookEndpoints(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const path = "/v1/webhook_endpoints"
	good := map[string]any{"url": "https://app.example.com/hook", "enabled_events": []string{accountOK}, "description": "ours"}
	with := func(name string, v any) map[string]any {
		out := map[string]any{}
		for k, v := range good {
			out[k] = v
		}
		if out[name] = v; v == nil {
			delete(out, name)
		}
		return out
	}
	for name, c := range map[string]struct {
		body any
		code string
	}{
		"no url":      {with("url", nil), "missing_parameter"},
		"no events":   {with("enabled_events", nil), "missing_parameter"},
		"empty list":  {with("enabled_events", []string{}), "invalid_webhook_subscription"},
		"unknown":     {with("enabled_events", []string{"account.exploded"}), "invalid_webhook_subscription"},
		"a text":      {with("enabled_events", accountOK), "invalid_webhook_subscription"},
		"script":      {with("url", "javascript:alert(1)"), "invalid_params"},
		"no host":     {with("url", "https:///x"), "invalid_params"},
		"a password":  {with("url", "https://u:p@x.test/"), "invalid_params"},
		"no JSON":     {"{", "invalid_json"},
		"long":        {with("description", strings.Repeat("x", 501)), "invalid_params"},
		"no boolean":  {with("disabled", "maybe"), "invalid_params"},
		"empty url":   {with("url", ""), "invalid_params"},
		"other types": {with("enabled_events", []int{1}), "invalid_params"},
	} {
		a := k.call("POST", path, c.body)
		if a.Status != 400 || a.Text("error.code") != c.code {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
	made := k.want(k.call("POST", path, good), 201, "")
	id := made.Text("id")
	for name, want := range map[string]any{"object": "webhook_endpoint", "status": "enabled", "disabled": false, "mode": "test", "description": "ours", "url": "https://app.example.com/hook"} {
		if made.At(name) != want {
			t.Errorf("%s is %v, want %v", name, made.At(name), want)
		}
	}
	one := k.want(k.get(path+"/"+id), 200, "")
	if secret, there := one.Body.(map[string]any)["secret"]; !there || secret != nil {
		t.Errorf("the secret is shown again: %s", one.Raw)
	}
	changed := k.want(k.call("PATCH", path+"/"+id, map[string]any{"disabled": true, "enabled_events": []string{linkOK}}), 200, "")
	if changed.Text("status") != "disabled" || changed.At("disabled") != true || changed.Text("enabled_events.0") != linkOK || changed.Text("url") != "https://app.example.com/hook" {
		t.Errorf("changed to %s", changed.Raw)
	}
	k.want(k.call("PATCH", path+"/"+id, map[string]any{"url": "x"}), 400, "invalid_params")
	if n := len(k.want(k.get(path), 200, "").List("")); n == 0 {
		t.Error("none is listed")
	}
	k.want(k.in("other").get(path+"/"+id), 404, "missing_resource")
	k.want(k.call("DELETE", path+"/"+id, nil), 204, "")
	k.want(k.get(path+"/"+id), 404, "missing_resource")
	k.want(k.call("DELETE", path+"/"+id, nil), 404, "missing_resource")
	k.want(k.get(path+"/acc_123"), 404, "missing_resource")
}

// Samples and made-up events are signed and delivered like real ones.
func TestSamples(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	id := k.listen(h, accountOK)
	k.want(k.call("POST", "/v1/webhook_endpoints/"+id+"/test", map[string]string{"type": credentialsGone}), 201, "")
	a := k.want(k.call("POST", "/v1/events/trigger", map[string]any{"type": accountOK, "overrides": map[string]any{"new_movements": 3}}), 201, "")
	if a.Text("object") != "event" || a.At("data.new_movements") != 3.0 {
		t.Errorf("triggered %s", a.Raw)
	}
	k.want(k.call("POST", "/v1/events/trigger", map[string]any{"type": linkOK}), 201, "") // nobody listens
	k.drain()
	if types := h.types(); !slices.Equal(types, []string{credentialsGone, accountOK}) {
		t.Errorf("told %v", types)
	}
	all := k.deliveries()
	if d := all[len(all)-1]; d.State != webhook.Unheard || d.Endpoint != webhook.Sink || d.Type != linkOK {
		t.Errorf("what nobody listens to is %+v", d)
	}
	k.connect(goodUser)
	k.want(k.call("POST", "/v1/webhook_endpoints/"+id+"/test", map[string]string{"type": accountOK}), 201, "")
	k.drain()
	if got := h.events(); got[2].Data["refreshed_object_id"] == "acc_0000000000000000" {
		t.Error("with a link there, the sample is about none")
	}
	for _, body := range []any{map[string]string{}, map[string]string{"type": "payment_intent.succeeded"}, map[string]string{"type": "x"}} {
		if a := k.call("POST", "/v1/events/trigger", body); a.Status != 400 {
			t.Errorf("%v: %d %s", body, a.Status, a.Raw)
		}
	}
	who := k.want(k.get("/v1/whoami"), 200, "")
	if who.Text("mode") != "test" || who.Text("api_version") != "2026-02-01" {
		t.Errorf("whoami: %s", who.Raw)
	}
	keys := k.want(k.get("/v1/api_keys"), 200, "")
	if strings.Contains(keys.Raw, k.key) || len(keys.List("")) != 2 {
		t.Errorf("keys: %s", keys.Raw)
	}
}

// The flow before link intents: the link and its token come to the page's webhookUrl,
// and nowhere else.
func TestLinkCreated(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	h.secret = "whsec_test_stuntbank"
	p := k.open("product", "movements", "holder_type", "individual", "country", "cl", "webhook_url", h.url)
	k.login(p, goodUser, goodPass).Want("success", "")
	k.drain()
	got := h.events()
	if len(got) != 1 || got[0].Type != "link.created" {
		t.Fatalf("told %v", h.types())
	}
	token, _ := got[0].Data["link_token"].(string)
	if a := k.want(k.get("/v1/accounts?link_token="+token), 200, ""); len(a.List("")) == 0 {
		t.Error("the token reads no account")
	}
	shown := k.call("GET", k.srv.URL+"/_stunt/v1/deliveries", nil, "Stunt-Sandbox", "test", "Authorization", "")
	if strings.Contains(shown.Raw, token) || !strings.Contains(shown.Raw, "link.created") {
		t.Errorf("the control API shows the token: %s", shown.Raw)
	}
}

// A receiver named from outside hears everything, without a registration.
func TestConfiguredReceiver(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	h.secret = "whsec_of_the_test"
	set := k.call("PUT", k.srv.URL+"/_stunt/v1/sandboxes/test/options", map[string]any{
		"fintoc.webhook_url": h.url, "fintoc.webhook_secret": h.secret})
	if set.Status != 200 || strings.Contains(set.Raw, h.secret) {
		t.Fatalf("options: %s", set.Raw)
	}
	l := k.connect(goodUser)
	k.want(k.refresh(l), 201, "")
	k.drain()
	if types := h.types(); len(types) < 2 || types[len(types)-1] != linkOK {
		t.Errorf("told %v", types)
	}
}

func TestHoldAndRelease(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	h := newHook(t)
	l := k.connect(goodUser)
	k.listen(h, linkOK)
	move := func(id, verb string) answer {
		return k.call("POST", k.srv.URL+"/_stunt/v1/deliveries/"+id+"/"+verb, nil, "Stunt-Sandbox", "test", "Authorization", "")
	}
	h.answer = func(int) int { return 500 }
	k.want(k.refresh(l), 201, "")
	k.advance(0)
	k.advance(time.Second)
	all := k.deliveries()
	id := all[len(all)-1].ID
	if a := move(id, "hold"); a.Status != 200 || a.Text("state") != "held" {
		t.Fatalf("hold: %s", a.Raw)
	}
	n := len(h.events())
	k.advance(12 * time.Hour)
	k.drain()
	if got := len(h.events()); got != n {
		t.Errorf("a held delivery was tried %d times more", got-n)
	}
	for verb, want := range map[string]int{"hold": 409, "resend": 409} {
		if a := move(id, verb); a.Status != want {
			t.Errorf("%s of a held one: %s", verb, a.Raw)
		}
	}
	h.mu.Lock()
	h.answer = nil
	h.mu.Unlock()
	if a := move(id, "release"); a.Status != 200 {
		t.Errorf("release: %s", a.Raw)
	}
	k.drain()
	if got := len(h.events()); got != n+1 {
		t.Errorf("released, it was tried %d times", got-n)
	}
	if a := move("999", "resend"); a.Status != 404 {
		t.Errorf("no such delivery: %s", a.Raw)
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	body := map[string]string{"product": "movements", "country": "cl", "holder_type": "individual"}
	post := func(body any, key string) answer {
		return k.call("POST", "/v1/link_intents", body, "Idempotency-Key", key)
	}
	one, two, other := post(body, "k1"), post(body, "k1"), post(body, "k2")
	if one.Status != 201 || one.Raw != two.Raw || two.Status != 201 {
		t.Errorf("the same key answers %s and %s", one.Raw, two.Raw)
	}
	if one.Text("id") == other.Text("id") {
		t.Error("another key made nothing")
	}
	body["holder_type"] = "business"
	k.want(post(body, "k1"), 400, "invalid_params")
	bad := map[string]string{"product": "movements", "country": "xx", "holder_type": "individual"}
	first := post(bad, "k3")
	if again := post(bad, "k3"); first.Status/100 != 4 || again.Raw != first.Raw {
		t.Errorf("a refusal is answered %s, then %s", first.Raw, again.Raw)
	}
	k.want(post(body, strings.Repeat("k", 256)), 400, "invalid_params")
	if a := k.call("POST", "/v1/link_intents", body, "Idempotency-Key", "k4", "Authorization", ""); a.Status != 401 {
		t.Errorf("without a key of the account: %s", a.Raw)
	}
	if a := post(body, "k4"); a.Status != 201 {
		t.Errorf("a call that proved nothing was remembered: %s", a.Raw)
	}
	k.key = "sk_test_another"
	if a := post(body, "k1"); a.Status != 201 {
		t.Errorf("another account's key counts: %s", a.Raw)
	}
	k.key = "sk_test_kit"
	k.advance(24 * time.Hour)
	if a := post(body, "k1"); a.Status != 201 {
		t.Errorf("a day later the key is still known: %s", a.Raw)
	}

	// Twins at the same time: one of them does it, all get its answer.
	answers := make(chan string, 20)
	for range 20 {
		go func() { answers <- post(body, "twins").Raw }()
	}
	want := <-answers
	for range 19 {
		if got := <-answers; got != want {
			t.Errorf("a twin got %s, want %s", got, want)
		}
	}
}

// A refresh that needs the user: the intent names a widget, which asks for the second
// factor alone; how it ends there is how the refresh ends.
func TestRefreshWithSecondFactor(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *engine.Config) { c.Options = map[string]string{"fintoc.refresh_mfa": "as_login"} })
	connect := func(user string) linked {
		t.Helper()
		p := k.login(k.widget(), user, goodPass)
		if p.State() == "mfa_code" {
			p = p.Click("mfa-submit", "answer", "0000")
		}
		token := k.exchangeToken(p)
		a := k.want(k.get("/v1/links/exchange?exchange_token="+token), 200, "")
		return linked{id: a.Text("id"), token: a.Text("link_token"), account: a.Text("accounts.0.id")}
	}
	plain := connect(goodUser)
	if r := k.want(k.refresh(plain), 201, ""); r.At("requires_mfa") != nil {
		t.Errorf("a bank without a second factor asks for one: %s", r.Raw)
	}
	k.drain()

	l := connect(goodUser + "+mfa-otp-sms")
	h := newHook(t)
	k.listen(h, accountOK, accountFailed, accountRejected)
	start := func() (answer, *enginetest.Page) {
		t.Helper()
		r := k.want(k.refresh(l), 201, "")
		token := r.Text("requires_mfa.widget_token")
		if !strings.HasPrefix(token, r.Text("id")+"_sec_") {
			t.Fatalf("the refresh names no widget: %s", r.Raw)
		}
		return r, k.open("widget_token", token, "product", "refresh_intent", "holder_type", "individual")
	}
	status := func(r answer) string {
		t.Helper()
		return k.want(k.get("/v1/refresh_intents/"+r.Text("id")+"?link_token="+l.token), 200, "").Text("status")
	}
	r, p := start()
	k.want(k.refresh(l), 422, "refresh_intent_in_progress")
	p = p.Want("mfa_code", "").Click("mfa-submit", "answer", "9999").Want("mfa_code", "challenge_invalid")
	if s := status(r); s != "created" {
		t.Errorf("before the answer it is %s", s)
	}
	p = p.Click("mfa-submit", "answer", "0000").Want("success", "")
	if title := p.Text("title"); title != "¡Gracias!" {
		t.Errorf("the last page is headed %q", title)
	}
	if left := p.Click("success-finish").Left; left != "fintocwidget://succeeded?object=refresh_intent&id="+r.Text("id") {
		t.Errorf("the widget leaves to %s", left)
	}
	k.drain()
	if s := status(r); s != "succeeded" || !slices.Contains(h.types(), accountOK) {
		t.Errorf("afterwards it is %s, told %v", s, h.types())
	}

	k.advance(5 * time.Minute)
	r, p = start()
	p.Want("mfa_code", "").Click("close").Click("exit-leave")
	k.drain()
	if s := status(r); s != "failed" {
		t.Errorf("when the user leaves it is %s", s)
	}
	r, _ = start()
	k.advance(31 * time.Minute)
	if s := status(r); s != "failed" {
		t.Errorf("when nobody comes it is %s", s)
	}
	r, p = start()
	for range 3 {
		p = p.Click("mfa-submit", "answer", "9999")
	}
	k.drain()
	one := k.get("/v1/refresh_intents/" + r.Text("id") + "?link_token=" + l.token)
	if one.Text("status") != "rejected" || one.Text("public_error") != "credentials_locked_error" {
		t.Errorf("after too many wrong codes it is %s", one.Raw)
	}
}

// The documented limits count by the sandbox's clock, where the option says so.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for range 150 {
		k.want(k.get("/v1/links"), 200, "")
	}
	k = newKit(t, func(c *engine.Config) { c.Options = map[string]string{"fintoc.rate_limits": "true"} })
	for range 100 {
		k.want(k.get("/v1/links"), 200, "")
	}
	a := k.want(k.get("/v1/links"), 429, "rate_limit_exceeded")
	if a.Header.Get("Retry-After") != "1" {
		t.Errorf("retry after %q", a.Header.Get("Retry-After"))
	}
	other := *k
	other.key = "sk_test_other"
	other.want(other.get("/v1/links"), 200, "")
	k.advance(time.Second)
	for i := range 100 {
		if i%50 == 0 {
			k.advance(time.Second)
		}
		k.intent()
	}
	k.want(k.call("POST", "/v1/link_intents", map[string]string{"product": "movements", "country": "cl", "holder_type": "individual"}), 429, "rate_limit_exceeded")
	k.advance(2 * time.Minute)
	k.want(k.call("POST", "/v1/link_intents", map[string]string{"product": "movements", "country": "cl", "holder_type": "individual"}), 429, "rate_limit_exceeded")
	k.advance(10 * time.Second)
	k.intent()
}
