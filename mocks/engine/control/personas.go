package control

import (
	"net/http"
	"strconv"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// personaLine is a persona of the list.
type personaLine struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Line  string `json:"line"`
}

// personaView is one persona with nothing left to default. Amounts are decimal text.
type personaView struct {
	personaLine
	Country  string           `json:"country"`
	Now      time.Time        `json:"now"`
	Holder   holderView       `json:"holder"`
	Accounts []personaAccount `json:"accounts"`
	Changes  []string         `json:"changes"`
	Income   incomeView       `json:"income"`
}

type holderView struct {
	Name       string  `json:"name"`
	NationalID string  `json:"national_id"`
	Kind       string  `json:"kind"`
	Born       *string `json:"born"`
	Second     *string `json:"second"`
	Job        *string `json:"job"`
	Email      string  `json:"email"`
	Phone      string  `json:"phone"`
	Street     string  `json:"street"`
	Zip        string  `json:"zip"`
	City       string  `json:"city"`
}

type personaAccount struct {
	Key       string       `json:"key"`
	Type      string       `json:"type"`
	Name      string       `json:"name"`
	Number    string       `json:"number"`
	Currency  string       `json:"currency"`
	Opened    string       `json:"opened"`
	Closed    *string      `json:"closed"`
	Current   string       `json:"current"`
	Available string       `json:"available"`
	Limit     string       `json:"limit"`
	RowCount  int          `json:"row_count"`
	Rules     []ruleView   `json:"rules"`
	Habits    []habitView  `json:"habits"`
	Rows      []personaRow `json:"rows"`
}

type ruleView struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Amount   string `json:"amount"`
	Schedule string `json:"schedule"`
	Party    string `json:"party"`
	Settles  bool   `json:"settles"`
}

type habitView struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Median   string `json:"median"`
	PerMonth string `json:"per_month"`
}

type personaRow struct {
	ID          string  `json:"id"`
	Date        string  `json:"date"`
	Amount      string  `json:"amount"`
	Balance     *string `json:"balance"`
	Kind        string  `json:"kind"`
	Category    string  `json:"category"`
	Description string  `json:"description"`
	Pending     bool    `json:"pending"`
}

type incomeView struct {
	Since     string         `json:"since"`
	Until     string         `json:"until"`
	Currency  string         `json:"currency"`
	Total     string         `json:"total"`
	Mean      string         `json:"monthly_mean"`
	Median    string         `json:"monthly_median"`
	Projected string         `json:"projected_year"`
	Streams   []incomeStream `json:"streams"`
}

type incomeStream struct {
	Party      string  `json:"party"`
	Kind       string  `json:"kind"`
	Count      int     `json:"count"`
	Mean       string  `json:"mean"`
	Cadence    string  `json:"cadence"`
	Active     bool    `json:"active"`
	Confidence int     `json:"confidence"`
	Next       *string `json:"next"`
}

// maxPersonaRows bounds the rows of each account that one call shows.
const maxPersonaRows = 300

func (a *API) listPersonas(*engine.Call) (engine.Reply, error) {
	out := []personaLine{}
	for _, p := range bank.Personas() {
		out = append(out, personaLine{p.Key, p.Title, p.Line})
	}
	return engine.JSON(http.StatusOK, map[string]any{"personas": out, "countries": bank.Countries()}), nil
}

func (a *API) getPersona(c *engine.Call) (engine.Reply, error) {
	rows := 30
	if text := c.Query("rows"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxPersonaRows {
			return engine.Reply{}, problem.Invalid("rows", problem.Format, "rows must be a whole number from 0 to %d", maxPersonaRows)
		}
		rows = n
	}
	w, err := a.s.Persona(c.Sandbox, c.Path("name"), c.Query("country"))
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, newPersona(w, c.Now, rows)), nil
}

func newPersona(w *bank.World, now time.Time, rows int) personaView {
	e := w.Explain(now)
	p := e.Identity
	view := personaView{
		personaLine: personaLine{e.Persona, e.Title, e.Line}, Country: e.Country, Now: now, Accounts: []personaAccount{},
		Holder: holderView{
			Name: p.Name, NationalID: p.NationalID, Kind: string(e.Holder.Kind), Born: optionalDay(p.Born), Second: optional(p.Second),
			Job: optional(p.Job), Email: p.Email, Phone: p.Phone, Street: p.Street, Zip: p.Zip, City: p.City,
		},
		Changes: append([]string{}, e.Changes...), Income: newIncome(&e.Income),
	}
	for i := range e.Accounts {
		view.Accounts = append(view.Accounts, newPersonaAccount(w, &e.Accounts[i], now, rows))
	}
	return view
}

func newPersonaAccount(w *bank.World, x *bank.AccountExplanation, now time.Time, rows int) personaAccount {
	a := x.Account
	text := func(n int64) string { return bank.FormatAmount(n, a.Currency) }
	view := personaAccount{
		Key: a.Key, Type: string(a.Type), Name: a.OfficialName, Number: a.Number, Currency: a.Currency, Opened: a.Opened.String(),
		Closed: optionalDay(a.Closed), Current: text(x.Balance.Current), Available: text(x.Balance.Available), Limit: text(x.Balance.Limit),
		RowCount: x.Rows, Rules: []ruleView{}, Habits: []habitView{}, Rows: []personaRow{},
	}
	for _, r := range x.Rules {
		view.Rules = append(view.Rules, ruleView{r.Name, string(r.Kind), text(r.Amount), r.Schedule, r.Party, r.Settles})
	}
	for _, h := range x.Habits {
		view.Habits = append(view.Habits, habitView{h.Name, string(h.Kind), text(h.Median), bank.FormatAmount(h.PerMonth/10, "")})
	}
	book, ok := w.Book(a.Key)
	if !ok || rows == 0 {
		return view
	}
	list := book.Pending(now)
	list = list[:min(len(list), rows)]
	for _, t := range book.Page(now, bank.Range{}, 0, rows-len(list), list) {
		r := personaRow{
			ID: t.ID.Text(), Date: t.Posted.String(), Amount: text(t.Amount), Kind: string(t.Kind), Category: t.Category,
			Description: t.Description, Pending: t.Pending,
		}
		if !t.Pending {
			r.Balance = optional(text(t.Balance))
		}
		view.Rows = append(view.Rows, r)
	}
	return view
}

func newIncome(r *bank.IncomeReport) incomeView {
	text := func(n int64) string { return bank.FormatAmount(n, r.Currency) }
	view := incomeView{
		Since: r.Since.String(), Until: r.Until.String(), Currency: r.Currency, Total: text(r.Total), Mean: text(r.Mean), Median: text(r.Median),
		Projected: text(r.Projected), Streams: []incomeStream{},
	}
	for _, s := range r.Streams {
		view.Streams = append(view.Streams, incomeStream{s.Party, string(s.Kind), s.Count, text(s.Mean), string(s.Cadence), s.Active, s.Confidence, optionalDay(s.Next)})
	}
	return view
}

// optionalDay is a day that JSON shows as null when it is none.
func optionalDay(d bank.Day) *string {
	if d == 0 {
		return nil
	}
	return optional(d.String())
}
