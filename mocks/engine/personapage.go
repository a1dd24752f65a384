package engine

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/web"
)

// personaPage writes the page of a persona; false if there is no such persona or country.
func (s *Server) personaPage(w http.ResponseWriter, r *http.Request, in *inbound, name string) bool {
	box := in.sandbox
	if !in.named {
		box = sandbox.Default
	}
	sb, err := s.Look(r.Context(), box)
	if err != nil {
		return false
	}
	world, err := s.Persona(sb, name, r.URL.Query().Get("country"))
	if err != nil {
		return false
	}
	p := newPersonaPage(world, sb.Now(s.cfg.Wall()))
	p.Base, p.Sandbox = in.root, in.sandbox
	body, err := s.renderer.PersonaPage(p)
	writePage(w, http.StatusOK, body, err, PageHeader(""))
	return true
}

// Of what the page shows.
const (
	personaDays = 365 // of the balance line
	shareDays   = 90
	personaRows = 40
)

func newPersonaPage(w *bank.World, now time.Time) web.Persona {
	e := w.Explain(now)
	p := web.Persona{
		Name: e.Persona, Title: e.Title, Line: e.Line, Country: e.Country, Now: w.Today(now).String(),
		Holder: holderValues(&e.Identity),
	}
	for _, c := range bank.Countries() {
		p.Countries = append(p.Countries, web.Link{Text: c, URL: PersonaPath + e.Persona + "?country=" + c})
	}
	for _, o := range bank.Personas() {
		if o.Key != e.Persona {
			p.Others = append(p.Others, web.Link{Text: o.Title, URL: PersonaPath + o.Key + "?country=" + e.Country})
		}
	}
	showIncome(&p, &e.Income)
	for i := range e.Accounts {
		p.Accounts = append(p.Accounts, newAccountOnPage(w, &e.Accounts[i], now))
	}
	return p
}

func holderValues(i *bank.Profile) (list []web.Value) {
	say := func(name, value string) {
		if value != "" {
			list = append(list, web.Value{Name: name, Value: value})
		}
	}
	say("name", i.Name)
	say("national id", i.NationalID)
	if i.Born != 0 {
		say("born", i.Born.String())
	}
	say("second holder", i.Second)
	say("job", i.Job)
	say("address", i.Street+", "+i.Zip+" "+i.City)
	say("mail", i.Email)
	say("phone", i.Phone)
	return list
}

func showIncome(p *web.Persona, r *bank.IncomeReport) {
	money := func(n int64) string { return bank.FormatAmount(n, r.Currency) + " " + r.Currency }
	p.IncomeNote = "None in the last twelve months."
	if r.Total > 0 {
		p.IncomeNote = fmt.Sprintf("%s in twelve months; a full month brings %s in the mean, %s at least and %s at most.", money(r.Total), money(r.Mean), money(r.Low), money(r.High))
	}
	for i, n := range r.ByMonth {
		_, m, _ := r.FirstMonth.Civil()
		label := time.Month((int(m)-1+i)%12 + 1).String()[:3]
		p.Income = append(p.Income, web.Bar{Label: label, Value: bank.FormatAmount(n, r.Currency), Size: part(n, r.High)})
	}
	for i, s := range r.Streams {
		if i == 6 {
			break
		}
		text := fmt.Sprintf("%d × %s, %s, confidence %d", s.Count, money(s.Mean), s.Cadence, s.Confidence)
		if s.MonthlyGross > 0 {
			text += ", gross about " + money(s.MonthlyGross)
		}
		if s.Next != 0 && s.Active {
			text += ", next on " + s.Next.String()
		}
		p.Streams = append(p.Streams, web.Value{Name: s.Party, Value: text})
	}
}

// part is a number in thousandths of the largest.
func part(n, largest int64) int {
	if largest <= 0 {
		return 0
	}
	return int(n * 1000 / largest)
}

func newAccountOnPage(w *bank.World, x *bank.AccountExplanation, now time.Time) web.PersonaAccount {
	a := &x.Account
	money := func(n int64) string { return bank.FormatAmount(n, a.Currency) }
	out := web.PersonaAccount{Name: a.OfficialName, Number: a.Number, Facts: []web.Value{
		{Name: "key", Value: a.Key}, {Name: "balance", Value: money(x.Balance.Current) + " " + a.Currency},
		{Name: "available", Value: money(x.Balance.Available)}, {Name: "rows", Value: strconv.Itoa(x.Rows)}, {Name: "opened", Value: a.Opened.String()},
	}}
	if a.Closed != 0 {
		out.Facts = append(out.Facts, web.Value{Name: "closed", Value: a.Closed.String()})
	}
	book, ok := w.Book(a.Key)
	if !ok || x.Rows+x.Pending == 0 {
		return out
	}
	today := w.Today(now)
	from := max(today-personaDays, a.Opened)
	for d := from; d <= today; d++ {
		out.Days = append(out.Days, book.BalanceAt(d))
	}
	out.Days = append(out.Days, x.Balance.Current)
	out.From, out.To = from.String(), today.String()
	out.Low, out.High = money(slices.Min(out.Days)), money(slices.Max(out.Days))
	out.Shares = shares(book, now, today-shareDays, money)
	pending := book.Pending(now)
	for _, t := range book.Page(now, bank.Range{}, 0, personaRows, pending[:min(len(pending), personaRows)]) {
		row := web.PersonaRow{Date: t.Posted.String(), Text: t.Description, Category: t.Category, Amount: money(t.Amount)}
		if t.Booking != "" {
			row.Text = t.Booking + " · " + t.Description
		}
		if !t.Pending {
			row.Balance = money(t.Balance)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// shares adds up the debits since a day by category, the largest eight.
func shares(book *bank.Book, now time.Time, since bank.Day, money func(int64) string) (bars []web.Bar) {
	spent := map[string]int64{}
	book.Each(now, bank.Range{From: since}, func(t *bank.Transaction) {
		if t.Amount < 0 && t.Kind != bank.KindOwnTransfer {
			spent[t.Category] -= t.Amount
		}
	})
	names := slices.SortedFunc(maps.Keys(spent), func(a, b string) int {
		return cmp.Or(cmp.Compare(spent[b], spent[a]), strings.Compare(a, b))
	})
	for _, name := range names[:min(len(names), 8)] {
		bars = append(bars, web.Bar{Label: name, Value: money(spent[name]), Size: part(spent[name], spent[names[0]])})
	}
	return bars
}
