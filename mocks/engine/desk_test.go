package engine_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// desk is a provider of clients: they log in with an id and a secret, and keep records.
type desk struct{}

const deskDocument = `
openapi: 3.0.3
info: {title: Desk, version: "1"}
x-stuntbank:
  locate: [token, refresh_token, name, key]
x-responses: &any {default: {description: any, content: {application/json: {schema: {}}}}}
paths:
  /login:
    post:
      operationId: login
      x-stuntbank: {op: auth.login, fidelity: invented, source: us}
      requestBody:
        content:
          application/json: &login
            schema:
              type: object
              properties:
                client_id: {type: string, pattern: "^[a-z]+$"}
                client_secret: {type: string}
                scope: {type: string}
                refresh_token: {type: string}
          application/x-www-form-urlencoded: *login
      responses: *any
  /revoke:
    get:
      operationId: revoke
      x-stuntbank: {op: token.revoke, fidelity: invented, source: us}
      parameters: [{name: token, in: query, schema: {type: string}}]
      responses: *any
  /me:
    get:
      operationId: me
      security: [{token: [read]}]
      x-stuntbank: {op: "-", fidelity: invented, source: us}
      responses: *any
    post:
      operationId: change
      security: [{token: [write]}]
      x-stuntbank: {op: "-", fidelity: invented, source: us}
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: *any
  /links:
    post:
      operationId: start
      x-stuntbank: {op: session.create, fidelity: invented, source: us}
      requestBody: {content: {application/json: {schema: {type: object, properties: {user: {type: string}}}}}}
      responses: *any
    get:
      operationId: links
      x-stuntbank: {op: "-", fidelity: invented, source: us}
      parameters: [{name: user, in: query, schema: {type: string}}]
      responses: *any
  /records/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    put:
      operationId: putRecord
      x-stuntbank: {op: "-", fidelity: invented, source: us}
      parameters: [{name: group, in: query, schema: {type: string}}, {name: ends, in: query, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: *any
    get: {operationId: getRecord, x-stuntbank: {op: "-", fidelity: invented, source: us}, responses: *any}
    delete: {operationId: deleteRecord, x-stuntbank: {op: "-", fidelity: invented, source: us}, responses: *any}
  /records:
    get:
      operationId: listRecords
      x-stuntbank: {op: "-", fidelity: invented, source: us}
      parameters: [{name: group, in: query, schema: {type: string}}]
      responses: *any
  /keys/{key}:
    get:
      operationId: getKey
      x-stuntbank: {op: "-", fidelity: invented, source: us}
      parameters: [{name: key, in: path, required: true, schema: {type: string}}]
      responses: *any
components:
  securitySchemes:
    token: {type: oauth2, flows: {clientCredentials: {tokenUrl: /login, scopes: {read: reads, write: writes}}}}
`

// deskFiles has an address, because trees of files are compared.
var deskFiles = &fstest.MapFS{
	"desk.yaml":               {Data: []byte(deskDocument)},
	"skins/desk/skin.css":     {Data: []byte("/* as the base */")},
	"skins/desk/text.en.yaml": {Data: []byte("title.success: You are connected\n")},
}

