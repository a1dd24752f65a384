package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
	"github.com/stuntbank/stuntbank/web"
)

// Config is what a server is made of. Zero fields have defaults, but for Providers
// and Store.
type Config struct {
	Providers []Provider // those imitated, and the control API
	Store     store.Store
	Wall      clock.Wall                                 // default: the system's clock
	Sleep     func(context.Context, time.Duration) error // default: really waits (scripted latency)
	Scenarios *scenarios.Library                         // default: the bundled ones
	Scenario  string                                     // of sandboxes that set none; default: happy
	Seed      *uint64                                    // of new sandboxes; default: from the name
	Key       *grant.Key                                 // behind ids and tokens; default: a constant, so that runs repeat
	Contract  openapi.Mode
	Options   map[string]string // "provider.option" -> value, for every sandbox
	PublicURL string            // what browsers are told; default: the request's own
	Control   string            // token of the control API; empty: none
	Trusted   []netip.Prefix    // proxies whose X-Forwarded-* count; default: loopback
	Sandboxes int               // most sandboxes at a time; default 10,000
	Idle      time.Duration     // wall time after which an unused sandbox ends; default a day
	BodyLimit int64             // bytes of a request body; default 1 MiB
	Sender    *webhook.Sender   // of webhooks; default: to this machine and its private networks
	BodyTime  time.Duration     // wall time that a client may take to send a body, or to take a big answer; default 30 s
	Journal   *journal.Journal
	Log       *slog.Logger
	Version   string // of the program, for people

	// Watch hears of every edge that a session takes: what a coverage report is made of.
	Watch func(provider string, edge connect.Transition)
}

// Server is the whole simulator behind one http.Handler.
type Server struct {
	cfg       Config
	mounts    []*mount
	byName    map[string]*mount
	hosts     hosts
	renderer  *web.Renderer
	library   atomic.Pointer[scenarios.Library]
	layers    layerCache
	worlds    worldCache
	vocab     scenarios.Vocabulary
	tasks     map[string]Task
	ownKinds  []string // of due rows, deliveries apart
	taskKinds []string // and with them
	pop       population
	alarms    alarms
	twins     twins
	secrets   []*regexp.Regexp // what is masked wherever it is shown
	metrics   *metrics
	stopping  chan struct{}
	stop      func()
}

// mount is a provider in place.
type mount struct {
	p         Provider
	man       Manifest
	routes    []Route
	engine    *gin.Engine
	spec      func() (*openapi.Spec, error)
	statics   map[string]string // static segments by their lower case, for FoldCase
	options   map[string]Option
	headers   http.Header // of every answer
	mediaType []string
	places    []Place // where ids and tokens may travel in a call that is no operation
	basic     bool    // a credential may come as HTTP Basic
	isEngine  bool    // the control API: not listed among the providers
}

// Route is an operation of a document and what became of it.
type Route struct {
	openapi.Route
	Declined string // why it is not imitated; empty when it is served
	handler  Handler
	page     bool
	places   []Place // where ids and tokens travel
	op       func() *openapi.Operation
	answers  *answerCounters
}

// Served says whether the operation is imitated.
func (r Route) Served() bool { return r.Declined == "" }

// ControlName is the name of the provider that is the control API, and its prefix.
const ControlName = "_stunt"

// New builds a server. It refuses to start with an operation that is neither served
// nor declined, a handler without an operation, or a wrong option.
func New(cfg Config) (*Server, error) {
	if cfg.Store == nil {
		return nil, errors.New("engine: Config.Store is missing")
	}
	cfg.setDefaults()
	renderer, err := web.New(filesOf(cfg.Providers)...)
	if err != nil {
		return nil, fmt.Errorf("engine: pages: %w", err)
	}
	s := &Server{cfg: cfg, renderer: renderer, byName: map[string]*mount{}, stopping: make(chan struct{})}
	s.stop = sync.OnceFunc(func() { close(s.stopping) })
	s.secrets = secretsOf(cfg.Providers)
	s.cfg.Log = slog.New(hush{cfg.Log.Handler(), s.secrets})
	s.metrics = newMetrics(s)
	cfg.Journal.OnFull(s.journalFull)
	for _, p := range cfg.Providers {
		if err := s.mount(p); err != nil {
			return nil, err
		}
		if man := p.Manifest(); man.Name != ControlName {
			if err := man.checkFlows(); err != nil {
				return nil, err
			}
		}
	}
	s.ownTasks()
	s.vocab = Vocabulary(cfg.Providers)
	if s.cfg.Scenarios == nil {
		if s.cfg.Scenarios, err = scenarios.Bundled(s.vocab); err != nil {
			return nil, err
		}
	}
	s.library.Store(s.cfg.Scenarios)
	if err := s.checkScenario(s.cfg.Scenario); err != nil {
		return nil, err
	}
	for name, value := range cfg.Options {
		if err := s.CheckOption(name, value); err != nil {
			return nil, err
		}
	}
	if err := s.adopt(); err != nil {
		return nil, err
	}
	for _, p := range cfg.Providers {
		if a, ok := p.(Attacher); ok {
			a.Attach(s)
		}
	}
	return s, nil
}

