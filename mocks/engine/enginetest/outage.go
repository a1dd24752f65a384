package enginetest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/store/storetest"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// Journey is what an app and its user do on a server: requests that go well.
type Journey func(t testing.TB, srv *Server)

// stage is a server whose store fails on demand, and which can be started again on what the
// store has kept.
type stage struct {
	cfg    engine.Config
	store  *storetest.Failing
	server *engine.Server
	wall   atomic.Int64 // Unix nanoseconds
	errors atomic.Int64 // that it has logged
}

func newStage(t testing.TB, p engine.Provider, adjust ...func(*engine.Config)) *stage {
	t.Helper()
	s := &stage{store: storetest.NewFailing(storetest.Encoding(memory.New()))}
	s.wall.Store(instant.UnixNano())
	s.cfg = engine.Config{Providers: []engine.Provider{p, control.New()}, Contract: openapi.Request}
	for _, f := range adjust {
		f(&s.cfg)
	}
	library, err := scenarios.Bundled(engine.Vocabulary(s.cfg.Providers)) // read once, not at each start
	if err != nil {
		t.Fatal(err)
	}
	s.cfg.Scenarios = cmp.Or(s.cfg.Scenarios, library)
	s.cfg.Store, s.cfg.Wall = s.store, func() time.Time { return time.Unix(0, s.wall.Load()).UTC() }
	s.cfg.Log = slog.New(slog.NewTextHandler(countLines{&s.errors}, &slog.HandlerOptions{Level: slog.LevelError}))
	s.restart(t)
	return s
}

