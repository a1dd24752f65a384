package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// How many deliveries a sandbox keeps, and how many bytes of bodies. The oldest that are
// done go first; only when all are open, the oldest of those. The newest always stays.
const (
	mostDeliveries = 2000
	mostBodies     = 32 << 20
)

// outbox is how many bytes the bodies of all deliveries have.
type outbox struct {
	Bytes int `json:"bytes"`
}

// Clone copies the sum.
func (o outbox) Clone() outbox { return o }

const theOutbox = "all"

// Groups of deliveries.
const (
	openGroup = "open" // pending or held
	doneGroup = "done"
)

func groupOf(d webhook.Delivery) string {
	if d.State == webhook.Pending || d.State == webhook.Held {
		return openGroup
	}
	return doneGroup
}

// enqueue writes a delivery. Its first attempt is due now, or when the deliveries of its
// lane that came before have had theirs.
func (t Tx) enqueue(d webhook.Delivery) error {
	if err := t.forgetDeliveries(len(d.Body)); err != nil {
		return err
	}
	if err := t.keepSigningKey(); err != nil {
		return err
	}
	n, err := t.tx.Next("delivery")
	if err != nil {
		return err
	}
	d.ID, d.Cause = strconv.FormatInt(n, 10), t.cause
	if d.State == webhook.Pending {
		first, err := t.queue(d)
		if err != nil {
			return err
		}
		if first {
			d.Due = t.Now
		}
	}
	return deliveries.Create(t.tx, d.ID, d, store.InGroup(groupOf(d)), store.DueAt(d.Due))
}

// queue puts a delivery behind those of its lane that wait for their first attempt, and
// says whether there is none.
func (t Tx) queue(d webhook.Delivery) (first bool, err error) {
	lane, err := lanes.Get(t.tx, d.Lane())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return true, lanes.Create(t.tx, d.Lane(), webhook.Lane{Waiting: []string{d.ID}})
	case err != nil:
		return false, err
	}
	lane.Waiting = append(lane.Waiting, d.ID)
	return false, t.setLane(d.Lane(), lane)
}

func (t Tx) setLane(id string, lane webhook.Lane) error {
	if len(lane.Waiting) == 0 {
		return lanes.Delete(t.tx, id)
	}
	return lanes.Update(t.tx, id, func(webhook.Lane) (webhook.Lane, error) { return lane, nil })
}

// leaveLane takes a delivery out of its lane; the next one there is due from now on.
func (t Tx) leaveLane(d webhook.Delivery) error {
	lane, err := lanes.Get(t.tx, d.Lane())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	at := slices.Index(lane.Waiting, d.ID)
	if at < 0 {
		return nil
	}
	lane.Waiting = slices.Delete(lane.Waiting, at, at+1)
	if err := t.setLane(d.Lane(), lane); err != nil || at > 0 || len(lane.Waiting) == 0 {
		return err
	}
	return t.changeDelivery(lane.Waiting[0], func(d webhook.Delivery) webhook.Delivery {
		d.Due = t.Now
		return d
	})
}

// changeDelivery edits a delivery and keeps its row's due time and group true.
func (t Tx) changeDelivery(id string, fn func(webhook.Delivery) webhook.Delivery) error {
	old, err := deliveries.Get(t.tx, id)
	if err != nil {
		return err
	}
	d := fn(old)
	return deliveries.Update(t.tx, id, func(webhook.Delivery) (webhook.Delivery, error) { return d, nil },
		store.DueAt(d.Due), store.InGroup(groupOf(d)))
}

// forgetDeliveries makes room for one more delivery with a body of so many bytes, and says
// so where one is lost that nobody has got.
func (t Tx) forgetDeliveries(size int) error {
	n, err := deliveries.Count(t.tx, "")
	if err != nil {
		return err
	}
	used, err := t.bodies()
	for ; err == nil && n > 0 && (n >= mostDeliveries || used+size > mostBodies); n-- {
		var gone webhook.Delivery
		gone, err = t.forgetOldestDelivery()
		used -= len(gone.Body)
	}
	if err != nil {
		return err
	}
	return t.setBodies(used + size)
}

