package fintoc

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// samples are the event types of which a sample can be sent.
var samples = []string{
	credentialsChanged, linkRefresh + "succeeded", linkRefresh + "failed",
	accountRefresh + "succeeded", accountRefresh + "failed", accountRefresh + "rejected",
}

// sample is the data of an event that nothing has set off. It is about the newest link
// of the sandbox; where there is none, its ids are made of zeros, as the dashboard's are.
func sample(tx engine.Tx, typ string) (any, error) {
	if !slices.Contains(samples, typ) {
		return nil, problem.Invalid("type", problem.NotAllowed, "No sample of the event type %.60s. Samples: %s", typ, strings.Join(samples, ", "))
	}
	links, err := tx.Connections()
	if err != nil {
		return nil, err
	}
	const zeros = "0000000000000000"
	linkID, accID := "link_"+zeros, "acc_"+zeros
	if len(links) > 0 {
		books, err := engine.Books(tx, links[0])
		if err != nil {
			return nil, err
		}
		linkID = links[0].ID
		if len(books) > 0 {
			accID = accountID(books[0].Account().ID)
		}
	}
	if typ == credentialsChanged {
		if len(links) > 0 {
			l, err := newLink(tx, links[0], false)
			l.Status, l.RefreshStatus = "login_required", "interrupted"
			return l, err
		}
		bank := institutions[0]
		refreshed := precise(tx.Now)
		return link{
			ID: linkID, Object: "link", Active: true, CreatedAt: refreshed, HolderID: "416148503", HolderType: "individual",
			Institution:       institutionRef{ID: bank.ID, Country: "cl", Name: bank.Name},
			LastTimeRefreshed: &refreshed, Mode: "test", RefreshStatus: "interrupted", Status: "login_required", Username: "416148503",
		}, nil
	}
	object, status, _ := strings.Cut(typ, ".refresh_intent.")
	r := refreshIntent{
		ID: "ri_" + zeros, Object: "refresh_intent", CreatedAt: precise(tx.Now), Mode: "test",
		RefreshedObject: object, RefreshedObjectID: linkID, Status: status, Type: onlyLast,
	}
	if object == "account" {
		r.RefreshedObjectID = accID
	}
	why := map[string]string{"failed": "retryable_error", "rejected": "invalid_credentials_error"}
	if text := why[status]; text != "" {
		r.PublicError = &text
	}
	return r, nil
}

// typeOf reads the event type that a call asks for.
func typeOf(c *engine.Call) (string, error) {
	typ := c.Field("type")
	if typ == "" {
		return "", problem.Invalid("type", problem.Missing, "")
	}
	return typ, nil
}

// testWebhookEndpoint sends one sample to an endpoint, whether or not it listens to the
// type.
func testWebhookEndpoint(c *engine.Call) (engine.Reply, error) {
	typ, err := typeOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	return endpointOf(c, created(c), func(tx engine.Tx, e webhook.Endpoint) (webhook.Endpoint, error) {
		data, err := sample(tx, typ)
		if err != nil {
			return e, err
		}
		n, err := tx.NewNotice(draft(tx.Now, typ, data))
		if err != nil {
			return e, err
		}
		return e, tx.NotifyOne(e, "", n)
	})
}

// triggerEvent makes up an event and sends it to whoever listens. Overrides replace
// fields of its data.
func triggerEvent(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Type      string         `json:"type"`
		Overrides map[string]any `json:"overrides"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	if body.Type == "" {
		return engine.Reply{}, problem.Invalid("type", problem.Missing, "")
	}
	var out webhook.Notice
	err := c.Do(func(tx engine.Tx) error {
		data, err := sample(tx, body.Type)
		if err != nil {
			return err
		}
		if len(body.Overrides) > 0 {
			if data, err = overridden(data, body.Overrides); err != nil {
				return err
			}
		}
		d := draft(tx.Now, body.Type, data)
		if len(body.Overrides) > 0 {
			d.Schema = "Event" // what the test puts in is its own business
		}
		if out, err = tx.NewNotice(d); err != nil {
			return err
		}
		_, err = tx.Notify("", "", out)
		return err
	})
	return engine.Reply{Status: created(c), Raw: out.Body}, err
}

// overridden is an object with some of its fields replaced.
func overridden(data any, fields map[string]any) (map[string]any, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	for name, v := range fields {
		out[name] = v
	}
	return out, nil
}

// getWhoami tells whose key it is.
func getWhoami(c *engine.Call) (engine.Reply, error) {
	return engine.JSON(http.StatusOK, struct {
		OrganizationName string `json:"organization_name"`
		Mode             string `json:"mode"`
		APIVersion       string `json:"api_version"`
	}{c.AppName(), "test", c.Option(optVersion)}), nil
}

// apiKey is one key of the organisation. No source shows the object: the fields are
// those that its other objects have in common (invented).
type apiKey struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Mode   string `json:"mode"`
	Type   string `json:"type"`
	Token  string `json:"token"` // masked but for its ends
}

// listAPIKeys lists the key of the call, masked, and the public key of the sandbox.
func listAPIKeys(c *engine.Call) (engine.Reply, error) {
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	all := []apiKey{
		{"key_secret", "api_key", "test", "secret", maskedKey(c.Credential)},
		{"key_public", "api_key", "test", "public", "pk_test_stuntbank"},
	}
	if exact := c.Option(optPublicKey); exact != "" {
		all[1].Token = exact
	}
	from, to := p.Bounds(len(all))
	return engine.JSON(http.StatusOK, all[from:to], pageHeaders(p, c, len(all))...), nil
}

// maskedKey shows enough of a key to recognise it.
func maskedKey(key string) string {
	const head, tail = len("sk_test_"), 4
	if len(key) <= head+tail {
		return key[:min(head, len(key))] + "••••"
	}
	return key[:head] + "••••" + key[len(key)-tail:]
}
