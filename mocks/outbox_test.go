package mocks_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// alive is a server that carries out by itself what falls due, as serve does.
func alive(t *testing.T, adjust func(*engine.Config)) *enginetest.Server {
	t.Helper()
	srv := enginetest.Start(t, adjust, mocks.All()...)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { srv.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return srv
}

// say calls the control API of a sandbox and decodes its answer.
func say(t *testing.T, srv *enginetest.Server, sandbox, method, path, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequest(method, srv.URL+"/~"+sandbox+"/_stunt/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := enginetest.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if res.StatusCode/100 != 2 {
		t.Fatalf("%s %s answered %d: %v", method, path, res.StatusCode, out)
	}
	return out
}

// connected makes a connection whose webhooks go to a receiver.
func connected(t *testing.T, srv *enginetest.Server, sandbox, receiver string) string {
	t.Helper()
	if receiver != "" {
		say(t, srv, sandbox, "PUT", "/sandboxes/"+sandbox+"/options", `{"fintoc.webhook_url":"`+receiver+`"}`)
	}
	return say(t, srv, sandbox, "POST", "/connections", `{"provider":"fintoc"}`)["id"].(string)
}

func target(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// A signature holds for its body and its receiver, and for as long as clients take it.
func TestCheckSignature(t *testing.T) {
	t.Parallel()
	var wall atomic.Int64
	wall.Store(time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC).Unix())
	srv := enginetest.Start(t, func(c *engine.Config) {
		c.Wall = func() time.Time { return time.Unix(wall.Load(), 0).UTC() }
	}, mocks.All()...)
	type arrival struct {
		header http.Header
		body   []byte
	}
	arrived := make(chan arrival, 100)
	conn := connected(t, srv, "signed", target(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- arrival{r.Header, body}
	}))
	say(t, srv, "signed", "PUT", "/connections/"+conn+"/state", `{"state":"login_required"}`)
	say(t, srv, "signed", "POST", "/deliveries/drain", "")
	a := <-arrived
	begin := wall.Load()
	check := func(what string, ok bool, sandbox string, age int64, header http.Header, body []byte) {
		t.Helper()
		wall.Store(begin + age)
		if err := srv.CheckSignature(context.Background(), sandbox, "fintoc", header, body); (err == nil) != ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("at once", true, "signed", 0, a.header, a.body)
	check("after five minutes", true, "signed", 299, a.header, a.body)
	check("after more", false, "signed", 300, a.header, a.body)
	check("before it was sent", false, "signed", -1, a.header, a.body)
	check("another body", false, "signed", 0, a.header, append(slices.Clone(a.body), ' '))
	check("no header", false, "signed", 0, http.Header{}, a.body)
	check("no sandbox", false, "nobody", 0, a.header, a.body)
	say(t, srv, "signed", "PUT", "/sandboxes/signed/options", `{"fintoc.webhook_secret":"whsec_other"}`)
	check("another secret", false, "signed", 0, a.header, a.body)
}

// Nobody moves a clock: webhooks go out as soon as they are written, and a retry when
// its time comes.
func TestWebhooksGoOutByThemselves(t *testing.T) {
	t.Parallel()
	srv := alive(t, nil)
	var n atomic.Int64
	id := connected(t, srv, "live", target(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 1 {
			w.WriteHeader(500)
		}
	}))
	say(t, srv, "live", "POST", "/clock", `{"rate":86400}`) // three seconds of the provider's are 35 µs
	say(t, srv, "live", "PUT", "/connections/"+id+"/state", `{"state":"login_required"}`)
	got := say(t, srv, "live", "GET", "/deliveries?wait=1&state=delivered&event=connection.login_required", "")
	attempts := got["deliveries"].([]any)[0].(map[string]any)["attempts"].([]any)
	if len(attempts) != 2 {
		t.Errorf("delivered after %d attempts", len(attempts))
	}
}

