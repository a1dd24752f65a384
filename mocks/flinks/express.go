package flinks

import (
	"cmp"
	"errors"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// productExpress is the page that is built for a customer and looks like the customer's own website.
const productExpress = "express"

// Options of Express.
const optExpressBuild = "express_build"

// Parameters of a session of Express.
const (
	paramExpress  = "express" // which page
	paramWho      = "who"     // the user's name, as typed on the identity screen
	paramWhoEmail = "who_email"
)

// expressPage is a page of Express as it was asked for: what the form has. No source has its fields;
// the guide names a logo, colours, texts and products (documented), the rest is invented.
type expressPage struct {
	Company     string            `json:"company"`                // whose page it is, as users read it
	Logo        string            `json:"logo,omitempty"`         // data URI of a PNG, a JPEG or an SVG image
	Background  string            `json:"background,omitempty"`   // #rrggbb, around the card
	Surface     string            `json:"surface,omitempty"`      // of the card
	Text        string            `json:"text,omitempty"`         // of words
	Accent      string            `json:"accent,omitempty"`       // of buttons and links
	Theme       string            `json:"theme,omitempty"`        // light or dark; empty: by the colours
	Title       string            `json:"title,omitempty"`        // above the scope screen
	Note        string            `json:"note,omitempty"`         // below what is asked for
	Texts       map[string]string `json:"texts,omitempty"`        // further words in place of the page's, by their keys
	Products    []string          `json:"products,omitempty"`     // what the scope screen asks for; empty: accounts and transactions
	Language    string            `json:"language,omitempty"`     // en or fr, where the address does not say
	ManyOf      bool              `json:"many_accounts"`          // the user may choose several
	Tag         string            `json:"tag,omitempty"`          // comes back in webhooks and the API; empty: express-<id>
	CustomerID  string            `json:"customer_id,omitempty"`  // whose cards; empty: the option page_customer
	Approved    bool              `json:"approved"`               // the customer has seen the preview and said yes
	RequestedAt time.Time         `json:"requested_at,omitempty"` // empty: now
}

// expressPages are those of the sandbox.
var expressPages = engine.Records[expressPage]{Kind: "express"}

// RecordKinds are the pages of Express.
func (Provider) RecordKinds() []engine.RecordKind {
	return []engine.RecordKind{expressPages.Writable("pages of Express", prepareExpress)}
}

// States of a page of Express; the words are invented.
const (
	expressBuilding = "building"
	expressPreview  = "preview"
	expressLive     = "live"
)

// state is how far the page is: it is built for a while, may be looked at, and is live once approved.
func (p expressPage) state(now time.Time, build time.Duration) string {
	switch {
	case now.Before(p.RequestedAt.Add(build)):
		return expressBuilding
	case p.Approved:
		return expressLive
	}
	return expressPreview
}

func buildTime(c *engine.Call) time.Duration {
	d, err := time.ParseDuration(c.Option(optExpressBuild))
	if err != nil {
		return 0
	}
	return d
}

// expressProducts are what a page may ask for, and how the scope screen says it.
var expressProducts = []struct {
	name   string
	en, fr string
}{
	{"accounts", "Your accounts, their numbers and balances", "Vos comptes, leurs numéros et leurs soldes"},
	{"transactions", "Your transactions of the last 90 days", "Vos transactions des 90 derniers jours"},
	{"year", "Your transactions of the last 365 days", "Vos transactions des 365 derniers jours"},
	{"identity", "Your name, address and how to reach you", "Votre nom, votre adresse et vos coordonnées"},
	{"statements", "Your bank statements", "Vos relevés bancaires"},
	{"income", "Your income and recurring payments", "Vos revenus et vos paiements récurrents"},
}

var (
	expressID    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	notInID      = regexp.MustCompile(`[^a-z0-9]+`)
	expressWords = map[string]string{"title": "title.consent", "note": "consent.note"}
)

// look is how the page looks to its users.
func (p expressPage) look() connect.Look {
	texts := map[string]string{}
	for key, words := range p.Texts {
		texts[key] = words
	}
	for field, words := range map[string]string{"title": p.Title, "note": p.Note} {
		if words != "" {
			texts[expressWords[field]] = words
		}
	}
	return connect.Look{
		Scheme: p.Theme, Background: p.Background, Surface: p.Surface, Text: p.Text, Accent: p.Accent, Logo: p.Logo, Name: p.Company, Hide: []string{"parties"}, Texts: texts,
	}
}

// asks are the lines of the scope screen.
func (p expressPage) asks(lang string) (lines []string) {
	for _, product := range expressProducts {
		if slices.Contains(p.Products, product.name) {
			line := product.en
			if lang == "fr" {
				line = product.fr
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// prepareExpress checks what was asked for and fills in what it leaves out. The problem names the
// field of the form.
func prepareExpress(tx engine.Tx, id string, p *expressPage) (engine.RecordOptions, error) {
	p.Company, p.Title, p.Note = strings.TrimSpace(p.Company), strings.TrimSpace(p.Title), strings.TrimSpace(p.Note)
	p.Language = cmp.Or(p.Language, "en")
	p.CustomerID = strings.ToLower(p.CustomerID)
	if len(p.Products) == 0 {
		p.Products = []string{"accounts", "transactions"}
	}
	if p.RequestedAt.IsZero() {
		p.RequestedAt = tx.Now.UTC()
	}
	var names []string
	for _, product := range expressProducts {
		names = append(names, product.name)
	}
	o := engine.RecordOptions{}
	switch {
	case !expressID.MatchString(id) || len(id) > 60:
		return o, problem.Invalid("id", problem.Format, "%.60q cannot be the name of a page: use at most 60 lower-case letters, digits and single hyphens, such as north-shore", id)
	case p.Company == "":
		return o, problem.Invalid("company", problem.Missing, "company is missing: it is the name that users read on the page")
	case p.Language != "en" && p.Language != "fr":
		return o, problem.Invalid("language", problem.NotAllowed, "language is %.20q: use en or fr", p.Language)
	case len(p.Tag) > 200:
		return o, problem.Invalid("tag", problem.TooLong, "tag has %d bytes: use at most 200", len(p.Tag))
	case p.CustomerID != "" && !guidShape.MatchString(p.CustomerID):
		return o, problem.Invalid("customer_id", problem.Format, "customer_id is %.60q: use the GUID of the path of your API calls, or leave it out", p.CustomerID)
	}
	for _, name := range p.Products {
		if !slices.Contains(names, name) {
			return o, problem.Invalid("products", problem.NotAllowed, "products has %.40q: use %s", name, strings.Join(names, ", "))
		}
	}
	_, err := tx.CheckLook(p.look())
	var wrong *problem.Error
	if errors.As(err, &wrong) { // in the words of the form
		field := wrong.Param
		for ours, key := range expressWords {
			if field == "texts."+key {
				field = ours
			}
		}
		if ours := map[string]string{"name": "company", "scheme": "theme"}[field]; ours != "" {
			field = ours
		}
		_, why, _ := strings.Cut(wrong.Detail, " of the page ")
		return o, problem.Invalid(field, problem.Format, "%s %s", field, why)
	}
	return o, err
}

// openable refuses a page that its users may not open yet.
func openable(c *engine.Call, p expressPage) error {
	switch state := p.state(c.Now, buildTime(c)); {
	case state == expressBuilding:
		return problem.New(problem.Maintenance, "This page is still being built. %s/express/%s/setup says until when.", c.PublicURL(), c.Path("id"))
	case state == expressPreview && c.Query("preview") != "true":
		return problem.Invalid("preview", problem.NotAllowed, "This page is not approved yet. Approve it at %s/express/%s/setup, or look at it with ?preview=true.", c.PublicURL(), c.Path("id"))
	}
	return nil
}

// expressLang is the language of a page: the address says so, or the customer did.
func expressLang(c *engine.Call, p expressPage) string {
	if lang := cmp.Or(c.Query("language"), c.Query("lang")); lang == "en" || lang == "fr" {
		return lang
	}
	return p.Language
}

func expressTag(id string, p expressPage) string { return cmp.Or(p.Tag, "express-"+id) }

// openExpress is the first screen for a user: who they are.
func openExpress(c *engine.Call) (engine.Reply, error) {
	id, p, err := findExpress(c)
	if err == nil {
		err = openable(c, p)
	}
	if err != nil {
		return engine.Reply{}, err
	}
	return askIdentity(c, http.StatusOK, id, p, engine.Ask{})
}

func askIdentity(c *engine.Call, status int, id string, p expressPage, a engine.Ask) (engine.Reply, error) {
	lang, look, here := expressLang(c, p), p.look(), c.Prefix()+"/express/"+id
	query := c.Request.URL.Query()
	a.App, a.Action = p.Company, here
	if len(query) > 0 {
		a.Action += "?" + query.Encode()
	}
	other := engine.Link{Text: "Français"}
	if query.Set("language", "fr"); lang == "fr" {
		other.Text = "English"
		query.Set("language", "en")
	}
	other.URL = here + "?" + query.Encode()
	return c.AskWho(status, a, lang, &look, here+"/look.css", other)
}

// expressLook is the style sheet of that screen.
func expressLook(c *engine.Call) (engine.Reply, error) {
	_, p, err := findExpress(c)
	if err != nil {
		return engine.Reply{}, err
	}
	return c.StyleSheet(p.look()), nil
}

// beginExpress takes who the user is and begins the session: scope, institution, login, second factor, accounts.
func beginExpress(c *engine.Call) (engine.Reply, error) {
	id, p, err := findExpress(c)
	if err == nil {
		err = openable(c, p)
	}
	if err != nil {
		return engine.Reply{}, err
	}
	a := engine.Ask{Name: strings.TrimSpace(c.Field("name")), Email: strings.TrimSpace(c.Field("email"))}
	if _, err := mail.ParseAddress(a.Email); err != nil || len(a.Email) > 200 {
		a.Missing = "email"
	}
	if a.Name == "" || len(a.Name) > 200 {
		a.Missing = "name"
	}
	if a.Missing != "" {
		return askIdentity(c, http.StatusBadRequest, id, p, a)
	}
	q := pageQuery{values: map[string]string{qCustomer: cmp.Or(c.Query(qCustomer), p.CustomerID)}}
	customer, err := customerOf(c, q)
	if err != nil {
		return engine.Reply{}, err
	}
	page, err := c.PageOptions()
	if err != nil {
		return engine.Reply{}, err
	}
	lang := expressLang(c, p)
	params := map[string]string{
		paramHosted: productExpress, paramCustomer: customer, paramExpress: id, paramTag: expressTag(id, p), paramWho: a.Name, paramWhoEmail: a.Email,
		qAll: "true",
	}
	if p.ManyOf {
		params[qMultiple] = "true"
	}
	if c.Query("demo") == "true" || c.Query("preview") == "true" {
		params[qDemo] = "true"
	}
	if slices.Contains(p.Products, "year") {
		params[paramDays] = "Days365"
	}
	look := p.look()
	var s connect.Session
	err = c.Do(func(tx engine.Tx) (err error) {
		if s, _, err = tx.StartSession(engine.NewSession{Product: productExpress, Lang: lang, Params: params}); err != nil {
			return err
		}
		s, err = tx.OpenSession(s.ID, engine.Preset{
			Lang: lang, Page: page, App: p.Company, Look: &look, Asks: p.asks(lang), Hosting: connect.Hosting{Transport: connect.ByRedirect},
		})
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	return c.ToPages(s), nil
}
