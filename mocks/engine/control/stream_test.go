package control_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

// stream is a client of the live journal.
type stream struct {
	t *testing.T
	r *bufio.Reader
}

// event is one of a stream's.
type event struct {
	id, kind string
	data     map[string]any
}

// follow opens the live journal of the client's sandbox over a real connection, which
// ends with the test or with the function that it gives.
func (c *client) follow(query, last string) (*stream, func()) {
	c.t.Helper()
	srv := httptest.NewServer(c.h)
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, srv.URL+c.prefix+"/_stunt/v1/journal/stream"+query, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := enginetest.Client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	leave := func() {
		res.Body.Close()
		srv.Close()
	}
	c.t.Cleanup(leave)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Content-Length") != "" {
		c.t.Fatalf("the stream begins with %s %v", res.Status, res.Header)
	}
	s := &stream{c.t, bufio.NewReader(res.Body)}
	if line := s.line(); !strings.HasPrefix(line, ":") {
		c.t.Fatalf("the stream begins with %q", line)
	}
	s.line()
	return s, leave
}

func (s *stream) line() string {
	s.t.Helper()
	line, err := s.r.ReadString('\n')
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

// next waits for an event.
func (s *stream) next() (e event) {
	s.t.Helper()
	for {
		line := s.line()
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" && e.data != nil:
			return e
		case name == "id":
			e.id = value
		case name == "event":
			e.kind = value
		case name == "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				s.t.Fatalf("%v: %s", err, line)
			}
		}
	}
}

func TestJournalStream(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	app := c.with("Authorization", key)
	all, leave := c.follow("?after=0", "") // before anything has made the sandbox
	if sandboxes := c.get("/v1/sandboxes").list("sandboxes"); len(sandboxes) > 0 {
		t.Errorf("following made %v", sandboxes)
	}
	first := app.get("/fintoc/v1/links").ok(200)
	failing, _ := c.follow("?status=401", "")
	second := c.with("Authorization", "sk_live_x").get("/fintoc/v1/links").ok(401)
	ids := []string{}
	for _, want := range []answer{first, second} {
		e := all.next()
		if e.data["id"] != want.header.Get(engine.RequestHeader) || e.kind != "" {
			t.Errorf("the stream tells %+v, want %s", e, want.header.Get(engine.RequestHeader))
		}
		// The same as the list and the entry say.
		if one := c.get("/v1/journal/" + e.data["id"].(string)).ok(200); fmt.Sprint(one.body) != fmt.Sprint(any(e.data)) {
			t.Errorf("the stream tells %v, the entry %v", e.data, one.body)
		}
		ids = append(ids, e.id)
	}
	if e := failing.next(); e.data["status"] != 401.0 || e.data["id"] != second.header.Get(engine.RequestHeader) {
		t.Errorf("the filtered stream, which began after the first call, tells %+v", e)
	}
	leave()

	// Who comes back goes on behind the last event that was seen.
	app.get("/fintoc/v1/accounts").ok(400)
	again, _ := c.follow("", ids[0])
	if e := again.next(); e.id != ids[1] {
		t.Errorf("behind %s comes %+v", ids[0], e)
	}
	if e := again.next(); e.data["status"] != 400.0 {
		t.Errorf("then comes %+v", e)
	}
	// A reset is told, and what happens then.
	c.in("other").post("/v1/sandboxes/ci42/reset", "").ok(200)
	app.get("/fintoc/v1/links").ok(200)
	if e := again.next(); e.kind != "restarted" || !strings.Contains(fmt.Sprint(e.data["message"]), "reset") {
		t.Errorf("after the reset comes %+v", e)
	}
	if e := again.next(); e.data["id"] != "ci42-1" {
		t.Errorf("then comes %+v", e)
	}

	for _, bad := range []struct{ query, last, param string }{
		{"?after=-1", "", "after"}, {"?kind=noise", "", "kind"}, {"?operation=acounts.list", "", "operation"}, {"", "yesterday", "Last-Event-ID"},
	} {
		with := c
		if bad.last != "" {
			with = c.with("Last-Event-ID", bad.last)
		}
		with.get("/v1/journal/stream"+bad.query).problem(400, "invalid_request", bad.param)
	}
}

// What has made room before the client came back is said, and where it goes on.
func TestJournalSaysWhatIsGone(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	app := c.with("Authorization", key)
	s, leave := c.follow("", "")
	app.get("/fintoc/v1/links").ok(200)
	last := s.next().id
	leave()
	for range journal.RingSize + 1 {
		app.get("/fintoc/v1/links")
	}
	s, _ = c.follow("", last)
	e := s.next()
	if dropped, _ := e.data["dropped"].(map[string]any); e.kind != "missed" || dropped["entries"] != 2.0 {
		t.Errorf("it says %+v", e)
	}
	if e := s.next(); e.data["id"] != "ci42-3" {
		t.Errorf("it goes on with %+v", e)
	}
	c.get("/v1/journal?after=1&limit=1").ok(200).expect(map[string]any{"missed": true, "entries/0/id": "ci42-3", "dropped/entries": 2.0})
	c.get("/v1/journal?after=2&limit=1").ok(200).expect(map[string]any{"missed": false, "entries/0/id": "ci42-3"})
	c.get("/v1/journal?limit=1").ok(200).expect(map[string]any{"missed": false})
	if har := c.get("/v1/journal/har").ok(200); !strings.Contains(har.str("log/comment"), "2 entries") {
		t.Errorf("the export says %q", har.str("log/comment"))
	}
}

