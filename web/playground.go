package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/a-h/templ"
	"gopkg.in/yaml.v3"
)

//go:embed docs/*.md
var guides embed.FS

// Front is the front page: what this is, and what works at once.
type Front struct {
	Base      string // as in Page
	Missing   string // a path that nothing is served at; empty on the front page itself
	Sandbox   string
	Version   string
	Providers []FrontProvider
	Docs      []Link // below Base
}

// FrontProvider is a provider with what an app needs to call it.
type FrontProvider struct {
	Name, Title string
	URL         string // base URL, complete
	Instead     string // the real host that it stands for
	Values      []Value
	Playground  bool // there is one
}

// Value is a named value, shown to be copied.
type Value struct{ Name, Value string }

// Playground is a sample host page of a provider. What only this provider has, such as
// the names of its loader's options, comes from its skin's playground.yaml.
type Playground struct {
	Base         string // as in Page
	Name, Title  string // of the provider
	Skin         string
	URL          string // the provider's base URL as an app writes it, complete
	Sandbox      string
	Scenarios    []Choice
	Institutions []Choice
	Users        []Login
	Vars         map[string]string // keys and other values that work
	Operations   map[string]any    // by canonical name, what the script has to call; see Operation of the documents
	Entry        string            // of the widget, below the prefix, with ${variables}
	Token        bool              // the control API wants one
}

// Choice is one of a list.
type Choice struct{ Value, Label, About string }

// Login is a user of the simulator's bank.
type Login struct{ Username, Password string }

// guide is a skin's playground.yaml.
type guide struct {
	Intro  string `yaml:"intro" json:"-"` // what the app's server has to do first
	Loader *struct {
		Src     string            `yaml:"src" json:"src"`         // below the provider's prefix
		Global  string            `yaml:"global" json:"global"`   // what the script defines
		Create  string            `yaml:"create" json:"create"`   // its function
		Options map[string]string `yaml:"options" json:"options"` // with ${variables}; one that is empty is left out
		Success string            `yaml:"success" json:"success"` // callbacks
		Others  []string          `yaml:"others" json:"others"`
		Yields  map[string]string `yaml:"yields" json:"yields"` // variable -> JSON pointer into what success gets
	} `yaml:"loader" json:"loader"`
	Prefill map[string]string `yaml:"prefill" json:"prefill"` // query of the entry page, with ${variables}
	WebView *struct {
		Query     map[string]string `yaml:"query" json:"query"`
		Scheme    string            `yaml:"scheme" json:"scheme"` // what is intercepted
		Succeeded string            `yaml:"succeeded" json:"succeeded"`
		Ended     string            `yaml:"ended" json:"ended"`
	} `yaml:"webview" json:"webview"`
	Frame        *posting          `yaml:"frame" json:"frame"`
	Tab          *posting          `yaml:"tab" json:"tab"`
	Direct       map[string]string `yaml:"direct" json:"direct"` // parameters of a connection without a widget; nil: there is none
	Accounts     table             `yaml:"accounts" json:"accounts"`
	Transactions table             `yaml:"transactions" json:"transactions"`
	Snippets     []snippet         `yaml:"snippets" json:"-"`
}

// posting is how a widget that stands in a frame or in another tab tells this page.
type posting struct {
	Query  map[string]string `yaml:"query" json:"query"`
	Yields map[string]string `yaml:"yields" json:"yields"` // variable -> JSON pointer into the message
	Ended  map[string]string `yaml:"ended" json:"ended"`   // JSON pointer -> value, in the last message; empty: the first is the last
}

// table says how a list of the provider's API is shown.
type table struct {
	Rows    string            `yaml:"rows" json:"rows"`     // JSON pointer to the list
	Yields  map[string]string `yaml:"yields" json:"yields"` // variable -> JSON pointer into a row
	Query   map[string]string `yaml:"query" json:"query"`   // besides the example's
	Columns []struct {
		Title    string `yaml:"title" json:"title"`
		Value    string `yaml:"value" json:"value"`       // JSON pointer into a row
		Currency string `yaml:"currency" json:"currency"` // JSON pointer: the value is money, in minor units
		Date     bool   `yaml:"date" json:"date"`
		Wide     bool   `yaml:"wide" json:"wide"` // only where there is room
	} `yaml:"columns" json:"columns"`
}

type snippet struct {
	Title string   `yaml:"title"`
	Notes []string `yaml:"notes"` // what differs from the provider's guide, and why
	Code  string   `yaml:"code"`  // with ${variables}; one that is unknown is a gap to fill
}

