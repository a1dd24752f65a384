package engine

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/scenarios"
)

// cast is what the scenarios of a chain make of a persona's bank data: the persona as
// they write it and the changes that hold from the beginning.
type cast struct {
	script *bank.Script // nil: they say nothing
	named  bool         // a change names its row by an id, which may be a connection's
	err    error
}

// asItIs is the cast of scenarios that say nothing of bank data.
var asItIs = &cast{}

// casts keeps them: one for each persona, country and day on which a sandbox was born.
type casts struct {
	mu sync.Mutex
	m  map[castKey]*cast
}

type castKey struct {
	persona, country string
	born             bank.Day
}

// script is what the scenarios make of the bank data of a connection, and what its
// timeline has done to it since; nil for nothing.
func (s *Server) script(sb sandbox.Sandbox, m *mount, sc *scripts, conn connect.Connection) (*bank.Script, error) {
	c := sc.cast(conn.Persona, s.localeOf(sb, conn), bank.DayOf(sb.Born))
	if c.err != nil {
		return nil, c.err
	}
	script := c.script
	if c.named && conn.ID == "" {
		script = script.Unnamed() // a login, whose connection will say what its ids are
	} else if c.named {
		script = script.As(s.idsFor(sb, m, sc, conn))
	}
	if len(conn.Changes) > 0 {
		script = script.With(conn.Changes...)
	}
	return script, nil
}

func (sc *scripts) cast(persona, country string, born bank.Day) *cast {
	who, _ := sc.layers.Persona()
	data := sc.layers.Data()
	written := who != nil && who.Use == persona && (who.Identity != nil || len(who.Income)+len(who.Accounts) > 0)
	if !written && len(data) == 0 {
		return asItIs
	}
	k := castKey{persona, country, born}
	sc.casts.mu.Lock()
	defer sc.casts.mu.Unlock()
	if c := sc.casts.m[k]; c != nil {
		return c
	}
	var spec *bank.Spec
	changes := make([]bank.Change, len(data))
	t, err := newTeller(persona, country)
	if err == nil && written {
		spec, err = t.spec(who, born)
	}
	for i := 0; i < len(data) && err == nil; i++ {
		changes[i], err = t.change(data[i], born)
	}
	c := &cast{err: err, named: slices.ContainsFunc(changes, func(c bank.Change) bool { return c.Match.ID != "" })}
	if err == nil {
		c.script = bank.NewScript(spec, changes...)
	}
	if sc.casts.m == nil || len(sc.casts.m) >= worldCacheSize {
		sc.casts.m = map[castKey]*cast{}
	}
	sc.casts.m[k] = c
	return c
}

// teller turns the words of a scenario into bank data of a persona in a country. Its
// errors name the line.
type teller struct{ currencies map[string]string }

func newTeller(persona, country string) (teller, error) {
	c, err := bank.Currencies(persona, country)
	return teller{c}, err
}

func (t teller) currency(account string) string {
	return cmp.Or(t.currencies[account], t.currencies[""])
}

// change turns a change of the bank data. from is the day on which it takes effect.
func (t teller) change(c scenarios.Change, from bank.Day) (out bank.Change, err error) {
	w := words{}
	out = bank.Change{Account: cmp.Or(c.Account, "main"), Do: bank.Do(c.Do), Displayed: c.Displays, Date: w.day(c.To, from)}
	currency := t.currency(out.Account)
	out.Match = bank.Match{ID: c.Match.ID, Category: c.Match.Category, Kind: bank.Kind(c.Match.Kind), Which: c.Match.Which}
	if c.Match.Month != "" {
		out.Match.Month = w.day(scenarios.Day(c.Match.Month+"-01"), from)
	}
	out.Row = w.row(c.Row, currency, from)
	switch {
	case out.Do == bank.Insert && out.Row.Posted == 0:
		out.Row.Posted = from
	case (out.Do == bank.OpenOn || out.Do == bank.CloseOn) && out.Date == 0:
		out.Date = from
	}
	out.OffBy = w.amount(c.OffBy, currency)
	if c.From != nil {
		out.VisibleFrom = *c.From
	}
	if c.Until != nil {
		out.VisibleUntil = *c.Until
	}
	if w.err != nil {
		return out, fmt.Errorf("%s: %w", c.Do, w.err)
	}
	return out, nil
}