// restart makes a server anew, as after the end of its process.
func (s *stage) restart(t testing.TB) {
	t.Helper()
	srv, err := engine.New(s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	widget.Mount(srv)
	s.server = srv
}

type countLines struct{ n *atomic.Int64 }

func (c countLines) Write(b []byte) (int, error) {
	c.n.Add(1)
	return len(b), nil
}

// reset forgets all sandboxes.
func (s *stage) reset(t testing.TB) {
	t.Helper()
	all, err := s.server.Sandboxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sb := range all {
		if err := s.server.Delete(t.Context(), sb.Name); err != nil {
			t.Fatal(err)
		}
	}
}

// step is one request and what it got.
type step struct {
	method, target, host string
	header               http.Header
	body                 []byte
	got                  got
}

func (st step) String() string {
	path, _, _ := strings.Cut(st.target, "?")
	return st.method + " " + path
}

// got is what is compared of an answer: all but the number of the request.
type got struct {
	status   int
	location string
	body     string
}

// do makes a request anew.
func (s *stage) do(st step) *httptest.ResponseRecorder {
	r := httptest.NewRequest(st.method, st.target, bytes.NewReader(st.body))
	r.Host, r.Header = st.host, st.header.Clone()
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	return w
}

func (s *stage) again(st step) got { return gotOf(s.do(st)) }

func gotOf(w *httptest.ResponseRecorder) got {
	return got{w.Code, w.Header().Get("Location"), w.Body.String()}
}

// record goes on a journey and notes every request of it.
func (s *stage) record(t testing.TB, j Journey) []step {
	t.Helper()
	var mu sync.Mutex
	var steps []step
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		st := step{method: r.Method, target: r.RequestURI, host: r.Host, header: r.Header.Clone(), body: body}
		answer := s.do(st)
		st.got = gotOf(answer)
		mu.Lock()
		steps = append(steps, st)
		mu.Unlock()
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	defer ts.Close()
	j(t, &Server{Server: s.server, URL: ts.URL})
	return steps
}

// Outages goes on a journey once for every call that it makes of the store, and lets this
// one fail. The answer is a 5xx that was logged, after which the same request has the
// answer that it would have had: nothing was half done. Or it is that answer: what failed
// did not concern it. The journey goes on as if nothing had been.
func Outages(t *testing.T, p engine.Provider, j Journey, adjust ...func(*engine.Config)) {
	t.Helper()
	s := newStage(t, p, adjust...)
	steps := s.record(t, j)
	if n := s.errors.Load(); n > 0 || len(steps) == 0 {
		t.Fatalf("the journey has %d steps, and the server has logged %d errors on it", len(steps), n)
	}
	s.reset(t)
	for i := range steps {
		for n := 1; s.outage(t, steps, i, n); n++ {
			if t.Failed() { // one is enough to read
				return
			}
		}
	}
}

// outage lets the nth call of the ith step fail, and says whether there was such a call. The
// server stands before that step, and behind it when there was none.
func (s *stage) outage(t *testing.T, steps []step, i, n int) bool {
	t.Helper()
	st := steps[i]
	s.errors.Store(0)
	s.store.FailAt(n)
	answer := s.again(st)
	failed, commits := s.store.Heal()
	if !failed {
		if answer != st.got {
			t.Fatalf("%s another time %s", st, differs(answer, st.got))
		}
		return false
	}
	where := fmt.Sprintf("%s, whose call %d of the store failed,", st, n)
	switch {
	case answer.status >= 500:
		if s.errors.Load() == 0 {
			t.Errorf("%s answered %d, and nothing was logged", where, answer.status)
		}
		if commits == 0 {
			return true // all is as it was
		}
		if answer = s.again(st); answer != st.got {
			t.Errorf("%s left something half done: repeated it %s", where, differs(answer, st.got))
			return true
		}
	case answer != st.got:
		t.Errorf("%s %s", where, differs(answer, st.got))
		return true
	case commits == 0:
		return true
	}
	for _, after := range steps[i+1:] {
		if answer := s.again(after); answer != after.got {
			t.Errorf("%s left something half done: %s then %s", where, after, differs(answer, after.got))
			return true
		}
	}
	s.reset(t)
	for _, before := range steps[:i] {
		s.again(before)
	}
	return true
}

// differs says where two answers part.
func differs(a, b got) string {
	if a.status != b.status || a.location != b.location {
		return fmt.Sprintf("answers %d %s, want %d %s: %.300s", a.status, a.location, b.status, b.location, a.body)
	}
	at := 0
	for at < min(len(a.body), len(b.body)) && a.body[at] == b.body[at] {
		at++
	}
	from := max(0, at-60)
	return fmt.Sprintf("answers …%.160q, want …%.160q", a.body[from:], b.body[from:])
}

// Kills goes on a journey once for every commit on it, and ends the process there: the
// request gets no answer, a new server starts on what the store has kept. The app asks
// again and goes on, and no answer is a failure of ours. Then the user begins anew, which
// must go well, and nothing is owed for ever: no refresh runs, no row is due, nothing waits
// to be sent.
func Kills(t *testing.T, p engine.Provider, j, anew Journey, adjust ...func(*engine.Config)) {
	t.Helper()
	s := newStage(t, p, adjust...)
	steps := s.record(t, j)
	for i := range steps {
		for n := 1; s.kill(t, steps, i, n, anew); n++ {
			if t.Failed() {
				return
			}
		}
	}
}

func (s *stage) kill(t *testing.T, steps []step, i, n int, anew Journey) bool {
	t.Helper()
	s.wall.Store(instant.UnixNano())
	s.reset(t)
	for _, st := range steps[:i] {
		s.again(st)
	}
	s.store.KillAfter(n)
	s.again(steps[i]) // nobody hears of it
	if killed, _ := s.store.Heal(); !killed {
		return false
	}
	where := fmt.Sprintf("killed at commit %d of %s", n, steps[i])
	s.wall.Add(int64(2 * time.Minute)) // what was claimed is free again
	s.restart(t)
	for _, st := range steps[i:] {
		if answer := s.again(st); answer.status >= 500 {
			t.Errorf("%s: %s answers %d: %.300s", where, st, answer.status, answer.body)
		}
	}
	s.record(t, anew)
	s.settled(t, where)
	return true
}

// settled says what is still owed two days later.
func (s *stage) settled(t *testing.T, where string) {
	t.Helper()
	all, err := s.server.Sandboxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sb := range all {
		now := sb.Now(s.server.Wall())
		to := now.Add(48 * time.Hour)
		if _, err := s.server.MoveClock(t.Context(), sb.Name, engine.Move{Set: &to}); err != nil {
			t.Fatalf("%s: the clock: %v", where, err)
		}
		conns, err := s.server.Connections(t.Context(), sb.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range conns {
			if c.Refreshing != "" || c.Data == connect.DataImporting {
				t.Errorf("%s: two days later the connection %s is still at work (%s)", where, c.ID, c.Refreshing)
			}
		}
		sent, err := s.server.Deliveries(t.Context(), sb.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range sent {
			if d.State == webhook.Pending && !d.Due.After(to) && d.Due.Before(now) {
				t.Errorf("%s: two days later the webhook %s still waits", where, d.Type)
			}
		}
	}
}
