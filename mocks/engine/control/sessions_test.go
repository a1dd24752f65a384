package control_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/clock"
)

const (
	key   = "sk_test_stuntbank"
	right = `{"username":"41614850-3","password":"jonsnow","answers":"right"}`
)

// intent starts a session as an app does, and gives its handle.
func (c *client) intent() string {
	c.t.Helper()
	c.with("Authorization", key).post("/fintoc/v1/link_intents", `{"product":"movements","country":"cl","holder_type":"individual"}`).ok(201)
	return c.get("/v1/sessions").ok(200).str("sessions/0/handle")
}

// link connects a bank and gives the token and id of the link.
func (c *client) link() (token, id string) {
	c.t.Helper()
	d := c.post("/v1/sessions/"+c.intent()+"/drive", right).ok(200)
	q := url.Values{"exchange_token": {d.str("hand_back_query/exchange_token")}}
	l := c.with("Authorization", key).get("/fintoc/v1/links/exchange?" + q.Encode()).ok(200)
	return l.str("link_token"), l.str("id")
}

func TestDriveToTheHandBack(t *testing.T) {
	t.Parallel()
	c := start(t)
	ci := c.in("ci42")
	handle := ci.intent()
	c.get("/v1/sessions/" + handle).ok(200).expect(map[string]any{ // the handle is enough to find the sandbox
		"step": "consent", "provider": "fintoc", "purpose": "connect", "username": nil, "trouble": nil, "challenge": nil,
		"scenario": "happy", "layer": "sandbox", "ended_at": nil, "connection": nil, "events/0/name": "opened",
		"page": "http://localhost:8080/~ci42/fintoc/w/" + handle,
	})
	d := c.post("/v1/sessions/"+handle+"/drive", right).ok(200).expect(map[string]any{
		"session/step": "succeeded", "session/institution": "cl_banco_de_chile", "session/username": "41614850-3",
		"events/0/name": "consent:accepted", "hand_back_query/object": "link_intent",
	})
	if !strings.HasPrefix(d.str("hand_back"), "fintocwidget://succeeded?") || d.str("connection") == "" {
		t.Errorf("hand back %q, connection %q", d.str("hand_back"), d.str("connection"))
	}
	if d.str("hand_back_query/id") != d.str("session/id") {
		t.Errorf("the hand back names another session: %s", d.text)
	}
	q := url.Values{"exchange_token": {d.str("hand_back_query/exchange_token")}}
	ci.with("Authorization", key).get("/fintoc/v1/links/exchange?" + q.Encode()).ok(200).
		expect(map[string]any{"id": d.str("connection")})
	c.post("/v1/sessions/"+handle+"/drive", right).problem(409, "conflict", "succeeded")
	c.post("/v1/sessions/"+handle+"/cancel", "").problem(409, "conflict", "succeeded")
	c.in("other").get("/v1/sessions/"+handle).problem(404, "not_found", handle, `"other"`)
	c.get("/v1/sessions/nothing").problem(404, "not_found", "nothing")
}

func TestDriveStopsWhereTheUserWould(t *testing.T) {
	t.Parallel()
	c := start(t)
	handle := c.intent()
	path := "/v1/sessions/" + handle + "/drive"
	c.post(path, `{}`).ok(200).expect(map[string]any{"session/step": "credentials", "hand_back": nil, "connection": nil})
	c.post(path, `{"username":"41614850-3","password":"wrong"}`).ok(200).expect(map[string]any{
		"session/step": "credentials", "session/trouble/code": "login_invalid", "session/trouble/field": "password",
	})
	d := c.post(path, `{"username":"41614850-3+mfa-otp-sms","password":"jonsnow"}`).ok(200).expect(map[string]any{
		"session/step": "challenge", "session/challenge/kind": "otp_sms", "session/challenge/decoupled": false,
		"session/challenge/expires_at": "2026-03-31T12:03:00Z", "session/scenario": "mfa-otp-sms", "session/layer": "username",
	})
	m := c.get("/v1/inbox?session=" + handle).ok(200).expect(map[string]any{
		"messages/0/kind": "otp_sms", "messages/0/provider": "fintoc", "messages/1": nil,
	})
	code := m.str("messages/0/code")
	if len(code) != 6 || strings.Contains(d.text, code) {
		t.Errorf("code %q, and the session shows %s", code, d.text)
	}
	if n := len(c.get("/v1/inbox?session=other").ok(200).list("messages")); n != 0 {
		t.Errorf("%d messages for another session", n)
	}
	wrong := "000000"
	if code == wrong {
		wrong = "111111"
	}
	c.post(path, `{"answers":["`+wrong+`"]}`).ok(200).expect(map[string]any{
		"session/step": "challenge", "session/trouble/code": "challenge_invalid", "events/0/name": "challenge:submitted",
	})
	c.post(path, `{"answers":[["`+code+`"]]}`).ok(200).expect(map[string]any{"session/step": "succeeded"})
}

