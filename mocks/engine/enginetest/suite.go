// Package enginetest is the suite that every provider passes, and what it is made of: a
// whole server in the test's process and a browser without script.
//
//	Run(t, provider) ─┬─ every served operation answers by its example, valid against its document
//	                  ├─ every problem is said with a documented status
//	                  ├─ every second factor of the provider renders, refuses and accepts
//	                  ├─ the journey by forms alone; tokens are single-use and end with the clock
//	                  ├─ the same name, seed, clock and calls give the same bytes
//	                  ├─ no sandbox sees another
//	                  └─ a store that fails, or a process that ends, leaves nothing untrue or half done
package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/store/storetest"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// Run holds a provider against what the engine promises of every provider. adjust changes
// the settings of the suite's servers: options, say.
func Run(t *testing.T, p engine.Provider, adjust ...func(*engine.Config)) {
	s := newSuite(t, p, adjust)
	s.kept(t)
	t.Run("Declined", s.declinedOperations)
	t.Run("Transitions", s.transitions)
	t.Run("Dialect", s.dialect)
	t.Run("Outages", s.outages)
	t.Run("Kills", s.kills)
}

// RunOn is the part of Run that another store could change. open makes one for each server.
func RunOn(t *testing.T, p engine.Provider, open func() store.Store, adjust ...func(*engine.Config)) {
	newSuite(t, p, append(adjust, func(c *engine.Config) { c.Store = open() })).kept(t)
}

// StrictStore is the store of a backend that makes work hard: it keeps every value as JSON, and
// runs every transaction twice.
func StrictStore() store.Store { return storetest.Rerun(storetest.Encoding(memory.New())) }

func newSuite(t *testing.T, p engine.Provider, adjust []func(*engine.Config)) *suite {
	t.Helper()
	s := &suite{p: p, man: p.Manifest(), adjust: adjust}
	spec, err := s.man.Spec()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range spec.Operations() {
		if s.p.Declined()[op.ID] == "" {
			s.served = append(s.served, op)
		} else {
			s.declined = append(s.declined, op)
		}
	}
	return s
}

// kept are the promises about what a server keeps.
func (s *suite) kept(t *testing.T) {
	t.Run("Operations", s.operations)
	t.Run("Problems", s.problems)
	t.Run("Journey", s.journey)
	t.Run("Challenges", s.challenges)
	t.Run("Accounts", s.accounts)
	t.Run("Endings", s.endings)
	t.Run("SingleUse", s.singleUse)
	t.Run("Expiry", s.expiry)
	t.Run("Rotation", s.rotation)
	t.Run("Revocation", s.revocation)
	t.Run("Webhooks", s.webhooks)
	t.Run("SameBytes", s.sameBytes)
	t.Run("Isolation", s.isolation)
}

type suite struct {
	p        engine.Provider
	man      engine.Manifest
	adjust   []func(*engine.Config)
	served   []*openapi.Operation
	declined []*openapi.Operation
}

// instant is where the suite's clocks stand.
var instant = time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC)

// start runs a server whose wall stands still.
func (s *suite) start(t *testing.T, lib func(scenarios.Vocabulary) *scenarios.Library) *Server {
	t.Helper()
	return Start(t, func(c *engine.Config) {
		c.Wall = func() time.Time { return instant }
		if lib != nil {
			c.Scenarios = lib(engine.Vocabulary(c.Providers))
		}
		for _, f := range s.adjust {
			f(c)
		}
	}, s.p)
}

// driver calls a sandbox whose clock stands still, so that what a call sets off is done when
// it has answered.
func (s *suite) driver(srv *Server, sandbox string) *engine.Driver {
	if sandbox != "" {
		still := true
		if _, err := srv.MoveClock(context.Background(), sandbox, engine.Move{Freeze: &still}); err != nil {
			panic(err)
		}
	}
	return engine.NewDriver(srv.URL, sandbox, s.man)
}

