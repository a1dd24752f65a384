package finx

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Kinds of flows, kept in a session's parameter "flow".
const (
	flowAccess       = "access"
	flowOngoing      = "ongoing"
	flowIncome       = "income-report"
	flowRisk         = "risk-report"
	flowVerification = "account-verification"
)

// flowStart is the body of every start of a flow. Which fields count depends on the flow and on
// the edition; the others are ignored, as unknown ones are.
type flowStart struct {
	RedirectURI string      `json:"redirect_uri"`
	Language    string      `json:"language"`
	State       string      `json:"state"`
	SyncPeriod  *int        `json:"sync_period"`
	Accounts    accountRefs `json:"accounts"`

	UserID      string `json:"user_id"`      // of ongoing flows
	SaveSecrets bool   `json:"save_secrets"` // of ongoing flows

	Name    string   `json:"name"`    // of verifications and risk reports
	Account string   `json:"account"` // of verifications
	Readout []string `json:"readout"` // of verifications

	ReportingPeriod *int     `json:"reporting_period"`
	TrackingID      string   `json:"tracking_id"`
	ProviderID      string   `json:"provider_id"`
	AccountTypes    []string `json:"account_types"`
	MultiSelection  *bool    `json:"allow_multi_selection"`
}

// accountRefs name accounts of the user; see FlowStart in the document.
type accountRefs []struct {
	ID string `json:"id"`
}

func (r accountRefs) ids() (out []string) {
	for _, a := range r {
		out = append(out, a.ID)
	}
	return out
}

// widgetLink is the answer to every start of a flow.
type widgetLink struct {
	Location string `json:"location"`
	ID       string `json:"id"`
}

// defaultSync is how many days of history a flow asks for that does not say, longestSync how
// many it may ask for (invented).
const (
	defaultSync = 90
	longestSync = 730
)

// startFlow makes the handler that starts flows of a kind.
func startFlow(kind string) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		var body flowStart
		if err := c.Decode(&body); err != nil {
			return engine.Reply{}, err
		}
		n, err := newFlow(c, kind, body)
		if err != nil {
			return engine.Reply{}, err
		}
		var out widgetLink
		err = c.Do(func(tx engine.Tx) error {
			n := n
			if n.Institution == "" {
				var err error
				if n.Institution, err = bankOfAccounts(c, tx, body); err != nil {
					return err
				}
			}
			s, token, err := tx.StartSession(n)
			out = widgetLink{Location: c.PublicURL() + "/?token=" + url.QueryEscape(token), ID: s.ID}
			return err
		})
		return engine.JSON(http.StatusOK, out), err
	}
}

// newFlow is what a start asks for.
func newFlow(c *engine.Call, kind string, body flowStart) (n engine.NewSession, err error) {
	if !isURL(body.RedirectURI) {
		return n, problem.Invalid("redirect_uri", problem.Format, "Not a valid URL.")
	}
	if p := body.SyncPeriod; p != nil && (*p < 1 || *p > longestSync) {
		return n, problem.Invalid("sync_period", problem.TooLarge, "Must be between 1 and %d.", longestSync)
	}
	period, err := periodOf(body, c.Option(optEdition))
	if err != nil {
		return n, err
	}
	n.Params = map[string]string{"flow": kind, "redirect_uri": body.RedirectURI, "sync_period": period}
	if body.Language != "" {
		if !slices.Contains(c.Manifest().Languages, body.Language) {
			return n, problem.Invalid("language", problem.NotAllowed, "Must be one of: %s.", strings.Join(c.Manifest().Languages, ", "))
		}
		n.Lang = body.Language
	}
	keep := func(name, value string) {
		if value != "" {
			n.Params[name] = value
		}
	}
	keep("state", body.State)
	keep("accounts", strings.Join(accountNames(body), ","))
	switch kind {
	case flowOngoing:
		n.UserKey, n.AutoRefresh = body.UserID, body.SaveSecrets
	case flowVerification:
		keep("account", body.Account)
		keep("readout", strings.Join(body.Readout, ","))
		keep("name", body.Name)
	case flowRisk:
		keep("name", body.Name)
	}
	if c.Option(optEdition) != qwist && kind != flowVerification {
		return n, nil
	}
	n.Institution = body.ProviderID
	keep("tracking_id", body.TrackingID)
	keep("account_types", strings.Join(body.AccountTypes, ","))
	if m := body.MultiSelection; m != nil {
		keep("allow_multi_selection", strconv.FormatBool(*m))
	}
	if id := n.Institution; id != "" && !slices.ContainsFunc(c.Banks(), func(i engine.InstitutionState) bool { return i.ID == id }) {
		return n, problem.Invalid("provider_id", problem.NotAllowed, "There is no such entry in the catalog.")
	}
	return n, nil
}