func TestDriveRightKnowsEveryBundledScenario(t *testing.T) {
	t.Parallel()
	c := start(t)
	for scenario, step := range map[string]string{
		"mfa-otp-sms": "succeeded", "mfa-otp-email": "succeeded", "mfa-hardware-token": "succeeded",
		"mfa-coordinate-card": "succeeded", "mfa-two-rounds": "succeeded", "mfa-push": "succeeded", "captcha": "succeeded",
		"push-denied": "failed", "push-timeout": "challenge", "mfa-wrong-then-ok": "challenge", "locked": "failed",
		"no-accounts": "failed", "wrong-password": "credentials",
	} {
		ci := c.in(scenario)
		ci.put("/v1/sandboxes/"+scenario+"/scenario", `{"scenario":"`+scenario+`"}`).ok(200)
		d := ci.post("/v1/sessions/"+ci.intent()+"/drive", right).ok(200)
		if got := d.str("session/step"); got != step {
			t.Errorf("%s ends at %s, want %s: %s", scenario, got, step, d.text)
		}
	}
}

// A misspelt scenario behind the user name is the user's error, not the caller's.
func TestUnknownScenarioSuffix(t *testing.T) {
	t.Parallel()
	c := start(t)
	handle := c.intent()
	c.post("/v1/sessions/"+handle+"/drive", `{"username":"41614850-3+mfa-opt-sms","password":"jonsnow"}`).ok(200).expect(map[string]any{
		"session/step": "credentials", "session/trouble/code": "invalid_request", "session/trouble/field": "username",
	})
	c.get("/v1/sessions/" + handle).ok(200)
	c.post("/v1/sessions/"+handle+"/drive", right).ok(200).expect(map[string]any{"session/step": "succeeded"})
}

func TestDriveRefusals(t *testing.T) {
	t.Parallel()
	c := start(t)
	path := "/v1/sessions/" + c.intent() + "/drive"
	for body, words := range map[string]string{
		`{"answers":"left"}`:    `"right"`,
		`{"answers":[1]}`:       "one item per challenge",
		`{"answers":[null]}`:    "one item per challenge",
		`{"answers":[["a",1]]}`: "one item per challenge",
		`{"answers":{"a":"b"}}`: "one item per challenge",
		`{"accounts":"main"}`:   "array",
		`{"user":"41614850-3"}`: "no such field",
		`{"username":41614850}`: "string",
	} {
		c.post(path, body).problem(400, "invalid_request", words)
	}
	c.post("/v1/sessions/nothing/drive", right).problem(404, "not_found")
	c.get("/v1/sessions").ok(200).expect(map[string]any{"sessions/0/step": "consent"})
}

// pushed is a session that waits for the user's phone.
func (c *client) pushed() string {
	c.t.Helper()
	handle := c.intent()
	c.post("/v1/sessions/"+handle+"/drive", `{"username":"41614850-3+push-timeout","password":"jonsnow"}`).ok(200).
		expect(map[string]any{"session/step": "challenge", "session/challenge/kind": "push", "session/challenge/decoupled": true})
	return handle
}

func TestPush(t *testing.T) {
	t.Parallel()
	c := start(t)
	a := c.pushed()
	c.post("/v1/sessions/"+a+"/approve", "").ok(200).expect(map[string]any{"step": "succeeded"})
	c.post("/v1/sessions/"+a+"/approve", "").problem(409, "conflict", "succeeded")
	b := c.pushed()
	c.post("/v1/sessions/"+b+"/deny", "").ok(200).expect(map[string]any{"step": "failed", "trouble/code": "user_cancelled"})
	c.post("/v1/sessions/"+b+"/deny", "").problem(409, "conflict", "failed")
	fresh := c.intent()
	c.post("/v1/sessions/"+fresh+"/approve", "").problem(409, "conflict", "consent", "push")
	coded := c.intent()
	c.post("/v1/sessions/"+coded+"/drive", `{"username":"41614850-3+mfa-otp-sms","password":"jonsnow"}`).ok(200)
	c.post("/v1/sessions/"+coded+"/approve", "").problem(409, "conflict", "challenge otp_sms")
	c.post("/v1/sessions/"+fresh+"/cancel", "").ok(200).expect(map[string]any{"step": "cancelled", "trouble/code": "user_cancelled"})
	c.post("/v1/sessions/nothing/deny", "").problem(404, "not_found")
}

