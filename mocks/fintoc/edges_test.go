package fintoc_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/openapi"
)

// A token acts on its own link, whatever other tokens the call carries.
func TestTokensAreNotMixed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a, b := k.connect(goodUser), k.connect("40427672-7")
	k.want(k.call("DELETE", "/v1/links/"+a.token, map[string]string{"link_token": b.token}), 204, "")
	k.want(k.get("/v1/links/"+b.token), 200, "")
	k.want(k.get("/v1/links/"+a.token), 403, "invalid_link_token")
}

// A call that was on its way while its sandbox was reset writes nothing into the new one.
func TestResetWhileACallIsOnItsWay(t *testing.T) {
	t.Parallel()
	var k *kit
	k = newKit(t, enginetest.Scripted(map[string]string{"slow": "rules:\n  - on: session.create\n    then: {latency: 1s}\n"}), func(c *engine.Config) {
		c.Sleep = func(ctx context.Context, _ time.Duration) error {
			_, err := k.srv.Reset(ctx, "test")
			return err
		}
	})
	body := map[string]string{"product": "movements", "country": "cl", "holder_type": "individual"}
	k.want(k.call("POST", "/v1/link_intents", body, "Stunt-Scenario", "slow"), 400, "invalid_request")
	if all, err := k.srv.Sessions(t.Context(), "test"); err != nil || len(all) != 0 {
		t.Errorf("%d sessions in the new sandbox (%v)", len(all), err)
	}
	first := k.intent().Text("id")
	if again := newKit(t).intent().Text("id"); first != again {
		t.Errorf("the first id after the reset is %s, of a new sandbox %s", first, again)
	}
}

// A reset keeps scenario, seed, options and the clock it was made with, also while
// others call; making, ending and resetting at once keeps the count.
func TestLivesInParallel(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ctx := context.Background()
	made, err := k.srv.Found(ctx, "busy", "locked", func(sb *sandbox.Sandbox) {
		sb.Seed = 42
		sb.Clock.At, sb.Clock.Frozen = noon.AddDate(-1, 0, 0), true
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				switch i % 4 {
				case 0:
					_, _ = k.srv.Reset(ctx, "busy")
				case 1:
					_, _ = k.srv.Enter(ctx, "busy")
				case 2:
					_, _ = k.srv.Enter(ctx, "other")
				case 3:
					_ = k.srv.Delete(ctx, "other")
				}
			}
		}()
	}
	wg.Wait()
	sb, err := k.srv.Enter(ctx, "busy")
	if err != nil || sb.Scenario != "locked" || sb.Seed != 42 || !sb.Born.Equal(made.Born) || !sb.Now(noon).Equal(made.Born) {
		t.Errorf("after the resets it is %+v (%v), made as %+v", sb, err, made)
	}
}

// A move that is refused has not happened; a link that is gone stops no move; a clock
// that is set back brings the consent back.
func TestClockAndConsent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser + "+consent-ends")
	gone := k.connect("40427672-7+consent-ends")
	k.want(k.call("DELETE", "/v1/links/"+gone.id, nil), 204, "")
	far := time.Date(9999, time.December, 31, 23, 59, 59, 0, time.FixedZone("", -12*3600))
	if _, err := k.srv.MoveClock(t.Context(), k.sandbox, engine.Move{Set: &far}); err == nil {
		t.Error("the clock was set behind the year 9999")
	}
	status := func() string { return k.get("/v1/links/" + l.token).Text("status") }
	if got := status(); got != "active" {
		t.Errorf("a refused move made the link %s", got)
	}
	k.advance(2 * 24 * time.Hour)
	if got := status(); got != "login_required" {
		t.Errorf("behind its consent the link is %s", got)
	}
	if _, err := k.srv.MoveClock(t.Context(), k.sandbox, engine.Move{Set: &noon}); err != nil {
		t.Fatal(err)
	}
	if got := status(); got != "active" {
		t.Errorf("set back before the end the link is %s", got)
	}
}

