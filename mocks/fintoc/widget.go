package fintoc

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Pages are the widget's own addresses.
func (Provider) Pages() []engine.Page {
	tokens := []engine.Place{{In: "query", Name: "link_token"}, {In: "query", Name: "widget_token"}}
	return []engine.Page{
		{Method: "GET", Path: "/webview/widget.html", Op: "session.open", Locate: tokens, Handler: openWidget},
		{Method: "GET", Path: "/widget.html", Op: "session.open", Locate: tokens, Handler: openWidget},
		{Method: "GET", Path: "/js/v1", Handler: (*engine.Call).Loader},
	}
}

var publicKey = regexp.MustCompile(`^pk_test_[A-Za-z0-9_-]+$`)

// openWidget is the widget's entry, for a web view as for the loader's frame: it looks at
// the parameters, which are in snake case, and leads to the session that they name.
func openWidget(c *engine.Call) (engine.Reply, error) {
	if err := checkPublicKey(c); err != nil {
		return engine.Reply{}, err
	}
	p, err := preset(c)
	if err != nil {
		return engine.Reply{}, err
	}
	open := openIntent
	switch {
	case c.Query("link_token") != "":
		open = reopenLink
	case c.Query("widget_token") == "":
		open = openWithoutIntent
	}
	s, err := open(c, p)
	if err != nil {
		return engine.Reply{}, err
	}
	return c.ToPages(s), nil
}

// openIntent opens the session of a link intent, which alone says what is connected.
func openIntent(c *engine.Call, p engine.Preset) (s connect.Session, err error) {
	token := c.Query("widget_token")
	if s, err = c.OpenWidget(token, p); err != nil {
		return s, explained(token, s, err)
	}
	return s, nil
}

// startCall is the call that makes another widget token of a kind.
func startCall(token string) (object, call string) {
	if strings.HasPrefix(token, "ri_") {
		return "refresh intent", "POST /v1/refresh_intents"
	}
	return "link intent", "POST /v1/link_intents"
}

// openWithoutIntent is the flow before link intents: the page says what is connected,
// and the link is told to webhook_url.
func openWithoutIntent(c *engine.Call, p engine.Preset) (s connect.Session, err error) {
	if c.Query("product") == "" {
		return s, problem.Invalid("widget_token", problem.Missing,
			"The parameter widget_token is missing. Create a link intent (POST /v1/link_intents) and pass its widget_token.")
	}
	params, err := startParams(c.Query)
	if err != nil {
		return s, err
	}
	params["without_intent"] = "true"
	if hook := c.Query(paramHook); hook != "" {
		params[paramHook] = hook
	}
	err = c.Do(func(tx engine.Tx) error {
		started, _, err := tx.StartSession(engine.NewSession{Params: maps.Clone(params)})
		if err != nil {
			return err
		}
		s, err = tx.OpenSession(started.ID, p)
		return err
	})
	return s, err
}

// startParams are what a link is started with where no link intent says so: individual, movements
// and cl unless given says otherwise.
func startParams(given func(name string) string) (map[string]string, error) {
	params := map[string]string{}
	for _, p := range []struct{ name, allowed string }{{"product", "movements"}, {"holder_type", "individual business"}, {"country", "cl"}} {
		allowed := strings.Fields(p.allowed)
		params[p.name] = cmp.Or(given(p.name), allowed[0])
		if !slices.Contains(allowed, params[p.name]) {
			return nil, problem.Invalid(p.name, problem.NotAllowed, "The parameter %s is %.40q. Pass one of: %s.", p.name, params[p.name], p.allowed)
		}
	}
	return params, nil
}

// StartDirect begins the link of a link intent with these fields.
func (Provider) StartDirect(_ engine.Tx, given map[string]string) (n engine.NewSession, err error) {
	for name := range given {
		if name != "product" && name != "holder_type" && name != "country" {
			return n, problem.Invalid(name, problem.NotAllowed, "A link intent has no field %.40q. Pass product, holder_type or country.", name)
		}
	}
	n.Params, err = startParams(func(name string) string { return given[name] })
	return n, err
}

// reopenLink asks the user of an existing link to log in again (inferred: the link keeps
// its id and token).
func reopenLink(c *engine.Call, p engine.Preset) (s connect.Session, err error) {
	conn, err := byToken(c, c.Query("link_token"))
	if problem.Ours(err) {
		return s, err
	}
	if err != nil {
		return s, problem.Invalid("link_token", problem.Format,
			"This link_token is unknown here. It belongs to another server or sandbox, or its link was deleted: connect anew.")
	}
	params := map[string]string{"product": "movements", "country": "cl", "holder_type": conn.Params["holder_type"], "without_intent": "true"}
	p.Institution, p.Username = "", "" // are those of the link
	err = c.Do(func(tx engine.Tx) error {
		started, err := tx.Reconnect(conn, maps.Clone(params))
		if err != nil {
			return err
		}
		s, err = tx.OpenSession(started.ID, p)
		return err
	})
	return s, err
}

// withoutIntent says whether a session belongs to no link intent that the app knows.
func withoutIntent(s connect.Session) bool { return s.Params["without_intent"] == "true" }

// preset is what the entry page says about the session.
func preset(c *engine.Call) (engine.Preset, error) {
	p := engine.Preset{Institution: c.Query("institution_id"), Params: map[string]string{}, Again: true}
	p.Username = cmp.Or(c.Query("username[value]"), c.Query("username"))
	p.Fixed = c.Query("username[editable]") == "false" && p.Username != ""
	var err error
	if p.Page, err = c.PageOptions(); err != nil {
		return p, err
	}
	p.Hosting, err = hostingOf(c)
	p.Host = map[string]string{"_on_event": c.Query("_on_event")}
	p.Lang = c.AskedLang()
	return p, err
}

// hostingOf says how the app holds the widget: a page that names its origin is told by
// messages, else addresses are followed, which a web view's host intercepts.
func hostingOf(c *engine.Call) (connect.Hosting, error) {
	h := connect.Hosting{Transport: connect.ByRedirect, Target: c.Query("origin")}
	if h.Target != "" {
		h.Transport = connect.ByMessage
	}
	return c.Hosting(h, "origin")
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

// widgetToken is how one looks.
var widgetToken = regexp.MustCompile(`^(?:li|ri)_[A-Za-z0-9]{16}_sec_[A-Za-z0-9]+$`)

// explained gives the sentences of a page to what the engine found. s is the session that
// the token opens, if there is one.
func explained(token string, s connect.Session, err error) error {
	p := *problem.From(err)
	switch {
	case p.Code == problem.NotFound && !widgetToken.MatchString(token):
		p.Detail = "This is no widget_token (a placeholder, perhaps). Create a link intent (POST /v1/link_intents) and pass its widget_token."
	case p.Code == problem.NotFound:
		p.Detail = "This widget_token is unknown here. It belongs to another server or sandbox, or the sandbox was reset: create a new link intent."
	case p.Code == problem.ReusedGrant:
		object, call := startCall(token)
		p.Detail = fmt.Sprintf("This %s has %s already, and its widget_token works once. Create another (%s) and pass its widget_token.", object, s.Step, call)
	case p.Code == problem.ExpiredGrant:
		p.Detail = "This widget_token has expired. Create a new link intent and open the widget again."
	}
	return &p
}
