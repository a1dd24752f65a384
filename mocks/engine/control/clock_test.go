package control_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

func TestClockMoves(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	c.get("/v1/clock").ok(200).expect(map[string]any{
		"sandbox": "ci42", "now": "2026-03-31T12:00:00Z", "frozen": false, "rate": 1.0, "following": true,
	})
	for _, tt := range []struct {
		body string
		want map[string]any
	}{
		{`{"freeze":true}`, map[string]any{"frozen": true, "now": "2026-03-31T12:00:00Z", "following": false}},
		{`{"advance":"91d"}`, map[string]any{"from": "2026-03-31T12:00:00Z", "now": "2026-06-30T12:00:00Z", "ran": 0.0, "remaining": false}},
		{`{"advance":"1mo2h"}`, map[string]any{"now": "2026-07-30T14:00:00Z", "frozen": true}},
		{`{"advance":"0s"}`, map[string]any{"now": "2026-07-30T14:00:00Z"}},
		{`{"set":"2026-01-01T01:00:00+01:00"}`, map[string]any{"from": "2026-07-30T14:00:00Z", "now": "2026-01-01T00:00:00Z"}},
		{`{"rate":60}`, map[string]any{"rate": 60.0, "frozen": true}},
		{`{"freeze":false}`, map[string]any{"rate": 60.0, "frozen": false, "following": false}},
		{`{"follow":true}`, map[string]any{"now": "2026-03-31T12:00:00Z", "rate": 1.0, "following": true}},
	} {
		t.Log(tt.body)
		c.post("/v1/clock", tt.body).ok(200).expect(tt.want).expect(map[string]any{"sandbox": "ci42"})
	}
	c.get("/v1/journal?kind=clock").ok(200).expect(map[string]any{"entries/7/kind": "clock", "entries/8": nil})
}

func TestClockRefusals(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.post("/v1/clock", `{"freeze":true}`).ok(200)
	for body, words := range map[string]string{
		`{}`:                             "exactly one",
		`{"advance":"1d","freeze":true}`: "exactly one",
		`{"set":"2030-01-01T00:00:00Z","rate":2}`: "exactly one",
		`{"advance":"-1d"}`:                       "use set to go back",
		`{"advance":"1 day"}`:                     "unit",
		`{"advance":"91"}`:                        "unit",
		`{"advance":"201y"}`:                      "200y",
		`{"advance":91}`:                          "string",
		`{"set":"tomorrow"}`:                      "date-time",
		`{"set":"1969-12-31T00:00:00Z"}`:          "1970",
		`{"rate":0}`:                              "above 0",
		`{"rate":-1}`:                             "above 0",
		`{"follow":false}`:                        "true",
		`{"forward":"1d"}`:                        "no such field",
	} {
		t.Log(body)
		c.post("/v1/clock", body).problem(400, "invalid_request", words)
	}
	c.get("/v1/clock").ok(200).expect(map[string]any{"now": "2026-03-31T12:00:00Z", "frozen": true})
}

// What falls due on the way runs, and says so.
func TestAdvanceEndsAConsent(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	c.put("/v1/sandboxes/ci42/scenario", `{"scenario":"consent-ends"}`).ok(200)
	c.post("/v1/clock", `{"freeze":true}`).ok(200)
	_, link := c.link()
	c.with("Authorization", key).get("/fintoc/v1/links/" + link).ok(200).expect(map[string]any{"status": "active"})
	c.post("/v1/clock", `{"advance":"2d"}`).ok(200).expect(map[string]any{"ran": 1.0, "remaining": false})
	c.with("Authorization", key).get("/fintoc/v1/links/" + link).ok(200).expect(map[string]any{"status": "login_required"})
	c.get("/v1/journal?kind=task").ok(200).expect(map[string]any{"entries/0/at": "2026-04-01T12:00:00Z", "entries/1": nil})
}

// gate holds every claim of due rows until it is opened.
type gate struct {
	store.Store
	open chan struct{}
}

func (g *gate) Claim(ctx context.Context, sandbox, kind string, due, wall time.Time, lease time.Duration, n int) ([]store.Record, error) {
	<-g.open
	return g.Store.Claim(ctx, sandbox, kind, due, wall, lease, n)
}

func TestOneMoveAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{Store: memory.New(), open: make(chan struct{})}
		c := start(t, func(cfg *engine.Config) { cfg.Store = g })
		c.put("/v1/sandboxes/default/scenario", `{"scenario":"consent-ends"}`).ok(200)
		c.link()
		first := make(chan answer)
		go func() { first <- c.post("/v1/clock", `{"advance":"2d"}`) }()
		synctest.Wait() // the first move is at work
		c.post("/v1/clock", `{"advance":"1d"}`).problem(409, "conflict", "another move")
		c.in("other").post("/v1/clock", `{"advance":"1d"}`).ok(200)
		close(g.open)
		(<-first).ok(200).expect(map[string]any{"ran": 1.0})
		c.post("/v1/clock", `{"advance":"1d"}`).ok(200)
	})
}
