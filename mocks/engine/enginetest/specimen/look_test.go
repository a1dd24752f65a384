package specimen_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// dressed is the provider with a look in the address of its page.
type dressed struct{ specimen.Provider }

func (d dressed) Pages() []engine.Page {
	return []engine.Page{{Method: http.MethodGet, Path: "/link", Op: "session.open", Locate: []engine.Place{{In: "query", Name: "token"}}, Handler: func(c *engine.Call) (engine.Reply, error) {
		p := engine.Preset{Look: &connect.Look{Surface: c.Query("surface"), Accent: c.Query("accent"), Logo: c.Query("logo")}}
		if title := c.Query("title"); title != "" {
			p.Look.Texts = map[string]string{"title.consent": title}
		}
		var s connect.Session
		err := c.Do(func(tx engine.Tx) error {
			g, err := tx.Find(grant.Widget, c.Query("token"))
			if err == nil {
				s, err = tx.OpenSession(g.Subject, p)
			}
			return err
		})
		return engine.SeeOther(c.Prefix() + "/w/" + s.Handle), err
	}}}
}

// A session may carry a look: colours, a logo and texts of its app. It is a style sheet of its own,
// so that the content policy allows no other, and a part that cannot be taken is refused by name.
func TestLook(t *testing.T) {
	t.Parallel()
	srv := enginetest.StartAtNoon(t, dressed{})
	look := func(query string) *enginetest.Page {
		page := open(t, srv, "&"+query)
		return page
	}
	p := look("surface=fff&accent=%230b57d0&title=Connect+to+Acme&logo=data:image/svg%2Bxml,%253Csvg/%253E").Want("consent", "")
	sheet := p.Doc.Find("link[rel=stylesheet]").Last().AttrOr("href", "")
	if !strings.HasPrefix(sheet, "/~test/specimen/w/") || !strings.HasSuffix(sheet, "/look.css") || p.Text("title") != "Connect to Acme" {
		t.Fatalf("the last style sheet is %q, the title %q", sheet, p.Text("title"))
	}
	if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "style-src 'self';") || !strings.Contains(csp, "img-src 'self' data:;") {
		t.Errorf("the content policy is %s", csp)
	}
	res, err := enginetest.Client.Get(srv.URL + sheet)
	if err != nil {
		t.Fatal(err)
	}
	css := enginetest.ReadAll(t, res)
	if res.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(css, "--accent: #0b57d0;") || !strings.Contains(css, `url("data:image/svg+xml;base64,`) {
		t.Errorf("%s: %s", res.Header.Get("Content-Type"), css)
	}
	if warn, ok := p.Doc.Find("main").Attr("data-warn"); ok {
		t.Errorf("the console is told %q", warn)
	}
	if warn := look("surface=fff&accent=ff0").Doc.Find("main").AttrOr("data-warn", ""); !strings.HasPrefix(warn, "The accent #ffff00 has a contrast of 1.1:1") {
		t.Errorf("the console is told %q", warn)
	}
	for query, part := range map[string]string{"accent=red": "accent", "logo=https://acme.test/x.png": "logo", "title=%3Cscript%3E": "texts.title.consent"} {
		if p := look(query); p.Status != 400 || !strings.Contains(p.Text("stunt-why"), "The "+part+" of the page") {
			t.Errorf("%s: %d %q", query, p.Status, p.Text("stunt-why"))
		}
	}
}
