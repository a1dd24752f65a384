package fintoc_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

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
