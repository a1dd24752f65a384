package web

import (
	"fmt"

	"github.com/a-h/templ"
)

// Board is a page of the simulator for the people behind an app, in place of a provider's dashboard
// or form: values, tables and forms below each other. It needs no script.
type Board struct {
	Base  string // as in Page
	Title string
	Lead  string
	Parts []BoardPart
}

// BoardPart is a section of it.
type BoardPart struct {
	ID, Title, Text string
	Badge           string // a state in a word
	Image           string // data URI, checked as a logo
	Values          []Value
	Table           *BoardTable
	Form            *BoardForm
	Links           []Link
}

// BoardTable is a table; Empty is what stands in place of one without rows.
type BoardTable struct {
	Caption string
	Head    []string
	Rows    [][]Link // a cell with a URL leads there
	Empty   string
}

// BoardForm posts to Action. With Files it is sent as a multipart form.
type BoardForm struct {
	Action, Submit, TestID string
	Error                  string // why it was refused; empty: it was not
	Files                  bool
	Fields                 []BoardField
}

// BoardField is one input. Type is text, email, textarea, colour, file, select or checks.
type BoardField struct {
	Name, Label, Type, Value, Help string
	Required, Wrong                bool
	Options                        []Option // of select and checks
}

// BoardPage renders a board. It fails on a link that would run script.
func (r *Renderer) BoardPage(b Board) ([]byte, error) {
	for _, p := range b.Parts {
		all := p.Links
		if p.Table != nil {
			for _, row := range p.Table.Rows {
				all = append(all, row...)
			}
		}
		for _, l := range all {
			if err := checkURL(l.URL); err != nil {
				return nil, fmt.Errorf("web: %w", err)
			}
		}
	}
	return render(own(b.Base, b.Title+" · Stuntbank", templ.NopComponent, board(b)))
}
