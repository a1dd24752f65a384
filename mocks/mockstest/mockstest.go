// Package mockstest runs the whole simulator inside a Go test: every provider, widget
// pages, webhooks and clocks, on a port of its own, with every answer held against its
// document.
//
//	srv := mockstest.Start(t)                 // one for a package, or one for each test
//	sb := srv.Sandbox(t)                      // a world of the test's own
//	app := newApp(sb.URL("fintoc"))           // your code, with its base URL
//	link := sb.Connect("fintoc")              // a connected user, without a widget
//	sb.Clock().Advance("30d")                 // what falls due on the way happens, webhooks too
//	sb.Deliveries()                           // what was sent to you
//	sb.Journal(mockstest.Filter{})            // what you called, and why you got the answer
//
// Nothing here waits for wall time: a move of the clock and a drain return when all is
// done.
package mockstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/scenarios"
)

// TB is what is needed of a *testing.T or *testing.B. Everything that goes wrong ends the
// test with a sentence that names the fix.
type TB = enginetest.TB

// Delivery is a webhook with its attempts; Body is as it was sent.
type Delivery = webhook.Delivery

// Entry is one thing that happened in a sandbox.
type Entry = journal.Entry

// Filter chooses entries of the journal; its zero value chooses all.
type Filter = journal.Filter

// Option changes the server.
type Option func(*settings)

type settings struct {
	cfg engine.Config
	dir string
}

// WithOption sets an option of a provider for every sandbox: "fintoc.until", "inclusive".
func WithOption(name, value string) Option {
	return func(s *settings) {
		if s.cfg.Options == nil {
			s.cfg.Options = map[string]string{}
		}
		s.cfg.Options[name] = value
	}
}

// WithScenario chooses the scenario of every sandbox that sets none.
func WithScenario(name string) Option { return func(s *settings) { s.cfg.Scenario = name } }

// WithScenarios adds the *.yaml files of a folder to the ready-made scenarios.
func WithScenarios(dir string) Option { return func(s *settings) { s.dir = dir } }

// Server is a running simulator.
type Server struct {
	URL string // http://127.0.0.1:port

	s       *engine.Server
	secrets []*regexp.Regexp
	n       atomic.Int64
}

