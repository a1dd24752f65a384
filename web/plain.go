package web

import "strings"

// PlainPage is a small page outside a session: the start page, or an error
// that explains its fix. Its words are literals, but for a refusal's.
type PlainPage struct {
	Base    string // as in Page
	Skin    string // the base when empty
	Lang    string // "en" when empty
	Framed  bool   // as in Page
	Title   string
	Refused string // missing, expired, wrong, later or failed: the skin says so in its language, and Body is the developer's
	Body    string // paragraphs parted by blank lines; one that starts with "$ " is a command
	Links   []Link

	DoneURL  string // way back to the app, as in Page
	Messages any    // as in Page
}

// Link is one entry of the list below the text.
type Link struct{ Text, URL string }

// paragraph is a part of the body; Code keeps its line breaks.
type paragraph struct {
	Text string
	Code bool
}

type plainView struct {
	*view
	Title, Refused, Body string
	Paragraphs           []paragraph
	Links                []Link
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
	for n := range p.Links {
		if _, err := safeURL(p.Links[n].URL); err != nil {
			return nil, err
		}
	}
	around := newView(Page{Base: p.Base, Skin: p.Skin, Lang: p.Lang, Framed: p.Framed, DoneURL: p.DoneURL, Messages: p.Messages}, v)
	return v.execute("plain.html", plainView{around, p.Title, p.Refused, p.Body, paragraphs(p), p.Links})
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
