package specimen

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// refresh is one look at the bank for new data.
type refresh struct {
	ID     string               `json:"id"`
	Status connect.RefreshState `json:"status"`
	Reason problem.Code         `json:"reason,omitempty"`
}

func newRefresh(r connect.Refresh) refresh {
	return refresh{ID: r.ID, Status: r.State, Reason: r.Problem}
}

func refreshConnection(c *engine.Call) (engine.Reply, error) {
	var out refresh
	err := c.Do(func(tx engine.Tx) error {
		conn, err := tx.Connection(c.Path("connection_id"))
		if err != nil {
			return err
		}
		r, err := tx.RefreshNow(conn, engine.OnDemand{})
		out = newRefresh(r)
		return err
	})
	return engine.JSON(http.StatusAccepted, out), err
}

func getRefresh(c *engine.Call) (engine.Reply, error) {
	var conn connect.Connection
	if err := c.View(func(tx engine.Tx) (err error) {
		conn, err = tx.Connection(c.Path("connection_id"))
		return err
	}); err != nil {
		return engine.Reply{}, err
	}
	r, err := c.PollRefresh(conn, c.Path("refresh_id"))
	return engine.JSON(http.StatusOK, newRefresh(r)), err
}
