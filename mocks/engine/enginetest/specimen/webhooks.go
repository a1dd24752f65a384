package specimen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// Names of options.
const (
	optHook       = "webhook_url"
	optHookSecret = "webhook_secret"
)

var options = []engine.Option{
	engine.FramingOption, engine.AppNameOption, engine.IDsOption("invented", "this provider"),
	engine.ReceiverOption(optHook, "invented", "this provider"),
	{
		Name: optHookSecret, Type: engine.Text, Default: "specimen-hook-secret", Fidelity: "invented", Secret: true, Source: "this provider",
		Shape: regexp.MustCompile(`^[a-z-]+$`), Form: "small letters", Sample: "specimen-hook-secret", Help: "signs what goes to webhook_url",
	},
}

// eventNames are the API's words for what it tells.
var eventNames = map[engine.EventName]string{
	engine.ConnectionCreated: "connection.created", engine.ConnectionReady: "connection.ready", engine.ImportFailed: "connection.failed",
	engine.ConnectionLoginRequired: "connection.login_required",
	engine.RefreshSucceeded:        "refresh.succeeded", engine.RefreshFailed: "refresh.failed", engine.RefreshRejected: "refresh.failed",
}

var webhooks = &engine.Webhooks{
	Event: grant.Format{Prefix: "evt_", Length: 16, Alphabet: grant.Hex}, Schedule: webhook.Schedule{Tries: 5, First: time.Minute, Factor: 2},
	URLOption: optHook, SecretOption: optHookSecret,
	Tells: []engine.EventName{
		engine.ConnectionCreated, engine.ConnectionReady, engine.ImportFailed, engine.ConnectionLoginRequired,
		engine.RefreshSucceeded, engine.RefreshFailed, engine.RefreshRejected,
	},
}

type event struct {
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	At         string     `json:"at"`
	Connection connection `json:"connection"`
	Refresh    *refresh   `json:"refresh,omitempty"`
}

// RenderEvent says what happened to a connection.
func (Provider) RenderEvent(r engine.Reader, e engine.Event) ([]webhook.Draft, error) {
	told := event{Type: eventNames[e.Name], At: e.At.UTC().Format(time.RFC3339), Connection: newConnection(e.Connection, r.Instant())}
	if e.Refresh != nil && e.Refresh.State != connect.RefreshRunning && !e.Refresh.Initial {
		one := newRefresh(*e.Refresh)
		told.Refresh = &one
	}
	return []webhook.Draft{{Type: told.Type, Schema: "Event", Body: func(id string) ([]byte, error) {
		told.ID = id
		return json.Marshal(told)
	}}}, nil
}

// Sign gives the HMAC of the body.
func (Provider) Sign(s engine.Signing) []webhook.Header {
	mac := hmac.New(sha256.New, []byte(s.Secret))
	mac.Write(s.Body)
	return []webhook.Header{{Name: "Specimen-Signature", Value: hex.EncodeToString(mac.Sum(nil))}}
}

// Verify compares it with what Sign gives.
func (p Provider) Verify(s engine.Signing, header func(name string) string) error {
	return engine.SameSignature(p.Sign(s), header)
}
