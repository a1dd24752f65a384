package specimen

import (
	"net/http"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// What tokens may read.
var scopes = []string{"accounts", "transactions"}

// tokenPair is an access token, and what gets the next one.
type tokenPair struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int    `json:"expires_in"`
	Scope        string `json:"scope"`
}

// pair issues the access token that goes with a refresh token.
func pair(tx engine.Tx, text string, refresh grant.Grant, asked []string) (tokenPair, error) {
	access, g, err := tx.IssueWith(grant.Access, refresh, engine.IssueOptions{Scopes: asked})
	return tokenPair{
		AccessToken: access, RefreshToken: text, ExpiresIn: int(g.ExpiresAt().Sub(tx.Now) / time.Second), Scope: strings.Join(g.Scopes, " "),
	}, err
}

// exchangeCode swaps the code of a finished link for the tokens of its connection.
func exchangeCode(c *engine.Call) (engine.Reply, error) {
	var out struct {
		Connection connection `json:"connection"`
		tokenPair
	}
	err := c.Do(func(tx engine.Tx) error {
		code, err := tx.Use(grant.Exchange, c.Field("code"), false)
		if err != nil {
			return err
		}
		s, err := tx.Session(code.Subject)
		if err != nil {
			return err
		}
		conn, err := tx.Connection(s.Connection)
		if err != nil {
			return err
		}
		out.Connection = newConnection(conn, tx.Now)
		text, g, err := tx.IssueNext(grant.Refresh, conn.ID, engine.IssueOptions{Scopes: scopes, Family: code.Family})
		if err != nil {
			return err
		}
		out.tokenPair, err = pair(tx, text, g, nil)
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// refreshToken rotates: the old refresh token works no more.
func refreshToken(c *engine.Call) (engine.Reply, error) {
	var out tokenPair
	err := c.Do(func(tx engine.Tx) error {
		text, g, err := tx.Rotate(grant.Refresh, c.Field("refresh_token"))
		if err != nil {
			return err
		}
		out, err = pair(tx, text, g, strings.Fields(c.Field("scope")))
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// revokeToken ends a token with its family.
func revokeToken(c *engine.Call) (engine.Reply, error) {
	err := c.Do(func(tx engine.Tx) error {
		g, err := tx.Find(engine.AnyKind, c.Field("token"))
		if err != nil {
			return err
		}
		return tx.RevokeFamily(g)
	})
	return engine.Empty(http.StatusNoContent), err
}