// A clock that stands still holds back retries, not first attempts.
func TestFrozenClockDelivers(t *testing.T) {
	t.Parallel()
	srv := alive(t, nil)
	tried := make(chan struct{}, 10)
	id := connected(t, srv, "frozen", target(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(503)
		tried <- struct{}{}
	}))
	say(t, srv, "frozen", "POST", "/clock", `{"freeze":true}`)
	say(t, srv, "frozen", "PUT", "/connections/"+id+"/state", `{"state":"login_required"}`)
	<-tried
	say(t, srv, "frozen", "POST", "/clock", `{"advance":"2999ms"}`)
	if n := len(tried); n != 0 {
		t.Errorf("before its time it was tried %d times more", n)
	}
	say(t, srv, "frozen", "POST", "/clock", `{"advance":"1ms"}`)
	if n := len(tried); n != 1 {
		t.Errorf("at its time it was tried %d times more", n)
	}
	drained := say(t, srv, "frozen", "POST", "/deliveries/drain", "")
	if n := len(tried); n != 2 || drained["pending"] != 1.0 {
		t.Errorf("drained, it was tried %d times more: %v", n-1, drained)
	}
}

// A receiver that never answers holds up nobody but itself: not another receiver of the
// sandbox, not another sandbox, not the calls of the app.
func TestHangingReceiver(t *testing.T) {
	t.Parallel()
	srv := alive(t, nil)
	release := make(chan struct{})
	hung := make(chan struct{}, 1)
	hanging := target(t, func(http.ResponseWriter, *http.Request) {
		select {
		case hung <- struct{}{}:
		default:
		}
		<-release
	})
	t.Cleanup(func() { close(release) }) // before the receiver closes
	ok := target(t, func(http.ResponseWriter, *http.Request) {})
	id := connected(t, srv, "a", hanging)
	d := engine.NewDriver(srv.URL, "a", mocks.All()[0].Manifest())
	d.Vars["hook"] = ok
	body := `{"url":"` + ok + `","enabled_events":["link.credentials_changed"]}`
	req, _ := http.NewRequest("POST", srv.URL+"/~a/fintoc/v1/webhook_endpoints", strings.NewReader(body))
	req.Header.Set("Authorization", d.Vars["secret_key"])
	req.Header.Set("Content-Type", "application/json")
	res, err := enginetest.Client.Do(req)
	if err != nil || res.StatusCode != 201 {
		t.Fatal(res, err)
	}
	res.Body.Close()
	say(t, srv, "a", "PUT", "/connections/"+id+"/state", `{"state":"login_required"}`)
	<-hung // one is stuck now
	say(t, srv, "a", "GET", "/deliveries?wait=1&state=delivered", "")
	other := connected(t, srv, "b", ok)
	say(t, srv, "b", "PUT", "/connections/"+other+"/state", `{"state":"login_required"}`)
	say(t, srv, "b", "GET", "/deliveries?wait=1&state=delivered", "")
}

// When the server stops, what is under way is finished and written.
func TestStoppingFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		srv.Run(ctx)
	}()
	begun, release := make(chan struct{}), make(chan struct{})
	id := connected(t, srv, "stop", target(t, func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-release
	}))
	say(t, srv, "stop", "PUT", "/connections/"+id+"/state", `{"state":"login_required"}`)
	<-begun
	stop()
	close(release)
	<-ended
	all, err := srv.Deliveries(context.Background(), "stop")
	if err != nil || all[len(all)-1].State != webhook.Delivered {
		t.Errorf("%+v %v", all, err)
	}
}

// A sandbox keeps a bounded number of deliveries: done ones go first, and an undelivered
// one is only given up aloud.
func TestDeliveriesAreBounded(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	trigger := func(n int) {
		t.Helper()
		d := engine.NewDriver(srv.URL, "many", mocks.All()[0].Manifest())
		for range n {
			if a, err := d.Call(context.Background(), "triggerEvent"); err != nil || a.Status != 201 {
				t.Fatal(a.Status, err)
			}
		}
	}
	trigger(1)
	say(t, srv, "many", "PUT", "/sandboxes/many/options", `{"fintoc.webhook_url":"http://127.0.0.1:9/"}`)
	trigger(2001)
	all, err := srv.Deliveries(context.Background(), "many")
	if err != nil || len(all) != 2000 {
		t.Fatalf("%d deliveries %v", len(all), err)
	}
	if i := slices.IndexFunc(all, func(d webhook.Delivery) bool { return d.State != webhook.Pending }); i >= 0 {
		t.Errorf("a finished one is kept at the cost of one that waits: %+v", all[i])
	}
	said := say(t, srv, "many", "GET", "/journal?kind=notice", "")
	if n := len(said["entries"].([]any)); n != 1 {
		t.Errorf("it was said %d times that webhooks are lost", n)
	}
	due := 0
	for _, d := range all {
		if !d.Due.IsZero() {
			due++
		}
	}
	if due != 1 || all[0].Due.IsZero() {
		t.Errorf("%d deliveries of one lane are due, the first at %s", due, all[0].Due)
	}
}

