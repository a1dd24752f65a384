package control

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// recordView is a record of a provider, and its kind with it.
type recordView struct {
	Provider string `json:"provider"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Value    any    `json:"value"`
}

func (a *API) listRecords(c *engine.Call) (engine.Reply, error) {
	all, err := c.RecordsOf(c.Path("name"), c.Path("kind"))
	if err != nil {
		return engine.Reply{}, err
	}
	out := []recordView{}
	for _, r := range all {
		out = append(out, recordView{c.Path("name"), c.Path("kind"), r.ID, r.Value})
	}
	return engine.JSON(http.StatusOK, map[string]any{"records": out}), nil
}

func (a *API) getRecord(c *engine.Call) (engine.Reply, error) {
	value, err := c.Record(c.Path("name"), c.Path("kind"), c.Path("id"))
	return engine.JSON(http.StatusOK, recordView{c.Path("name"), c.Path("kind"), c.Path("id"), value}), err
}

func (a *API) putRecord(c *engine.Call) (engine.Reply, error) {
	value, err := c.PutRecord(c.Path("name"), c.Path("kind"), c.Path("id"), c.Body)
	return engine.JSON(http.StatusOK, recordView{c.Path("name"), c.Path("kind"), c.Path("id"), value}), err
}

func (a *API) deleteRecord(c *engine.Call) (engine.Reply, error) {
	if err := c.DeleteRecord(c.Path("name"), c.Path("kind"), c.Path("id")); err != nil {
		return engine.Reply{}, err
	}
	return engine.Empty(http.StatusNoContent), nil
}
