package specimen

import (
	"net/http"
	"net/url"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// link is an attempt of a user to connect.
type link struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	Product    string `json:"product"`
	Token      string `json:"token,omitempty"`
	Connection string `json:"connection,omitempty"`
}

// states are the steps at which a link is no longer open.
var states = map[connect.Step]string{
	connect.Succeeded: "connected", connect.Cancelled: "cancelled", connect.Failed: "failed", connect.Expired: "expired",
}

func newLink(s connect.Session) link {
	l := link{ID: s.ID, Status: "open", Product: s.Product, Connection: s.Connection}
	if state, ok := states[s.Step]; ok {
		l.Status = state
	}
	return l
}

func createLink(c *engine.Call) (engine.Reply, error)          { return startLink(c, accounts) }
func createStatementLink(c *engine.Call) (engine.Reply, error) { return startLink(c, statements) }

func startLink(c *engine.Call, product string) (engine.Reply, error) {
	var body struct {
		RedirectURL string `json:"redirect_url"`
		State       string `json:"state"`
		Language    string `json:"language"`
		Choice      string `json:"choice"`
		Currency    string `json:"currency"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	params := map[string]string{"redirect_url": body.RedirectURL, "state": body.State, "choice": body.Choice, "currency": body.Currency}
	var out link
	err := c.Do(func(tx engine.Tx) error {
		if err := mayLead(tx, c.Client(), body.RedirectURL); err != nil {
			return err
		}
		s, token, err := tx.StartSession(engine.NewSession{Product: product, Lang: body.Language, Params: params})
		out = newLink(s)
		out.Token = token
		return err
	})
	return engine.JSON(http.StatusCreated, out), err
}

func getLink(c *engine.Call) (engine.Reply, error) {
	var out link
	err := c.View(func(tx engine.Tx) error {
		s, err := tx.Session(c.Path("link_id"))
		out = newLink(s)
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// Pages is the entry of the hosted page, to which the app sends the user's browser.
func (Provider) Pages() []engine.Page {
	return []engine.Page{{Method: http.MethodGet, Path: "/link", Op: "session.open", Locate: []engine.Place{{In: "query", Name: "token"}}, Handler: openLink}}
}

func openLink(c *engine.Call) (engine.Reply, error) {
	preset := engine.Preset{Lang: c.AskedLang(), Again: true}
	var err error
	if preset.Page, err = c.PageOptions(); err != nil {
		return engine.Reply{}, err
	}
	s, err := c.OpenWidget(c.Query("token"), preset)
	return c.ToPages(s), err
}

// AcceptsInstitution looks whether a bank has the product of the link.
func (Provider) AcceptsInstitution(s connect.Session, i engine.Institution) error {
	for _, p := range i.Products {
		if p.Name == s.Product {
			return nil
		}
	}
	return problem.New(problem.InvalidRequest, "%s does not offer %s", i.Name, s.Product)
}

// ChooseAccounts lets the user choose one account or several, of one currency if the app asks
// for that, and no loan.
func (Provider) ChooseAccounts(s connect.Session, accounts []bank.Account, _ func(string) string) engine.AccountChoice {
	choice := engine.AccountChoice{Single: s.Params["choice"] == "one", Currency: s.Params["currency"], Barred: map[string]string{}}
	for _, a := range accounts {
		if a.Type == bank.Loan {
			choice.Barred[a.Key] = "type"
		}
	}
	return choice
}

// HandBack leads to the app's redirect_url, with the code or with the reason.
func (Provider) HandBack(e engine.Ending) string {
	to, err := url.Parse(e.Session.Params["redirect_url"])
	if err != nil {
		return ""
	}
	q := to.Query()
	q.Set("link_id", e.Session.ID)
	if state := e.Session.Params["state"]; state != "" {
		q.Set("state", state)
	}
	if code := e.Tokens[grant.Exchange]; code != "" {
		q.Set("code", code)
	} else {
		q.Set("error", states[e.Session.Step])
	}
	to.RawQuery = q.Encode()
	return to.String()
}
