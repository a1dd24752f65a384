package finx

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// figoCode is the kind of a code for clients that refuse one without an O in front.
const figoCode grant.Kind = "figo_code"

// Scopes that some calls need.
const (
	scopeAccounts     = "accounts=ro"
	scopeBalance      = "balance=ro"
	scopeTransactions = "transactions=ro"
	scopeCategories   = "categories=ro"
	scopeUser         = "user=rw"
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
	err := c.Do(func(tx engine.Tx) error {
		turn := exchange
		if c.Field("grant_type") == "refresh_token" {
			turn = refresh
		}
		secret, g, err := turn(c, tx)
		if err != nil {
			return err
		}
		asked := strings.Fields(c.Field("scope"))
		access, a, err := tx.IssueWith(grant.Access, g, engine.IssueOptions{Scopes: asked, Length: tokenLength(tx)})
		if p := problem.From(err); err != nil && p.Code == problem.InsufficientScope {
			return problem.Invalid("scope", problem.NotAllowed, "A scope can be narrowed, not widened.")
		}
		out = tokenAnswer{access, int(a.Life() / time.Second), strings.Join(a.Scopes, " "), "Bearer", secret}
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// exchange swaps the code of a callback for a refresh token. The redirect_uri must be that of
// the flow.
func exchange(c *engine.Call, tx engine.Tx) (string, grant.Grant, error) {
	fail := func(text string) (string, grant.Grant, error) {
		return "", grant.Grant{}, problem.New(problem.InvalidGrant, "%s", text)
	}
	code := c.Field("code")
	if code == "" {
		return "", grant.Grant{}, problem.Invalid("code", problem.Missing, "")
	}
	kind := grant.Exchange
	if strings.HasPrefix(code, "O") {
		kind = figoCode
	}
	g, err := tx.Use(kind, code, false)
	if err != nil {
		return "", g, err
	}
	s, err := tx.Session(g.Subject)
	if err != nil {
		return "", g, err
	}
	if c.Field("redirect_uri") != s.Params["redirect_uri"] {
		return fail("The redirect_uri is not that of the flow.")
	}
	if _, err := tx.Connection(s.Connection); err != nil {
		if p := problem.From(err); p.Code == problem.NotFound {
			return fail("The access has been removed.")
		}
		return "", g, err
	}
	how := engine.IssueOptions{Scopes: strings.Fields(tx.Option(optScopes)), Family: g.Family, Length: tokenLength(tx)}
	how.Grace, _ = time.ParseDuration(tx.Option(optGrace)) // the option's shape
	return tx.IssueNext(grant.Refresh, s.Connection, how)
}

// tokenLength is the length of tokens that the option wants; 0 is the usual one.
func tokenLength(tx engine.Tx) int {
	if tx.Option(optTokenLength) == "long" {
		return 2100
	}
	return 0
}

// refresh swaps a refresh token for the next one.
func refresh(c *engine.Call, tx engine.Tx) (string, grant.Grant, error) {
	token := c.Field("refresh_token")
	if token == "" {
		return "", grant.Grant{}, problem.Invalid("refresh_token", problem.Missing, "")
	}
	return tx.Rotate(grant.Refresh, token)
}

// revokeToken ends a token at once: an access token alone, a refresh token with all that came
// of it. Clients send it by both verbs. That an unknown one is refused is invented.
func revokeToken(c *engine.Call) (engine.Reply, error) {
	token := c.Query("token")
	if token == "" {
		token = c.Field("token")
	}
	if token == "" {
		return engine.Reply{}, problem.Invalid("token", problem.Missing, "")
	}
	err := c.Do(func(tx engine.Tx) error {
		g, err := tx.Revoke(engine.AnyKind, token)
		if err == nil && g.Kind == grant.Refresh {
			err = tx.RevokeFamily(g)
		}
		return err
	})
	return engine.Empty(http.StatusOK), err
}

// bearer is the grant behind a call's access token, and the connection that it reads.
func bearer(c *engine.Call) (conn connect.Connection, g grant.Grant, err error) {
	if g, err = c.Bearer(grant.Access); err != nil {
		return conn, g, err
	}
	err = c.View(func(tx engine.Tx) (err error) {
		conn, err = tx.Connection(g.Subject)
		return err
	})
	if p := problem.From(err); err != nil && p.Code == problem.NotFound {
		err = problem.New(problem.InvalidGrant, "the access was removed")
	}
	return conn, g, err
}

// accessesOf are the connections that a call's token reads: the one of its flow, or all of its
// user where the flow was an ongoing one, and those that the user's calls have made. The oldest
// comes first.
func accessesOf(c *engine.Call) (out []connect.Connection, err error) {
	conn, _, err := bearer(c)
	if err != nil {
		return nil, err
	}
	err = c.View(func(tx engine.Tx) (err error) {
		out, err = connectionsOf(tx, conn)
		return err
	})
	return out, err
}

// connectionsOf are the connections of the user of one.
func connectionsOf(tx engine.Tx, conn connect.Connection) ([]connect.Connection, error) {
	out := []connect.Connection{conn}
	if conn.UserKey != "" {
		var err error
		if out, err = tx.ConnectionsOf(conn.Owner, conn.UserKey); err != nil {
			return nil, err
		}
		slices.Reverse(out)
	}
	made, err := logins.List(tx, userOf(conn))
	for _, l := range made {
		more, err := tx.Connection(l.ID)
		if problem.Is(err, problem.NotFound) { // it waits for its first sync
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, more)
	}
	return out, err
}

// scopesOf are those of the call's token; none where it does not count.
func scopesOf(c *engine.Call) ([]string, error) {
	_, g, err := bearer(c)
	if problem.Ours(err) {
		return nil, err
	}
	return g.Scopes, nil
}

// scoped serves a call whose token has a scope, or the same with rw for ro.
func scoped(scope string, h engine.Handler) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		_, g, err := bearer(c)
		if err != nil {
			return engine.Reply{}, err
		}
		if !mayRead(g.Scopes, scope) {
			return engine.Reply{}, problem.New(problem.InsufficientScope, "the token lacks the scope %s", scope)
		}
		return h(c)
	}
}

// getVersion tells the version that a client last saw.
func getVersion(*engine.Call) (engine.Reply, error) {
	return engine.JSON(http.StatusOK, struct {
		Environment string `json:"environment"`
		Version     string `json:"version"`
	}{"staging", "21.3.1"}), nil
}
