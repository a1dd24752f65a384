package finx

import (
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Authenticate asks for the client's id and secret where a call is not the user's: below /rest
// the access token speaks, which the handlers look at.
func (Provider) Authenticate(c *engine.Call) error {
	sent := c.Given(credClient) != ""
	if !sent && strings.HasPrefix(c.LocalPath(), "/catalog") && c.Given(credToken) != "" { // as one client's sessions do
		_, _, err := bearer(c)
		return err
	}
	switch {
	case strings.HasPrefix(c.LocalPath(), "/rest/"):
		return active(c)
	case sent, c.Option(optAuth) == "strict" && c.Header("Authorization") == "":
		return c.Prove(credClient)
	case c.Header("Authorization") != "":
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Format, Param: credClient,
			Detail: "the Authorization header is no Basic one: send the base64 of id:secret behind the word Basic"}
	}
	c.Note("no client credentials were sent: the default client counts (option auth: lenient)")
	return nil
}

// active counts a call as activity, where the option says so. Whether its token counts is the
// handlers' to say.
func active(c *engine.Call) error {
	if c.Option(optActivity) != "any" {
		return nil
	}
	g, err := c.Bearer(grant.Access)
	if err != nil {
		if problem.Ours(err) {
			return err
		}
		return nil
	}
	return c.Do(func(tx engine.Tx) error { return tx.Slide(grant.Refresh, g) })
}
