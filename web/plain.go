package web

import (
	"fmt"
	"strings"
)

// PlainPage is a small page outside a session: the start page, or an error
// that explains its fix. Its words are literals, but for a refusal's.
type PlainPage struct {
	Base    string // as in Page
	Skin    string // the base when empty
	Lang    string // "en" when empty
	Framed  bool   // as in Page
	Title   string
	Refused string // missing, expired, used, wrong, later or failed: the skin says so in its language, and Body is the developer's
	Body    string // paragraphs parted by blank lines; one that starts with "$ " is a command
	Links   []Link

	Ask     *Ask   // asks the user who they are, in the skin's words: instead of a title and a body
	LookURL string // as in Page
	Brand   string // as in Page

	DoneURL  string // way back to the app, as in Page
	Messages any    // as in Page
}

// Ask is a form for who the user is, ahead of a session.
type Ask struct {
	Action      string // where it posts to
	App         string // who asks
	Name, Email string // as typed before
	Missing     string // the field at fault: name or email; empty: none
}

// Link is one entry of the list below the text.
type Link struct{ Text, URL string }

// paragraph is a part of the body; Code keeps its line breaks.
type paragraph struct {
	Text string
	Code bool
}

// Plain renders a small page. It fails on an unknown skin or language and on a
// link that would run script.
func (r *Renderer) Plain(p PlainPage) ([]byte, error) {
	if p.Skin == "" {
		p.Skin = baseSkin
	}
	if p.Lang == "" {
		p.Lang = "en"
	}
	v, err := r.voice(p.Skin, p.Lang)
	if err != nil {
		return nil, err
	}
	for _, l := range append([]Link{{URL: p.DoneURL}}, p.Links...) {
		if err := checkURL(l.URL); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	around := newView(Page{Base: p.Base, Skin: p.Skin, Lang: p.Lang, Framed: p.Framed, DoneURL: p.DoneURL, Messages: p.Messages, LookURL: p.LookURL, Brand: p.Brand}, v)
	return render(plainPage(around, p))
}

// heading is what the page is about: its title, or the refusal in the skin's words.
func (v *view) heading(p PlainPage) string {
	switch {
	case p.Refused != "":
		return v.T("refused.*", p.Refused)
	case p.Ask != nil:
		return v.T("title.identity")
	}
	return p.Title
}

// paragraphs parts a body that is not shown as a whole.
func paragraphs(p PlainPage) []paragraph {
	var all []paragraph
	if p.Refused != "" {
		return nil
	}
	for _, text := range strings.Split(p.Body, "\n\n") {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, paragraph{strings.TrimPrefix(text, "$ "), strings.HasPrefix(text, "$ ")})
		}
	}
	return all
}