// Start runs a server until the test ends. Webhooks go out by themselves, to this machine
// and its private networks only. An answer of the simulator that breaks its document
// fails the test.
func Start(t TB, options ...Option) *Server {
	t.Helper()
	var set settings
	for _, o := range options {
		o(&set)
	}
	providers := mocks.All()
	if set.dir != "" {
		library, err := scenarios.Bundled(engine.Vocabulary(providers))
		if err == nil {
			library, err = library.LoadDir(os.DirFS(set.dir), set.dir)
		}
		if err != nil {
			t.Fatalf("mockstest: %v", err)
		}
		set.cfg.Scenarios = library
	}
	srv := enginetest.Start(t, func(c *engine.Config) {
		c.Options, c.Scenario, c.Scenarios = set.cfg.Options, set.cfg.Scenario, set.cfg.Scenarios
	}, providers...)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { srv.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	out := &Server{URL: srv.URL, s: srv.Server}
	for _, man := range srv.Providers() {
		if man.Secrets != nil {
			out.secrets = append(out.secrets, man.Secrets)
		}
	}
	return out
}

// Sandbox is one world of a server, of which the test is alone the master.
type Sandbox struct {
	Name string

	t   TB
	srv *Server
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// Sandbox makes a world for a test. It ends with the test.
func (s *Server) Sandbox(t TB) *Sandbox {
	t.Helper()
	name := strings.Trim(unfit.ReplaceAllString(strings.ToLower(t.Name()), "-"), "-")
	name = strings.Trim(fmt.Sprintf("%.30s", name), "-") + fmt.Sprintf("-%d", s.n.Add(1))
	sb := &Sandbox{Name: name, t: t, srv: s}
	sb.call(http.MethodPost, "/v1/sandboxes", map[string]string{"name": name}, nil)
	t.Cleanup(func() { _ = s.s.Delete(context.Background(), name) }) // gone already is as well
	return sb
}

// URL is the base URL of a provider in this sandbox, in place of the real host: what
// your code is configured with.
func (s *Sandbox) URL(provider string) string {
	s.t.Helper()
	s.known(provider)
	return s.srv.URL + "/~" + s.Name + "/" + provider
}

// Sample gives a value that works at once: "secret_key", "username", "password".
func (s *Sandbox) Sample(provider, name string) string {
	s.t.Helper()
	man := s.known(provider)
	v, ok := man.Samples[name]
	if !ok {
		s.t.Fatalf("mockstest: %s has no sample %q", provider, name)
	}
	return v
}

func (s *Sandbox) known(provider string) engine.Manifest {
	s.t.Helper()
	man, _, ok := s.srv.s.Provider(provider)
	if !ok {
		var names []string
		for _, man := range s.srv.s.Providers() {
			names = append(names, man.Name)
		}
		s.t.Fatalf("mockstest: no provider is called %q: use one of %s", provider, strings.Join(names, ", "))
	}
	return man
}

// UseScenario chooses the scenario of the sandbox for what begins from now on.
func (s *Sandbox) UseScenario(name string) {
	s.t.Helper()
	s.call(http.MethodPut, "/v1/sandboxes/"+s.Name+"/scenario", map[string]string{"scenario": name}, nil)
}

// Set sets an option of a provider in the sandbox: "fintoc.until", "inclusive".
func (s *Sandbox) Set(option, value string) {
	s.t.Helper()
	s.call(http.MethodPut, "/v1/sandboxes/"+s.Name+"/options", map[string]string{option: value}, nil)
}

// Connection is a user's lasting connection. Secrets holds what the provider shows once:
// a link token, say.
type Connection struct {
	ID      string            `json:"id"`
	State   string            `json:"state"`
	Secrets map[string]string `json:"secrets"`
}

// Login is who connects, and how. Zero fields are the provider's samples, and right
// answers.
type Login struct {
	Institution string   `json:"institution,omitempty"`
	Username    string   `json:"username,omitempty"` // a "+scenario" behind it chooses a scenario
	Password    string   `json:"password,omitempty"`
	Answers     any      `json:"answers,omitempty"` // "right", or one item for each challenge
	Accounts    []string `json:"accounts,omitempty"`
}

// Connect connects the provider's sample user without a widget, as its dashboard does.
func (s *Sandbox) Connect(provider string) Connection {
	s.t.Helper()
	return s.ConnectAs(provider, Login{}, nil)
}

// ConnectAs connects a user without a widget. params are what the provider's start call
// would have said.
func (s *Sandbox) ConnectAs(provider string, as Login, params map[string]string) Connection {
	s.t.Helper()
	body := struct {
		Provider string            `json:"provider"`
		Params   map[string]string `json:"params,omitempty"`
		Login
	}{provider, params, as}
	var out Connection
	s.call(http.MethodPost, "/v1/connections", body, &out)
	return out
}

// Driven is where a widget has come.
type Driven struct {
	Step     string            // consent … succeeded, failed, cancelled, expired
	Problem  string            // why it stands or failed, in the canonical words
	HandBack map[string]string // what the last page hands to the app: an exchange token, say
}

// Drive opens the address of a widget and walks through its pages as a user would,
// without a browser.
func (s *Sandbox) Drive(widgetURL string, as Login) Driven {
	s.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(widgetURL)
	if err != nil {
		s.t.Fatalf("mockstest: %v", err)
	}
	defer res.Body.Close()
	_, handle, ok := strings.Cut(res.Header.Get("Location"), "/w/")
	if !ok {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 400))
		s.t.Fatalf("mockstest: %s answered %d and opens no session: %s", widgetURL, res.StatusCode, body)
	}
	man := engine.Manifest{}
	for _, m := range s.srv.s.Providers() {
		if strings.Contains(widgetURL, "/"+m.Name+"/") {
			man = m
		}
	}
	if as.Username == "" {
		as.Username = man.Samples["username"]
	}
	if as.Password == "" {
		as.Password = man.Samples["password"]
	}
	if as.Answers == nil {
		as.Answers = "right"
	}
	var out struct {
		Session struct {
			Step    string `json:"step"`
			Trouble *struct {
				Code string `json:"code"`
			} `json:"trouble"`
		} `json:"session"`
		HandBack map[string]string `json:"hand_back_query"`
	}
	s.call(http.MethodPost, "/v1/sessions/"+handle+"/drive", as, &out)
	d := Driven{Step: out.Session.Step, HandBack: out.HandBack}
	if out.Session.Trouble != nil {
		d.Problem = out.Session.Trouble.Code
	}
	return d
}

// Break sets the state of a connection as the bank or its user would: "login_required",
// "revoked", "consent_expired", or "active" again. The app is told.
func (s *Sandbox) Break(connection, state string) {
	s.t.Helper()
	s.call(http.MethodPut, "/v1/connections/"+connection+"/state", map[string]string{"state": state}, nil)
}

