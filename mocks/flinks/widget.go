package flinks

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// paramHosted names the product whose page a session has; a session of the API has none.
const paramHosted = "hosted"

// Products with pages of their own.
const (
	productConnect = "connect"
	productBank    = "connect-bank" // Connect at a bank that keeps the login to itself
)

// Pages are the addresses of Connect: its entry, and the two deep links that apps use; and Custom's.
func (Provider) Pages() []engine.Page {
	tokens := []engine.Place{{In: "query", Name: "authorizeToken"}, {In: "query", Name: "requestId"}, {In: "query", Name: "loginId"}}
	page := func(path string, open engine.Handler) engine.Page {
		return engine.Page{Method: "GET", Path: path, Op: "session.open", Locate: tokens, Handler: open}
	}
	return []engine.Page{
		page("/", openConnect), // as the widget's first generation was embedded
		page("/v2", openConnect), page("/v2/Credential/:institution", openConnect), page("/v2/Result/:institution", openConnect),
		page("/v3/OAuth/Authorize", oauthAuthorize),
		{Method: "GET", Path: "/express", Handler: expressForm},
		{Method: "POST", Path: "/express", Handler: requestExpress},
		{Method: "GET", Path: "/express/:id", Op: "session.open", Handler: openExpress},
		{Method: "POST", Path: "/express/:id", Handler: beginExpress},
		{Method: "GET", Path: "/express/:id/look.css", Handler: expressLook},
		{Method: "GET", Path: "/express/:id/setup", Handler: expressSetup},
		{Method: "POST", Path: "/express/:id/setup", Handler: changeExpress},
		{Method: "POST", Path: "/express/:id/approve", Handler: approveExpress},
		{Method: "GET", Path: "/dashboard", Handler: dashboard},
		{Method: "POST", Path: agentless, Locate: []engine.Place{{In: "body", Name: "REF"}}, Handler: openAgentless},
	}
}

// flows are the steps of each product. A page leaves out what its address does not want.
func flows() map[string]connect.Flow {
	usual := connect.InWidget(connect.Consent, connect.Institution, connect.Credentials, connect.Challenging, connect.Waiting)
	return map[string]connect.Flow{
		"":             usual,
		productConnect: append(slices.Clone(usual), connect.On(connect.Accounts)),
		productExpress: append(slices.Clone(usual), connect.On(connect.Accounts)),
		productBank: {
			connect.On(connect.Consent), connect.On(connect.Institution), connect.AtBank(connect.Credentials), connect.AtBank(connect.Challenging),
			connect.AtBank(connect.Approving), connect.On(connect.Waiting), connect.On(connect.Accounts),
		},
		productCustom: {connect.AtBank(connect.Credentials), connect.AtBank(connect.Challenging), connect.AtBank(connect.Approving)},
	}
}

// pageEntries are the pages as an app opens them: Connect with its form or at the bank's own page,
// and the bank of Custom.
func pageEntries() []engine.Entry {
	yields := map[string]string{"login_id": "loginId", "request_id": engine.SessionID}
	page := func(product, more string) engine.Entry {
		return engine.Entry{
			Product: product, Start: "generateAuthorizeToken", Begins: true, Yields: yields,
			Path: "/v2/?authorizeToken=${authorize_token}&redirectUrl=${redirect_url}&accountSelectorEnable=true&accountSelectorMultiple=true&closeEnable=true&" + more,
		}
	}
	return []engine.Entry{
		page(productConnect, "withMFAQuestions=true"),
		page(productBank, "demoOutbound=true"),
		{Product: productCustom, Path: "/v3/oauth/authorize?institution=${institution}&redirect_uri=${redirect_url}", Begins: true, Yields: yields},
	}
}

// Names of the options of the pages.
const (
	optPageCustomer     = "page_customer"
	optErrorStep        = "error_step"
	optRedirectMessage  = "redirect_message"
	optRedirectOrder    = "redirect_order"
	optRedirectCommas   = "redirect_commas"
	optRedirectBank     = "redirect_institution"
	optRedirectFragment = "redirect_fragment"
	optRedirects        = "redirect_uris"
	optOAuthAnswer      = "oauth_answer"
)