func (t Tx) forgetOldestDelivery() (webhook.Delivery, error) {
	oldest, err := deliveries.List(t.tx, store.Query{Group: doneGroup, Limit: 1})
	if err != nil {
		return webhook.Delivery{}, err
	}
	if len(oldest) > 0 {
		return oldest[0], deliveries.Delete(t.tx, oldest[0].ID)
	}
	if oldest, err = deliveries.List(t.tx, store.Query{Group: openGroup, Limit: 1}); err != nil || len(oldest) == 0 {
		return webhook.Delivery{}, err
	}
	t.onCommit(func() {
		if l := t.s.pop.get(t.sb.Name); l != nil && !l.lost.Swap(true) {
			t.s.record(t.sb.Name, journal.Notice, t.Now, fmt.Sprintf(
				"from here on the oldest webhooks are given up undelivered: a sandbox keeps %d, and %d MiB of bodies, and none of them was delivered", mostDeliveries, mostBodies>>20))
		}
	})
	return oldest[0], errors.Join(t.leaveLane(oldest[0]), deliveries.Delete(t.tx, oldest[0].ID))
}

// bodies is how many bytes the bodies of the deliveries have.
func (t Tx) bodies() (sum int, err error) {
	o, err := outboxes.Get(t.tx, theOutbox)
	if !errors.Is(err, store.ErrNotFound) {
		return o.Bytes, err
	}
	all, err := deliveries.List(t.tx, store.Query{}) // none, but where an older version wrote them
	for _, d := range all {
		sum += len(d.Body)
	}
	return sum, err
}

func (t Tx) setBodies(sum int) error {
	set := func(outbox) (outbox, error) { return outbox{max(sum, 0)}, nil }
	err := outboxes.Update(t.tx, theOutbox, set)
	if errors.Is(err, store.ErrNotFound) {
		return outboxes.Create(t.tx, theOutbox, outbox{max(sum, 0)})
	}
	return err
}

// forgetDelivery removes a delivery, sent or not, without a word.
func (t Tx) forgetDelivery(d webhook.Delivery) error {
	sum, err := t.bodies()
	return errors.Join(err, t.leaveLane(d), deliveries.Delete(t.tx, d.ID), t.setBodies(sum-len(d.Body)))
}

// deliver makes one attempt at the first delivery that is due at an instant. The POST
// happens between two transactions, with no lock held: the app may call back. at is what
// the sandbox's clock shows meanwhile.
func (s *Server) deliver(ctx context.Context, sb sandbox.Sandbox, at time.Time) (ran bool, err error) {
	rows, err := s.cfg.Store.Claim(ctx, sb.Name, kindDelivery, at, s.cfg.Wall(), lease, 1)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	d, err := deliveries.Decode(rows[0])
	if err != nil {
		return false, err
	}
	return true, s.attempt(ctx, sb, d, at)
}

// attempt posts a delivery and writes down what came of it. It outlives its context,
// within the sender's time: an attempt that was begun is written.
func (s *Server) attempt(ctx context.Context, sb sandbox.Sandbox, d webhook.Delivery, at time.Time) error {
	ctx = context.WithoutCancel(ctx)
	m := s.byName[d.Provider]
	var a webhook.Attempt
	secret, listening, err := s.secretOf(ctx, m, sb, d)
	if err != nil {
		return err
	}
	if listening {
		signing, err := s.signing(ctx, m, sb, d, secret)
		if err != nil {
			return err
		}
		signed := m.p.(Herald).Sign(signing)
		a = s.cfg.Sender.Send(ctx, s.cfg.Wall, d.URL, d.Body, signed)
	} else {
		a = webhook.Attempt{Wall: s.cfg.Wall(), Error: "the endpoint was deleted or disabled before it was its turn"}
	}
	a.At = at
	var done webhook.Delivery
	_, err = s.transact(ctx, sb, func(tx store.Tx, sb sandbox.Sandbox) Tx { return s.newTx(tx, m, sb, at, d.Cause, &afterwards{}) }, func(t Tx) error {
		err := t.changeDelivery(d.ID, func(d webhook.Delivery) webhook.Delivery {
			done = d.Tried(a, m.man.Webhooks.Schedule)
			if !listening {
				done.State, done.Due = webhook.Failed, time.Time{}
			}
			return done
		})
		if err != nil {
			return err
		}
		return t.leaveLane(done)
	})
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, &problem.Error{Code: problem.Conflict}) {
		return nil // the row, or its whole sandbox, was dropped meanwhile
	}
	if err == nil {
		s.recordAttempt(sb, done)
	}
	return err
}

