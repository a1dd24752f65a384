package specimen

import (
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// connection is what came of a link.
type connection struct {
	ID          string `json:"id"`
	Institution string `json:"institution"`
	Product     string `json:"product"`
	Data        string `json:"data"`
	Status      string `json:"status"`
	CreatedAt   string `json:"created_at"`
}

var connectionStates = map[connect.State]string{
	connect.Active: "active", connect.LoginRequired: "login_required", connect.ConsentExpired: "consent_expired", connect.Revoked: "revoked",
}

func newConnection(conn connect.Connection, now time.Time) connection {
	return connection{
		ID: conn.ID, Institution: conn.Institution, Product: conn.Product, Data: string(conn.Data), Status: connectionStates[conn.StateAt(now)],
		CreatedAt: conn.CreatedAt.UTC().Format(time.RFC3339),
	}
}

func listConnections(c *engine.Call) (engine.Reply, error) {
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	out := []connection{}
	err = c.View(func(tx engine.Tx) error {
		all, err := tx.Connections()
		for _, conn := range all {
			out = append(out, newConnection(conn, tx.Now))
		}
		return err
	})
	from, to := p.Bounds(len(out))
	return engine.JSON(http.StatusOK, struct {
		Connections []connection `json:"connections"`
		Total       int          `json:"total"`
	}{out[from:to], len(out)}), err
}

func getConnection(c *engine.Call) (engine.Reply, error) {
	var out connection
	err := c.View(func(tx engine.Tx) error {
		conn, err := tx.Connection(c.Path("connection_id"))
		out = newConnection(conn, tx.Now)
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

func deleteConnection(c *engine.Call) (engine.Reply, error) {
	err := c.Do(func(tx engine.Tx) error {
		conn, err := tx.Connection(c.Path("connection_id"))
		if err != nil {
			return err
		}
		return tx.DeleteConnection(conn.ID)
	})
	return engine.Empty(http.StatusNoContent), err
}
