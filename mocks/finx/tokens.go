package finx

import (
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// tokenAnswer is the documented answer of /auth/token.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	Scope        string `json:"scope"`
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token"`
}

// createAccessToken exchanges a code or a refresh token.
func createAccessToken(c *engine.Call) (engine.Reply, error) {
	var out tokenAnswer
	err := c.Do(func(tx engine.Tx) (err error) {
		if c.Field("grant_type") == "refresh_token" {
			out, err = refresh(c, tx)
		} else {
			out, err = exchange(c, tx)
		}
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// exchange swaps the code of a callback. The redirect_uri must be that of the flow.
func exchange(c *engine.Call, tx engine.Tx) (tokenAnswer, error) {
	code := c.Field("code")
	if code == "" {
		return tokenAnswer{}, problem.Invalid("code", problem.Missing, "")
	}
	g, err := tx.Use(grant.Exchange, code, false)
	if err != nil {
		return tokenAnswer{}, err
	}
	s, err := tx.Session(g.Subject)
	if err != nil {
		return tokenAnswer{}, err
	}
	if c.Field("redirect_uri") != s.Params["redirect_uri"] {
		return tokenAnswer{}, problem.New(problem.InvalidGrant, "The redirect_uri is not that of the flow.")
	}
	conn, err := tx.Connection(s.Connection)
	if err != nil {
		return tokenAnswer{}, problem.New(problem.InvalidGrant, "The access has been removed.")
	}
	return issue(tx, conn)
}

// refresh swaps a refresh token for the next pair.
func refresh(c *engine.Call, tx engine.Tx) (tokenAnswer, error) {
	token := c.Field("refresh_token")
	if token == "" {
		return tokenAnswer{}, problem.Invalid("refresh_token", problem.Missing, "")
	}
	g, err := tx.Use(grant.Refresh, token, false)
	if err != nil {
		return tokenAnswer{}, err
	}
	conn, err := tx.Connection(g.Subject)
	if err != nil {
		return tokenAnswer{}, problem.New(problem.InvalidGrant, "The access has been removed.")
	}
	return issue(tx, conn)
}

// issue mints the next pair of tokens of a connection.
func issue(tx engine.Tx, conn connect.Connection) (out tokenAnswer, err error) {
	n, err := tx.Grants(grant.Access, conn.ID)
	if err != nil {
		return out, err
	}
	var access grant.Grant
	if out.AccessToken, access, err = tx.Issue(grant.Access, conn.ID, n); err != nil {
		return out, err
	}
	if n, err = tx.Grants(grant.Refresh, conn.ID); err != nil {
		return out, err
	}
	out.RefreshToken, _, err = tx.Issue(grant.Refresh, conn.ID, n)
	out.ExpiresIn = int(access.ExpiresAt().Sub(tx.Now) / time.Second)
	out.Scope, out.TokenType = tx.Option(optScopes), "Bearer"
	return out, err
}

// bearer is the connection that a call's access token reads.
func bearer(c *engine.Call) (connect.Connection, error) {
	token := c.Given(credToken)
	if token == "" {
		return connect.Connection{}, &problem.Error{Code: problem.Unauthorized, Reason: problem.Missing, Param: credToken, Detail: "no access token: send Authorization: Bearer and the access_token of /auth/token"}
	}
	var conn connect.Connection
	err := c.UseGrant(grant.Access, token, func(tx engine.Tx, g grant.Grant) (err error) {
		conn, err = tx.Connection(g.Subject)
		return err
	})
	return conn, err
}

// Authenticate asks for what a call needs: client credentials or an access token, which the
// handler looks at.
func (Provider) Authenticate(c *engine.Call) error { return nil }

// getVersion tells the version that a client last saw.
func getVersion(*engine.Call) (engine.Reply, error) {
	return engine.JSON(http.StatusOK, struct {
		Environment string `json:"environment"`
		Version     string `json:"version"`
	}{"staging", "21.3.1"}), nil
}
