package web

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"
)

// Persona is the page of one persona: who it is, what it earns and spends, and the
// newest rows of each account. All amounts are text.
type Persona struct {
	Base        string // as in Page
	Sandbox     string
	Name, Title string
	Line        string // what the persona is for
	Now         string
	Country     string
	Countries   []Link // the same persona elsewhere, below Base
	Others      []Link // the other personas
	Holder      []Value
	Income      []Bar // by month
	IncomeNote  string
	Streams     []Value
	Accounts    []PersonaAccount
}

// PersonaAccount is one account. Days are the balances of the days up to today, in
// minor units, oldest first.
type PersonaAccount struct {
	Name, Number string
	Facts        []Value
	Days         []int64
	From, To     string // of Days
	Low, High    string
	Shares       []Bar // what the money went to
	Rows         []PersonaRow
}

// Bar is a labelled part; Size is thousandths of the largest.
type Bar struct {
	Label, Value string
	Size         int
}

// PersonaRow is one booking; Balance is empty while it is pending.
type PersonaRow struct{ Date, Text, Category, Amount, Balance string }

// The balance line, in units of its own.
const (
	lineWidth  = 720
	lineHeight = 140
)

// Line is the balance as the points of an SVG polyline, in whole numbers.
func (a PersonaAccount) Line() string {
	low, high := a.bounds()
	var b strings.Builder
	for i, n := range a.Days {
		fmt.Fprintf(&b, "%d,%d ", i*lineWidth/max(len(a.Days)-1, 1), lineY(n, low, high))
	}
	return strings.TrimSpace(b.String())
}

// Zero is where nothing is left: the height of the zero line, -1 if it is not in sight.
func (a PersonaAccount) Zero() int {
	low, high := a.bounds()
	if low >= 0 {
		return -1
	}
	return lineY(0, low, high)
}

func (a PersonaAccount) bounds() (low, high int64) {
	for _, n := range a.Days {
		low, high = min(low, n), max(high, n)
	}
	return low, max(high, low+1)
}

func lineY(n, low, high int64) int {
	return int(lineHeight - 4 - (n-low)*(lineHeight-8)/(high-low))
}

// PersonaPage renders the page of a persona.
func (r *Renderer) PersonaPage(p Persona) ([]byte, error) {
	return render(own(p.Base, p.Title+" · Stuntbank", templ.NopComponent, persona(p)))
}
