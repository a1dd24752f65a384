package flinks

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

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
