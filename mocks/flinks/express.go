package flinks

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
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

// expressForm is where pages are asked for, and the list of those that there are.
func expressForm(c *engine.Call) (engine.Reply, error) {
	return showExpress(c, http.StatusOK, expressPage{Language: "en", Products: []string{"accounts", "transactions"}}, nil)
}

func showExpress(c *engine.Call, status int, p expressPage, wrong *problem.Error) (engine.Reply, error) {
	rows := [][]engine.Link{}
	err := c.View(func(tx engine.Tx) error {
		all, err := expressPages.All(tx)
		for _, one := range all {
			rows = append(rows, []engine.Link{
				{Text: one.Value.Company, URL: c.Prefix() + "/express/" + one.ID + "/setup"}, {Text: one.Value.state(c.Now, buildTime(c))},
				{Text: one.Value.RequestedAt.Format("2006-01-02 15:04")},
			})
		}
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	return c.Board(status, engine.Board{
		Title: "Flinks Express", Lead: "A page that connects banks and looks like your website. Say how it should look; it is built, you preview and approve it, and you get a link.",
		Parts: []engine.BoardPart{
			{ID: "pages", Title: "Your pages", Table: &engine.BoardTable{Caption: "Pages", Head: []string{"Company", "State", "Requested"}, Rows: rows, Empty: "None yet: ask for one below."}},
			{ID: "request", Title: "Ask for a page", Form: expressFields(c.Prefix()+"/express", "Ask for the page", p, wrong)},
		},
	})
}

// expressFields are the inputs of the form, with what was typed and what is wrong with it.
func expressFields(action, submit string, p expressPage, wrong *problem.Error) *engine.BoardForm {
	f := &engine.BoardForm{Action: action, Submit: submit, TestID: "express-request", Files: true}
	field := func(name, label, kind, value, help string) {
		f.Fields = append(f.Fields, engine.BoardField{Name: name, Label: label, Type: kind, Value: value, Help: help, Required: name == "company", Wrong: wrong != nil && wrong.Param == name})
	}
	choose := func(name, label, kind string, chosen []string, pairs ...string) {
		in := engine.BoardField{Name: name, Label: label, Type: kind}
		for i := 0; i+1 < len(pairs); i += 2 {
			in.Options = append(in.Options, engine.BoardChoice{ID: pairs[i], Label: pairs[i+1], Selected: slices.Contains(chosen, pairs[i])})
		}
		f.Fields = append(f.Fields, in)
	}
	if wrong != nil {
		f.Error = wrong.Detail
	}
	logo := p.Logo
	if len(logo) > 4000 { // an uploaded one stays as it is
		logo = ""
	}
	field("company", "Company name", "text", p.Company, "As your users know it.")
	field("upload", "Logo, as a file", "file", "", "PNG, JPEG or SVG of at most 100 KB.")
	field("logo", "or as a data URI", "textarea", logo, "data:image/png;base64,… Empty keeps the logo that there is.")
	field("background", "Background", "colour", p.Background, "#rrggbb, around the card. Colours that nobody could read are replaced, and the browser's console says so.")
	field("surface", "Card", "colour", p.Surface, "#rrggbb")
	field("text", "Text", "colour", p.Text, "#rrggbb")
	field("accent", "Buttons and links", "colour", p.Accent, "#rrggbb")
	choose("theme", "Theme", "select", []string{p.Theme}, "", "By the colours, or the user's device", "light", "Light", "dark", "Dark")
	field("title", "Title", "text", p.Title, "Above the list of what is asked for.")
	field("note", "Note", "textarea", p.Note, "Below that list.")
	products := []string{}
	for _, product := range expressProducts {
		products = append(products, product.name, product.en)
	}
	choose("products", "What the page asks for", "checks", p.Products, products...)
	choose("language", "Language", "select", []string{p.Language}, "en", "English", "fr", "Français")
	choose("many_accounts", "Accounts", "select", []string{fmt.Sprint(p.ManyOf)}, "false", "The user chooses one", "true", "The user may choose several")
	field("tag", "Tag", "text", p.Tag, "Comes back in webhooks and in the API.")
	return f
}

// readExpress reads the form. A file has the last word on the logo; none at all keeps the old one.
func readExpress(c *engine.Call, old expressPage) (expressPage, error) {
	form := c.Form()
	p := expressPage{
		Company: form.Get("company"), Logo: strings.TrimSpace(form.Get("logo")), Background: form.Get("background"), Surface: form.Get("surface"),
		Text: form.Get("text"), Accent: form.Get("accent"), Theme: form.Get("theme"), Title: form.Get("title"), Note: form.Get("note"), Texts: old.Texts,
		Products: form["products"], Language: form.Get("language"), ManyOf: form.Get("many_accounts") == "true", Tag: form.Get("tag"), CustomerID: old.CustomerID,
	}
	kind, file, err := c.File("upload")
	if err != nil {
		return p, err
	}
	if len(file) > 0 {
		p.Logo = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(file)
	}
	p.Logo = cmp.Or(p.Logo, old.Logo)
	return p, nil
}

// requestExpress takes the form and leads to the page about what was asked for.
func requestExpress(c *engine.Call) (engine.Reply, error) {
	if err := c.SameSite(); err != nil {
		return engine.Reply{}, err
	}
	p, err := readExpress(c, expressPage{})
	id := ""
	if err == nil {
		err = c.Do(func(tx engine.Tx) error {
			asked := p
			base := strings.Trim(notInID.ReplaceAllString(strings.ToLower(asked.Company), "-"), "-")
			base = strings.Trim(cmp.Or(base, "page")[:min(len(cmp.Or(base, "page")), 50)], "-")
			id = base
			for n := 2; ; n++ {
				_, err := expressPages.Get(tx, id)
				if err := absent(err); err != nil {
					return err
				}
				if err != nil {
					break
				}
				id = fmt.Sprintf("%s-%d", base, n)
			}
			o, err := prepareExpress(tx, id, &asked)
			if err != nil {
				return err
			}
			return expressPages.Put(tx, id, asked, o)
		})
	}
	if wrong := refusedForm(err); wrong != nil {
		return showExpress(c, http.StatusBadRequest, p, wrong)
	}
	return engine.SeeOther(c.Prefix() + "/express/" + id + "/setup"), err
}

// refusedForm is what is wrong with a form; nil where nothing is, or it is not the form's fault.
func refusedForm(err error) *problem.Error {
	var p *problem.Error
	if errors.As(err, &p) && p.Code == problem.InvalidRequest {
		return p
	}
	return nil
}

// findExpress reads the page that the path names.
func findExpress(c *engine.Call) (id string, p expressPage, err error) {
	id = strings.ToLower(c.Path("id"))
	err = c.View(func(tx engine.Tx) (err error) {
		p, err = expressPages.Get(tx, id)
		return err
	})
	if problem.Is(err, problem.NotFound) {
		err = problem.New(problem.NotFound, "There is no page of Express called %.60q here. It may be of another sandbox, or of one that was reset: ask for it at %s/express.", id, c.PublicURL())
	}
	return id, p, err
}

// expressSetup shows how far a page is, and lets the customer look at it, approve it and change it.
func expressSetup(c *engine.Call) (engine.Reply, error) {
	id, p, err := findExpress(c)
	if err != nil {
		return engine.Reply{}, err
	}
	return showSetup(c, http.StatusOK, id, p, p, nil)
}

func showSetup(c *engine.Call, status int, id string, p, typed expressPage, wrong *problem.Error) (engine.Reply, error) {
	state := p.state(c.Now, buildTime(c))
	link := c.PublicURL() + "/express/" + id
	about := engine.BoardPart{ID: "page", Title: p.Company, Badge: state, Image: p.Logo, Values: []engine.BoardValue{
		{Name: "requested", Value: p.RequestedAt.UTC().Format(time.RFC3339)}, {Name: "asks for", Value: strings.Join(p.Products, ", ")},
		{Name: "tag", Value: expressTag(id, p)},
	}}
	switch state {
	case expressBuilding:
		about.Text = "The page is being built. It can be looked at from " + p.RequestedAt.Add(buildTime(c)).UTC().Format(time.RFC3339) + " on, by the clock of this sandbox, which stands at " + c.Now.UTC().Format(time.RFC3339) + "."
		about.Links = []engine.Link{{Text: "Look again", URL: c.LocalURL()}}
	case expressPreview:
		about.Text = "The page is built. Look at it with demo users; your users cannot open it before you have approved it."
		about.Links = []engine.Link{{Text: "Preview", URL: link + "?preview=true&demo=true"}}
		about.Form = &engine.BoardForm{Action: c.Prefix() + "/express/" + id + "/approve", Submit: "Approve the page", TestID: "express-approve"}
	case expressLive:
		about.Text = "The page is live. Give your users its link. Its results reach you in three ways: by the webhook, on the dashboard, and by Authorize with the LoginId."
		about.Values = append(about.Values, engine.BoardValue{Name: "link", Value: link})
		about.Links = []engine.Link{{Text: "Open the page", URL: link}, {Text: "Try it with demo users", URL: link + "?demo=true"}}
	}
	about.Links = append(about.Links, engine.Link{Text: "Dashboard", URL: c.Prefix() + "/dashboard"}, engine.Link{Text: "All pages", URL: c.Prefix() + "/express"})
	return c.Board(status, engine.Board{
		Title: "Express for " + p.Company, Lead: "Requested, built, previewed, approved.",
		Parts: []engine.BoardPart{about, {
			ID: "change", Title: "Change it", Text: "A changed page is built again, and wants to be approved again.",
			Form: expressFields(c.Prefix()+"/express/"+id+"/setup", "Build it again", typed, wrong),
		}},
	})
}

// changeExpress takes the form of a page that there is.
func changeExpress(c *engine.Call) (engine.Reply, error) {
	if err := c.SameSite(); err != nil {
		return engine.Reply{}, err
	}
	id, old, err := findExpress(c)
	if err != nil {
		return engine.Reply{}, err
	}
	p, err := readExpress(c, old)
	if err == nil {
		err = c.Do(func(tx engine.Tx) error {
			asked := p
			o, err := prepareExpress(tx, id, &asked)
			if err != nil {
				return err
			}
			return expressPages.Put(tx, id, asked, o)
		})
	}
	if wrong := refusedForm(err); wrong != nil {
		return showSetup(c, http.StatusBadRequest, id, old, p, wrong)
	}
	return engine.SeeOther(c.Prefix() + "/express/" + id + "/setup"), err
}

// approveExpress makes a page live.
func approveExpress(c *engine.Call) (engine.Reply, error) {
	if err := c.SameSite(); err != nil {
		return engine.Reply{}, err
	}
	id, p, err := findExpress(c)
	if err != nil {
		return engine.Reply{}, err
	}
	if p.state(c.Now, buildTime(c)) == expressBuilding {
		return engine.Reply{}, problem.New(problem.Conflict, "The page is still being built: look at it first. The option flinks.%s says how long that takes, by the clock of the sandbox.", optExpressBuild)
	}
	p.Approved = true
	err = c.Do(func(tx engine.Tx) error { return expressPages.Put(tx, id, p) })
	return engine.SeeOther(c.Prefix() + "/express/" + id + "/setup"), err
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