// chainOfDelivery names the scenarios that set its receiver, and so its secret.
func chainOfDelivery(d webhook.Delivery) chain {
	return chain{call: d.Scenarios.Call, username: d.Scenarios.Username, magic: d.Scenarios.Magic}
}

// secretOf is the secret that signs a delivery, and whether its receiver still listens.
func (s *Server) secretOf(ctx context.Context, m *mount, sb sandbox.Sandbox, d webhook.Delivery) (secret string, listening bool, err error) {
	hooks := m.man.Webhooks
	switch {
	case d.Endpoint != configured && d.Endpoint != direct:
	case hooks.SecretOption == "": // nothing is signed with one
		return "", true, nil
	default:
		return s.option(m, sb, s.scripts(sb, m, chainOfDelivery(d)), hooks.SecretOption), true, nil
	}
	var e webhook.Endpoint
	err = s.cfg.Store.View(ctx, sb.Name, func(tx store.Tx) error {
		e, err = endpoints.Get(tx, d.Endpoint)
		return err
	})
	if err != nil { // absent: it was deleted
		return "", false, unlessAbsent(err)
	}
	return s.endpointSecret(m, sb.Name, d.Endpoint), !e.Disabled, nil
}

// recordAttempt tells the journal of the last attempt of a delivery.
func (s *Server) recordAttempt(sb sandbox.Sandbox, d webhook.Delivery) {
	a := d.Attempts[len(d.Attempts)-1]
	s.metrics.attempted(d)
	note := fmt.Sprintf("%s to %s, attempt %d", d.Type, d.URL, a.N)
	switch {
	case d.State == webhook.Delivered:
		note += ": delivered"
	case d.State == webhook.Pending:
		note += fmt.Sprintf(": %s; the next attempt is due at %s", why(a), d.Due.Format(time.RFC3339))
	default:
		note += fmt.Sprintf(": %s; given up", why(a))
	}
	s.write(sb.Name, journal.Entry{
		ID: fmt.Sprintf("%s-d%s.%d", sb.Name, d.ID, a.N), Kind: journal.Delivery, Cause: d.Cause, At: a.At, Took: a.Took,
		Provider: d.Provider, Operation: "webhook.deliver", OperationID: d.Type, Method: "POST", Path: d.URL, Status: a.Status,
		Connection: d.Connection, Notes: []string{note}, Request: journal.Body{Data: d.Body}, Response: journal.Body{Data: []byte(a.Answer)},
	})
}

func why(a webhook.Attempt) string {
	return cmp.Or(a.Error, "answered "+strconv.Itoa(a.Status))
}

// Deliveries lists the deliveries of a sandbox, oldest first.
func (s *Server) Deliveries(ctx context.Context, name string) (out []webhook.Delivery, err error) {
	err = s.cfg.Store.View(ctx, name, func(tx store.Tx) error {
		out, err = deliveries.List(tx, store.Query{})
		return err
	})
	return out, err
}

