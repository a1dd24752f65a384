package mocks_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/durable"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/scenarios"
)

// onFile is a store in a file.
func onFile(t testing.TB, path string) store.Store {
	t.Helper()
	st, err := durable.Open(path, slog.New(slog.DiscardHandler), engine.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// examplesNeed are the options without which not every example of a document succeeds.
var examplesNeed = map[string]map[string]string{
	"finx": {"finx.scopes": "accounts=ro balance=ro transactions=ro categories=ro user=rw offline"},
}

// Every provider keeps every promise on a file too: nothing that it stores is unknown to
// the file or changed by it.
func TestProvidersOnAFile(t *testing.T) {
	t.Parallel()
	for _, p := range mocks.All() {
		t.Run(p.Manifest().Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var files atomic.Int64
			open := func() store.Store { return onFile(t, filepath.Join(dir, strconv.FormatInt(files.Add(1), 10))) }
			enginetest.RunOn(t, p, open, func(c *engine.Config) { c.Options = examplesNeed[p.Manifest().Name] })
		})
	}
}

// A server that is started again goes on where the one before was.
func TestSandboxesSurviveARestart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "state")
	man := mocks.All()[0].Manifest()
	noon := time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)
	run := func(what func(srv *enginetest.Server)) {
		t.Helper()
		st := onFile(t, path)
		srv := enginetest.Start(t, func(c *engine.Config) {
			c.Store, c.Sandboxes, c.Wall = st, 2, func() time.Time { return noon }
		}, mocks.All()...)
		what(srv)
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	send := func(srv *enginetest.Server, method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "sk_test_x")
		res, err := enginetest.Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	connected, waiting := engine.NewDriver("", "kept", man), engine.NewDriver("", "half", man)
	looks := []string{"/_stunt/v1/sandboxes/kept", "/~kept/_stunt/v1/clock", "/~kept/_stunt/v1/sessions", "/~half/_stunt/v1/inbox"}
	before := map[string]string{}
	var page *enginetest.Page
	var half string
	run(func(srv *enginetest.Server) {
		connected.Base, waiting.Base = srv.URL, srv.URL
		send(srv, "POST", "/_stunt/v1/sandboxes", `{"name":"kept","clock":"2026-02-03T04:05:06Z","seed":"18446744073709551615","scenario":"consent-ends"}`)
		send(srv, "PUT", "/_stunt/v1/sandboxes/kept/options", `{"fintoc.until":"inclusive"}`)
		if _, err := connected.Call(ctx, "listAccounts"); err != nil {
			t.Fatal(err)
		}
		send(srv, "POST", "/~kept/_stunt/v1/clock", `{"advance":"1h"}`)
		looks = append(looks, "/~kept/fintoc/v1/accounts?link_token="+connected.Vars["link_token"])

		entry, err := waiting.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		page = enginetest.NewBrowser(t, srv.URL).Open(entry)
		page = page.Post(url.Values{"action": {"accept"}, "rev": {page.Rev()}})
		page = page.Post(url.Values{"action": {"choose"}, "rev": {page.Rev()}, "institution": {"cl_banco_de_chile"}})
		page = page.Post(url.Values{"action": {"submit"}, "rev": {page.Rev()}, "username": {"41614850-3+mfa-otp-sms"}, "password": {"jonsnow"}})
		half = strings.TrimPrefix(page.URL, srv.URL)
		for _, look := range looks {
			status, text := send(srv, "GET", look, "")
			if status != 200 {
				t.Fatalf("%s: %d %s", look, status, text)
			}
			before[look] = strings.ReplaceAll(text, srv.URL, "")
		}
	})
	run(func(srv *enginetest.Server) {
		for _, look := range looks {
			if _, text := send(srv, "GET", look, ""); strings.ReplaceAll(text, srv.URL, "") != before[look] {
				t.Errorf("%s answered %s and answers %s", look, before[look], text)
			}
		}
		// The user goes on with the code that the run before sent.
		sent, err := srv.Inbox(ctx, "half")
		if err != nil || len(sent) != 1 {
			t.Fatalf("%v, %v", sent, err)
		}
		page := enginetest.NewBrowser(t, srv.URL).Open(srv.URL + half)
		page.Post(url.Values{"action": {"submit"}, "rev": {page.Rev()}, "answer": {sent[0].Code}}).Want("success", "")
		// The journal begins anew and says why; the limit of sandboxes counts those kept.
		entries, _ := srv.Journal().List("kept", journal.Filter{Kind: journal.Notice})
		if len(entries) != 1 || !strings.Contains(entries[0].Notes[0], "started again") {
			t.Errorf("the journal says %+v", entries)
		}
		if status, text := send(srv, "POST", "/_stunt/v1/sandboxes", `{"name":"third"}`); status != 429 {
			t.Errorf("a third of two sandboxes: %d %s", status, text)
		}
		if status, text := send(srv, "DELETE", "/_stunt/v1/sandboxes/half", ""); status != 204 {
			t.Errorf("%d %s", status, text)
		}
		old, err := srv.Sandbox(ctx, "kept")
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := srv.Reset(ctx, "kept")
		if err != nil || fresh.Life <= old.Life || fresh.Seed != old.Seed || fresh.Options["fintoc.until"] != "inclusive" {
			t.Errorf("a reset made %+v of %+v, %v", fresh, old, err)
		}
	})
	run(func(srv *enginetest.Server) {
		if all, err := srv.Sandboxes(ctx); err != nil || len(all) != 1 || all[0].Name != "kept" {
			t.Errorf("there are %+v, %v", all, err)
		}
		if status, _ := send(srv, "GET", "/~kept/fintoc/v1/accounts?link_token="+connected.Vars["link_token"], ""); status == 200 {
			t.Error("a link of before the reset is back")
		}
	})

	// A scenario that the next run does not have must not be replaced silently.
	bundled, err := scenarios.Bundled(engine.Vocabulary(mocks.All()))
	if err != nil {
		t.Fatal(err)
	}
	library, err := bundled.LoadDir(fstest.MapFS{"mine.yaml": {Data: []byte(
		"scenario: mine\ntitle: Mine\nabout: For the test.\nlogin: {credentials: [reject]}\n")}}, "mine")
	if err != nil {
		t.Fatal(err)
	}
	st := memory.New()
	a, err := engine.New(engine.Config{Providers: mocks.All(), Store: st, Scenarios: library})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Found(ctx, "scripted", "mine", func(*sandbox.Sandbox) {}); err != nil {
		t.Fatal(err)
	}
	_, err = engine.New(engine.Config{Providers: mocks.All(), Store: st})
	if err == nil || !strings.Contains(err.Error(), `sandbox "scripted"`) || !strings.Contains(err.Error(), `"mine"`) {
		t.Errorf("a scenario that is gone: %v", err)
	}
}