// filesOf are what providers bring of their own.
func filesOf(providers []Provider) (all []fs.FS) {
	for _, p := range providers {
		if files := p.Manifest().Files; files != nil {
			all = append(all, files)
		}
	}
	return all
}

func (c *Config) setDefaults() {
	if c.Wall == nil {
		c.Wall = clock.System
	}
	if c.Sleep == nil {
		c.Sleep = clock.Sleep
	}
	if c.Scenario == "" {
		c.Scenario = happy
	}
	if c.Key == nil {
		c.Key = grant.NewKey([]byte("stuntbank: not a secret, so that equal calls give equal ids"))
	}
	if c.Trusted == nil {
		c.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if c.Sandboxes == 0 {
		c.Sandboxes = 10_000
	}
	if c.Idle == 0 {
		c.Idle = 24 * time.Hour
	}
	if c.BodyLimit == 0 {
		c.BodyLimit = 1 << 20
	}
	if c.Sender == nil {
		c.Sender = webhook.NewSender(webhook.SenderConfig{})
	}
	if c.BodyTime == 0 {
		c.BodyTime = 30 * time.Second
	}
	if c.Journal == nil {
		c.Journal = journal.New(0)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
}

func (s *Server) mount(p Provider) error {
	man := p.Manifest()
	if s.byName[man.Name] != nil {
		return fmt.Errorf("engine: two providers are named %q", man.Name)
	}
	m := &mount{p: p, man: man, options: map[string]Option{}, statics: map[string]string{}, isEngine: man.Name == ControlName}
	m.headers, m.mediaType = shared(man.Headers), []string{man.MediaType}
	m.spec = sync.OnceValues(func() (*openapi.Spec, error) { return man.Spec() })
	for _, o := range man.Options {
		m.options[o.Name] = o
		if o.Shape != nil && (o.Form == "" || !o.Shape.MatchString(o.Sample)) {
			return fmt.Errorf("engine: the option %s.%s wants a shape: say in Form what that is, and give a Sample of it", man.Name, o.Name)
		}
		// An exact key that is configured is also the one to show and to try.
		if v := s.cfg.Options[man.Name+"."+o.Name]; v != "" && man.Samples[o.Name] != "" {
			m.man.Samples = maps.Clone(m.man.Samples)
			m.man.Samples[o.Name] = v
		}
	}
	if !m.isEngine {
		if err := s.checkLanguages(man); err != nil {
			return err
		}
	}
	if err := m.route(); err != nil {
		return err
	}
	m.travels()
	m.basic = slices.ContainsFunc(man.Credentials, func(c Credential) bool { return c.Basic })
	s.build(m)
	s.mounts = append(s.mounts, m)
	s.byName[man.Name] = m
	return s.hosts.add(m)
}

// route joins the document's operations with the provider's handlers.
func (m *mount) route() error {
	routes, err := m.man.Routes()
	if err != nil {
		return fmt.Errorf("engine: %s: %w", m.man.Name, err)
	}
	handlers, declined := m.p.Handlers(), m.p.Declined()
	seen := map[string]bool{}
	for _, r := range routes {
		seen[r.ID] = true
		h, why := handlers[r.ID], declined[r.ID]
		switch {
		case h == nil && why == "":
			return fmt.Errorf("engine: %s: operation %q is neither served nor declined: add a handler or a reason", m.man.Name, r.ID)
		case h != nil && why != "":
			return fmt.Errorf("engine: %s: operation %q is served and declined: remove one", m.man.Name, r.ID)
		}
		rt := Route{Route: r, Declined: why, handler: h, answers: &answerCounters{}}
		rt.op = sync.OnceValue(func() *openapi.Operation {
			spec, err := m.spec()
			if err != nil {
				return nil
			}
			op, _ := spec.Operation(r.ID)
			return op
		})
		m.routes = append(m.routes, rt)
		for seg := range strings.SplitSeq(r.Path, "/") {
			if !m.man.FoldCase || seg == "" || strings.HasPrefix(seg, "{") {
				continue
			}
			if other, ok := m.statics[strings.ToLower(seg)]; ok && other != seg {
				return fmt.Errorf("engine: %s: the path segments %q and %q differ in case only: write both alike, because any case is matched", m.man.Name, other, seg)
			}
			m.statics[strings.ToLower(seg)] = seg
		}
	}
	for id := range handlers {
		if !seen[id] {
			return fmt.Errorf("engine: %s: handler %q has no operation in openapi/%s.yaml", m.man.Name, id, m.man.Document)
		}
	}
	for id := range declined {
		if !seen[id] {
			return fmt.Errorf("engine: %s: declined %q is no operation of openapi/%s.yaml", m.man.Name, id, m.man.Document)
		}
	}
	return m.whole()
}

// whole refuses a provider that says half of something.
func (m *mount) whole() error {
	if w := m.man.Webhooks; w != nil && len(w.Tells) == 0 {
		return fmt.Errorf("engine: %s: it sends webhooks, but its manifest names no event that they tell of", m.man.Name)
	}
	_, answers := m.p.(ChallengeAnswerer)
	for _, r := range m.routes {
		if r.Served() && r.Is(opSubmit) && !answers {
			return fmt.Errorf("engine: %s: apps log their users in by %q, but it does not say how they answer a challenge: add Answer", m.man.Name, r.ID)
		}
	}
	return nil
}

// quietGin keeps gin from printing every route; its mode is one for the process.
var quietGin sync.Once

// build makes the gin engine of a mount: one per provider, so that paths never
// collide, and without gin's redirects, which clients take for errors.
func (s *Server) build(m *mount) {
	quietGin.Do(func() { gin.SetMode(gin.ReleaseMode) })
	e := gin.New()
	e.RedirectTrailingSlash, e.RedirectFixedPath = false, false
	e.HandleMethodNotAllowed = true
	e.UseRawPath, e.UnescapePathValues = true, true
	e.ContextWithFallback = false
	for i := range m.routes {
		rt := &m.routes[i]
		handle(e, rt.Method, toGin.Replace(rt.Path), func(c *gin.Context) { s.serve(c, m, rt) })
	}
	missing := func(reason string) gin.HandlerFunc {
		return func(c *gin.Context) { s.refuse(c, m, reason) }
	}
	e.NoRoute(missing("route"))
	e.NoMethod(missing("method"))
	m.engine = e
	if pager, ok := m.p.(Pager); ok {
		s.addPages(m, pager.Pages())
	}
}

// AddPages gives every provider these pages: what the hosted widget does.
func (s *Server) AddPages(pages ...Page) {
	for _, m := range s.mounts {
		if !m.isEngine {
			s.addPages(m, pages)
		}
	}
}

func (s *Server) addPages(m *mount, pages []Page) {
	for _, page := range pages {
		for seg := range strings.SplitSeq(page.Path, "/") { // in any case, too, unless the document writes it in another one
			if _, taken := m.statics[strings.ToLower(seg)]; m.man.FoldCase && seg != "" && seg[0] != ':' && !taken {
				m.statics[strings.ToLower(seg)] = seg
			}
		}
		rt := &Route{handler: page.Handler, page: true, places: page.Locate, answers: &answerCounters{}}
		rt.Method, rt.Path, rt.ID, rt.Op = page.Method, page.Path, "page", page.Op
		handle(m.engine, page.Method, page.Path, func(c *gin.Context) { s.serve(c, m, rt) })
	}
}

// handle mounts a route; what can be got can be asked for its head.
func handle(e *gin.Engine, method, path string, h gin.HandlerFunc) {
	e.Handle(method, path, h)
	if method == http.MethodGet {
		e.Handle(http.MethodHead, path, h)
	}
}

// toGin turns the parameters of a document's path into those of gin.
var toGin = strings.NewReplacer("{", ":", "}", "")

// Providers lists the manifests of those imitated, in order.
func (s *Server) Providers() []Manifest {
	var out []Manifest
	for _, m := range s.mounts {
		if !m.isEngine {
			out = append(out, m.man)
		}
	}
	return out
}

// Provider finds a provider's manifest and routes.
func (s *Server) Provider(name string) (Manifest, []Route, bool) {
	m := s.byName[name]
	if m == nil {
		return Manifest{}, nil, false
	}
	return m.man, m.routes, true
}

// Config gives the settings in force, defaults included.
func (s *Server) Config() Config { return s.cfg }

// Vocabulary is every name that a scenario may use here.
func (s *Server) Vocabulary() scenarios.Vocabulary { return s.vocab }

// Renderer renders pages.
func (s *Server) Renderer() *web.Renderer { return s.renderer }

// Scenarios is the library in use.
func (s *Server) Scenarios() *scenarios.Library { return s.library.Load() }

// SetScenarios takes another library from now on. Sessions and connections keep the names
// of their scenarios, and meet what these say now.
func (s *Server) SetScenarios(l *scenarios.Library) error {
	if _, ok := l.Get(s.cfg.Scenario); !ok {
		return l.Unknown(s.cfg.Scenario)
	}
	s.library.Store(l)
	s.layers.mu.Lock()
	defer s.layers.mu.Unlock()
	s.layers.m = nil
	return nil
}

// Journal is the journal of all sandboxes.
func (s *Server) Journal() *journal.Journal { return s.cfg.Journal }

// Wall is the wall clock in use.
func (s *Server) Wall() time.Time { return s.cfg.Wall() }

// Log is the server's log.
func (s *Server) Log() *slog.Logger { return s.cfg.Log }

// Version is the program's version.
func (s *Server) Version() string { return s.cfg.Version }

// Stop ends every call that waits for something to happen, so that the listener can be
// shut down; calls at work go on. It may be called more than once.
func (s *Server) Stop() { s.stop() }

// Stopping gives a channel that closes with Stop.
func (s *Server) Stopping() <-chan struct{} { return s.stopping }

// Warm reads the documents ahead of the first call that is held against them.
func (s *Server) Warm() {
	if s.cfg.Contract == openapi.Off {
		return
	}
	for _, m := range s.mounts {
		if _, err := m.spec(); err != nil {
			s.cfg.Log.Error("document", "provider", m.man.Name, "error", err)
		}
	}
}
