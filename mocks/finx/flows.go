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
	flowAccess  = "access"
	flowOngoing = "ongoing"
)

// flowStart is the body of every start of a flow.
type flowStart struct {
	RedirectURI string `json:"redirect_uri"`
	Language    string `json:"language"`
	State       string `json:"state"`
	SyncPeriod  *int   `json:"sync_period"`
	UserID      string `json:"user_id"`      // of ongoing flows
	SaveSecrets bool   `json:"save_secrets"` // of ongoing flows
	Accounts    []struct {
		ID string `json:"id"`
	} `json:"accounts"`
}

// widgetLink is the answer to every start of a flow.
type widgetLink struct {
	Location string `json:"location"`
	ID       string `json:"id"`
}

// defaultSync is how many days of history a flow asks for that does not say.
const defaultSync = 90

// startFlow makes the handler that starts flows of a kind.
func startFlow(kind string) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		var body flowStart
		if err := c.Decode(&body); err != nil {
			return engine.Reply{}, err
		}
		if !isURL(body.RedirectURI) {
			return engine.Reply{}, problem.Invalid("redirect_uri", problem.Format, "Not a valid URL.")
		}
		params := map[string]string{"flow": kind, "redirect_uri": body.RedirectURI, "sync_period": strconv.Itoa(defaultSync)}
		if body.SyncPeriod != nil {
			params["sync_period"] = strconv.Itoa(*body.SyncPeriod)
		}
		if kind == flowOngoing {
			params["user_id"] = body.UserID
		}
		if body.State != "" {
			params["state"] = body.State
		}
		if body.Language != "" {
			if !slices.Contains(c.Manifest().Languages, body.Language) {
				return engine.Reply{}, problem.Invalid("language", problem.NotAllowed, "Must be one of: %s.", strings.Join(c.Manifest().Languages, ", "))
			}
			params["lang"] = body.Language
		}
		institution := ""
		for _, a := range body.Accounts {
			if institution == "" {
				institution = bankOfAccount(a.ID)
			}
		}
		var out widgetLink
		err := c.Do(func(tx engine.Tx) error {
			s, token, err := tx.StartSession(engine.NewSession{Institution: institution, Params: params})
			if err == nil && body.SaveSecrets {
				_, err = tx.ChangeSession(s.ID, func(s *connect.Session) error {
					s.KeepUp = true
					return nil
				})
			}
			out = widgetLink{Location: c.PublicURL() + "/?token=" + url.QueryEscape(token), ID: s.ID}
			return err
		})
		return engine.JSON(http.StatusOK, out), err
	}
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

// bankOfAccount finds the bank of an IBAN by the bank code in it; empty when there is none.
func bankOfAccount(id string) string {
	id = strings.ToUpper(strings.ReplaceAll(id, " ", ""))
	if !strings.HasPrefix(id, "DE") || len(id) < 12 {
		return ""
	}
	for _, b := range banks {
		if b.blz == id[4:12] {
			return b.id
		}
	}
	return ""
}

// ConnectionKey lets a user who connects a bank again by an ongoing flow keep the access, with
// its ids (inferred: accounts of one user_id accumulate).
func (Provider) ConnectionKey(s connect.Session, u engine.User) string {
	if s.Params["user_id"] == "" {
		return ""
	}
	return strings.Join([]string{"ongoing", s.Params["user_id"], s.Institution, u.Username}, "\x00")
}

// Pages are the widget's own address: location leads here.
func (Provider) Pages() []engine.Page {
	return []engine.Page{{Method: http.MethodGet, Path: "/", Op: "session.open", Handler: openWidget}}
}

// openWidget leads to the session that the token names. The page works from then on by the
// session's own address.
func openWidget(c *engine.Call) (engine.Reply, error) {
	token := c.Query("token")
	if token == "" {
		return engine.Reply{}, problem.Invalid("token", problem.Missing, "The parameter token is missing. Start a flow (POST /onetime/access) and open its location.")
	}
	p := engine.Preset{Params: map[string]string{}}
	for _, name := range []string{"stunt_hints", "stunt_ribbon", "stunt_autofinish", "stunt_autopilot"} {
		if v := c.Query(name); v != "" {
			p.Params[name] = v
		}
	}
	var err error
	if p.Hosting, err = hosting(c); err != nil {
		return engine.Reply{}, err
	}
	var s connect.Session
	err = c.Do(func(tx engine.Tx) error {
		g, err := tx.Find(grant.Widget, token)
		if err != nil {
			return problem.Absent("widget token", "")
		}
		if p := g.Check(tx.Now); p != nil {
			return p
		}
		s, err = tx.OpenSession(g.Subject, p)
		return err
	})
	if err != nil {
		return engine.Reply{}, explained(s, err)
	}
	return engine.SeeOther(c.Prefix() + "/w/" + s.Handle), nil
}

// explained gives the sentences of a page to what the engine found.
func explained(s connect.Session, err error) error {
	p := *problem.From(err)
	switch p.Code {
	case problem.NotFound:
		p.Detail = "This token is unknown here. It belongs to another server or sandbox, or the sandbox was reset: start another flow (POST /onetime/access) and open its location."
	case problem.ReusedGrant:
		p.Detail = "This flow has " + string(s.Step) + " already, and its location works once. Start another flow and open its location."
	case problem.ExpiredGrant:
		p.Detail = "This location has expired. Start another flow and open its location."
	}
	return &p
}