// call calls an operation and fails on any answer that is no 2xx.
func call(t testing.TB, d *engine.Driver, op string) engine.Answer {
	t.Helper()
	a, err := d.Call(context.Background(), op)
	if err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	if v := a.Header.Get(engine.ViolationHeader); v != "" {
		t.Errorf("%s: our answer breaks our document: %s", op, v)
	}
	if a.Status/100 != 2 {
		t.Fatalf("%s answered %d: %s", op, a.Status, a.Body)
	}
	return a
}

// operations walks through the document in its order.
func (s *suite) operations(t *testing.T) {
	t.Parallel()
	d := s.driver(s.start(t, nil), "walk")
	for _, op := range s.served {
		a := call(t, d, op.ID)
		if !strings.HasPrefix(a.Header.Get(engine.RequestHeader), "walk-") {
			t.Errorf("%s: %s is %q", op.ID, engine.RequestHeader, a.Header.Get(engine.RequestHeader))
		}
	}
}

// declinedOperations answer with their reason in a header, in the provider's words.
func (s *suite) declinedOperations(t *testing.T) {
	t.Parallel()
	d := s.driver(s.start(t, nil), "declined")
	spec, _ := s.man.Spec()
	for name, v := range spec.Samples {
		if _, ok := d.Vars[name]; !ok {
			d.Vars[name] = v
		}
	}
	for _, op := range s.declined {
		a, err := d.Call(context.Background(), op.ID)
		if err != nil {
			t.Errorf("%s: %v", op.ID, err)
			continue
		}
		if a.Status/100 != 4 || a.Header.Get(engine.DeclinedHeader) != s.p.Declined()[op.ID] {
			t.Errorf("%s is declined, but answered %d with the reason %q", op.ID, a.Status, a.Header.Get(engine.DeclinedHeader))
		}
	}
}

// problems injects every canonical problem into every served operation.
func (s *suite) problems(t *testing.T) {
	t.Parallel()
	srv := s.start(t, func(v scenarios.Vocabulary) *scenarios.Library {
		files := fstest.MapFS{}
		for _, code := range problem.Codes() {
			var b strings.Builder
			fmt.Fprintf(&b, "scenario: p-%s\ntitle: Every call fails with %s\nabout: For the suite.\nrules:\n", dashed(code), code)
			for _, op := range s.served {
				fmt.Fprintf(&b, "  - on: %s.%s\n    then: {problem: %s, retry_after: 30s}\n", s.man.Name, op.ID, code)
			}
			files["p-"+dashed(code)+".yaml"] = &fstest.MapFile{Data: []byte(b.String())}
		}
		return library(t, v, files)
	})
	for i, op := range s.served {
		d := s.driver(srv, fmt.Sprintf("problems-%d", i))
		call(t, d, op.ID) // whatever it needs is there now
		for _, code := range problem.Codes() {
			d.Headers["Stunt-Scenario"] = "p-" + dashed(code)
			a, err := d.Call(context.Background(), op.ID)
			if err != nil {
				t.Fatalf("%s with %s: %v", op.ID, code, err)
			}
			// 202 is no success: some providers say so that the data is not there yet.
			if a.Status/100 == 2 && a.Status != http.StatusAccepted || !op.Documents(a.Status) {
				t.Errorf("%s with %s answers %d, documented are %v", op.ID, code, a.Status, op.Statuses())
			}
			if a.Header.Get(engine.FaultHeader) != string(code) {
				t.Errorf("%s with %s: the answer is not marked as injected (%s: %q)", op.ID, code, engine.FaultHeader, a.Header.Get(engine.FaultHeader))
			}
			if v := a.Header.Get(engine.ViolationHeader); v != "" {
				t.Errorf("%s with %s: %s", op.ID, code, v)
			}
		}
	}
}

func dashed(code problem.Code) string { return strings.ReplaceAll(string(code), "_", "-") }