// What a call did, and what it set off, can be followed from its id.
func TestJournalTellsCauses(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	c.post("/v1/sandboxes", `{"name":"ci42","clock":"2026-03-31T10:00:00Z","scenario":"consent-ends"}`).ok(201)
	token, id := c.link()
	app := c.with("Authorization", key)

	did := map[string]string{}
	var sessionID string
	for _, e := range c.get("/v1/journal").ok(200).list("entries") {
		for _, d := range e.(map[string]any)["did"].([]any) {
			d := d.(map[string]any)
			did[d["what"].(string)] += fmt.Sprint(d["detail"], " ")
			if d["what"] == "session.started" {
				sessionID = d["subject"].(string)
			}
		}
	}
	for what, detail := range map[string]string{
		"session.started": "connect", "session.succeeded": "-> succeeded", "connection.created": "active",
		"grant.issued": "widget exchange link", "grant.used": "exchange",
	} {
		if !strings.Contains(did[what], detail) {
			t.Errorf("%s: %q, want %q (all: %v)", what, did[what], detail, did)
		}
	}
	handle := c.get("/v1/sessions").str("sessions/0/handle")
	bySession := c.get("/v1/journal?session=" + handle).ok(200).list("entries")
	byID := c.get("/v1/journal?session=" + sessionID).ok(200).list("entries")
	if len(bySession) == 0 || fmt.Sprint(bySession) != fmt.Sprint(byID) {
		t.Errorf("by handle %d entries, by id %d", len(bySession), len(byID))
	}

	moved := c.post("/v1/clock", `{"advance":"400d"}`).ok(200)
	cause := moved.header.Get(engine.RequestHeader)
	set := c.get("/v1/journal?cause=" + cause).ok(200)
	kinds := ""
	for _, e := range set.list("entries") {
		kinds += e.(map[string]any)["kind"].(string) + " "
	}
	if kinds != "task clock " {
		t.Errorf("the move set off %q: %s", kinds, set.text)
	}
	set.expect(map[string]any{"entries/0/cause": cause, "entries/0/did/0/what": "connection.changed", "entries/0/did/0/subject": id})
	c.get("/v1/journal/" + cause).ok(200).expect(map[string]any{"kind": "control", "operation_id": "moveClock", "cause": nil})

	// What the app is told names what told it.
	hook := httptest.NewServer(http.NotFoundHandler())
	defer hook.Close()
	endpoint := app.post("/fintoc/v1/webhook_endpoints", `{"url":"`+hook.URL+`","enabled_events":["link.credentials_changed"]}`).ok(201)
	teller := app.post("/fintoc/v1/webhook_endpoints/"+endpoint.str("id")+"/test", `{"type":"link.credentials_changed"}`).ok(201).header.Get(engine.RequestHeader)
	c.post("/v1/deliveries/drain", "").ok(200)
	c.get("/v1/journal?cause=" + teller).ok(200).expect(map[string]any{
		"entries/0/kind": "delivery", "entries/0/cause": teller, "entries/0/status": 404.0,
		"entries/1": nil,
	})

	app.get("/fintoc/v1/accounts?link_token=" + token)
	if got := c.get("/v1/journal?connection=" + id).ok(200).list("entries"); len(got) == 0 {
		t.Error("no entry is of the connection")
	}
	for query, want := range map[string]int{
		"connection=link_0": 0, "session=0": 0, "cause=ci42-0": 0,
		"until=2026-03-31T10:00:00Z": 0, "since=2027-01-01T00:00:00Z&kind=request": 3,
		"since=2026-03-31T10:00:00Z&until=2026-03-31T10:00:01Z&kind=request": 2,
	} {
		if got := len(c.get("/v1/journal?" + query).ok(200).list("entries")); got != want {
			t.Errorf("%s: %d entries, want %d", query, got, want)
		}
	}
	for _, bad := range []string{"since", "until"} {
		c.get("/v1/journal?"+bad+"=yesterday").problem(400, "invalid_request", bad)
	}
}