// pageOptions are the switches of the pages.
func pageOptions(choice func(name, fidelity, source, help string, values ...string) engine.Option) []engine.Option {
	return []engine.Option{
		{
			Name: optPageCustomer, Type: engine.Text, Default: toolboxCustomer, Fidelity: "invented", Shape: guidShape, Form: "a GUID", Sample: toolboxCustomer,
			Source: "the host of a page names an instance, and its address no customer", Help: "whose cards the pages of Connect, Express and Custom connect, where no customerId is in their address",
		},
		choice(optErrorStep, "client", "a failure is posted without a step (documented); one demo branches on steps that are named like codes",
			"code also names the FlinksCode as the step", "absent", "code"),
		choice(optRedirectMessage, "documented", "the older revision has step, institution and url alone", "what REDIRECT carries", "full", "url"),
		choice(optRedirectOrder, "client", "the samples begin with loginId, one with demo; one app finds loginId only behind another parameter",
			"which parameter comes first in the redirect", "login_first", "institution_first", "demo_first"),
		choice(optRedirectCommas, "client", "the documentation writes commas between ids, an app reads %2C", "how several ids of accounts are parted in the redirect", "plain", "encoded"),
		choice(optRedirectBank, "client", "the documentation has the name, an app reads a number", "how the redirect names the institution", "name", "number"),
		choice(optRedirectFragment, "invented", "no source has an address with a fragment", "where parameters go in a redirectUrl with a # in it", "before", "behind"),
		choice(optExpressBuild, "invented", "a page of Express is built by people; how long it takes is not said", "how long a page of Express is being built, by the sandbox's clock", "1m", "0s", "48h"),
		choice(optOAuthAnswer, "documented", "the text says 302; the example is a form that sends itself", "what OAuth/Authorize answers", "redirect", "form"),
		{
			Name: optRedirects, Type: engine.Text, Fidelity: "documented", Shape: anyURLs, Form: "addresses with commas", Sample: "https://app.example/done",
			Source: "redirect URIs are kept by the provider", Help: "the redirect URIs that Custom takes; empty takes any and says so in the journal",
		},
		engine.FramingOption, engine.AppNameOption,
	}
}

