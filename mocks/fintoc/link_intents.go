package fintoc

import (
	"net/http"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// createLinkIntent starts an attempt to connect. The answer is the only place that
// shows the widget token.
func createLinkIntent(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Product    string `json:"product"`
		Country    string `json:"country"`
		HolderType string `json:"holder_type"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	var out linkIntent
	err := c.Do(func(tx engine.Tx) error {
		s, token, err := tx.StartSession(engine.NewSession{Params: map[string]string{
			"product": body.Product, "country": body.Country, "holder_type": body.HolderType,
		}})
		out = newLinkIntent(s)
		out.WidgetToken = &token
		return err
	})
	return engine.JSON(created(c), out), err
}

// created is the status of a POST that made something.
func created(c *engine.Call) int {
	status, _ := strconv.Atoi(c.Option(optCreated))
	return status
}

// exchangeLink swaps the exchange token of a finished widget for the link, and shows
// its link token, for the only time.
func exchangeLink(c *engine.Call) (engine.Reply, error) {
	token := c.Query("exchange_token")
	if token == "" {
		return engine.Reply{}, problem.Invalid("exchange_token", problem.Missing, "")
	}
	again := c.Option(optReuse) == "allow"
	var conn connect.Connection
	var linkToken string
	err := c.Do(func(tx engine.Tx) error {
		g, err := tx.Use(grant.Exchange, token, again)
		if err != nil {
			return about("exchange_token", err)
		}
		s, err := tx.Session(g.Subject)
		if err != nil {
			return err
		}
		conn, err = tx.Connection(s.Connection)
		if problem.Is(err, problem.NotFound) { // it was deleted between the widget and the exchange
			err = &problem.Error{Code: problem.InvalidGrant, Param: "exchange_token"}
		}
		if err != nil {
			return err
		}
		n, err := tx.Grants(grant.Link, conn.ID)
		if err != nil {
			return err
		}
		if n > 0 { // exchanged again, as the option allows: the same token, not another
			linkToken, err = tx.Secret(grant.Link, conn.ID, 0)
			return err
		}
		linkToken, _, err = tx.Issue(grant.Link, conn.ID, 0)
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	out, err := newLink(c, conn, true)
	out.LinkToken = &linkToken
	return engine.JSON(http.StatusOK, out), err
}

// about names the parameter that a grant came in.
func about(param string, err error) error {
	if err == nil || problem.Ours(err) {
		return err
	}
	e := *problem.From(err)
	e.Param = param
	return &e
}

// versionHeader asks for a dated version of the API.
const versionHeader = "Fintoc-Version"

// checkVersion looks at the Fintoc-Version header: any of the known dates, others only
// where the account is lenient.
func checkVersion(c *engine.Call) error {
	v := c.Header(versionHeader)
	if v == "" {
		return nil
	}
	for _, known := range versions {
		if v == known {
			return nil
		}
	}
	if c.Option(optVersionCheck) == "lenient" {
		c.Note("Fintoc-Version %q is none of the known versions", v)
		return nil
	}
	return &problem.Error{Code: problem.Forbidden, Reason: problem.Format, Param: versionHeader}
}

// instant is a time as link intents have it, without milliseconds.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// precise is a time as links and accounts have it.
func precise(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
