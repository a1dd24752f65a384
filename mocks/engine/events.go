package engine

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// EventName is the canonical name of something that an app may want to hear of.
type EventName string

// The canonical events. A provider says each in its own words, or keeps silent.
const (
	ConnectionCreated       EventName = "connection.created"
	ConnectionReady         EventName = "connection.ready" // its first data is there
	ConnectionFailed        EventName = "connection.failed"
	ConnectionLoginRequired EventName = "connection.login_required"
	ConnectionRestored      EventName = "connection.restored"
	ConnectionDeleted       EventName = "connection.deleted"
	ImportStarted           EventName = "import.started" // the first import; how it succeeds is connection.ready
	ImportFailed            EventName = "import.failed"
	RefreshStarted          EventName = "refresh.started"
	RefreshSucceeded        EventName = "refresh.succeeded"
	RefreshFailed           EventName = "refresh.failed"
	RefreshRejected         EventName = "refresh.rejected"
	TransactionsAdded       EventName = "transactions.added"
	TransactionsChanged     EventName = "transactions.changed"
	TransactionsRemoved     EventName = "transactions.removed"
	ConsentEnded            EventName = "consent.ended"
	StatementReady          EventName = "statement.ready"
	ReportReady             EventName = "report.ready"
)

// Events lists every canonical event in the order of the vocabulary.
func Events() []EventName {
	return []EventName{
		ConnectionCreated, ConnectionReady, ConnectionFailed, ConnectionLoginRequired, ConnectionRestored,
		ConnectionDeleted, ImportStarted, ImportFailed, RefreshStarted, RefreshSucceeded, RefreshFailed, RefreshRejected,
		TransactionsAdded, TransactionsChanged, TransactionsRemoved, ConsentEnded, StatementReady, ReportReady,
	}
}

// Event is something that happened to a connection, in the canonical words.
type Event struct {
	Name       EventName
	At         time.Time          // virtual
	Connection connect.Connection // as it stands after what happened
	Session    connect.Session    // of connection.created and restored: what made it; of refreshes: what BeforeEvent says
	Refresh    *connect.Refresh   // of refresh events
}

// Herald is a provider that tells the app what happened.
type Herald interface {
	// RenderEvent says a canonical event in the provider's own words and envelope: in no
	// notice, one, or several. It is a function of what it may read; what has to be kept
	// before, BeforeEvent keeps.
	RenderEvent(r Reader, e Event) ([]webhook.Draft, error)
	// Sign gives the headers that prove a body's origin.
	Sign(Signing) []webhook.Header
	// Verify says what is wrong with the signature of a body that a receiver has got: what a
	// client does with it. header gives the request's; s.At is now. See SameSignature,
	// Signing.Fresh and Signing.VerifyJWT.
	Verify(s Signing, header func(name string) string) error
}

// Webhooks is what a provider's manifest says of its notices.
type Webhooks struct {
	Event    grant.Format // ids of events; the parent is the provider's name
	Endpoint grant.Format // ids of endpoints, where apps can register some
	Secret   grant.Format // secrets of endpoints; the parent is the endpoint
	Keys     grant.Format // ids of the keys that sign; zero: secrets do
	Schedule webhook.Schedule
	Tells    []EventName // of what there are notices at all
	// URLOption and SecretOption name the options that hold a receiver which is in no
	// registration: what --webhook sets. Who signs nothing has no SecretOption.
	URLOption, SecretOption string
}

// Ids of endpoints that are in no registration.
const (
	configured = "configured" // the receiver that the options name
	direct     = "url"        // a notice that names its receiver itself
)

// Emit tells the app what happened, through rows that commit with the state behind it:
// one delivery for each endpoint that listens. The provider must be a Herald, or the
// event stays untold.
func (t Tx) Emit(e Event) error {
	if e.Connection.ID != "" {
		t = t.Under(e.Connection)
	}
	if err := t.agenda(e); err != nil {
		return err
	}
	e.At = t.Now
	if p, ok := t.m.p.(EventPreparer); ok {
		if err := p.BeforeEvent(t, &e); err != nil {
			return err
		}
	}
	herald, ok := t.m.p.(Herald)
	if !ok {
		return nil
	}
	t.did("event."+string(e.Name), e.Connection.ID, "")
	if t.m.man.Webhooks == nil || !slices.Contains(t.m.man.Webhooks.Tells, e.Name) {
		return nil
	}
	drafts, err := herald.RenderEvent(t.Reader(), e)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		n, err := t.NewNotice(d)
		if err != nil {
			return err
		}
		if _, err := t.Notify(string(e.Name), e.Connection.ID, n); err != nil {
			return err
		}
	}
	return nil
}

// NewNotice gives a draft the id of one more event of the provider. Its body is held against
// the document, as an answer is.
func (t Tx) NewNotice(d webhook.Draft) (webhook.Notice, error) {
	id, err := t.nextEvent()
	if err != nil {
		return webhook.Notice{}, err
	}
	if d.Note != "" {
		t.Say("%s", d.Note)
	}
	body, err := d.Body(id)
	if err == nil {
		t.checkWebhook(d, body)
	}
	return webhook.Notice{ID: id, Type: d.Type, Schema: d.Schema, Body: body, URL: d.URL}, err
}

