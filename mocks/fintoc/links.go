package fintoc

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// tokenOf finds the link token of a call: in the query, or in the body, where SDKs put
// it on some calls.
func tokenOf(c *engine.Call) string {
	if t := c.Query("link_token"); t != "" {
		return t
	}
	return c.Field("link_token")
}

// linkOf is the connection that a call's link token reads.
func linkOf(c *engine.Call) (connect.Connection, error) {
	token := tokenOf(c)
	if token == "" {
		return connect.Connection{}, problem.Invalid("link_token", problem.Missing, "")
	}
	return byToken(c, token)
}

func byToken(c *engine.Call, token string) (connect.Connection, error) {
	if strings.Count(token, "_token_") != 1 {
		return connect.Connection{}, &problem.Error{Code: problem.InvalidGrant, Reason: problem.Format, Param: "link_token"}
	}
	conn := c.Connection()
	err := c.UseGrant(grant.Link, token, func(tx engine.Tx, g grant.Grant) error {
		if conn != nil && conn.ID == g.Subject {
			return nil
		}
		other, err := tx.Connection(g.Subject)
		conn = &other
		return err
	})
	if err != nil {
		return connect.Connection{}, about("link_token", err)
	}
	return *conn, nil
}

// linkInPath is the connection that the path names: by its token, or by its id.
func linkInPath(c *engine.Call) (connect.Connection, error) {
	name := c.Path("link")
	if strings.Contains(name, "_token_") {
		return byToken(c, name)
	}
	var conn connect.Connection
	err := c.View(func(tx engine.Tx) (err error) {
		conn, err = tx.Connection(name)
		return err
	})
	if problem.Is(err, problem.NotFound) {
		err = noSuch("link", "link", name)
	}
	return conn, err
}

// noSuch is the answer for an id that is not there, and explains an id of another kind.
func noSuch(object, prefix, id string) error {
	e := problem.Absent(object, id)
	if before, _, ok := strings.Cut(id, "_"); ok && before != prefix {
		e.Reason, e.Detail = problem.WrongKind, object+" objects start with "+prefix+" prefix"
	}
	return e
}

func listLinks(c *engine.Call) (engine.Reply, error) {
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	var all []connect.Connection
	if err := c.View(func(tx engine.Tx) (err error) {
		all, err = tx.Connections()
		return err
	}); err != nil {
		return engine.Reply{}, err
	}
	wanted := c.Query("status")
	out := make([]link, 0, len(all))
	for _, conn := range all {
		l, err := newLink(c, conn, false)
		if err != nil {
			return engine.Reply{}, err
		}
		if wanted == "" || wanted == l.Status && l.Active || wanted == "inactive" && !l.Active {
			out = append(out, l)
		}
	}
	from, to := p.Bounds(len(out))
	return engine.JSON(http.StatusOK, out[from:to], pageHeaders(p, c, len(out))...), nil
}

func getLink(c *engine.Call) (engine.Reply, error) {
	conn, err := linkInPath(c)
	if err != nil {
		return engine.Reply{}, err
	}
	out, err := newLink(c, conn, true)
	return engine.JSON(http.StatusOK, out), err
}

func updateLink(c *engine.Call) (engine.Reply, error) {
	conn, err := linkInPath(c)
	if err != nil {
		return engine.Reply{}, err
	}
	active, err := activeOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) error {
		conn, err = tx.Pause(conn.ID, !active)
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	out, err := newLink(c, conn, false)
	return engine.JSON(http.StatusOK, out), err
}

// activeOf reads the one writable field, from JSON or from a form.
func activeOf(c *engine.Call) (bool, error) {
	if text := c.Field("active"); text != "" {
		active, err := strconv.ParseBool(text)
		if err != nil {
			return false, problem.Invalid("active", problem.WrongType, "active must be true or false")
		}
		return active, nil
	}
	var body struct {
		Active *bool `json:"active"`
	}
	if err := c.Decode(&body); err != nil {
		return false, err
	}
	if body.Active == nil {
		return false, problem.Invalid("active", problem.Missing, "")
	}
	return *body.Active, nil
}

func deleteLink(c *engine.Call) (engine.Reply, error) {
	conn, err := linkInPath(c)
	if err != nil {
		return engine.Reply{}, err
	}
	if err := c.Do(func(tx engine.Tx) error { return tx.DeleteConnection(conn.ID) }); err != nil {
		return engine.Reply{}, err
	}
	if c.Option(optDeleteBody) == "json" {
		return engine.JSON(http.StatusOK, struct{}{}), nil
	}
	return engine.Empty(http.StatusNoContent), nil
}

// Reveal gives the link token of a link that was connected in the dashboard, as the
// dashboard shows it: once.
func (Provider) Reveal(tx engine.Tx, conn connect.Connection) (map[string]string, error) {
	token, _, err := tx.Issue(grant.Link, conn.ID, 0)
	return map[string]string{"link_token": token}, err
}
