package flinks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// schedule: ten attempts thirty minutes apart, and only a 200 is an answer (documented).
var schedule = webhook.Schedule{Tries: 10, First: 30 * time.Minute, Status: http.StatusOK}

// longestHook is how many bytes of transactions a webhook carries. How long the real ones
// grow is not documented (invented).
const longestHook = 4 << 20

// kindKYC is the webhook about the holders, which comes before that of the details.
const kindKYC = "KYC"

// The two headers that the documentation names for one signature.
const (
	signatureHeader = "flinks-authenticity-key"
	newerHeader     = "X-Flinks-Signature"
)

// kycBody is the documented object.
type kycBody struct {
	ResponseType   string   `json:"ResponseType"`
	HTTPStatusCode int      `json:"HttpStatusCode"`
	Holders        []holder `json:"Holders"`
	Login          *login   `json:"Login,omitempty"`
	Institution    string   `json:"Institution"`
	RequestID      string   `json:"RequestId"`
	Tag            string   `json:"Tag,omitempty"`
}

// tells are the events of which there are notices. Whether a failure is told is not
// documented, so none is.
var tells = []engine.EventName{engine.RefreshSucceeded}

// BeforeEvent gives data that was collected the request which reads it: the one that asked
// for it, or one of its own for what was collected at night.
func (Provider) BeforeEvent(tx engine.Tx, e *engine.Event) (err error) {
	switch e.Name {
	case engine.ConnectionCreated, engine.ConnectionRestored:
		return connectedOnPage(tx, e)
	case engine.RefreshSucceeded:
	default:
		return nil
	}
	if e.Refresh.Session != "" {
		if e.Session, err = tx.Session(e.Refresh.Session); err == nil || absent(err) != nil {
			return err
		}
	}
	e.Session, err = tx.Read(e.Connection, map[string]string{
		paramCustomer: e.Connection.Params[paramCustomer], paramTag: e.Connection.Params[paramTag],
	})
	return err
}

// RenderEvent tells of data that was collected: of a request, or at night.
func (Provider) RenderEvent(r engine.Reader, e engine.Event) ([]webhook.Draft, error) {
	k := card{session: e.Session, conn: e.Connection}
	kind := e.Refresh.Kind
	if e.Refresh.Scheduled || kind == "" {
		kind = kindDetails
	}
	if kind == kindStatements {
		d, err := statementsDraft(r, k)
		return []webhook.Draft{d}, err
	}
	p, err := newPayload(r, k, stored(k.session), kind == kindSummary, e.At)
	if err != nil {
		return nil, err
	}
	cut := 0
	p.webhook, p.cut = kind, &cut
	details := draft(kind, kind+"Webhook", p.AppendJSON(nil))
	if cut > 0 {
		details.Note = fmt.Sprintf("the webhook %s of the RequestId %s lacks the %d oldest transactions: it carries %d MiB of them; the API has all", kind, k.session.ID, cut, longestHook>>20)
	}
	if kind != kindDetails {
		return []webhook.Draft{details}, nil
	}
	l := loginOf(k.conn)
	if l != nil {
		l.LastRefresh += "Z" // the one example of a KYC webhook has it
	}
	body, err := json.Marshal(kycBody{
		ResponseType: kindKYC, HTTPStatusCode: http.StatusOK, Holders: []holder{holderOf(p.profile, p.name)},
		Login: l, Institution: k.conn.Institution, Tag: k.session.Params[paramTag], RequestID: k.session.ID,
	})
	return []webhook.Draft{draft(kindKYC, "KYCWebhook", body), details}, err
}

// draft is a webhook whose body says nothing of its id.
func draft(typ, schema string, body []byte) webhook.Draft {
	return webhook.Draft{Type: typ, Schema: schema, Body: func(string) ([]byte, error) { return body, nil }}
}

// statementsDraft tells of statements.
func statementsDraft(r engine.Reader, k card) (webhook.Draft, error) {
	reply, err := newStatements(r, k, r.Instant())
	if err != nil {
		return webhook.Draft{}, err
	}
	reply.ResponseType = kindStatements
	body, err := json.Marshal(reply)
	return draft(kindStatements, "GetStatementsWebhook", body), err
}

// Sign gives the HMAC of the exact body in base64, without a time.
func (Provider) Sign(s engine.Signing) []webhook.Header {
	mac := hmac.New(sha256.New, []byte(s.Secret))
	mac.Write(s.Body)
	sum := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	var out []webhook.Header
	which := s.Option(optSignature)
	if which != newerHeader {
		out = append(out, webhook.Header{Name: signatureHeader, Value: sum})
	}
	if which != signatureHeader {
		out = append(out, webhook.Header{Name: newerHeader, Value: sum})
	}
	return out
}

// Verify compares it with what Sign gives.
func (p Provider) Verify(s engine.Signing, header func(name string) string) error {
	return engine.SameSignature(p.Sign(s), header)
}