// Code gives the newest code that was sent to a user of the sandbox.
func (s *Sandbox) Code() string {
	s.t.Helper()
	var out struct {
		Messages []struct {
			Code string `json:"code"`
		} `json:"messages"`
	}
	s.call(http.MethodGet, "/v1/inbox", nil, &out)
	if len(out.Messages) == 0 {
		s.t.Fatalf("mockstest: no code was sent in the sandbox %s", s.Name)
	}
	return out.Messages[len(out.Messages)-1].Code
}

// Clock is the sandbox's.
func (s *Sandbox) Clock() Clock { return Clock{s} }

// Clock moves the time of a sandbox. A test begins with the wall's.
type Clock struct{ s *Sandbox }

// Freeze stops the clock at an instant.
func (c Clock) Freeze(at time.Time) {
	c.s.t.Helper()
	stop := true
	for _, mv := range []engine.Move{{Set: &at}, {Freeze: &stop}} {
		if _, err := c.s.srv.s.MoveClock(context.Background(), c.s.Name, mv); err != nil {
			c.s.t.Fatalf("mockstest: %v", err)
		}
	}
}

// Advance moves the clock forward by "90d", "2h" or "1mo" and carries out what falls due
// on the way, each at its own instant. It returns when all is done, webhooks included.
func (c Clock) Advance(span string) {
	c.s.t.Helper()
	parsed, err := scenarios.ParseSpan(span)
	if err != nil {
		c.s.t.Fatalf("mockstest: %v", err)
	}
	moved, err := c.s.srv.s.MoveClock(context.Background(), c.s.Name, engine.Move{Advance: &parsed})
	switch {
	case err != nil:
		c.s.t.Fatalf("mockstest: %v", err)
	case moved.Remaining:
		c.s.t.Fatalf("mockstest: the clock came to %s only: too much is due, or a receiver is slow; advance in smaller steps", moved.Now)
	}
}

// Now is the sandbox's time.
func (c Clock) Now() time.Time {
	c.s.t.Helper()
	sb, err := c.s.srv.s.Sandbox(context.Background(), c.s.Name)
	if err != nil {
		c.s.t.Fatalf("mockstest: %v", err)
	}
	return sb.Now(c.s.srv.s.Wall())
}

// Drain delivers what is due now, and tries again once what waits for its next attempt.
// It returns when that is done.
func (s *Sandbox) Drain() {
	s.t.Helper()
	if _, err := s.srv.s.Drain(context.Background(), s.Name); err != nil {
		s.t.Fatalf("mockstest: %v", err)
	}
}

// Deliveries lists the webhooks of the sandbox after a drain, oldest first, those that
// nobody listened to included.
func (s *Sandbox) Deliveries() []Delivery {
	s.t.Helper()
	s.Drain()
	out, err := s.srv.s.Deliveries(context.Background(), s.Name)
	if err != nil {
		s.t.Fatalf("mockstest: %v", err)
	}
	return out
}

// Journal lists what happened in the sandbox, oldest first, with secrets masked.
func (s *Sandbox) Journal(f Filter) []Entry {
	s.t.Helper()
	entries, _ := s.srv.s.Journal().Ring(s.Name).List(f)
	for i := range entries {
		entries[i] = entries[i].Mask(s.srv.secrets...)
	}
	return entries
}

// call calls the control API and fails the test on a problem.
func (s *Sandbox) call(method, path string, body, out any) {
	s.t.Helper()
	var r io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatalf("mockstest: %v", err)
		}
		r = bytes.NewReader(text)
	}
	prefix := "/~" + s.Name
	if path == "/v1/sandboxes" {
		prefix = ""
	}
	req, err := http.NewRequest(method, s.srv.URL+prefix+"/"+engine.ControlName+path, r)
	if err != nil {
		s.t.Fatalf("mockstest: %v", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := enginetest.Client.Do(req)
	if err != nil {
		s.t.Fatalf("mockstest: %v", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 == 2 && out != nil {
		err = json.Unmarshal(answer, out)
	}
	if err != nil || res.StatusCode/100 != 2 {
		s.t.Fatalf("mockstest: %s %s answered %d: %s%v", method, path, res.StatusCode, problemOf(answer), printable(err))
	}
}

// problemOf is the sentence of a problem.
func problemOf(answer []byte) string {
	var p struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &p) == nil && p.Error.Message != "" {
		return p.Error.Message
	}
	return string(answer)
}

func printable(err error) string {
	if err == nil {
		return ""
	}
	return " " + err.Error()
}