// spec turns a persona that is written in a file. Distances in days are from its birth.
func (t teller) spec(p *scenarios.Persona, born bank.Day) (*bank.Spec, error) {
	w := words{}
	spec := &bank.Spec{Name: cmp.Or(p.Name, p.Use)}
	if i := p.Identity; i != nil {
		spec.Identity = bank.Profile{
			Name: i.Name, NationalID: i.NationalID, Born: w.day(i.Born, born), Email: i.Email, Phone: i.Phone, Street: i.Street, Zip: i.Zip, City: i.City,
		}
	}
	for _, i := range p.Income {
		currency := t.currency("main")
		spec.Income = append(spec.Income, bank.Income{
			Kind: bank.Kind(i.Kind), Name: i.Name, From: i.From, Net: w.amount(i.Net, currency), Gross: w.amount(i.Gross, currency),
			Pay: w.schedule(i.Pay), Raise: w.share(i.Raise),
		})
	}
	for _, a := range p.Accounts {
		spec.Accounts = append(spec.Accounts, t.account(&w, a, born))
	}
	if w.err != nil {
		return nil, fmt.Errorf("the persona %s: %w", spec.Name, w.err)
	}
	return spec, nil
}

func (t teller) account(w *words, a scenarios.Account, born bank.Day) bank.AccountSpec {
	currency := cmp.Or(a.Currency, t.currency(a.Key))
	out := bank.AccountSpec{
		Key: a.Key, Type: bank.AccountType(a.Type), Currency: a.Currency, Budget: w.amount(a.Budget, currency),
		Number: bank.Number{Account: a.Number, Bank: a.Bank, Transit: a.Transit},
		Count:  a.Count, From: w.day(a.From, born), Until: w.day(a.Until, born),
	}
	if a.Opening != "" {
		n := w.amount(a.Opening, currency)
		out.Opening = &n
	}
	if a.Limit != "" {
		n := w.amount(a.Limit, currency)
		out.Limit = &n
	}
	for _, b := range a.Bills {
		out.Bills = append(out.Bills, bank.Bill{ID: b.ID, To: b.To, Amount: w.amount(b.Amount, currency), Pay: w.schedule(b.Pay), Vary: w.share(b.Vary)})
	}
	for _, habit := range slices.Sorted(maps.Keys(a.Mix)) {
		out.Mix = append(out.Mix, bank.Share{Habit: habit, PerMonth: a.Mix[habit]})
	}
	if a.StatementCloses > 0 {
		out.Statement = &bank.Statement{Closes: a.StatementCloses, Due: a.StatementDue, From: cmp.Or(a.StatementFrom, "main")}
	}
	for _, r := range a.Rows {
		out.Rows = append(out.Rows, w.row(r, currency, born))
	}
	if a.Table != nil {
		rows, err := bank.ReadCSV(bytes.NewReader(a.Table.Data), currency)
		if err != nil {
			w.keep(a.Table.Wrong(err))
		}
		if out.Rows = rows; out.Opening == nil {
			out.Opening = openingOf(rows)
		}
	}
	return out
}

// openingOf is the balance before rows whose first one says what it leaves; nil if it does not.
func openingOf(rows []bank.Row) *int64 {
	if len(rows) == 0 {
		return nil
	}
	first := slices.MinFunc(rows, func(a, b bank.Row) int { return cmp.Compare(a.Posted, b.Posted) })
	if first.Balance == nil {
		return nil
	}
	n := *first.Balance - first.Amount
	return &n
}

// words reads texts whose meaning depends on the account, and keeps the first error.
type words struct{ err error }

func (w *words) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *words) amount(text, currency string) int64 {
	if text == "" {
		return 0
	}
	n, err := bank.ParseAmount(text, currency)
	w.keep(err)
	return n
}

func (w *words) share(text string) int64 {
	if text == "" {
		return 0
	}
	n, err := bank.ParseShare(text)
	w.keep(err)
	return n
}

func (w *words) schedule(text string) (s bank.Schedule) {
	if text == "" {
		return s
	}
	s, err := bank.ParseSchedule(text)
	w.keep(err)
	return s
}

// day reads a date, or a distance in days from another one.
func (w *words) day(text scenarios.Day, from bank.Day) bank.Day {
	days, relative := strings.CutSuffix(string(text), "d")
	switch {
	case text == "":
		return 0
	case relative:
		n, err := strconv.Atoi(strings.TrimPrefix(days, "+"))
		w.keep(err)
		return from + bank.Day(n)
	}
	d, err := bank.ParseDay(string(text))
	w.keep(err)
	return d
}

