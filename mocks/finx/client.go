package finx

import (
	"encoding/base64"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Authenticate asks for the client's id and secret where a call is not the user's: below /rest
// the access token speaks, which the handlers look at.
func (Provider) Authenticate(c *engine.Call) error {
	if strings.HasPrefix(c.LocalPath(), "/rest/") {
		return nil
	}
	fail := func(reason problem.Reason, text string) error {
		return &problem.Error{Code: problem.Unauthorized, Reason: reason, Param: credClient, Detail: text}
	}
	id, secret, sent := clientOf(c)
	wantID, wantSecret := c.Option(optClientID), c.Option(optSecret)
	switch {
	case !sent && c.Option(optAuth) == "strict":
		return fail(problem.Missing, "no client credentials: send Authorization: Basic and the base64 of id:secret, "+clientID+":"+clientSecret+" for example")
	case !sent:
		c.Note("no client credentials were sent: the default client counts (option auth: lenient)")
		return nil
	case id == "":
		return fail(problem.Format, "the Authorization header is no Basic one: send the base64 of id:secret behind the word Basic")
	case wantID != "" && id != wantID, wantSecret != "" && secret != wantSecret:
		return fail(problem.Foreign, "this server is configured with another client id or secret")
	case secret == "":
		return fail(problem.Format, "the client secret is empty")
	}
	return nil
}

// clientOf reads HTTP Basic, or the same two as fields of the body.
func clientOf(c *engine.Call) (id, secret string, sent bool) {
	header := strings.TrimSpace(c.Header("Authorization"))
	if header == "" {
		id, secret = c.Field("client_id"), c.Field("client_secret")
		return id, secret, id != ""
	}
	scheme, code, _ := strings.Cut(header, " ")
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(code))
	if err != nil || !strings.EqualFold(scheme, "Basic") {
		return "", "", true
	}
	id, secret, _ = strings.Cut(string(text), ":")
	return id, secret, true
}
