package fintoc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// schedule: exponential backoff from three seconds, up to seventeen tries (documented);
// the last one is then a good two days after the first.
var schedule = webhook.Schedule{Tries: 17, First: 3 * time.Second, Factor: 2}

var (
	hookSecret = regexp.MustCompile(`^whsec_[A-Za-z0-9_]+$`)
)

// Types of the events that are imitated.
const (
	linkCreated        = "link.created"
	credentialsChanged = "link.credentials_changed"
	linkRefresh        = "link.refresh_intent."    // and succeeded or failed
	accountRefresh     = "account.refresh_intent." // and succeeded, failed or rejected
)

// eventTypes are those that an endpoint may ask for: the documented list. Those of other
// products never come.
var eventTypes = []string{
	credentialsChanged, linkRefresh + "succeeded", linkRefresh + "failed",
	accountRefresh + "succeeded", accountRefresh + "failed", accountRefresh + "rejected",
	accountRefresh + "movements_removed", accountRefresh + "movements_modified",
	linkCreated, // the documentation's own example asks for it, although it goes to the widget's webhookUrl only
	"account_number.deleted", "account_verification.failed", "account_verification.succeeded",
	"charge.failed", "charge.succeeded", "checkout_session.expired", "checkout_session.finished",
	"payment_intent.expired", "payment_intent.failed", "payment_intent.pending", "payment_intent.rejected", "payment_intent.succeeded",
	"payout.failed", "payout.succeeded", "refund.failed", "refund.succeeded",
	"subscription.activated", "subscription.canceled",
	"subscription_intent.failed", "subscription_intent.rejected", "subscription_intent.succeeded",
	"transfer.inbound.succeeded", "transfer.outbound.failed", "transfer.outbound.rejected",
	"transfer.outbound.returned", "transfer.outbound.succeeded",
}

// event is the envelope, with its keys in the order of the clients' fixtures.
type event struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Mode      string `json:"mode"`
	CreatedAt string `json:"created_at"`
	Data      any    `json:"data"`
	Object    string `json:"object"`
}

// schemas name the parts of the document that an event of a type keeps to.
func schemaOf(typ string) string {
	switch typ {
	case linkCreated:
		return "LinkCreatedEvent"
	case credentialsChanged:
		return "LinkChangedEvent"
	}
	return "RefreshIntentEvent"
}

// draft makes an event of the account's pinned version. The known versions do not differ
// in what is imitated.
func draft(at time.Time, typ string, data any) webhook.Draft {
	return webhook.Draft{Type: typ, Schema: schemaOf(typ), Body: func(id string) ([]byte, error) {
		return json.Marshal(event{ID: id, Type: typ, Mode: "test", CreatedAt: precise(at), Data: data, Object: "event"})
	}}
}

// tells are the events of which there are notices.
var tells = []engine.EventName{
	engine.ConnectionCreated, engine.ConnectionLoginRequired, engine.ConsentEnded,
	engine.RefreshSucceeded, engine.RefreshFailed, engine.RefreshRejected,
}

// BeforeEvent issues the token of a link that is told of by link.created.
func (Provider) BeforeEvent(tx engine.Tx, e *engine.Event) error {
	if e.Name != engine.ConnectionCreated || e.Session.Params[paramHook] == "" {
		return nil
	}
	_, _, err := tx.Issue(grant.Link, e.Connection.ID, 0)
	return err
}

// RenderEvent says what happened to a link.
func (Provider) RenderEvent(r engine.Reader, e engine.Event) ([]webhook.Draft, error) {
	switch e.Name {
	case engine.ConnectionCreated:
		return linkCreatedDraft(r, e)
	case engine.ConnectionLoginRequired, engine.ConsentEnded:
		l, err := newLink(r, e.Connection, false)
		return []webhook.Draft{draft(e.At, credentialsChanged, l)}, err
	case engine.RefreshSucceeded, engine.RefreshFailed, engine.RefreshRejected:
		return refreshDrafts(r, e)
	}
	return nil, nil
}

// paramHook is the parameter of a session that names the receiver of link.created.
const paramHook = "webhook_url"

// linkCreatedDraft tells the page's webhookUrl of the link and its token: the flow
// before link intents, in which nothing else ever shows the token.
func linkCreatedDraft(r engine.Reader, e engine.Event) ([]webhook.Draft, error) {
	url := e.Session.Params[paramHook]
	if url == "" {
		return nil, nil
	}
	l, err := newLink(r, e.Connection, true)
	if err != nil {
		return nil, err
	}
	token, err := r.Secret(grant.Link, e.Connection.ID, 0)
	if err != nil {
		return nil, err
	}
	l.LinkToken = &token
	d := draft(e.At, linkCreated, l)
	d.URL = url
	return []webhook.Draft{d}, nil
}

// refreshDrafts are one event for each account, then one for the link. A link has no
// word for rejected, so that is told as failed.
func refreshDrafts(r engine.Reader, e engine.Event) ([]webhook.Draft, error) {
	books, err := engine.Books(r, e.Connection)
	if err != nil {
		return nil, err
	}
	whole := newRefreshIntent(*e.Refresh)
	var out []webhook.Draft
	for _, b := range books {
		a := b.Account()
		out = append(out, draft(e.At, accountRefresh+whole.Status, whole.ofAccount(accountID(a.ID), max(0, e.Refresh.New[a.Key]))))
	}
	typ := linkRefresh + "succeeded"
	if e.Refresh.State != connect.RefreshSucceeded {
		typ = linkRefresh + "failed"
	}
	return append(out, draft(e.At, typ, whole)), nil
}

// Sign gives the documented header: the HMAC of the time and the exact body, with the
// secret as it is; time first, no space behind the comma, because clients split there.
func (Provider) Sign(s engine.Signing) []webhook.Header {
	t := strconv.FormatInt(s.At.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.Secret))
	mac.Write([]byte(t + "."))
	mac.Write(s.Body)
	return []webhook.Header{{Name: "Fintoc-Signature", Value: "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}
}

// Verify signs anew for the time in the header, which must be of the last five minutes.
func (p Provider) Verify(s engine.Signing, header func(name string) string) error {
	const name = "Fintoc-Signature"
	text, _, _ := strings.Cut(strings.TrimPrefix(header(name), "t="), ",")
	t, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%s is %q: it does not begin with a time", name, header(name))
	}
	if err := s.Fresh(time.Unix(t, 0)); err != nil {
		return err
	}
	s.At = time.Unix(t, 0)
	return engine.SameSignature(p.Sign(s), header)
}