// A body that trickles in does not hold a connection for ever, whether somebody reads it
// or not, and the client that is cut off is told why.
func TestTrickledBodies(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, func(c *engine.Config) { c.BodyTime = time.Millisecond }, mocks.All()...)
	for name, tt := range map[string]struct{ path, status string }{
		"read":             {"/fintoc/v1/link_intents", "400"},
		"of no operation":  {"/fintoc/v1/nowhere", "404"},
		"of our own pages": {"/", "404"},
	} {
		for _, length := range []string{"Content-Length: 1000", "Transfer-Encoding: chunked"} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, err = io.WriteString(conn, "POST "+tt.path+" HTTP/1.1\r\nHost: localhost\r\nAuthorization: sk_test_x\r\nContent-Type: application/json\r\n"+length+"\r\n\r\n")
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn) // returns when the server has cut it off
			if err != nil && !errors.Is(err, syscall.ECONNRESET) || !strings.HasPrefix(string(answer), "HTTP/1.1 "+tt.status) {
				t.Errorf("%s, %s: %q, %v", name, length, answer, err)
			}
		}
	}
}

// A client that leaves is no error of ours: nothing of it is in the log.
func TestClientsThatLeave(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...) // fails the test with whatever is logged as an error
	gone, leave := context.WithCancel(context.Background())
	leave()
	for _, path := range []string{"/~gone/fintoc/v1/links", "/~gone/fintoc/w/nobody", "/~gone/_stunt/v1/sessions"} {
		r := httptest.NewRequestWithContext(gone, http.MethodGet, path, nil)
		r.Header.Set("Authorization", "sk_test_x")
		r.Host = "localhost"
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code < 500 {
			t.Errorf("%s answers %d to nobody: %s", path, w.Code, w.Body)
		}
	}
}