// What comes of opening widgets and walking away: a bounded number of sessions, which
// time takes away, and a server that goes on.
func TestAbandonedWidgets(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)
	srv := enginetest.Start(t, func(c *engine.Config) { c.Wall = func() time.Time { return at } }, mocks.All()...)
	man := mocks.All()[0].Manifest()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 125 {
				d := engine.NewDriver(srv.URL, "left-"+strconv.Itoa(w), man)
				if _, err := d.Begin(context.Background()); err != nil {
					t.Error(i, err)
					return
				}
				if _, err := d.Open(context.Background()); err != nil {
					t.Error(i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	for w := range 8 {
		name := "left-" + strconv.Itoa(w)
		all, err := srv.Sessions(context.Background(), name)
		if err != nil || len(all) != 125 {
			t.Errorf("%s has %d sessions (%v)", name, len(all), err)
		}
		to := at.Add(48 * time.Hour)
		if _, err := srv.MoveClock(context.Background(), name, engine.Move{Set: &to}); err != nil {
			t.Fatal(err)
		}
		if all, _ = srv.Sessions(context.Background(), name); len(all) != 0 {
			t.Errorf("two days later %s has %d sessions", name, len(all))
		}
	}
}

// Ten thousand sandboxes are what a server takes; one more is refused with the way out,
// and every one of them works.
func TestTenThousandSandboxes(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	ctx := context.Background()
	for i := range 10_000 {
		if _, err := srv.Enter(ctx, "s"+strconv.Itoa(i)); err != nil {
			t.Fatal(i, err)
		}
	}
	res, body := get(t, srv.URL+"/~onemore/fintoc/v1/links", "", "Authorization", "sk_test_x")
	if res.StatusCode != 429 {
		t.Errorf("one more answers %d %s", res.StatusCode, body)
	}
	linkToken(t, srv, "s9999")
	if err := srv.Delete(ctx, "s0"); err != nil {
		t.Fatal(err)
	}
	if res, body := get(t, srv.URL+"/~onemore/fintoc/v1/links", "", "Authorization", "sk_test_x"); res.StatusCode != 200 {
		t.Errorf("with room for it, it answers %d %s", res.StatusCode, body)
	}
}

// A token that works once works once, however many ask at the same time.
func TestConcurrentExchanges(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	d := engine.NewDriver(srv.URL, "race", mocks.All()[0].Manifest())
	if _, err := d.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	handle, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(t.Context(), handle); err != nil {
		t.Fatal(err)
	}
	statuses := make(chan int, 100)
	for range 100 {
		go func() {
			res, _ := get(t, srv.URL+"/~race/fintoc/v1/links/exchange?exchange_token="+d.Vars["exchange_token"], "", "Authorization", d.Vars["secret_key"])
			statuses <- res.StatusCode
		}()
	}
	count := map[int]int{}
	for range 100 {
		count[<-statuses]++
	}
	if count[200] != 1 || count[401] != 99 {
		t.Errorf("statuses: %v", count)
	}
}

// Whoever asks why a call failed hears what broke the connection, and when.
func TestWhyNamesWhatBrokeAConnection(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, nil, mocks.All()...)
	id := connected(t, srv, "broken", "")
	said := func() string {
		t.Helper()
		get(t, srv.URL+"/~broken/fintoc/v1/links/"+id, "", "Authorization", "sk_test_x")
		entries := say(t, srv, "broken", "GET", "/journal?operation=connection.get", "")["entries"].([]any)
		last := entries[len(entries)-1].(map[string]any)
		if last["connection"] != id {
			t.Errorf("the entry is about %v", last["connection"])
		}
		text, _ := json.Marshal(last["notes"])
		return string(text)
	}
	if notes := said(); notes != "[]" {
		t.Errorf("of a connection that works it says %s", notes)
	}
	say(t, srv, "broken", "PUT", "/connections/"+id+"/state", `{"state":"login_required"}`)
	if notes := said(); !strings.Contains(notes, "login_required since") || !strings.Contains(notes, "by the control API, in broken-") {
		t.Errorf("of one that is broken it says %s", notes)
	}
}
