package finx

import (
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Authenticate asks for the client's id and secret where a call is not the user's: below /rest
// the access token speaks, which the handlers look at.
func (Provider) Authenticate(c *engine.Call) error {
	sent := c.Given(credClient) != ""
	switch {
	case strings.HasPrefix(c.LocalPath(), "/rest/"):
		return nil
	case sent, c.Option(optAuth) == "strict" && c.Header("Authorization") == "":
		return c.Prove(credClient)
	case c.Header("Authorization") != "":
		return &problem.Error{Code: problem.Unauthorized, Reason: problem.Format, Param: credClient,
			Detail: "the Authorization header is no Basic one: send the base64 of id:secret behind the word Basic"}
	}
	c.Note("no client credentials were sent: the default client counts (option auth: lenient)")
	return nil
}