// part is a piece of a snippet: text, or a gap for the variable of this name.
type part struct{ Text, Gap string }

type shownSnippet struct {
	Title string
	Notes []string
	Parts []part
}

type playgroundView struct {
	Playground
	Guide    guide
	Snippets []shownSnippet
	Data     any // for the script
}

// FrontPage renders the front page.
func (r *Renderer) FrontPage(p Front) ([]byte, error) {
	title := "Stuntbank"
	if p.Missing != "" {
		title = "Nothing is served here · " + title
	}
	return render(own(p.Base, title, templ.NopComponent, front(p)))
}

// HasPlayground tells whether a skin has a playground.yaml.
func (r *Renderer) HasPlayground(skin string) bool {
	_, err := fs.Stat(r.files, guideOf(skin))
	return err == nil
}

// PlaygroundPage renders the playground of a provider. It fails on a skin without a
// playground.yaml, and on one that cannot be read.
func (r *Renderer) PlaygroundPage(p Playground) ([]byte, error) {
	g, err := r.readGuide(p.Skin)
	if err != nil {
		return nil, err
	}
	view := playgroundView{Playground: p, Guide: g}
	known := map[string]string{"base": p.URL, "page_origin": p.Origin()}
	for name, value := range p.Vars {
		known[name] = value
	}
	for _, s := range g.Snippets {
		view.Snippets = append(view.Snippets, shownSnippet{s.Title, s.Notes, parts(s.Code, known)})
	}
	view.Data = map[string]any{
		"provider": p.Name, "base": p.Base + "/" + p.Name, "control": p.Base + "/_stunt/v1",
		"vars": p.Vars, "operations": p.Operations, "entry": p.Entry, "guide": g,
	}
	return render(own(p.Base, "Playground: "+p.Title+" · Stuntbank", playgroundScripts(view), playground(view)))
}

// Origin is scheme and host of the base URL.
func (p Playground) Origin() string {
	scheme, rest, _ := strings.Cut(p.URL, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// Docs lists the guides by file name, with their titles.
func Docs() []Link {
	names, err := fs.Glob(guides, "docs/*.md")
	if err != nil {
		return nil
	}
	var all []Link
	for _, name := range names {
		if body, err := fs.ReadFile(guides, name); err == nil {
			first, _, _ := strings.Cut(string(body), "\n")
			all = append(all, Link{Text: strings.TrimPrefix(first, "# "), URL: strings.TrimPrefix(name, "docs/")})
		}
	}
	return all
}

// DocPage renders a guide of docs by its file name, false if there is none. The ending
// may be left out.
func (r *Renderer) DocPage(base, name string) ([]byte, bool) {
	source, err := fs.ReadFile(guides, "docs/"+strings.TrimSuffix(name, ".md")+".md")
	if err != nil {
		return nil, false
	}
	first, rest, _ := strings.Cut(string(source), "\n")
	title := strings.TrimPrefix(first, "# ")
	body, err := render(own(base, title+" · Stuntbank", templ.NopComponent, doc(title, blocks(rest))))
	return body, err == nil
}

func guideOf(skin string) string { return "skins/" + skin + "/playground.yaml" }

func (r *Renderer) readGuide(skin string) (g guide, err error) {
	source, err := fs.ReadFile(r.files, guideOf(skin))
	if errors.Is(err, fs.ErrNotExist) {
		return g, fmt.Errorf("web: the skin %q has no playground: add %s", skin, guideOf(skin))
	}
	if err != nil {
		return g, fmt.Errorf("web: %w", err)
	}
	in := yaml.NewDecoder(bytes.NewReader(source))
	in.KnownFields(true)
	if err := in.Decode(&g); err != nil {
		return g, fmt.Errorf("web: %s: %w", guideOf(skin), err)
	}
	return g, nil
}

var reference = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}`)

// parts cuts a snippet at its gaps.
func parts(code string, known map[string]string) []part {
	var all []part
	text, at := "", 0
	for _, m := range reference.FindAllStringSubmatchIndex(code, -1) {
		text += code[at:m[0]]
		at = m[1]
		name := code[m[2]:m[3]]
		if value := known[name]; value != "" {
			text += value
			continue
		}
		all = append(all, part{Text: text}, part{Gap: name})
		text = ""
	}
	return append(all, part{Text: text + code[at:]})
}
