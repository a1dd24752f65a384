package specimen

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
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
	Keys:      grant.Format{Prefix: "key_", Length: 12, Alphabet: grant.Hex},
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

// Sign gives a JWT over the hash of the body, with the key's id as kid.
func (Provider) Sign(s engine.Signing) []webhook.Header {
	text, err := s.Key.JWT(map[string]any{"iat": s.At.Unix(), "body": hashOf(s.Body)})
	if err != nil {
		return nil // an unsigned webhook, which every receiver refuses
	}
	return []webhook.Header{{Name: signature, Value: text}}
}

const signature = "Specimen-Signature"

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Verify checks the token by the key that it names, its age, and the body's hash.
func (Provider) Verify(s engine.Signing, header func(name string) string) error {
	claims, err := s.VerifyJWT(header(signature))
	if err != nil {
		return err
	}
	made, _ := claims["iat"].(float64)
	if err := s.Fresh(time.Unix(int64(made), 0)); err != nil {
		return err
	}
	if claims["body"] != hashOf(s.Body) {
		return errors.New("it is signed over another body")
	}
	return nil
}

// listKeys gives receivers the public halves.
func listKeys(c *engine.Call) (engine.Reply, error) {
	keys := []engine.JWK{}
	err := c.View(func(tx engine.Tx) error {
		all, err := tx.SigningKeys()
		for _, k := range all {
			keys = append(keys, k.JWK())
		}
		return err
	})
	return engine.JSON(http.StatusOK, map[string]any{"keys": keys}), err
}
