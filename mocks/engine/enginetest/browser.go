package enginetest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Browser opens pages as a person without script and without cookies does: it follows
// redirects inside the server, and posts the forms that it finds.
type Browser struct {
	t      testing.TB
	base   string
	client *http.Client
}

// NewBrowser makes a browser for a server.
func NewBrowser(t testing.TB, base string) *Browser {
	return &Browser{t: t, base: base, client: &http.Client{
		Transport:     Client.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Page is where a browser stands. Left is set when it was sent away from the server.
type Page struct {
	b      *Browser
	URL    string
	Status int
	Header http.Header
	Doc    *goquery.Document
	Left   string
}

// Open goes to an address, absolute or of the server.
func (b *Browser) Open(target string) *Page {
	b.t.Helper()
	return b.visit(http.MethodGet, target, nil)
}

func (b *Browser) visit(method, target string, form url.Values) *Page {
	b.t.Helper()
	for range 10 {
		if strings.HasPrefix(target, "/") {
			target = b.base + target
		}
		if !strings.HasPrefix(target, b.base) {
			return &Page{b: b, Left: target}
		}
		req, err := http.NewRequest(method, target, strings.NewReader(form.Encode()))
		if err != nil {
			b.t.Fatal(err)
		}
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := b.client.Do(req)
		if err != nil {
			b.t.Fatal(err)
		}
		if len(res.Header["Set-Cookie"]) > 0 {
			b.t.Errorf("%s sets a cookie: pages live in frames of other sites and must do without", target)
		}
		if res.StatusCode == http.StatusSeeOther || res.StatusCode == http.StatusFound {
			res.Body.Close()
			target, method, form = res.Header.Get("Location"), http.MethodGet, nil
			continue
		}
		doc, err := goquery.NewDocumentFromReader(res.Body)
		res.Body.Close()
		if err != nil {
			b.t.Fatal(err)
		}
		return &Page{b: b, URL: target, Status: res.StatusCode, Header: res.Header, Doc: doc}
	}
	b.t.Fatalf("too many redirects at %s", target)
	return nil
}

// State is the page's data-state, Error its data-error.
func (p *Page) State() string { return p.main("data-state") }

// Error is the page's data-error.
func (p *Page) Error() string { return p.main("data-error") }

// Rev is the page's data-rev.
func (p *Page) Rev() string { return p.main("data-rev") }

func (p *Page) main(attr string) string {
	if p.Doc == nil {
		return ""
	}
	return p.Doc.Find("main").AttrOr(attr, "")
}

// Want fails the test unless the page shows this state and this error.
func (p *Page) Want(state, problem string) *Page {
	p.b.t.Helper()
	if p.State() != state || p.Error() != problem {
		p.b.t.Fatalf("the page shows %q with error %q (left for %q), want %q with %q", p.State(), p.Error(), p.Left, state, problem)
	}
	return p
}

// Text is the text of what has a test id.
func (p *Page) Text(testID string) string { return strings.TrimSpace(p.find(testID).Text()) }

// AllOf lists the values of the inputs of a name, with commas between them: what Click takes
// to tick all boxes.
func (p *Page) AllOf(name string) string {
	var out []string
	p.Doc.Find(fmt.Sprintf("input[name=%q]", name)).Each(func(_ int, in *goquery.Selection) { out = append(out, in.AttrOr("value", "")) })
	return strings.Join(out, ",")
}

// Has says whether the page has a test id.
func (p *Page) Has(testID string) bool { return p.Doc != nil && p.find(testID).Length() > 0 }

func (p *Page) find(testID string) *goquery.Selection {
	return p.Doc.Find(fmt.Sprintf("[data-testid=%q]", testID))
}

// Click presses a button or follows a link by its test id. fill gives values for the
// inputs of the button's form by name; the values of inputs that repeat are parted by
// commas.
func (p *Page) Click(testID string, fill ...string) *Page {
	p.b.t.Helper()
	if p.Doc == nil {
		p.b.t.Fatalf("cannot click %q: the page was left for %q", testID, p.Left)
	}
	el := p.find(testID)
	if el.Length() != 1 {
		p.b.t.Fatalf("%d elements have the test id %q in state %q", el.Length(), testID, p.State())
	}
	if href, ok := el.Attr("href"); ok {
		return p.b.Open(p.resolve(href))
	}
	form := el.Closest("form")
	if id, ok := el.Attr("form"); ok {
		form = p.Doc.Find("form#" + id)
	}
	if strings.EqualFold(form.AttrOr("method", "get"), "get") {
		p.b.t.Fatalf("%q is no button of a form that posts", testID)
	}
	values := url.Values{}
	if name, ok := el.Attr("name"); ok {
		values.Add(name, el.AttrOr("value", "")) // of the submit buttons only the pressed one, first as browsers order it here
	}
	form.Find("input").Each(func(_ int, in *goquery.Selection) {
		_, checked := in.Attr("checked")
		switch in.AttrOr("type", "text") {
		case "checkbox", "radio":
			if !checked {
				return
			}
		}
		values.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	for i := 0; i+1 < len(fill); i += 2 {
		values[fill[i]] = strings.Split(fill[i+1], ",")
	}
	return p.b.visit(http.MethodPost, p.resolve(form.AttrOr("action", "")), values)
}

// Post sends a form to the page's address as it stands, for what no button does.
func (p *Page) Post(values url.Values) *Page {
	p.b.t.Helper()
	return p.b.visit(http.MethodPost, p.URL, values)
}

// In asks for the page in a language, as its own links do.
func (p *Page) In(lang string) *Page {
	p.b.t.Helper()
	to, err := url.Parse(p.URL)
	if err != nil {
		p.b.t.Fatal(err)
	}
	q := to.Query()
	q.Set("lang", lang)
	to.RawQuery = q.Encode()
	return p.b.Open(to.String())
}

// Reload asks for the page again.
func (p *Page) Reload() *Page {
	p.b.t.Helper()
	return p.b.Open(p.URL)
}

func (p *Page) resolve(ref string) string {
	base, err := url.Parse(p.URL)
	if err != nil {
		p.b.t.Fatal(err)
	}
	u, err := base.Parse(ref)
	if err != nil {
		p.b.t.Fatal(err)
	}
	return u.String()
}
