package fintoc

import (
	"net/url"
	"regexp"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Pages are the widget's own addresses.
func (Provider) Pages() []engine.Page {
	return []engine.Page{{Method: "GET", Path: "/webview/widget.html", Handler: openWidget}}
}

var publicKey = regexp.MustCompile(`^pk_test_[A-Za-z0-9_-]+(~[a-z0-9-]+)?$`)

// openWidget is the WebView's entry: it looks at the parameters, which are in snake
// case, and leads to the session of the widget token.
func openWidget(c *engine.Call) (engine.Reply, error) {
	if err := checkPublicKey(c); err != nil {
		return engine.Reply{}, err
	}
	token := c.Query("widget_token")
	if token == "" {
		return engine.Reply{}, problem.Invalid("widget_token", problem.Missing,
			"The parameter widget_token is missing. Create a link intent (POST /v1/link_intents) and pass its widget_token.")
	}
	var s connect.Session
	err := c.Do(func(tx engine.Tx) error {
		g, err := tx.Find(grant.Widget, token)
		if err != nil {
			return problem.Absent("widget token", "")
		}
		if p := g.Check(tx.Now); p != nil {
			return p
		}
		s, err = tx.OpenSession(g.Subject, preset(c))
		return err
	})
	if err != nil {
		return engine.Reply{}, explained(err)
	}
	return engine.SeeOther(c.Prefix() + "/w/" + s.Handle), nil
}

// preset is what the entry page says about the session.
func preset(c *engine.Call) engine.Preset {
	p := engine.Preset{Institution: c.Query("institution_id"), Params: map[string]string{}}
	for _, name := range []string{"username", "_on_event", "lang"} {
		if v := c.Query(name); v != "" {
			p.Params[name] = v
		}
	}
	if v := c.Query("username[value]"); v != "" {
		p.Params["username"] = v
	}
	if c.Query("username[editable]") == "false" {
		p.Params["username_locked"] = "true"
	}
	return p
}

// checkPublicKey says what is wrong with the key in words that name the fix: the
// placeholder of a guide is the most frequent mistake.
func checkPublicKey(c *engine.Call) error {
	key, exact := c.Query("public_key"), c.Option(optPublicKey)
	fail := func(reason problem.Reason, text string) error {
		return &problem.Error{Code: problem.Unauthorized, Reason: reason, Param: "public_key", Detail: text}
	}
	switch {
	case key == "":
		return fail(problem.Missing, "The parameter public_key is missing. Pass a test key, pk_test_stuntbank for example.")
	case liveKey.MatchString(key):
		return fail(problem.WrongMode, "This is a simulator: a live key is refused and was not stored. Pass a test key, pk_test_stuntbank for example.")
	case exact != "" && key != exact:
		return fail(problem.Foreign, "This server is configured with another public_key.")
	case exact == "" && !publicKey.MatchString(key):
		return fail(problem.Format, "The public_key is no test key (a placeholder, perhaps). Pass one that begins with pk_test_, pk_test_stuntbank for example.")
	}
	return nil
}

// explained gives the sentences of a page to what the engine found.
func explained(err error) error {
	p := *problem.From(err)
	switch p.Code {
	case problem.NotFound:
		p.Detail = "This widget_token is unknown here. It belongs to another server or sandbox, or the sandbox was reset: create a new link intent."
	case problem.ExpiredGrant:
		p.Detail = "This widget_token has expired. Create a new link intent and open the widget again."
	}
	return &p
}

// HandBack ends the widget: the URL that a WebView host intercepts.
func (Provider) HandBack(e engine.Ending) string {
	if e.Session.Step != connect.Succeeded {
		return "fintocwidget://exit"
	}
	return "fintocwidget://succeeded?object=link_intent&exchange_token=" + url.QueryEscape(e.Tokens[grant.Exchange]) +
		"&id=" + url.QueryEscape(e.Session.ID)
}
