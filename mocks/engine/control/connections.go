package control

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

type connectionView struct {
	ID          string            `json:"id"`
	Provider    string            `json:"provider"`
	Institution string            `json:"institution"`
	State       connect.State     `json:"state"`
	Accounts    []string          `json:"accounts"`
	Secrets     map[string]string `json:"secrets"`
}

// createConnection connects a user without a widget, as a provider's dashboard does
// with "connect my own account". Its secrets are shown this once.
func (a *API) createConnection(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Provider    string            `json:"provider"`
		Institution string            `json:"institution"`
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
		Username:    cmp.Or(body.Username, man.Samples["username"]),
		Password:    body.Password, Accounts: body.Accounts, Right: body.Answers == nil,
	}
	if body.Username == "" {
		answers.Password = cmp.Or(body.Password, man.Samples["password"])
	}
	if body.Answers != nil {
		var err error
		if answers.Challenges, answers.Right, err = parseAnswers(body.Answers); err != nil {
			return engine.Reply{}, err
		}
	}
	made, err := c.Connect(engine.Direct{Provider: body.Provider, Params: body.Params, Answers: answers})
	if err != nil {
		return engine.Reply{}, err
	}
	conn := made.Connection
	return engine.JSON(http.StatusCreated, connectionView{
		ID: conn.ID, Provider: conn.Provider, Institution: conn.Institution, State: conn.StateAt(c.Now),
		Accounts: conn.Accounts, Secrets: made.Secrets,
	}), nil
}