// Notify sends a notice to its own receiver or to every endpoint that listens; where
// there is none it stays to be read. It says how many endpoints there are.
func (t Tx) Notify(event, connection string, n webhook.Notice) (int, error) {
	d := t.delivery(event, connection, n)
	if n.URL != "" {
		d.Endpoint, d.URL = direct, n.URL
		return 1, t.enqueue(d)
	}
	all, err := t.listeners()
	if err != nil {
		return 0, err
	}
	heard := 0
	for _, e := range all {
		if e.Listens(n.Type) {
			heard++
			d.Endpoint, d.URL = e.ID, e.URL
			if err := t.enqueue(d); err != nil {
				return heard, err
			}
		}
	}
	if heard == 0 {
		d.Endpoint, d.State = webhook.Sink, webhook.Unheard
		return 0, t.enqueue(d)
	}
	return heard, nil
}

// NotifyOne sends a notice to one registered endpoint, whether or not it listens to it.
func (t Tx) NotifyOne(e webhook.Endpoint, event string, n webhook.Notice) error {
	d := t.delivery(event, "", n)
	d.Endpoint, d.URL = e.ID, e.URL
	return t.enqueue(d)
}

// delivery is a notice that is about to be written.
func (t Tx) delivery(event, connection string, n webhook.Notice) webhook.Delivery {
	return webhook.Delivery{
		Provider: t.m.man.Name, Event: event, EventID: n.ID, Type: n.Type, Connection: connection, Body: n.Body,
		State: webhook.Pending, CreatedAt: t.Now, Scenarios: webhook.Scenarios{Call: t.ch.call, Username: t.ch.username, Magic: t.ch.magic},
	}
}

// nextEvent mints the id of one more event of the provider.
func (t Tx) nextEvent() (string, error) {
	if err := t.noWebhooks(); err != nil {
		return "", err
	}
	n, err := t.tx.Next("event/" + t.m.man.Name)
	if err != nil {
		return "", err
	}
	return t.m.man.Webhooks.Event.Mint(t.s.cfg.Key, t.sb.Name, t.m.man.Name, "event", int(n)), nil
}

func (t Tx) noWebhooks() error {
	if t.m.man.Webhooks == nil {
		return errors.New("engine: the manifest of " + t.m.man.Name + " has no Webhooks")
	}
	return nil
}

// listeners are the provider's endpoints: those that were registered, in their order,
// and the one that the options name.
func (t Tx) listeners() ([]webhook.Endpoint, error) {
	all, err := t.Endpoints()
	if err != nil || t.m.man.Webhooks == nil {
		return all, err
	}
	if url := t.Option(t.m.man.Webhooks.URLOption); url != "" {
		all = append(all, webhook.Endpoint{ID: configured, Provider: t.m.man.Name, URL: url})
	}
	return all, nil
}

// Option gives the value of one of the provider's options in the transaction's sandbox.
func (t Tx) Option(name string) string {
	return t.s.option(t.m, t.sb, t.s.scripts(t.sb, t.m, t.ch), name)
}

// Endpoints lists the endpoints that the app has registered, oldest first.
func (t Tx) Endpoints() ([]webhook.Endpoint, error) {
	return endpoints.List(t.tx, store.Query{Group: t.m.man.Name})
}

// Endpoint reads a registered endpoint. NotFound is a *problem.Error.
func (t Tx) Endpoint(id string) (webhook.Endpoint, error) {
	e, err := endpoints.Get(t.tx, id)
	if err == nil && e.Provider != t.m.man.Name {
		err = store.ErrNotFound
	}
	return e, orAbsent(err, "webhook endpoint", id)
}

// mostEndpoints is how many endpoints of a provider a sandbox takes.
const mostEndpoints = 100

// ErrTooMany is a registration beyond what a sandbox takes.
var ErrTooMany = errors.New("there are " + strconv.Itoa(mostEndpoints) + " webhook endpoints in this sandbox: delete some")

// AddEndpoint registers an endpoint; its id and its provider are set here. The second
// value is the secret that signs what it gets, which is shown once.
func (t Tx) AddEndpoint(e webhook.Endpoint) (webhook.Endpoint, string, error) {
	if err := t.noWebhooks(); err != nil {
		return e, "", err
	}
	if n, err := endpoints.Count(t.tx, t.m.man.Name); err != nil {
		return e, "", err
	} else if n >= mostEndpoints {
		return e, "", ErrTooMany
	}
	n, err := t.tx.Next("endpoint/" + t.m.man.Name)
	if err != nil {
		return e, "", err
	}
	e.ID = t.m.man.Webhooks.Endpoint.Mint(t.s.cfg.Key, t.sb.Name, t.m.man.Name, "endpoint", int(n))
	e.Provider, e.CreatedAt = t.m.man.Name, t.Now
	return e, t.s.endpointSecret(t.m, t.sb.Name, e.ID), endpoints.Create(t.tx, e.ID, e, store.InGroup(e.Provider), store.WithLookup(store.HashOf(e.ID)))
}

// ChangeEndpoint edits a registered endpoint.
func (t Tx) ChangeEndpoint(id string, fn func(*webhook.Endpoint) error) (out webhook.Endpoint, err error) {
	if _, err := t.Endpoint(id); err != nil {
		return out, err
	}
	err = endpoints.Update(t.tx, id, func(e webhook.Endpoint) (webhook.Endpoint, error) {
		err := fn(&e)
		out = e
		return e, err
	})
	return out, err
}

// DeleteEndpoint ends an endpoint. What it has not got yet is given up at its next turn.
func (t Tx) DeleteEndpoint(id string) error {
	if _, err := t.Endpoint(id); err != nil {
		return err
	}
	return endpoints.Delete(t.tx, id)
}

// endpointSecret is the secret of a registered endpoint: a function of its id, so that
// it is kept nowhere.
func (s *Server) endpointSecret(m *mount, sandbox, id string) string {
	return m.man.Webhooks.Secret.Mint(s.cfg.Key, sandbox, id, "endpoint", 0)
}