func (desk) Manifest() engine.Manifest {
	return engine.Manifest{
		Name: "desk", Title: "Desk", Country: "de", Document: "desk", Files: deskFiles, Skin: "desk", Languages: []string{"en"},
		MediaType: "application/json",
		Credentials: []engine.Credential{
			{
				Name: "client", Basic: true, Field: "client_id", Secret: &engine.ClientSecret{Field: "client_secret"},
				Shape: regexp.MustCompile(`^[a-z]+$`), Option: "clients", Sample: "desk:secret",
			},
			{Name: "access_token", Header: "Authorization", Schemes: []string{"Bearer"}, Grants: []grant.Kind{grant.Access}},
		},
		Session: grant.Format{Prefix: "s_", Length: 16}, Connection: grant.Format{Prefix: "c_", Length: 16},
		Flows: map[string]connect.Flow{"": connect.InWidget(connect.Credentials)},
		Tokens: map[grant.Kind]engine.TokenClass{
			grant.Widget:  {Format: grant.Format{Length: 24}, Fidelity: "invented", Source: "us"},
			grant.Access:  {Format: grant.Format{JWT: true}, Rules: grant.Rules{TTL: time.Hour, Single: true}, Fidelity: "invented", Source: "us"},
			grant.Refresh: {Format: grant.Format{Prefix: "R", Length: 40, Vary: 20}, Rules: grant.Rules{Idle: 24 * time.Hour, Absolute: 72 * time.Hour, Rotate: true, Reuse: grant.RevokeFamily}, Fidelity: "invented", Source: "us"},
		},
		Options: []engine.Option{
			{Name: "clients", Type: engine.Text, Secret: true, Fidelity: "invented", Source: "us", Help: "pairs"},
			{Name: "hook", Type: engine.Text, Fidelity: "invented", Source: "us", Help: "receiver"},
			{Name: "hook_secret", Type: engine.Text, Fidelity: "invented", Source: "us", Help: "unused"},
		},
		Webhooks: &engine.Webhooks{
			Keys: grant.Format{Prefix: "k_", Length: 12}, Event: grant.Format{Prefix: "e_", Length: 12}, Tells: []engine.EventName{engine.ConnectionCreated},
			URLOption: "hook", SecretOption: "hook_secret",
		},
		Samples: map[string]string{},
	}
}

// note is what a record holds.
type note struct {
	Text string `json:"text"`
}

var notes = engine.Records[note]{Kind: "note"}

// RecordKinds lets developers write notes, none of which may be empty.
func (desk) RecordKinds() []engine.RecordKind {
	return []engine.RecordKind{notes.Writable("notes", func(_ engine.Tx, _ string, n *note) (engine.RecordOptions, error) {
		if n.Text == "" {
			return engine.RecordOptions{}, problem.Invalid("text", problem.Missing, "text is missing: write something")
		}
		return engine.RecordOptions{Group: "x"}, nil
	})}
}

func (desk) Authenticate(c *engine.Call) error {
	switch c.OperationID() {
	case "login", "start", "links":
		return c.Prove("client")
	case "me", "change":
		_, err := c.Bearer(grant.Access)
		return err
	}
	return nil
}

func (desk) Handlers() map[string]engine.Handler {
	return map[string]engine.Handler{
		"login": deskLogin, "revoke": deskRevoke, "me": deskMe, "change": deskMe, "start": deskStart, "links": deskLinks,
		"putRecord": deskPut, "getRecord": deskGet, "deleteRecord": deskDelete, "listRecords": deskList, "getKey": deskKey,
	}
}