// Delivery reads one delivery. NotFound when there is none.
func (s *Server) Delivery(ctx context.Context, name, id string) (d webhook.Delivery, err error) {
	err = s.cfg.Store.View(ctx, name, func(tx store.Tx) error {
		d, err = deliveries.Get(tx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = problem.Absent("delivery", id)
	}
	return d, err
}

// ChangeDelivery holds a delivery back, lets a held one go, or sends one once more.
// Conflict when its state does not allow it. It gives the delivery that is due: for a
// resend a new one with the same event.
func (s *Server) ChangeDelivery(ctx context.Context, name, id string, do DeliveryMove) (out webhook.Delivery, err error) {
	sb, err := s.Sandbox(ctx, name)
	if err != nil {
		return out, err
	}
	newTx := func(tx store.Tx, sb sandbox.Sandbox) Tx {
		return s.newTx(tx, nil, sb, sb.Now(s.cfg.Wall()), causeOf(ctx), &afterwards{})
	}
	_, err = s.transact(ctx, sb, newTx, func(t Tx) error {
		d, err := deliveries.Get(t.tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return problem.Absent("delivery", id)
		}
		if err != nil {
			return err
		}
		out, err = t.Of(d.Provider).moveDelivery(d, do)
		return err
	})
	return out, err
}

// DeliveryMove is what can be done to a delivery by hand.
type DeliveryMove string

// The moves.
const (
	HoldDelivery    DeliveryMove = "hold"
	ReleaseDelivery DeliveryMove = "release"
	ResendDelivery  DeliveryMove = "resend"
)

func (t Tx) moveDelivery(d webhook.Delivery, do DeliveryMove) (webhook.Delivery, error) {
	refuse := func(want string) (webhook.Delivery, error) {
		return d, problem.New(problem.Conflict, "delivery %s is %s: only one that is %s can be moved by %s", d.ID, d.State, want, do)
	}
	switch do {
	case HoldDelivery:
		if d.State != webhook.Pending {
			return refuse("pending")
		}
		d.State, d.Due = webhook.Held, time.Time{}
		if err := t.changeDelivery(d.ID, func(webhook.Delivery) webhook.Delivery { return d }); err != nil {
			return d, err
		}
		return d, t.leaveLane(d) // what comes behind it need not wait for a person
	case ReleaseDelivery:
		if d.State != webhook.Held {
			return refuse("held")
		}
		d.State, d.Due = webhook.Pending, t.Now
		return d, t.changeDelivery(d.ID, func(webhook.Delivery) webhook.Delivery { return d })
	}
	if d.State == webhook.Pending || d.State == webhook.Held {
		return refuse("done")
	}
	if d.Endpoint == webhook.Sink {
		t.ch = chainOfDelivery(d)
		heard, err := t.Notify(d.Event, d.Connection, webhook.Notice{ID: d.EventID, Type: d.Type, Body: d.Body})
		if err == nil && heard == 0 {
			err = problem.New(problem.Conflict, "still nobody listens to %s: register an endpoint, or start with --webhook %s=URL", d.Type, d.Provider)
		}
		if err != nil {
			return d, err
		}
	} else {
		d.Attempts, d.State, d.CreatedAt = nil, webhook.Pending, t.Now
		if err := t.enqueue(d); err != nil {
			return d, err
		}
	}
	newest, err := deliveries.List(t.tx, store.Query{Newest: true, Limit: 1})
	if err != nil || len(newest) == 0 {
		return d, err
	}
	return newest[0], nil
}

// Drained reports a drain.
type Drained struct {
	Ran       int // due rows and attempts that ran
	Pending   int // deliveries that wait for a later attempt
	Held      int
	Remaining bool // the time allowed ran out before all was done
}

// Drain carries out what is due in a sandbox now, and tries again at once what waits for
// its next attempt, each once. It returns when nothing of it is left, so that a test
// needs no waiting. Conflict while the clock moves.
func (s *Server) Drain(ctx context.Context, name string) (Drained, error) {
	sb, err := s.Sandbox(ctx, name)
	if err != nil {
		return Drained{}, err
	}
	end, err := s.beginMove(name)
	if err != nil {
		return Drained{}, err
	}
	defer end()
	now := sb.Now(s.cfg.Wall())
	newTx := func(tx store.Tx, sb sandbox.Sandbox) Tx {
		return s.newTx(tx, nil, sb, now, causeOf(ctx), &afterwards{})
	}
	_, err = s.transact(ctx, sb, newTx, Tx.hurry)
	if err != nil {
		return Drained{}, err
	}
	report, err := s.pump(ctx, sb, now, now)
	out := Drained{Ran: report.Ran, Remaining: report.Remaining}
	if err != nil {
		return out, err
	}
	all, err := s.Deliveries(ctx, name)
	for _, d := range all {
		switch d.State {
		case webhook.Pending:
			out.Pending++
		case webhook.Held:
			out.Held++
		}
	}
	return out, err
}

// hurry makes every retry due now.
func (t Tx) hurry() error {
	open, err := deliveries.List(t.tx, store.Query{Group: openGroup})
	if err != nil {
		return err
	}
	for _, d := range open {
		if d.State == webhook.Pending && len(d.Attempts) > 0 && d.Due.After(t.Now) {
			err := t.changeDelivery(d.ID, func(d webhook.Delivery) webhook.Delivery {
				d.Due = t.Now
				return d
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