// What a scenario says of tokens holds for those that read, too.
func TestTokenRules(t *testing.T) {
	t.Parallel()
	k := newKit(t, enginetest.Scripted(map[string]string{
		"once": "tokens:\n  link: {uses: 1}\n", "idle": "tokens:\n  link: {idle: 1h}\n",
		"family": "tokens:\n  exchange: {uses: 1, reuse: revoke_family}\n", "hour": "tokens:\n  link: {ttl: 1h}\n",
	}))
	connect := func(scenario string) (linked, string) {
		k := k.in(scenario)
		token := k.exchangeToken(k.login(k.widget("Stunt-Scenario", scenario), goodUser, goodPass))
		a := k.want(k.get("/v1/links/exchange?exchange_token="+token, "Stunt-Scenario", scenario), 200, "")
		return linked{id: a.Text("id"), token: a.Text("link_token")}, token
	}
	read := func(scenario string, l linked) int {
		return k.in(scenario).get("/v1/accounts?link_token=" + l.token).Status
	}

	once, _ := connect("once")
	if a, b := read("once", once), read("once", once); a != 200 || b != 403 {
		t.Errorf("a token for one use answers %d, then %d", a, b)
	}
	idle, _ := connect("idle")
	for i := range 5 {
		k.in("idle").advance(40 * time.Minute)
		if got := read("idle", idle); got != 200 {
			t.Errorf("used every 40 minutes, a token that idles for an hour answers %d at use %d", got, i+1)
		}
	}
	k.in("idle").advance(time.Hour)
	if got := read("idle", idle); got != 403 {
		t.Errorf("unused for an hour it answers %d", got)
	}
	family, exchange := connect("family")
	if got := read("family", family); got != 200 {
		t.Errorf("before the reuse: %d", got)
	}
	k.in("family").want(k.in("family").get("/v1/links/exchange?exchange_token="+exchange), 401, "invalid_exchange_token")
	if got := read("family", family); got != 403 {
		t.Errorf("a second exchange was to end everything, the link token answers %d", got)
	}
	hour, _ := connect("hour")
	k.in("hour").advance(59 * time.Minute)
	before := read("hour", hour)
	k.in("hour").advance(time.Minute)
	if after := read("hour", hour); before != 200 || after != 403 {
		t.Errorf("a token of an hour answers %d at 59 minutes and %d at 60", before, after)
	}
}