var anyURLs = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:\S+([, ]+[A-Za-z][A-Za-z0-9+.-]*:\S+)*$`)

// openConnect is the entry of Connect: everything that the app wants stands in its address. It
// begins a session, or finds the one to go on with, and leads to its page.
func openConnect(c *engine.Call) (engine.Reply, error) {
	q, err := parseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return engine.Reply{}, err
	}
	if name := c.Path("institution"); name != "" {
		q.values[qInstitution] = name
	}
	customer, err := customerOf(c, q)
	if err != nil {
		return engine.Reply{}, err
	}
	token, err := checkToken(c, q, customer)
	if err != nil {
		return engine.Reply{}, err
	}
	p, err := presetOf(c, &q, customer)
	if err != nil {
		return engine.Reply{}, err
	}
	var s connect.Session
	err = c.Do(func(tx engine.Tx) (err error) {
		switch {
		case q.get(qRequest) != "":
			s, err = resumed(tx, q, customer)
		case q.get(qLogin) != "":
			s, err = reconnected(tx, q, customer)
		default:
			s, err = started(c, tx, q, p)
		}
		if err != nil {
			return err
		}
		if token != "" {
			if _, err := tx.UseIn(s.ID, grant.Widget, token, false); problem.Ours(err) {
				return err
			} else if err != nil {
				return badToken(problem.From(err).Detail)
			}
		}
		s, err = tx.OpenSession(s.ID, p)
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	return c.ToPages(s), nil
}

// customerOf says whose card a page connects: its address says so, or an option does, because
// the documented address has no customer in it.
func customerOf(c *engine.Call, q pageQuery) (string, error) {
	id := strings.ToLower(cmp.Or(q.get(qCustomer), c.Option(optPageCustomer)))
	id, _, _ = strings.Cut(id, "~")
	switch {
	case !guidShape.MatchString(id):
		return "", problem.Invalid(qCustomer, problem.Format, "customerId is %.60q: pass the GUID of the path of your API calls, %s for example", id, toolboxCustomer)
	case !knows(c, id):
		return "", &problem.Error{Code: problem.Unauthorized, Reason: problem.Foreign, Param: qCustomer,
			Detail: "This server takes other customer ids: those of the option flinks.customer_ids, in strict mode the toolbox's where it is empty. The option flinks.page_customer says whose pages these are."}
	}
	return id, nil
}

// badToken is why an authorizeToken does not open a page.
func badToken(why string) error {
	return &problem.Error{Code: problem.InvalidGrant, Param: qToken, Detail: why}
}

// checkToken asks for an authorizeToken as the mode of the sandbox says: strict wants one, lenient
// takes none for an integration of before October 2024, and none does not look.
func checkToken(c *engine.Call, q pageQuery, customer string) (token string, err error) {
	token = q.get(qToken)
	mode := c.Option(optAuth)
	switch {
	case mode == "none":
		return "", nil
	case token == "" && mode == "strict":
		return "", badToken("The parameter authorizeToken is missing, and strict mode wants one: pass the Token of POST GenerateAuthorizeToken.")
	case token == "":
		return "", nil
	}
	err = c.View(func(tx engine.Tx) error {
		g, err := tx.Find(grant.Widget, token)
		switch p := problem.From(err); {
		case p != nil && p.Code == problem.InvalidGrant, p != nil && p.Code == problem.NotFound:
			return badToken("This authorizeToken is unknown here: pass the Token of POST GenerateAuthorizeToken of this server and sandbox, and not the secret key.")
		case err != nil:
			return err
		case g.Subject != customer:
			return badToken("This authorizeToken belongs to another customer: pass that one's customerId, or set the option flinks.page_customer.")
		}
		switch p := g.Check(tx.Now); {
		case p == nil, p.Code == problem.ReusedGrant && q.get(qRequest) != "" && slices.Contains(g.UsedBy, q.get(qRequest)):
			return nil // the token that opened the session also goes on with it
		case p.Code == problem.ReusedGrant:
			return badToken("This authorizeToken has opened a session already, and a token opens one: get a new one from GenerateAuthorizeToken for each page.")
		}
		return badToken("This authorizeToken has expired: get a new one from GenerateAuthorizeToken when the page is opened.")
	})
	return token, err
}

// presetOf is what the address says of a session: kept among its parameters by documented name.
func presetOf(c *engine.Call, q *pageQuery, customer string) (engine.Preset, error) {
	params := paramsOf(*q, customer)
	page, err := c.PageOptions()
	if err != nil {
		return engine.Preset{}, err
	}
	target, window := cmp.Or(c.RefererOrigin(), "*"), connect.PopUp
	if q.get(qSameWindow) == "true" {
		window = connect.SameWindow
	}
	hosting, err := c.Hosting(connect.Hosting{
		Target: target, Text: q.get(qStringify) == "true", WebView: q.get(qWebview) == "true", Top: q.get(qInner) != "true", Bank: window,
	}, "origin")
	p := engine.Preset{Params: params, Hosting: hosting, Page: page, Lang: q.get(qLanguage), Notes: q.notes}
	p.App, p.NoClose, p.Look = q.get(qName), q.get(qClose) != "true", lookOf(*q)
	p.Asks = asksOf(*q)
	if q.get(qTermsNoBox) != "true" {
		p.Terms = q.get(qTerms)
	}
	if name := q.get(qInstitution); name != "" {
		p.Institution = institutionNamed(c, name)
	}
	return p, err
}

// paramsOf is what a session of Connect keeps of the address of its page.
func paramsOf(q pageQuery, customer string) map[string]string {
	params := maps.Clone(q.values)
	params[paramCustomer] = customer
	params[paramHosted] = productConnect
	if v := params[qTag]; v != "" {
		params[paramTag] = v
	}
	if v := params[qDays]; v != "" {
		params[paramDays] = v
	}
	if q.get(qQuestions) == "true" {
		params[paramWithMFA] = "true"
	}
	delete(params, qToken) // a secret, and spent
	return params
}

// StartDirect begins the session of Connect's page with these parameters of its address.
func (Provider) StartDirect(tx engine.Tx, given map[string]string) (n engine.NewSession, err error) {
	values := url.Values{}
	for name, value := range given {
		values.Set(name, value)
	}
	q, err := parseQuery(values.Encode())
	if err != nil {
		return n, err
	}
	customer := strings.ToLower(cmp.Or(q.get(qCustomer), tx.Option(optPageCustomer)))
	if !guidShape.MatchString(customer) {
		return n, problem.Invalid(qCustomer, problem.Format, "customerId is %.60q: pass the GUID of the path of your API calls, %s for example", customer, toolboxCustomer)
	}
	n = startOf(q)
	n.Params, n.Lang = paramsOf(q, customer), q.get(qLanguage)
	return n, nil
}

// Reveal gives what an app reads the data of a card with: its LoginId, and the RequestId of
// the login, as long as that lives.
func (Provider) Reveal(_ engine.Tx, conn connect.Connection) (map[string]string, error) {
	return map[string]string{"login_id": conn.ID, "request_id": conn.Session}, nil
}

// hides are the parts of a page that its address switches off, as the engine calls them.
var hides = []struct{ parameter, value, part string }{
	{qHeader, "false", "header"}, {qHeaderImg, "false", "logo"}, {qBox, "false", "box"}, {qPadding, "true", "padding"},
	{qNoTitle, "true", "account_title"}, {qBack, "false", "back"},
}

// appended is what may stand behind a title: words alone.
var appended = regexp.MustCompile(`^[^<>{}\p{C}]{1,200}$`)

// consentTitles are the titles of the consent, behind which an address may put words of its own.
var consentTitles = map[string]string{"en": "Connect your bank", "fr": "Connectez votre banque"}

// lookOf is how the address wants the page to look; nil where it does not say.
func lookOf(q pageQuery) *connect.Look {
	l := connect.Look{Background: q.get(qBackground), Surface: q.get(qBackground), Text: q.get(qForeground1), Accent: q.get(qForeground2)}
	if theme := q.get(qTheme); theme != "system" {
		l.Scheme = theme
	}
	for _, h := range hides {
		if q.get(h.parameter) == h.value {
			l.Hide = append(l.Hide, h.part)
		}
	}
	if more := q.get(qConsentText); appended.MatchString(more) && !strings.Contains(strings.ToLower(more), "javascript:") {
		l.Texts = map[string]string{"title.consent": consentTitles[q.get(qLanguage)] + " " + more}
	}
	if l.Background+l.Text+l.Accent+l.Scheme == "" && len(l.Hide)+len(l.Texts) == 0 {
		return nil
	}
	return &l
}

// features are lines of the consent by the names that apps send (client); any other name is shown as it is.
var features = map[string]map[string]string{
	"transactionhistory": {"en": "Your transactions", "fr": "Vos transactions"},
	"accountnumber":      {"en": "Your account numbers", "fr": "Vos numéros de compte"},
}

// asksOf are the lines of the consent that the address names; nil where it names none.
func asksOf(q pageQuery) (lines []string) {
	for _, name := range strings.Split(q.get(qFeatures), ",") {
		if name = strings.TrimSpace(name); name == "" || len(name) > 80 || len(lines) == 20 {
			continue
		}
		line := cmp.Or(features[strings.ToLower(name)][q.get(qLanguage)], name)
		lines = append(lines, line)
	}
	return lines
}

// lists says whether the institution is one that a page offers.
func lists(c *engine.Call, id string) bool {
	return slices.ContainsFunc(c.Banks(), func(i engine.InstitutionState) bool { return i.ID == id })
}

// startOf is how a new session goes: what of the flow the address leaves out.
func startOf(q pageQuery) engine.NewSession {
	n := engine.NewSession{Product: productConnect}
	if q.get(qOutbound) == "true" {
		n.Product = productBank
	}
	if q.get(qConsent) == "false" {
		n.Without = append(n.Without, connect.Consent)
	}
	if q.get(qSelector) != "true" && q.get(qMultiple) != "true" || q.get(qResume) != "" {
		n.Without = append(n.Without, connect.Accounts)
	}
	n.MaxLogins, _ = strconv.Atoi(q.get(qRetry))
	n.AutoRefresh = q.get(qSchedule) == "true"
	return n
}

// started begins a session for a user who connects anew.
func started(c *engine.Call, tx engine.Tx, q pageQuery, p engine.Preset) (connect.Session, error) {
	n := startOf(q)
	n.Params, n.Lang = maps.Clone(p.Params), p.Lang
	if lists(c, p.Institution) {
		n.Institution = p.Institution
	}
	s, _, err := tx.StartSession(n)
	return s, err
}

// reconnected begins a session that asks the user of a card to log in again.
func reconnected(tx engine.Tx, q pageQuery, customer string) (connect.Session, error) {
	id := strings.ToLower(q.get(qLogin))
	conn, err := tx.Connection(id)
	if err := absent(err); err != nil {
		return connect.Session{}, err
	}
	if err != nil || conn.Ephemeral || conn.Params[paramCustomer] != customer {
		return connect.Session{}, &problem.Error{Code: problem.NotFound, Subject: loginSubject, ID: id, Param: qLogin,
			Detail: "There is no card with this loginId here. It was deleted, or belongs to another customer or sandbox: connect anew without loginId."}
	}
	n := startOf(q)
	n.Params = maps.Clone(conn.Params)
	return tx.ReconnectIn(n, conn)
}

// resumed finds the session of an Authorize that waits for an answer.
func resumed(tx engine.Tx, q pageQuery, customer string) (connect.Session, error) {
	id := strings.ToLower(q.get(qRequest))
	s, err := tx.Session(id)
	if err := absent(err); err != nil {
		return s, err
	}
	gone := func(why string) error {
		return &problem.Error{Code: problem.NotFound, Subject: requestSubject, ID: id, Param: qRequest, Detail: why}
	}
	switch {
	case err != nil || s.Params[paramCustomer] != customer:
		return s, gone("There is no session with this requestId here. It belongs to another customer or sandbox, or is long over: call Authorize again.")
	case s.Step == connect.Succeeded:
		return s, &problem.Error{Code: problem.ReusedGrant, Param: qRequest, Detail: "This requestId is authorized already: call for its data."}
	case s.Step.Final() || !tx.Now.Before(s.ExpiresAt):
		return s, gone("This requestId is over, because it was refused or 8 minutes have passed: call Authorize again.")
	}
	n := startOf(q)
	return tx.ChangeSession(id, func(s *connect.Session) error {
		if !slices.Contains(n.Without, connect.Accounts) && !s.Flow.Has(connect.Accounts) {
			s.Flow = append(s.Flow, connect.On(connect.Accounts))
		}
		for name, v := range q.values {
			if name != qToken && name != qTag {
				s.Params[name] = v
			}
		}
		s.Params[paramHosted] = productConnect
		delete(s.Params, paramAsync)
		return nil
	})
}

// EntryError tells that a page cannot be opened: TOKEN_INVALID, or what the API would say.
func (Provider) EntryError(e *problem.Error, c *engine.Call) (string, engine.Messages) {
	if strings.Contains(c.LocalPath(), "express") || strings.HasSuffix(c.LocalPath(), "dashboard") { // nobody listens around these
		return "", engine.Messages{Events: []engine.HostMessage{}, Ending: []engine.HostMessage{}}
	}
	q, _ := parseQuery(c.Request.URL.RawQuery)
	out := engine.Messages{
		Hosting: connect.Hosting{
			Transport: connect.ByMessage, Target: cmp.Or(c.RefererOrigin(), "*"), Text: q.get(qStringify) == "true", WebView: q.get(qWebview) == "true",
		},
		Events: []engine.HostMessage{{Seq: 1, Post: step{Step: "APP_MOUNTED"}}},
		Ending: []engine.HostMessage{},
		Notes:  append(q.notes, e.Detail),
	}
	switch e.Param {
	case qToken:
		out.Events = append(out.Events, engine.HostMessage{Seq: 2, Post: step{Step: stepBadToken}})
	case qRequest, qLogin:
		said, _ := say(e, c)
		out.Events = append(out.Events, engine.HostMessage{Seq: 2, Post: refusal{RequestID: e.ID, FlinksCode: said.code}})
	}
	return "", out
}

// connectedOnPage is what follows when a card was connected on a page: its data is fetched at once, in
// the background (documented), for the RequestId of the page.
func connectedOnPage(tx engine.Tx, e *engine.Event) error {
	s := e.Session
	if s.Params[paramHosted] == "" || e.Connection.ID == "" {
		return nil
	}
	conn, err := tx.ChangeConnection(e.Connection.ID, func(conn *connect.Connection) error {
		if conn.Params == nil {
			conn.Params = map[string]string{}
		}
		conn.Params[paramOwed] = s.ID
		for _, name := range []string{paramTag, paramWithMFA, paramOAuth} {
			if v := s.Params[name]; v != "" {
				conn.Params[name] = v
			}
		}
		return nil
	})
	if err != nil || conn.Refreshing != "" || s.Params[paramHosted] == productCustom {
		return err
	}
	e.Connection = conn
	_, err = tx.Under(conn).Collect(conn, kindDetails, s.ID, takes(conn.Username))
	return err
}