func deskLogin(c *engine.Call) (engine.Reply, error) {
	out := map[string]any{}
	err := c.Do(func(tx engine.Tx) (err error) {
		var refresh, access string
		var g, a grant.Grant
		if text := c.Field("refresh_token"); text != "" {
			refresh, g, err = tx.Rotate(grant.Refresh, text)
		} else {
			refresh, g, err = tx.IssueFree(grant.Refresh, c.Client(), engine.IssueOptions{Scopes: []string{"read", "write"}})
		}
		if err != nil {
			return err
		}
		scopes, p := grant.Narrow(g.Scopes, strings.Fields(c.Field("scope")))
		if p != nil {
			return p
		}
		if g.Gen == 0 {
			access, a, err = tx.IssueFree(grant.Access, c.Client(), engine.IssueOptions{Scopes: scopes, Claims: map[string]any{"iss": "desk", "sub": nil}})
		} else {
			access, a, err = tx.IssueWith(grant.Access, g, engine.IssueOptions{Scopes: scopes})
		}
		out["access"], out["refresh"], out["scopes"] = access, refresh, a.Scopes
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

func deskRevoke(c *engine.Call) (engine.Reply, error) {
	err := c.Do(func(tx engine.Tx) error {
		_, err := tx.Revoke(engine.AnyKind, c.Query("token"))
		return err
	})
	return engine.JSON(http.StatusOK, map[string]any{}), err
}

func deskMe(c *engine.Call) (engine.Reply, error) {
	return engine.JSON(http.StatusOK, map[string]string{"client": c.Client()}), nil
}

func deskStart(c *engine.Call) (engine.Reply, error) {
	var s connect.Session
	err := c.Do(func(tx engine.Tx) (err error) {
		s, _, err = tx.StartSession(engine.NewSession{UserKey: c.Field("user")})
		return err
	})
	return engine.JSON(http.StatusOK, map[string]string{"id": s.ID, "handle": s.Handle, "owner": s.Owner, "user": s.UserKey}), err
}

func deskLinks(c *engine.Call) (engine.Reply, error) {
	ids := []string{}
	err := c.View(func(tx engine.Tx) error {
		all, err := tx.SessionsOf(c.Client(), c.Query("user"))
		for _, s := range all {
			ids = append(ids, s.ID)
		}
		return err
	})
	return engine.JSON(http.StatusOK, map[string]any{"ids": ids}), err
}

func deskPut(c *engine.Call) (engine.Reply, error) {
	var n note
	if err := c.Decode(&n); err != nil {
		return engine.Reply{}, err
	}
	ends, _ := time.Parse(time.RFC3339, c.Query("ends"))
	err := c.Do(func(tx engine.Tx) error {
		return notes.Put(tx, c.Path("name"), n, engine.RecordOptions{Group: c.Query("group"), Lookup: c.Path("name"), Ends: ends})
	})
	return engine.JSON(http.StatusOK, n), err
}

func deskGet(c *engine.Call) (engine.Reply, error) {
	var n note
	var id string
	err := c.View(func(tx engine.Tx) (err error) {
		id, n, err = notes.Find(tx, c.Path("name"))
		return err
	})
	return engine.JSON(http.StatusOK, map[string]string{"id": id, "text": n.Text}), err
}

func deskDelete(c *engine.Call) (engine.Reply, error) {
	err := c.Do(func(tx engine.Tx) error { return notes.Delete(tx, c.Path("name")) })
	return engine.JSON(http.StatusOK, map[string]any{}), err
}

func deskList(c *engine.Call) (engine.Reply, error) {
	var all []note
	err := c.View(func(tx engine.Tx) (err error) {
		all, err = notes.List(tx, c.Query("group"))
		return err
	})
	return engine.JSON(http.StatusOK, map[string]any{"notes": all}), err
}

func deskKey(c *engine.Call) (engine.Reply, error) {
	var key engine.SigningKey
	err := c.View(func(tx engine.Tx) (err error) {
		key, err = tx.SigningKey(c.Path("key"))
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, key.JWK()), nil
}

func (desk) Declined() map[string]string { return nil }

func (desk) RenderProblem(e *problem.Error, _ *engine.Call) engine.Reply {
	status := http.StatusBadRequest
	switch e.Code {
	case problem.Unauthorized, problem.InvalidGrant, problem.ExpiredGrant, problem.ReusedGrant:
		status = http.StatusUnauthorized
	case problem.InsufficientScope:
		status = http.StatusForbidden
	case problem.NotFound:
		status = http.StatusNotFound
	case problem.Internal:
		status = http.StatusInternalServerError
	}
	return engine.JSON(status, map[string]string{"code": string(e.Code), "detail": e.Error()})
}

func (desk) RenderEvent(engine.Reader, engine.Event) ([]webhook.Draft, error) { return nil, nil }

// Sign gives a JWT that says the length of the body.
func (desk) Sign(s engine.Signing) []webhook.Header {
	text, _ := s.Key.JWT(map[string]any{"iat": s.At.Unix(), "length": len(s.Body)})
	return []webhook.Header{{Name: "Desk-Signature", Value: text}}
}

func (desk) Verify(s engine.Signing, header func(string) string) error {
	claims, err := s.VerifyJWT(header("Desk-Signature"))
	if err == nil && claims["length"] != float64(len(s.Body)) {
		err = errors.New("the body is another one")
	}
	return err
}

func startDesk(t *testing.T, adjust ...func(*engine.Config)) *enginetest.Server {
	return enginetest.StartAtNoon(t, desk{}, adjust...)
}
