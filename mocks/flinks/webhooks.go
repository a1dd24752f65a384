package flinks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// schedule: ten attempts thirty minutes apart, and only a 200 is an answer (documented).
var schedule = webhook.Schedule{Tries: 10, First: 30 * time.Minute, Status: http.StatusOK}

// longestHook is how many bytes of transactions a webhook carries. How long the real ones
// grow is not documented (invented).
const longestHook = 4 << 20

var hookURL = regexp.MustCompile(`^https?://[^\s@]+$`)

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

// RenderEvent tells of data that was collected: of a request, or at night.
func (Provider) RenderEvent(tx engine.Tx, e engine.Event) ([]webhook.Notice, error) {
	k, err := cardOfRefresh(tx, e)
	if err != nil {
		return nil, err
	}
	kind := e.Refresh.Kind
	if e.Refresh.Scheduled || kind == "" {
		kind = kindDetails
	}
	if kind == kindStatements {
		n, err := statementsNotice(tx, k)
		return []webhook.Notice{n}, err
	}
	p, err := newPayload(tx, k, stored(k.session), kind == kindSummary, tx.Now)
	if err != nil {
		return nil, err
	}
	cut := 0
	p.webhook, p.cut = kind, &cut
	body := p.AppendJSON(nil)
	if cut > 0 {
		tx.Say("the webhook %s of the RequestId %s lacks the %d oldest transactions: it carries %d MiB of them; the API has all", kind, k.session.ID, cut, longestHook>>20)
	}
	details, err := notice(tx, kind, kind+"Webhook", body)
	if err != nil || kind != kindDetails {
		return []webhook.Notice{details}, err
	}
	l := loginOf(k.conn)
	if l != nil {
		l.LastRefresh += "Z" // the one example of a KYC webhook has it
	}
	body, err = json.Marshal(kycBody{
		ResponseType: kindKYC, HTTPStatusCode: http.StatusOK, Holders: []holder{holderOf(p.profile, p.name)},
		Login: l, Institution: k.conn.Institution, Tag: k.session.Params[paramTag], RequestID: k.session.ID,
	})
	if err != nil {
		return nil, err
	}
	kyc, err := notice(tx, kindKYC, "KYCWebhook", body)
	return []webhook.Notice{kyc, details}, err
}

// cardOfRefresh is the card that was collected, and the request that asked for it. A
// nightly one has a request of its own.
func cardOfRefresh(tx engine.Tx, e engine.Event) (card, error) {
	k := card{conn: e.Connection}
	if e.Refresh.Session != "" {
		if s, err := tx.Session(e.Refresh.Session); err == nil {
			k.session = s
			return k, nil
		}
	}
	s, err := tx.Read(e.Connection, map[string]string{
		paramCustomer: e.Connection.Params[paramCustomer], paramTag: e.Connection.Params[paramTag], paramLang: e.Connection.Params[paramLang],
	})
	k.session = s
	return k, err
}

func notice(tx engine.Tx, typ, schema string, body []byte) (webhook.Notice, error) {
	id, err := tx.NextEvent()
	return webhook.Notice{ID: id, Type: typ, Schema: schema, Body: body}, err
}

// statementsNotice tells of statements.
func statementsNotice(tx engine.Tx, k card) (webhook.Notice, error) {
	reply, err := newStatements(tx, k, tx.Now)
	if err != nil {
		return webhook.Notice{}, err
	}
	reply.ResponseType = kindStatements
	body, err := json.Marshal(reply)
	if err != nil {
		return webhook.Notice{}, err
	}
	return notice(tx, kindStatements, "GetStatementsWebhook", body)
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
