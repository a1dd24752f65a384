package engine

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/openapi"
)

// What the simulator says and no client asked for is held against the document, too, in the
// contract mode full: the query of an address that a page hands back to, what a page posts to
// the app around it, and the body of a webhook. Where to name the schemas:
//
//	redirect   x-stuntbank.redirects at the top of the document: one of them must fit
//	message    x-stuntbank.messages, the same
//	webhook    webhook.Draft.Schema, because each type has its own

// checkRedirect holds the query of an address against the document.
func (c *Call) checkRedirect(m *mount, to string) {
	if c.s.cfg.Contract != openapi.Full || to == "" {
		return
	}
	u, err := url.Parse(to)
	if err != nil {
		c.violation(m, "redirect", err)
		return
	}
	spec, err := m.spec()
	if err == nil {
		err = spec.CheckRedirect(u.Query())
	}
	if err != nil {
		u.RawQuery, u.User = "", nil // which hold secrets
		c.violation(m, "redirect", fmt.Errorf("%s: %w", u, err))
	}
}

// checkMessages holds what a page tells against the document.
func (c *Call) checkMessages(m *mount, told *Messages) {
	if c.s.cfg.Contract != openapi.Full {
		return
	}
	all := append(append([]HostMessage{}, told.Events...), told.Ending...)
	for _, s := range told.Signals {
		all = append(all, s)
	}
	for _, one := range all {
		c.checkRedirect(m, one.Go)
		if one.Post == nil {
			continue
		}
		body, err := json.Marshal(one.Post)
		if err == nil {
			var spec *openapi.Spec
			if spec, err = m.spec(); err == nil {
				err = spec.CheckMessage(body)
			}
		}
		if err != nil {
			c.violation(m, "message", err)
		}
	}
}

// violation says in the answer, in the journal and in the log that something of ours breaks
// our document; the first of a call goes into the header.
func (c *Call) violation(m *mount, what string, err error) {
	if c.broken == "" {
		c.broken = strings.Map(printable, what+": "+err.Error())
	}
	c.s.metrics.violated(m.man.Name, what)
	c.Note("our own %s breaks the document: %v", what, err)
	c.s.cfg.Log.Error("contract violation of ours", "provider", m.man.Name, "what", what, "error", err)
}

// checkWebhook holds the body of a webhook against the document.
func (t Tx) checkWebhook(d webhook.Draft, body []byte) {
	if t.s.cfg.Contract != openapi.Full {
		return
	}
	spec, err := t.m.spec()
	switch {
	case err != nil:
	case d.Schema == "":
		err = fmt.Errorf("the webhook %s names no schema: put the name of one of components.schemas into its Draft", d.Type)
	default:
		err = spec.CheckJSON(d.Schema, body)
	}
	if err == nil {
		return
	}
	t.Say("our own webhook breaks the document: %s: %v", d.Type, err)
	t.onCommit(func() {
		t.s.metrics.violated(t.m.man.Name, "webhook")
		t.s.cfg.Log.Error("contract violation of ours", "webhook", d.Type, "error", err)
	})
}