// An option that lets a spent token pass does so only as long as it is set.
func TestReuseOptionIsNotKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.exchangeToken(k.login(k.widget(), goodUser, goodPass))
	set := func(value string) {
		t.Helper()
		if _, err := k.srv.Change(t.Context(), k.sandbox, func(sb *sandbox.Sandbox) error {
			sb.Options = map[string]string{"fintoc.exchange_reuse": value}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for value, want := range map[string]int{"allow": 200} {
		set(value)
		for range 2 {
			if got := k.get("/v1/links/exchange?exchange_token=" + token).Status; got != want {
				t.Errorf("with %s: %d", value, got)
			}
		}
	}
	set("refuse")
	k.want(k.get("/v1/links/exchange?exchange_token="+token), 401, "invalid_exchange_token")
}

// Going back and logging in again gives no new tries.
func TestBackGivesNoNewTries(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := goodUser + "+mfa-otp-sms"
	p := k.login(k.widget(), user, goodPass)
	for range 2 {
		p = p.Click("mfa-submit", "answer", "999999").Want("mfa_code", "challenge_invalid")
	}
	if !p.Has("back") {
		p = p.Post(map[string][]string{"rev": {p.Rev()}, "action": {"back"}})
	} else {
		p = p.Click("back")
	}
	p = p.Want("credentials", "").Click("credentials-submit", "username", user, "password", goodPass).Want("mfa_code", "")
	p.Click("mfa-submit", "answer", "999999").Want("error", "login_locked")
}

// The sandbox behind a public key counts, as behind a secret one.
func TestPublicKeyNamesASandbox(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.base = k.srv.URL + "/fintoc"
	k.key = "sk_test_x~elsewhere"
	token := k.intent().Text("widget_token")
	if p := k.open("public_key", "pk_test_x~elsewhere", "widget_token", token); p.State() != "consent" {
		t.Errorf("the sandbox of the token: %d %q", p.Status, p.State())
	}
	if p := k.open("public_key", "pk_test_x~other", "widget_token", token); p.Status != 404 {
		t.Errorf("another sandbox: %d", p.Status)
	}
}

// An early failure belongs to the sandbox that it names, and makes none.
func TestEarlyFailuresHaveTheirPlace(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.want(k.call("POST", "/v1/link_intents", `{"x":"`+strings.Repeat("a", 2<<20)+`"}`), 400, "invalid_request")
	if id := a.Header.Get(engine.RequestHeader); !strings.HasPrefix(id, "test-") {
		t.Errorf("a body too large is answered by %s", id)
	}
	all, err := k.srv.Sandboxes(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("%d sandboxes were made (%v)", len(all), err)
	}
	if head := k.call("HEAD", "/v1/links", nil); head.Status != 200 || head.Raw != "" || head.Header.Get("X-Total-Count") != "0" {
		t.Errorf("HEAD answers %d %q", head.Status, head.Raw)
	}
}

// Forms are read where the document lists them, and JSON is JSON whatever its Content-Type
// says: curl's -d says form.
func TestForms(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	k.want(k.call("POST", "/v1/link_intents", "product=movements&country=cl&holder_type=individual", form...), 201, "")
	k.want(k.call("POST", "/v1/link_intents", ` {"product":"movements","country":"cl","holder_type":"individual"}`, form...), 201, "")
	k.want(k.call("POST", "/v1/link_intents", "product=movements&country=cl&holder_type=individual", "Content-Type", "text/plain"), 201, "")
	k.want(k.call("POST", "/v1/link_intents", "product=movements", "Content-Type", "application/json"), 400, "invalid_json")
}

// A misspelt scenario behind a user name is explained where a developer looks.
func TestMisspeltSuffixIsExplained(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.login(k.widget(), goodUser+"+mfa-otp-sm", goodPass).Want("credentials", "invalid_request")
	entries, _ := k.srv.Journal().List(k.sandbox, journal.Filter{Kind: journal.Widget})
	said := fmt.Sprint(entries)
	if !strings.Contains(said, `did you mean "mfa-otp-sms"`) {
		t.Errorf("the journal does not say it: %s", said)
	}
	if !strings.Contains(p.Text("stunt-why"), `did you mean "mfa-otp-sms"`) {
		t.Error("the page does not say it")
	}
}

// Live keys are nowhere in the journal, and secrets are masked however they are written.
func TestJournalKeepsNoSecrets(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	secret := l.token[strings.Index(l.token, "_token_")+7:]
	k.get("/v1/links/" + strings.Replace(l.token, "_token_", "%5Ftoken%5F", 1))
	k.get("/v1/accounts?link_token=" + strings.ReplaceAll(l.token, "_", "%5F"))
	k.open("public_key", "pk_live_VERYSECRET", "widget_token", "x")
	k.get("/v1/links?x=a%3Dsk%5Flive_VERYSECRET")
	k.call("POST", "/v1/link_intents", `{"product":"sk_live_VERYSECRET"}`)
	entries, _ := k.srv.Journal().List(k.sandbox, journal.Filter{})
	for _, e := range entries {
		raw := e.Path + e.Query + string(e.Request.Data)
		if strings.Contains(raw, "VERYSECRET") {
			t.Errorf("%s %s keeps a live key: %s", e.Method, e.ID, raw)
		}
		m := e.Mask(k.manifest().Secrets)
		if shown := m.Path + m.Query + string(m.Request.Data) + string(m.Response.Data) + fmt.Sprint(m.Notes, m.Why); strings.Contains(shown, secret) {
			t.Errorf("%s shows a link token: %s", e.ID, shown)
		}
	}
}

// What has expired is forgotten as time goes on, without anybody moving the clock.
func TestAbandonedSessionsAreForgotten(t *testing.T) {
	t.Parallel()
	wall := noon
	k := newKit(t, func(c *engine.Config) { c.Wall = func() time.Time { return wall } })
	for range 50 {
		k.intent()
		wall = wall.Add(12 * time.Hour)
	}
	all, err := k.srv.Sessions(t.Context(), k.sandbox)
	if err != nil || len(all) > 5 {
		t.Errorf("%d sessions are kept after 25 days (%v)", len(all), err)
	}
}

// A clock far from today still connects.
func TestFarClocks(t *testing.T) {
	t.Parallel()
	for i, at := range []time.Time{
		time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		k := newKit(t, func(c *engine.Config) { c.Wall = func() time.Time { return at } }).in(fmt.Sprint("far-", i))
		l := k.connect(goodUser)
		k.want(k.get("/v1/accounts/"+l.account+"/movements?link_token="+l.token), 200, "")
	}
}

// A double click on the last form shows the end; it does not leave the page.
func TestDoubleSubmitStays(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.widget().Click("consent-accept").Click("institution-" + bankID)
	first := p.Click("credentials-submit", "username", goodUser, "password", goodPass).Want("success", "")
	again := p.Click("credentials-submit", "username", goodUser, "password", goodPass).Want("success", "")
	if first.URL != again.URL {
		t.Errorf("the second submit leads to %s", again.URL)
	}
	if n := len(k.get("/v1/links").List("")); n != 1 {
		t.Errorf("%d links", n)
	}
}

// A load that opens sessions without end keeps the newest, in each of many sandboxes fewer,
// and says so once.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *engine.Config) { c.Contract = openapi.Request })
	for i := range 20 {
		if _, err := k.srv.Enter(t.Context(), "beside-"+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	first := k.intent().Text("widget_token")
	for range 1_000 {
		if a := k.call("POST", "/v1/link_intents", `{"product":"movements","country":"cl","holder_type":"individual"}`); a.Status != 201 {
			t.Fatalf("answered %d", a.Status)
		}
	}
	if p := k.open("widget_token", first); p.Status != 404 {
		t.Errorf("the oldest session of 1,001 answers %d", p.Status)
	}
	if p := k.widget(); p.State() != "consent" {
		t.Errorf("the newest shows %q", p.State())
	}
	notices, _ := k.srv.Journal().List(k.sandbox, journal.Filter{Kind: journal.Notice})
	if len(notices) != 1 {
		t.Errorf("it was said %d times", len(notices))
	}
}
