package fintoc_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
)

// Under a clock that stands still a refresh that ends at once has ended when its call is
// answered, no webhook comes before that answer, and no call's id depends on how fast the
// webhooks beside it are: also where many apps work at once on a server that sends them.
func TestFrozenClockSettles(t *testing.T) {
	t.Parallel()
	var answered sync.Map // what was written to the client, by the id of a refresh
	var told atomic.Int64
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told.Add(1)
		if id, ok := between(string(body), `"id":"ri_`, `"`); ok {
			if _, ok := answered.Load("ri_" + id); !ok {
				t.Errorf("the webhook of ri_%s overtook the answer of its call", id)
			}
		}
	}))
	defer app.Close()
	srv := enginetest.StartAtNoon(t, fintoc.New(), func(c *engine.Config) {
		c.Options = map[string]string{"fintoc.webhook_url": app.URL}
	})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		srv.ServeHTTP(&noting{w, &answered}, r)
	}))
	defer front.Close()
	srv = &enginetest.Server{Server: srv.Server, URL: front.URL}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { srv.Run(ctx) })
	defer running.Wait()
	defer stop()
	const apps, rounds = 24, 6
	ids := make([][]string, apps)
	var work sync.WaitGroup
	for n := range apps {
		work.Go(func() {
			name := fmt.Sprintf("app-%d", n)
			k := (&kit{t: t, srv: srv, key: "sk_test_kit"}).in(name)
			enginetest.Send(t, "POST", srv.URL+"/~"+name+"/_stunt/v1/clock", map[string]any{"freeze": true})
			link := k.connect("41614850-3")
			for range rounds {
				a := k.call("POST", "/v1/refresh_intents", map[string]any{"link_token": link.token, "refresh_type": "only_last", "result_status": "failed"})
				seen := k.get("/v1/refresh_intents/" + a.Text("id") + "?link_token=" + link.token)
				if seen.Text("status") != "failed" {
					t.Errorf("%s: a refresh that ends at once is %q to the next call", name, seen.Text("status"))
				}
				for _, got := range []answer{a, seen} {
					ids[n] = append(ids[n], strings.TrimPrefix(got.Header.Get(engine.RequestHeader), name))
				}
			}
		})
	}
	work.Wait()
	for n := range ids {
		if fmt.Sprint(ids[n]) != fmt.Sprint(ids[0]) {
			t.Errorf("the same calls have the ids %v in one sandbox and %v in another", ids[0], ids[n])
		}
	}
	for n := range apps {
		if _, err := srv.Drain(t.Context(), fmt.Sprintf("app-%d", n)); err != nil {
			t.Error(err)
		}
	}
	if told.Load() == 0 {
		t.Error("no webhook came")
	}
}

// noting notes which refreshes it has written of.
type noting struct {
	http.ResponseWriter
	of *sync.Map
}

func (n *noting) Write(b []byte) (int, error) {
	if id, ok := between(string(b), `"id":"ri_`, `"`); ok {
		n.of.Store("ri_"+id, true)
	}
	return n.ResponseWriter.Write(b)
}

// Flush sends what was written.
func (n *noting) Flush() { n.ResponseWriter.(http.Flusher).Flush() }

// between is the text between two others.
func between(text, from, to string) (string, bool) {
	_, rest, ok := strings.Cut(text, from)
	if !ok {
		return "", false
	}
	inner, _, ok := strings.Cut(rest, to)
	return inner, ok
}

// A receiver that the scenario behind a user name sets is signed for with the secret that the
// same scenario sets, also where no call is under way.
func TestScenarioSetsTheReceiverAndItsSecret(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	h.secret = "whsec_of_the_scenario"
	k := newKit(t, enginetest.Scripted(map[string]string{
		"own-receiver": "options: {fintoc: {webhook_url: \"" + h.url + "\", webhook_secret: whsec_of_the_scenario}}\n",
	}))
	link := k.connect("41614850-3+own-receiver")
	k.want(k.call("POST", "/v1/refresh_intents", map[string]any{"link_token": link.token, "refresh_type": "only_last"}), 201, "")
	k.advance(0)
	if _, err := k.srv.Drain(t.Context(), k.sandbox); err != nil {
		t.Fatal(err)
	}
	if len(h.events()) == 0 {
		t.Error("the receiver of the scenario heard nothing of the refresh")
	}
}
