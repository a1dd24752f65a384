package web

import "strings"

// PlainPage is a small page outside a session: the start page, or an error
// that explains its fix. Its words are literals.
type PlainPage struct {
	Base  string // as in Page
	Skin  string // the base when empty
	Lang  string // of the words; "en" when empty
	Title string
	Body  string // paragraphs parted by blank lines; one that starts with "$ " is a command
	Links []Link

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
	Title      string
	Paragraphs []paragraph
	Links      []Link
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
	around := newView(Page{Base: p.Base, Skin: p.Skin, Lang: p.Lang, DoneURL: p.DoneURL, Messages: p.Messages}, v)
	return v.execute("plain.html", plainView{around, p.Title, paragraphs(p.Body), p.Links})
}

// paragraphs parts a body.
func paragraphs(body string) []paragraph {
	var all []paragraph
	for _, text := range strings.Split(body, "\n\n") {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, paragraph{strings.TrimPrefix(text, "$ "), strings.HasPrefix(text, "$ ")})
		}
	}
	return all
}