func library(t *testing.T, v scenarios.Vocabulary, files fstest.MapFS) *scenarios.Library {
	t.Helper()
	bundled, err := scenarios.Bundled(v)
	if err != nil {
		t.Fatal(err)
	}
	l, err := bundled.LoadDir(files, "suite")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// widget starts a session and opens its page.
func (s *suite) widget(t *testing.T, srv *Server, d *engine.Driver) *Page {
	t.Helper()
	entry, err := d.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return NewBrowser(t, srv.URL).Open(entry)
}

// journeys are the ways to connect: each product, and at each institution each access method.
func (s *suite) journeys(d *engine.Driver) (out []Walk) {
	usual := Walk{Institution: d.Vars["institution"], Username: d.Vars["username"], Password: d.Vars["password"]}
	if len(s.man.MethodsOf(usual.Institution)) == 0 {
		out = append(out, usual)
	}
	for _, i := range s.man.Institutions {
		for _, way := range i.Methods {
			w := usual
			w.Institution, w.Method = i.ID, way.ID
			out = append(out, w)
		}
	}
	return out
}

// journey connects by forms alone and leaves for the app: by each product and access method,
// in each language. A provider without a hosted page has had its journey in operations.
func (s *suite) journey(t *testing.T) {
	t.Parallel()
	if !s.man.HasPages() {
		return
	}
	srv := s.start(t, nil)
	for _, lang := range s.man.Languages {
		for n, entry := range s.man.Entries {
			for i, w := range s.journeys(s.driver(srv, "")) {
				d := s.driver(srv, fmt.Sprintf("journey-%s-%d-%d", lang, n, i))
				d.Product = entry.Product
				w.Look = s.speaks(t, lang)
				where := fmt.Sprintf("product %q, %s, access method %q, in %s", entry.Product, w.Institution, w.Method, lang)
				p := s.widget(t, srv, d)
				p = w.Through(t, w.Login(t, p.In(lang)))
				if p.State() != "success" {
					t.Errorf("%s: the page shows %q with error %q (left for %q), want success", where, p.State(), p.Error(), p.Left)
					continue
				}
				if p = p.Click("success-finish"); p.Left == "" {
					t.Errorf("%s: the finished widget stays at %s in state %q: where is the way back to the app?", where, p.URL, p.State())
				}
			}
		}
	}
}

// speaks looks whether a page is in a language.
func (s *suite) speaks(t *testing.T, lang string) func(*Page) {
	return func(p *Page) {
		t.Helper()
		if p.Doc == nil {
			return
		}
		if got := p.Doc.Find("html").AttrOr("lang", ""); got != lang {
			t.Errorf("the page %s in state %q is in %q, want %q", p.URL, p.State(), got, lang)
		}
		if title := strings.TrimSpace(p.Doc.Find("h1").First().Text()); title == "" {
			t.Errorf("the page %s in state %q has no heading in %q", p.URL, p.State(), lang)
		}
	}
}

// exchange finds the operation that spends a token.
func (s *suite) exchange() *openapi.Operation {
	for _, op := range s.served {
		if op.Op == "token.exchange" {
			return op
		}
	}
	return nil
}

// singleUse exchanges twice.
func (s *suite) singleUse(t *testing.T) {
	t.Parallel()
	if s.exchange() == nil || s.man.Tokens[grant.Exchange].Rules.Uses != 1 {
		return
	}
	d := s.driver(s.start(t, nil), "twice")
	call(t, d, s.exchange().ID)
	if a, err := d.Call(context.Background(), s.exchange().ID); err != nil || a.Status/100 == 2 {
		t.Errorf("a spent token works again: %d %v", a.Status, err)
	}
}

// expiry moves the clock to just before and just behind the end of a token.
func (s *suite) expiry(t *testing.T) {
	t.Parallel()
	ttl := s.man.Tokens[grant.Exchange].Rules.TTL
	if s.exchange() == nil || ttl == 0 {
		return
	}
	srv := s.start(t, nil)
	for name, c := range map[string]struct {
		wait time.Duration
		ok   bool
	}{"before": {ttl - time.Second, true}, "behind": {ttl, false}} {
		d := s.driver(srv, "expiry-"+name)
		handle := openSession(t, d)
		if err := d.Finish(context.Background(), handle); err != nil {
			t.Fatal(err)
		}
		to := instant.Add(c.wait)
		if _, err := srv.MoveClock(context.Background(), "expiry-"+name, engine.Move{Set: &to}); err != nil {
			t.Fatal(err)
		}
		a, err := d.Call(context.Background(), s.exchange().ID)
		if err != nil || (a.Status/100 == 2) != c.ok {
			t.Errorf("%s %s: the exchange answers %d %v", c.wait, name, a.Status, err)
		}
	}
}

func openSession(t *testing.T, d *engine.Driver) string {
	t.Helper()
	if _, err := d.Begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	handle, err := d.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return handle
}

// sameBytes walks twice on two servers and compares every answer.
func (s *suite) sameBytes(t *testing.T) {
	t.Parallel()
	walk := func() []string {
		d := s.driver(s.start(t, nil), "same")
		var out []string
		for _, op := range s.served {
			a := call(t, d, op.ID)
			// The address of the server is another one each time.
			body := bytes.ReplaceAll(a.Body, []byte(d.Base), nil)
			out = append(out, op.ID+" "+a.Header.Get(engine.RequestHeader)+" "+string(body))
		}
		return append(out, fmt.Sprint(d.Vars))
	}
	one, two := walk(), walk()
	for i := range one {
		if one[i] != two[i] {
			t.Errorf("the same calls give other bytes:\n%.600s\n%.600s", one[i], two[i])
		}
	}
}

// isolation shows that what one sandbox made is not found in another, and that two
// sandboxes never mint the same.
func (s *suite) isolation(t *testing.T) {
	t.Parallel()
	srv := s.start(t, nil)
	mine, theirs := s.driver(srv, "mine"), s.driver(srv, "theirs")
	for _, d := range []*engine.Driver{mine, theirs} {
		for _, op := range s.served {
			if !op.Is("connection.delete") && !op.Is("token.revoke") {
				call(t, d, op.ID)
			}
		}
	}
	for name, v := range mine.Vars {
		if theirs.Vars[name] == v && s.man.Samples[name] == "" && strings.Contains(name, "token") {
			t.Errorf("two sandboxes have the same ${%s}: %s", name, v)
		}
	}
	foreign := s.driver(srv, "theirs")
	foreign.Vars = maps.Clone(mine.Vars)
	for _, op := range s.served {
		needs := slices.ContainsFunc(op.Example.Needs(), func(n string) bool { return s.man.Samples[n] == "" })
		unknown := slices.ContainsFunc(op.Example.Needs(), func(n string) bool { _, known := foreign.Vars[n]; return !known })
		if !needs || unknown { // it would make what it needs
			continue
		}
		if a, err := foreign.Call(context.Background(), op.ID); err != nil || a.Status/100 == 2 {
			t.Errorf("%s finds in one sandbox what another made: %d %v", op.ID, a.Status, err)
		}
	}
	// Without a sandbox the ids themselves say where they belong.
	unnamed := s.driver(srv, "")
	unnamed.Vars = maps.Clone(mine.Vars)
	for _, op := range s.served {
		if op.Op == "accounts.list" {
			if a := call(t, unnamed, op.ID); !strings.HasPrefix(a.Header.Get(engine.RequestHeader), "mine-") {
				t.Errorf("a token of sandbox mine was answered by %s", a.Header.Get(engine.RequestHeader))
			}
		}
	}
}

// dialect asks for what is not there.
func (s *suite) dialect(t *testing.T) {
	t.Parallel()
	srv := s.start(t, nil)
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "/no/such/path"}, {http.MethodDelete, s.served[0].Path},
	} {
		req, err := http.NewRequest(c.method, srv.URL+"/"+s.man.Name+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode/100 != 4 || res.Header.Get("Content-Type") != s.man.MediaType {
			t.Errorf("%s %s answers %d in %q", c.method, c.path, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
}