func (w *words) row(r scenarios.Row, currency string, from bank.Day) bank.Row {
	out := bank.Row{Posted: w.day(r.Date, from), Authorised: w.day(scenarios.Day(r.PendingFrom), from), Amount: w.amount(r.Amount, currency)}
	for _, field := range [...][2]string{
		{"description", r.Description}, {"kind", r.Kind}, {"category", r.Category}, {"party", r.Party}, {"code", r.Code}, {"id", r.ID},
	} {
		w.keep(out.Set(field[0], field[1], currency))
	}
	return out
}

// happen does to the bank data of a connection what its timeline says now.
func (t Tx) happen(conn connect.Connection, changes []scenarios.Change) error {
	tell, err := newTeller(conn.Persona, t.s.localeOf(t.sb, conn))
	if err != nil {
		return err
	}
	var done []bank.Change
	m := t.s.byName[conn.Provider]
	for _, c := range changes {
		change, err := tell.change(c, bank.DayOf(t.Now))
		if err != nil {
			return err
		}
		if change.VisibleFrom.IsZero() {
			change.VisibleFrom = t.Now
		}
		change.Match.As = t.s.idsFor(t.sb, m, t.s.scripts(t.sb, m, chainOfConnection(conn)), conn)
		done = append(done, change)
	}
	_, err = t.ChangeConnection(conn.ID, func(c *connect.Connection) error {
		c.Changes = append(c.Changes, done...)
		return nil
	})
	return err
}

// CheckData holds what the user's scenarios write of bank data against the countries of
// the providers that they apply to. The error is an ErrorList.
func CheckData(providers []Provider, library *scenarios.Library) error {
	v := Vocabulary(providers)
	var errs scenarios.ErrorList
	for _, s := range library.List() {
		names, _ := s.AppliesTo(v)
		for _, p := range providers {
			man := p.Manifest()
			if s.Bundled || !slices.Contains(names, man.Name) {
				continue
			}
			line, err := checkData(s, man.Country)
			if err == nil {
				err = checkNumbers(s.Persona, man)
			}
			if err != nil {
				wrong := s.Unusable(line, err)
				if !slices.ContainsFunc(errs, func(e *scenarios.Error) bool { return *e == *wrong }) { // of a persona that others use, too
					errs = append(errs, wrong)
				}
				break
			}
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// checkNumbers refuses an IBAN of a country in which the provider has no bank.
func checkNumbers(p *scenarios.Persona, man Manifest) error {
	if p == nil {
		return nil
	}
	countries := []string{strings.ToUpper(man.Country)}
	for _, i := range man.Institutions {
		if c := strings.ToUpper(i.Country); c != "" && !slices.Contains(countries, c) {
			countries = append(countries, c)
		}
	}
	for _, a := range p.Accounts {
		if c := a.IBANCountry(); c != "" && !slices.Contains(countries, c) {
			return a.WrongNumber(fmt.Sprintf("the IBAN %s of %s, and the banks of %s are in %s", a.Number, c, man.Title, strings.Join(countries, " and ")),
				"a number of that country, or a scenario that lists its `providers`")
		}
	}
	return nil
}

// checkDay is the birth of the sandbox in which data is checked.
var checkDay = bank.Date(2026, time.March, 31)

// checkData turns everything that a scenario writes, and says in which line that fails.
func checkData(s *scenarios.Scenario, country string) (line int, err error) {
	persona := bank.Personas()[0].Key
	if s.Persona != nil {
		persona = s.Persona.Use
	}
	t, err := newTeller(persona, country)
	if err != nil {
		return 0, err
	}
	if s.Persona != nil {
		spec, err := t.spec(s.Persona, checkDay)
		if err != nil {
			return 0, err
		}
		if _, err := bank.Open(bank.Source{
			Persona: persona, Country: country, Holder: bank.Holder{NationalID: "0"}, Opened: checkDay - 730, Born: checkDay, Script: bank.NewScript(spec),
		}); err != nil {
			return 0, err
		}
	}
	changes := slices.Clone(s.Data)
	for _, e := range s.Timeline {
		changes = append(changes, e.Changes...)
	}
	for _, c := range changes {
		if _, err := t.change(c, checkDay); err != nil {
			return c.Line, err
		}
	}
	return 0, nil
}
