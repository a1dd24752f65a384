package fintoc

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// webhookEndpoint is the documented object, and disabled, which the Ruby client needs.
type webhookEndpoint struct {
	ID            string   `json:"id"`
	Object        string   `json:"object"`
	CreatedAt     string   `json:"created_at"`
	Description   string   `json:"description"`
	Disabled      bool     `json:"disabled"`
	EnabledEvents []string `json:"enabled_events"`
	Mode          string   `json:"mode"`
	Secret        *string  `json:"secret"` // in the answer that created it, and never again
	Status        string   `json:"status"`
	URL           string   `json:"url"`
}

func newWebhookEndpoint(e webhook.Endpoint) webhookEndpoint {
	out := webhookEndpoint{
		ID: e.ID, Object: "webhook_endpoint", CreatedAt: precise(e.CreatedAt), Description: e.Description,
		Disabled: e.Disabled, EnabledEvents: e.Types, Mode: "test", Status: "enabled", URL: e.URL,
	}
	if e.Disabled {
		out.Status = "disabled"
	}
	return out
}

// endpointBody is what a call may say of an endpoint.
type endpointBody struct {
	URL           *string   `json:"url"`
	EnabledEvents *[]string `json:"enabled_events"`
	Description   *string   `json:"description"`
	Disabled      *bool     `json:"disabled"`
}

// apply puts what was said into an endpoint, or says what is wrong with it.
func (b endpointBody) apply(c *engine.Call, e *webhook.Endpoint) error {
	if b.URL != nil {
		if err := webhook.CheckURL(*b.URL); err != nil {
			return problem.Invalid("url", problem.Format, "%v", err)
		}
		e.URL = *b.URL
	}
	if b.EnabledEvents != nil {
		if len(*b.EnabledEvents) == 0 {
			return problem.Invalid("enabled_events", problem.TooShort, "enabled_events must name at least one event type")
		}
		for _, typ := range *b.EnabledEvents {
			if !slices.Contains(eventTypes, typ) {
				return problem.Invalid("enabled_events", problem.NotAllowed, "Unknown event type: %.60s. Valid types: %s", typ, strings.Join(eventTypes, ", "))
			}
		}
		e.Types = slices.Compact(slices.Clone(*b.EnabledEvents))
		if slices.Contains(e.Types, linkCreated) {
			c.Note("%s is sent to the widget's webhookUrl only: this endpoint will never get it", linkCreated)
		}
	}
	if b.Description != nil {
		if len(*b.Description) > maxDescription {
			return problem.Invalid("description", problem.TooLong, "description must have at most %d characters", maxDescription)
		}
		e.Description = *b.Description
	}
	if b.Disabled != nil {
		e.Disabled = *b.Disabled
	}
	return nil
}

const maxDescription = 500 // invented

func createWebhookEndpoint(c *engine.Call) (engine.Reply, error) {
	var body endpointBody
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	if body.URL == nil {
		return engine.Reply{}, problem.Invalid("url", problem.Missing, "")
	}
	if body.EnabledEvents == nil {
		return engine.Reply{}, problem.Invalid("enabled_events", problem.Missing, "")
	}
	var e webhook.Endpoint
	if err := body.apply(c, &e); err != nil {
		return engine.Reply{}, err
	}
	var out webhookEndpoint
	err := c.Do(func(tx engine.Tx) error {
		made, secret, err := tx.AddEndpoint(e)
		if errors.Is(err, engine.ErrTooMany) {
			return problem.Invalid("url", problem.TooLarge, "%v", err)
		}
		out = newWebhookEndpoint(made)
		out.Secret = &secret
		return err
	})
	return engine.JSON(created(c), out), err
}

func listWebhookEndpoints(c *engine.Call) (engine.Reply, error) {
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	var all []webhook.Endpoint
	if err := c.View(func(tx engine.Tx) (err error) {
		all, err = tx.Endpoints()
		return err
	}); err != nil {
		return engine.Reply{}, err
	}
	slices.Reverse(all) // newest first, as links are (inferred)
	from, to := p.Bounds(len(all))
	out := make([]webhookEndpoint, 0, to-from)
	for _, e := range all[from:to] {
		out = append(out, newWebhookEndpoint(e))
	}
	return engine.JSON(http.StatusOK, out, pageHeaders(p, c, len(all))...), nil
}

// endpointOf runs fn in a transaction on the endpoint of the path, and answers with what
// it has become.
func endpointOf(c *engine.Call, status int, fn func(engine.Tx, webhook.Endpoint) (webhook.Endpoint, error)) (engine.Reply, error) {
	id := c.Path("webhook_endpoint_id")
	var out webhook.Endpoint
	err := c.Do(func(tx engine.Tx) error {
		e, err := tx.Endpoint(id)
		if problem.Is(err, problem.NotFound) {
			return noSuch("webhook_endpoint", "we", id)
		}
		if err == nil {
			out, err = fn(tx, e)
		}
		return err
	})
	return engine.JSON(status, newWebhookEndpoint(out)), err
}

func getWebhookEndpoint(c *engine.Call) (engine.Reply, error) {
	id := c.Path("webhook_endpoint_id")
	var e webhook.Endpoint
	err := c.View(func(tx engine.Tx) (err error) {
		e, err = tx.Endpoint(id)
		return err
	})
	if problem.Is(err, problem.NotFound) {
		err = noSuch("webhook_endpoint", "we", id)
	}
	return engine.JSON(http.StatusOK, newWebhookEndpoint(e)), err
}

func updateWebhookEndpoint(c *engine.Call) (engine.Reply, error) {
	var body endpointBody
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	return endpointOf(c, http.StatusOK, func(tx engine.Tx, e webhook.Endpoint) (webhook.Endpoint, error) {
		return tx.ChangeEndpoint(e.ID, func(e *webhook.Endpoint) error { return body.apply(c, e) })
	})
}

func deleteWebhookEndpoint(c *engine.Call) (engine.Reply, error) {
	_, err := endpointOf(c, http.StatusOK, func(tx engine.Tx, e webhook.Endpoint) (webhook.Endpoint, error) {
		return e, tx.DeleteEndpoint(e.ID)
	})
	switch {
	case err != nil:
		return engine.Reply{}, err
	case c.Option(optDeleteBody) == "json":
		return engine.JSON(http.StatusOK, struct{}{}), nil
	}
	return engine.Empty(http.StatusNoContent), nil
}