// bankOfAccounts finds the bank of the first account that can be resolved: by the bank code in
// an IBAN, or by an account number or the number of a card that a test user has. With none the
// user searches for the bank.
func bankOfAccounts(c *engine.Call, tx engine.Tx, body flowStart) (string, error) {
	for _, name := range accountNames(body) {
		if isGerman(name) {
			if found := engine.SearchInstitutions(c.Banks(), name); len(found) > 0 {
				return found[0].ID, nil
			}
			continue
		}
		found, err := tx.FindAccounts(connect.Session{Provider: c.Manifest().Name}, name)
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return found[0].Institution.ID, nil
		}
	}
	return "", nil
}

// accountNames are the accounts that a start names, as banks write them.
func accountNames(body flowStart) (names []string) {
	for _, name := range append([]string{body.Account}, body.Accounts.ids()...) {
		if name = compact(name); name != "" && !strings.Contains(name, ",") {
			names = append(names, name)
		}
	}
	return names
}

// isURL says whether a browser could be sent there: an absolute address, an app's own scheme
// included, but nothing that runs as script.
func isURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "about"}, strings.ToLower(u.Scheme)) {
		return false
	}
	return u.Host != "" || u.Scheme != "http" && u.Scheme != "https"
}

// ConnectionKey lets a user who connects a bank again by an ongoing flow keep the access, with
// its ids (inferred: accounts of one user_id accumulate).
func (Provider) ConnectionKey(s connect.Session, u engine.User) string {
	if s.UserKey == "" {
		return ""
	}
	return strings.Join([]string{"ongoing", s.Owner, s.UserKey, s.Institution, u.Username}, "\x00")
}

// Claims are what the tokens of a flow say, as those of an older edition do: integrators must
// not read them.
func (Provider) Claims(kind grant.Kind, s connect.Session) map[string]any {
	if kind != grant.Widget {
		return nil
	}
	return map[string]any{"jti": s.ID, "scope": "ais", "redirect_uri": s.Params["redirect_uri"], "state": s.Params["state"]}
}

// Pages are the widget's own address: location leads here.
func (Provider) Pages() []engine.Page {
	return []engine.Page{{Method: http.MethodGet, Path: "/", Op: "session.open", Locate: []engine.Place{{In: "query", Name: "token"}}, Handler: openWidget}}
}

// openWidget leads to the session that the token names. The page works from then on by the
// session's own address.
func openWidget(c *engine.Call) (engine.Reply, error) {
	token := c.Query("token")
	if token == "" {
		return engine.Reply{}, problem.Invalid("token", problem.Missing, "The parameter token is missing. Start a flow (POST /onetime/access) and open its location.")
	}
	p, err := preset(c)
	if err != nil {
		return engine.Reply{}, err
	}
	s, err := c.OpenWidget(token, p)
	if err != nil {
		return engine.Reply{}, explained(s, err)
	}
	return c.ToPages(s), nil
}

// preset is what the address says of the page.
func preset(c *engine.Call) (p engine.Preset, err error) {
	p.Lang = c.AskedLang()
	if p.Page, err = c.PageOptions(); err != nil {
		return p, err
	}
	p.Hosting, err = hosting(c)
	return p, err
}

// explained gives the sentences of a page to what the engine found.
func explained(s connect.Session, err error) error {
	p := *problem.From(err)
	switch p.Code {
	case problem.NotFound, problem.InvalidGrant:
		p.Detail = "This token is unknown here. It belongs to another server or sandbox, or the sandbox was reset: start another flow (POST /onetime/access) and open its location."
	case problem.ReusedGrant:
		p.Detail = "This flow has " + string(s.Step) + " already, and its location works once. Start another flow and open its location."
	case problem.ExpiredGrant:
		p.Detail = "This location has expired. Start another flow and open its location."
	}
	return &p
}
