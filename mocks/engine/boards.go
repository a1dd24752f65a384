package engine

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/web"
)

// What a board and the question for who the user is are made of, as package web has them.
type (
	// Board is a page for the people behind an app.
	Board = web.Board
	// BoardPart is a section of a board.
	BoardPart = web.BoardPart
	// BoardTable is a table of a section.
	BoardTable = web.BoardTable
	// BoardForm is the form of a section.
	BoardForm = web.BoardForm
	// BoardField is an input of a form.
	BoardField = web.BoardField
	// BoardValue is a named value of a section.
	BoardValue = web.Value
	// BoardChoice is an option of an input.
	BoardChoice = web.Option
	// Link is a text that may lead somewhere.
	Link = web.Link
	// Ask is the form for who the user is.
	Ask = web.Ask
)

// Board makes a page for the people behind an app, in place of the provider's dashboard or form.
func (c *Call) Board(status int, b Board) (Reply, error) {
	b.Base = c.Root()
	body, err := c.s.renderer.BoardPage(b)
	return HTML(status, body), err
}

// AskWho makes a page that asks the user who they are, ahead of a session: with the look that the
// session will have, whose style sheet stands at lookURL.
func (c *Call) AskWho(status int, a Ask, lang string, look *connect.Look, lookURL string, others ...Link) (Reply, error) {
	p := web.PlainPage{Base: c.Root(), Skin: c.m.man.Skin, Lang: lang, Framed: c.Framed(), Ask: &a, Links: others}
	if look != nil {
		p.LookURL, p.Brand = lookURL, look.Name
	}
	body, err := c.s.renderer.Plain(p)
	r := HTML(status, body)
	r.Header = c.FramedHeader("")
	return r, err
}

// StyleSheet answers with the style sheet of a look.
func (c *Call) StyleSheet(look connect.Look) Reply {
	css, _ := c.s.renderer.LookCSS(c.m.man.Skin, web.Look(look))
	return Reply{Status: http.StatusOK, Raw: css, ContentType: "text/css; charset=utf-8"}
}

// File gives a file of a multipart form: its media type as the browser names it, and its bytes; empty
// where none was chosen.
func (c *Call) File(name string) (mediaType string, body []byte, err error) {
	if !c.multipart() {
		return "", nil, nil
	}
	_, params, _ := mime.ParseMediaType(c.Header("Content-Type"))
	form, err := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"]).ReadForm(mostMultipart)
	if err != nil {
		return "", nil, problem.Invalid(name, problem.Malformed, "the form cannot be read: %v", err)
	}
	defer form.RemoveAll()
	for _, head := range form.File[name] {
		f, err := head.Open()
		if err != nil {
			return "", nil, err
		}
		body, err = io.ReadAll(f)
		f.Close()
		return head.Header.Get("Content-Type"), body, err
	}
	return "", nil, nil
}

// ForeignOrigin says whether a page of another origin sends the call: neither this server's, as the
// client knows it, nor that of PublicURL. Programs send no origin.
func (c *Call) ForeignOrigin() bool {
	origin := c.Header("Origin")
	if origin == "" || strings.EqualFold(origin, strings.TrimSuffix(c.BaseURL(), c.Prefix())) {
		return false
	}
	public, err := url.Parse(c.s.cfg.PublicURL)
	return err != nil || public.Host == "" || !strings.EqualFold(origin, public.Scheme+"://"+public.Host)
}

// SameSite refuses what the form of another website sends: a page that changes something without a
// secret asks for it first. Browsers say where a form stands in Sec-Fetch-Site, but over plain http
// to loopback alone; elsewhere its origin tells.
func (c *Call) SameSite() error {
	site := c.Header("Sec-Fetch-Site")
	if site == "cross-site" || site == "same-site" || site == "" && c.ForeignOrigin() {
		return problem.New(problem.Forbidden, "the form of another website may not change anything here: open this server's own page")
	}
	return nil
}

// Sessions lists the provider's sessions, newest first, at most n.
func (t Tx) Sessions(n int) ([]connect.Session, error) {
	return sessions.List(t.tx, store.Query{Group: t.m.man.Name, Newest: true, Limit: n})
}