func TestJournalAsHAR(t *testing.T) {
	t.Parallel()
	c := start(t).in("ci42")
	app := c.with("Authorization", key)
	app.post("/fintoc/v1/link_intents", `{"product":"movements","country":"cl","holder_type":"individual"}`).ok(201)
	c.post("/v1/clock", `{"advance":"1h"}`).ok(200)
	c.with("Authorization", "sk_test_x").with("Stunt-Scenario", "rate-limited").get("/fintoc/v1/links?page=2&since=2026-01-01").ok(200)
	har := c.get("/v1/journal/har").ok(200).expect(map[string]any{
		"log/version": "1.2", "log/creator/name": "stuntbank", "log/creator/version": "1.2.3", "log/comment": nil,
		"log/entries/0/startedDateTime": "2026-03-31T12:00:00Z", "log/entries/0/request/method": "POST",
		"log/entries/0/request/url":               "http://localhost:8080/~ci42/fintoc/v1/link_intents",
		"log/entries/0/request/headers/0/value":   "application/json",
		"log/entries/0/request/postData/mimeType": "application/json",
		"log/entries/0/request/postData/text":     `{"product":"movements","country":"cl","holder_type":"individual"}`,
		"log/entries/0/response/status":           201.0, "log/entries/0/response/statusText": "Created",
		"log/entries/0/response/content/mimeType": "application/json; charset=utf-8",
		"log/entries/0/_id":                       "ci42-1", "log/entries/0/_did/0/what": "session.started",
		"log/entries/1/request/url":                 "http://localhost:8080/~ci42/_stunt/v1/clock",
		"log/entries/2/request/url":                 "http://localhost:8080/~ci42/fintoc/v1/links?page=2&since=2026-01-01",
		"log/entries/2/request/queryString/1/name":  "since",
		"log/entries/2/request/queryString/1/value": "2026-01-01",
		"log/entries/2/_at":                         "2026-03-31T13:00:00Z",
		"log/entries/3":                             nil, // a move of the clock is no call
	})
	if !strings.Contains(har.header.Get("Content-Disposition"), `"ci42.har"`) {
		t.Errorf("the file has no name: %v", har.header)
	}
	if only := c.get("/v1/journal/har?provider=fintoc&status=201").ok(200).list("log/entries"); len(only) != 1 {
		t.Errorf("filtered: %d entries", len(only))
	}
	if none := c.in("ghost").get("/v1/journal/har").ok(200).list("log/entries"); len(none) != 0 {
		t.Errorf("a sandbox that is not there has %v", none)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	c := start(t)
	ci := c.in("ci42")
	ci.put("/v1/sandboxes/ci42/scenario", `{"scenario":"flaky-first-call"}`).ok(200)
	token, _ := ci.link()
	app := ci.with("Authorization", key)
	app.get("/fintoc/v1/accounts?link_token=" + token).ok(500)
	app.get("/fintoc/v1/accounts?link_token=" + token).ok(200)
	app.post("/fintoc/v1/link_intents", `{"product":7}`).ok(400)
	app.get("/fintoc/v1/nowhere").ok(404)
	app.get("/fintoc/w/nobody")
	m := c.get("/_stunt/metrics").ok(200)
	if !strings.HasPrefix(m.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("it is %s", m.header.Get("Content-Type"))
	}
	for _, line := range []string{
		`stuntbank_requests_total{operation="listAccounts",provider="fintoc",status="5xx"} 1`,
		`stuntbank_requests_total{operation="listAccounts",provider="fintoc",status="2xx"} 1`,
		`stuntbank_requests_total{operation="none",provider="fintoc",status="4xx"} 1`,
		`stuntbank_requests_total{operation="page",provider="fintoc",status="4xx"} 1`,
		`stuntbank_requests_total{operation="driveSession",provider="_stunt",status="2xx"} 1`,
		`stuntbank_faults_total{provider="fintoc"} 1`,
		`stuntbank_violations_total{provider="fintoc",side="request"} 1`,
		`stuntbank_changes_total{change="session.started"} 1`,
		`stuntbank_changes_total{change="session.succeeded"} 1`,
		`stuntbank_changes_total{change="connection.created"} 1`,
		`stuntbank_sandboxes 1`, `stuntbank_sessions 1`, `stuntbank_journal_dropped_entries_total 0`,
		`# TYPE stuntbank_journal_bytes gauge`, `# TYPE go_goroutines gauge`,
	} {
		if !strings.Contains(m.text, line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	if strings.Contains(m.text, "ci42") || strings.Contains(m.text, token) || strings.Contains(m.text, `side="response"`) {
		t.Error("a label names a sandbox or a secret, or counts a violation of ours")
	}
	if t.Failed() {
		for line := range strings.Lines(m.text) {
			if strings.HasPrefix(line, "stuntbank_") {
				t.Log(line)
			}
		}
	}
	locked := start(t, func(cfg *engine.Config) { cfg.Control = "hush" })
	locked.get("/_stunt/metrics").problem(401, "unauthorized", "control token")
	locked.with("Authorization", "Bearer hush").get("/_stunt/metrics").ok(200)
}
