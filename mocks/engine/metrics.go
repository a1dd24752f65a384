package engine

import (
	"bytes"
	"context"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// What a call can do to a sandbox, as the journal and the metrics name it. A session
// that ends is "session." and its step.
const (
	sessionStarted    = "session.started"
	sessionMoved      = "session.moved"
	connectionCreated = "connection.created"
	connectionChanged = "connection.changed"
	connectionDeleted = "connection.deleted"
	grantIssued       = "grant.issued"
	grantUsed         = "grant.used"
	grantRevoked      = "grant.revoked"
	signingKeyRotated = "signing_key.rotated"
	codeSent          = "code.sent"
)

// metrics are the counts of one server, in a registry of its own. No label has a value
// that a caller chooses: providers, operations, classes of statuses, deeds.
type metrics struct {
	registry   *prometheus.Registry
	calls      *prometheus.CounterVec
	faults     *prometheus.CounterVec
	violations *prometheus.CounterVec
	deeds      *prometheus.CounterVec
	attempts   *prometheus.CounterVec
}

func newMetrics(s *Server) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "stuntbank_" + name, Help: help}, labels)
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "stuntbank_" + name, Help: help}, value)
	}
	count := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "stuntbank_" + name, Help: help}, value)
	}
	m := &metrics{
		registry:   prometheus.NewRegistry(),
		calls:      counter("requests_total", "Calls answered. operation is an operationId, page, or none where the path is no operation.", "provider", "operation", "status"),
		faults:     counter("faults_total", "Answers that a scenario made or delayed.", "provider"),
		violations: counter("violations_total", "Requests (side=request) and answers of ours (side=response) that break the provider's document.", "provider", "side"),
		deeds:      counter("changes_total", "What calls and due rows did: session.started, grant.issued and the like.", "change"),
		attempts:   counter("deliveries_total", "Attempts at webhooks by what the delivery is then: delivered, pending (it is tried again), failed.", "provider", "state"),
	}
	j := s.cfg.Journal
	m.registry.MustRegister(m.calls, m.faults, m.violations, m.deeds, m.attempts, collectors.NewGoCollector(),
		gauge("sandboxes", "Sandboxes that exist.", func() float64 { return float64(s.pop.count()) }),
		gauge("sessions", "Sessions that the sandboxes remember.", func() float64 { return float64(s.countSessions()) }),
		gauge("journal_bytes", "Bytes of the journal, as counted against its limit.", func() float64 { return float64(j.Used()) }),
		count("journal_dropped_entries_total", "Journal entries that made room for newer ones.", func() float64 { return float64(j.Dropped().Entries) }),
		count("journal_dropped_bodies_total", "Bodies in the journal that made room for newer ones.", func() float64 { return float64(j.Dropped().Bodies) }),
	)
	return m
}

// answered counts a call whose entry is complete.
func (m *metrics) answered(c *Call) {
	class := statusClass(c.entry.Status)
	if c.rt == nil {
		m.calls.WithLabelValues(c.m.man.Name, "none", statuses[class]).Inc()
	} else {
		c.rt.answers.of(class, func() prometheus.Counter {
			operation := c.rt.ID
			if c.page() {
				operation = "page"
			}
			return m.calls.WithLabelValues(c.m.man.Name, operation, statuses[class])
		}).Inc()
	}
	if c.entry.Why.Injected {
		m.faults.WithLabelValues(c.m.man.Name).Inc()
	}
}

// statuses are the classes of statuses; the first one is no answer at all.
var statuses = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

// statusClass is the place of a status in statuses.
func statusClass(status int) int {
	if class := status / 100; class < len(statuses) {
		return class
	}
	return 0
}

// answerCounters are the counters of a route's answers, each looked up once.
type answerCounters [len(statuses)]atomic.Pointer[prometheus.Counter]

func (a *answerCounters) of(class int, find func() prometheus.Counter) prometheus.Counter {
	if c := a[class].Load(); c != nil {
		return *c
	}
	c := find()
	a[class].Store(&c)
	return c
}

func (m *metrics) violated(provider, side string) { m.violations.WithLabelValues(provider, side).Inc() }

func (m *metrics) attempted(d webhook.Delivery) {
	m.attempts.WithLabelValues(d.Provider, string(d.State)).Inc()
}

func (m *metrics) did(deeds []journal.Deed) {
	for _, d := range deeds {
		m.deeds.WithLabelValues(d.What).Inc()
	}
}

// countSessions asks every sandbox; a count needs no list.
func (s *Server) countSessions() (sum int) {
	names, err := s.cfg.Store.Sandboxes(context.Background())
	for _, name := range names {
		err = s.cfg.Store.View(context.Background(), name, func(tx store.Tx) error {
			n, err := sessions.Count(tx, "")
			sum += n
			return err
		})
		if err != nil {
			break
		}
	}
	if err != nil {
		s.cfg.Log.Error("metrics", "error", err)
	}
	return sum
}

// Metrics gives all counts in the text format of Prometheus, and its media type.
func (s *Server) Metrics() (text []byte, mediaType string, err error) {
	families, err := s.metrics.registry.Gather()
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	enc := expfmt.NewEncoder(&b, format)
	for _, f := range families {
		if err := enc.Encode(f); err != nil {
			return nil, "", err
		}
	}
	return b.Bytes(), string(format), nil
}
