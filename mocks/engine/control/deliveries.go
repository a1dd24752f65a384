package control

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/journal"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

type deliveryView struct {
	ID         string          `json:"id"`
	Provider   string          `json:"provider"`
	Event      *string         `json:"event"`
	EventID    string          `json:"event_id"`
	Type       string          `json:"type"`
	Connection *string         `json:"connection"`
	Endpoint   string          `json:"endpoint"`
	URL        *string         `json:"url"`
	State      webhook.State   `json:"state"`
	CreatedAt  time.Time       `json:"created_at"`
	Due        *time.Time      `json:"due"`
	Attempts   []attemptView   `json:"attempts"`
	Body       json.RawMessage `json:"body"`
}

type attemptView struct {
	N       int               `json:"n"`
	At      time.Time         `json:"at"`
	Wall    time.Time         `json:"wall"`
	Took    int64             `json:"took_us"`
	Status  *int              `json:"status"`
	Answer  *string           `json:"answer"`
	Error   *string           `json:"error"`
	Headers map[string]string `json:"headers"`
}

// delivery shows a delivery with every secret masked.
func (a *API) delivery(d webhook.Delivery) deliveryView {
	v := deliveryView{
		ID: d.ID, Provider: d.Provider, Event: optional(d.Event), EventID: d.EventID, Type: d.Type,
		Connection: optional(d.Connection), Endpoint: d.Endpoint, URL: optional(a.s.MaskText(d.URL)), State: d.State,
		CreatedAt: d.CreatedAt, Due: optionalTime(d.Due), Attempts: []attemptView{}, Body: a.maskJSON(d.Body),
	}
	for _, t := range d.Attempts {
		at := attemptView{
			N: t.N, At: t.At, Wall: t.Wall, Took: t.Took.Microseconds(), Answer: optional(t.Answer), Error: optional(t.Error),
			Headers: map[string]string{},
		}
		if t.Status > 0 {
			at.Status = &t.Status
		}
		for _, h := range t.Headers {
			at.Headers[h.Name] = h.Value
		}
		v.Attempts = append(v.Attempts, at)
	}
	return v
}

// maskJSON is a JSON text without its secrets.
func (a *API) maskJSON(body []byte) json.RawMessage {
	body = a.s.Mask(journal.Entry{Request: journal.Body{Data: body}}).Request.Data
	if !json.Valid(body) { // a body that breaks its schema on purpose is shown as a text
		body, _ = json.Marshal(string(body))
	}
	return body
}

// listDeliveries lists the webhooks of a sandbox, oldest first. With wait it holds the
// call until so many are there.
func (a *API) listDeliveries(c *engine.Call) (engine.Reply, error) {
	atLeast := 0
	if c.HasQuery("wait") {
		atLeast, _ = strconv.Atoi(c.Query("wait")) // the document asks for a number
	}
	patience, err := patienceOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	for over := false; ; {
		changed := a.s.Changed(c.Sandbox.Name)
		out, err := a.deliveriesLike(c)
		switch {
		case err != nil:
			return engine.Reply{}, err
		case len(out) >= atLeast:
			return engine.JSON(http.StatusOK, map[string]any{"deliveries": out}), nil
		case over:
			return engine.Reply{}, problem.New(problem.Timeout, "after %s there are %d such deliveries and not %d: set off what sends them, or wait longer with timeout=", patience, len(out), atLeast)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			over = true
		case <-a.s.Stopping():
			return engine.Reply{}, errStopping
		}
	}
}

// deliveriesLike are the deliveries that the query asks for.
func (a *API) deliveriesLike(c *engine.Call) ([]deliveryView, error) {
	all, err := a.s.Deliveries(context.WithoutCancel(c.Context()), c.Sandbox.Name)
	if err != nil {
		return nil, err
	}
	out := []deliveryView{}
	same := func(name, value string) bool { return !c.HasQuery(name) || c.Query(name) == value }
	for _, d := range all {
		if same("state", string(d.State)) && same("type", d.Type) && same("event", d.Event) &&
			same("connection", d.Connection) && same("provider", d.Provider) && same("endpoint", d.Endpoint) {
			out = append(out, a.delivery(d))
		}
	}
	return out, nil
}

func (a *API) getDelivery(c *engine.Call) (engine.Reply, error) {
	d, err := a.s.Delivery(c.Context(), c.Sandbox.Name, c.Path("delivery"))
	return engine.JSON(http.StatusOK, a.delivery(d)), err
}

// moveDelivery holds, releases or resends a delivery.
func (a *API) moveDelivery(do engine.DeliveryMove) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		d, err := a.s.ChangeDelivery(c.Because(), c.Sandbox.Name, c.Path("delivery"), do)
		return engine.JSON(http.StatusOK, a.delivery(d)), err
	}
}

// drainDeliveries carries out what is due, and every retry once, before it answers.
func (a *API) drainDeliveries(c *engine.Call) (engine.Reply, error) {
	out, err := a.s.Drain(c.Because(), c.Sandbox.Name)
	if err != nil {
		return engine.Reply{}, err
	}
	status := http.StatusOK
	if out.Remaining {
		status = http.StatusAccepted
	}
	return engine.JSON(status, struct {
		Ran       int  `json:"ran"`
		Pending   int  `json:"pending"`
		Held      int  `json:"held"`
		Remaining bool `json:"remaining"`
	}{out.Ran, out.Pending, out.Held, out.Remaining}), nil
}
