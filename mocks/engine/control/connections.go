package control

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

type connectionView struct {
	ID          string        `json:"id"`
	Provider    string        `json:"provider"`
	Institution string        `json:"institution"`
	Username    string        `json:"username"`
	Persona     string        `json:"persona"`
	State       connect.State `json:"state"`
	Paused      bool          `json:"paused"`
	Refreshing  *string       `json:"refreshing"`
	Accounts    []string      `json:"accounts"`
	CreatedAt   time.Time     `json:"created_at"`
	RefreshedAt time.Time     `json:"refreshed_at"`
	ConsentEnds *time.Time    `json:"consent_ends"`
}

func newConnection(conn connect.Connection, now time.Time) connectionView {
	return connectionView{
		ID: conn.ID, Provider: conn.Provider, Institution: conn.Institution, Username: conn.Username, Persona: conn.Persona,
		State: conn.StateAt(now), Paused: conn.Paused, Refreshing: optional(conn.Refreshing), Accounts: conn.Accounts,
		CreatedAt: conn.CreatedAt, RefreshedAt: conn.RefreshedAt, ConsentEnds: optionalTime(conn.ConsentEnds),
	}
}

// createdView is a connection with what is shown once.
type createdView struct {
	connectionView
	Secrets map[string]string `json:"secrets"`
}

// createConnection connects a user without a widget, as a provider's dashboard does
// with "connect my own account". Its secrets are shown this once.
func (a *API) createConnection(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Provider    string            `json:"provider"`
		Institution string            `json:"institution"`
		Method      string            `json:"method"`
		Product     string            `json:"product"`
		Fields      map[string]string `json:"fields"`
		Username    string            `json:"username"`
		Password    string            `json:"password"`
		Answers     json.RawMessage   `json:"answers"`
		Accounts    []string          `json:"accounts"`
		Params      map[string]string `json:"params"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	man, _, _ := a.s.Provider(body.Provider)
	answers := connect.Answers{
		Institution: cmp.Or(body.Institution, man.Samples["institution"]),
		Accounts:    body.Accounts, Right: body.Answers == nil,
	}
	if body.Username == "" {
		body.Username, body.Password = man.Samples["username"], cmp.Or(body.Password, man.Samples["password"])
	}
	answers.Method, answers.Fields = body.Method, loginOf(body.Username, body.Password, body.Fields)
	if body.Answers != nil {
		var err error
		if answers.Challenges, answers.Right, err = parseAnswers(body.Answers); err != nil {
			return engine.Reply{}, err
		}
	}
	made, err := c.Connect(engine.Direct{Provider: body.Provider, Product: body.Product, Params: body.Params, Answers: answers})
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusCreated, createdView{newConnection(made.Connection, c.Now), made.Secrets}), nil
}

func (a *API) listConnections(c *engine.Call) (engine.Reply, error) {
	all, err := a.s.Connections(c.Context(), c.Sandbox.Name)
	if err != nil {
		return engine.Reply{}, err
	}
	out := []connectionView{}
	for _, conn := range all {
		if !c.HasQuery("provider") || c.Query("provider") == conn.Provider {
			out = append(out, newConnection(conn, c.Now))
		}
	}
	return engine.JSON(http.StatusOK, map[string]any{"connections": out}), nil
}

func (a *API) getConnection(c *engine.Call) (engine.Reply, error) {
	conn, err := connectionOf(c)
	return engine.JSON(http.StatusOK, newConnection(conn, c.Now)), err
}

// connectionOf is the connection of the path.
func connectionOf(c *engine.Call) (connect.Connection, error) {
	if conn := c.Connection(); conn != nil {
		return *conn, nil
	}
	return connect.Connection{}, problem.New(problem.NotFound,
		"there is no connection %.60q in the sandbox %q: GET /_stunt/v1/connections lists them, and a reset ends them", c.Path("connection"), c.Sandbox.Name)
}

// setConnectionState breaks a connection, or mends it, as the bank or its user would.
func (a *API) setConnectionState(c *engine.Call) (engine.Reply, error) {
	var body struct {
		State connect.State `json:"state"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	conn, err := connectionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) (err error) {
		conn, err = tx.SetState(conn.ID, body.State, "the control API, in "+c.ID())
		return err
	})
	return engine.JSON(http.StatusOK, newConnection(conn, c.Now)), err
}

// refreshConnection refreshes a connection as its provider does by itself: no cooldown
// counts, and what comes of it is told in the same events.
func (a *API) refreshConnection(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Outcome connect.RefreshState `json:"outcome"`
	}
	if len(c.Body) > 0 {
		if err := c.Decode(&body); err != nil {
			return engine.Reply{}, err
		}
	}
	conn, err := connectionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) (err error) {
		conn, err = tx.RefreshByHand(conn.ID, body.Outcome)
		return err
	})
	return engine.JSON(http.StatusAccepted, newConnection(conn, c.Now)), err
}

// deleteConnection ends a connection as the app's own call would.
func (a *API) deleteConnection(c *engine.Call) (engine.Reply, error) {
	conn, err := connectionOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.Empty(http.StatusNoContent), c.Do(func(tx engine.Tx) error { return tx.Of(conn.Provider).DeleteConnection(conn.ID) })
}