// In the bubble time moves only when everybody waits, so these waits take none.
func waiting(t *testing.T, test func(t *testing.T, c *client)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := clock.System()
		test(t, start(t, func(cfg *engine.Config) {
			cfg.Wall = func() time.Time { return noon.Add(clock.System().Sub(began)) }
		}))
	})
}

func (c *client) later(path string) <-chan answer {
	got := make(chan answer, 1)
	go func() { got <- c.get(path) }()
	synctest.Wait() // the call waits
	return got
}

func TestRequestInstitution(t *testing.T) {
	t.Parallel()
	c := start(t)
	handle := c.intent()
	ask := "/v1/sessions/" + handle + "/request-institution"
	c.post(ask, "").problem(409, "conflict", "at the step consent")
	c.with("Content-Type", "application/x-www-form-urlencoded").call(http.MethodPost, "/fintoc/w/"+handle, "rev=2&action=accept")
	c.post(ask, "").ok(200).expect(map[string]any{"step": "institution", "trouble": nil, "events/4/name": "institution:requested"})
	c.post("/v1/sessions/"+handle+"/drive", right).ok(200).expect(map[string]any{"session/step": "succeeded"})
	c.post(ask, "").problem(409, "conflict", "has ended")
}

func TestWaitIsWokenByTheUser(t *testing.T) {
	waiting(t, func(t *testing.T, c *client) {
		handle := c.pushed()
		began := time.Now()
		c.get("/v1/sessions/" + handle + "?wait=state:challenge").ok(200).expect(map[string]any{"step": "challenge"})
		final := c.later("/v1/sessions/" + handle + "?wait=state:final&timeout=1m")
		other := c.later("/v1/sessions/" + handle + "?wait=state:failed&timeout=1m")
		c.post("/v1/sessions/"+handle+"/approve", "").ok(200)
		(<-final).ok(200).expect(map[string]any{"step": "succeeded"})
		(<-other).problem(409, "conflict", "succeeded", "failed")
		if d := time.Since(began); d != 0 {
			t.Errorf("it took %s", d)
		}
	})
}

func TestWaitIsWokenByTheWidget(t *testing.T) {
	waiting(t, func(t *testing.T, c *client) {
		handle := c.intent()
		got := c.later("/v1/sessions/" + handle + "?wait=state:cancelled")
		c.with("Content-Type", "application/x-www-form-urlencoded").
			call(http.MethodPost, "/fintoc/w/"+handle, "rev=2&action=cancel")
		synctest.Wait()
		select {
		case a := <-got:
			a.ok(200).expect(map[string]any{"step": "cancelled"})
		default:
			t.Error("still waiting: " + c.get("/v1/sessions/"+handle).text)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	waiting(t, func(t *testing.T, c *client) {
		ci := c.in("ci42")
		handle := ci.intent()
		began := time.Now()
		c.get("/v1/sessions/"+handle+"?wait=state:final&timeout=5s").problem(504, "timeout", "5s", "consent", "final")
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("it took %s", d)
		}
		gone := c.later("/v1/sessions/" + handle + "?wait=state:final")
		c.post("/v1/sandboxes/ci42/reset", "").ok(200)
		(<-gone).problem(404, "not_found", "reset")
		for query, words := range map[string]string{
			"wait=succeeded":               "state:succeeded",
			"wait=state:connected":         "state:succeeded",
			"wait=state:final&timeout=5":   "unit",
			"wait=state:final&timeout=2m":  "1m",
			"wait=state:final&timeout=1mo": "1m",
		} {
			c.get("/v1/sessions/"+c.intent()+"?"+query).problem(400, "invalid_request", words)
		}
	})
}

// A session ends by time alone: by a move of the clock, or by the clock that runs.
func TestWaitSeesExpiry(t *testing.T) {
	waiting(t, func(t *testing.T, c *client) {
		handle := c.intent()
		moved := c.later("/v1/sessions/" + handle + "?wait=state:expired&timeout=1m")
		c.post("/v1/clock", `{"advance":"31m"}`).ok(200)
		(<-moved).ok(200).expect(map[string]any{"step": "expired", "trouble/code": "session_expired"})
		c.post("/v1/clock", `{"rate":60}`).ok(200)
		c.get("/v1/sessions/" + c.intent() + "?wait=state:final&timeout=31s").ok(200).expect(map[string]any{"step": "expired"})
	})
}
