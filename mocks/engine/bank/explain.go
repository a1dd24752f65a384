package bank

import (
	"slices"
	"time"
)

// Explanation is a persona with nothing left to default: what it is told to be, and what
// that comes to at an instant.
type Explanation struct {
	Persona, Title, Line, Country string
	Holder                        Holder
	Identity                      Profile
	Accounts                      []AccountExplanation
	Changes                       []string
	Income                        IncomeReport // of the twelve months before today
}

// AccountExplanation is one account of it. PerMonth is in thousandths of a row.
type AccountExplanation struct {
	Account Account
	Balance Balance
	Rows    int
	Pending int
	Rules   []RuleExplanation
	Habits  []HabitExplanation
}

// RuleExplanation is a row that comes again, with its amount before any variation and
// the party it is with. From and Until bound it where they are not zero.
type RuleExplanation struct {
	Name, Schedule, Party string
	Kind                  Kind
	Amount, Gross, Swing  int64 // Gross is told, zero where it is not
	From, Until           Day
	Settles               bool
}

// HabitExplanation is a part of what varies. Median is of the amounts.
type HabitExplanation struct {
	Name     string
	Kind     Kind
	Share    int // of 256 rows
	Median   int64
	PerMonth int64
}

// Explain tells the whole persona, and how it stands at now.
func (w *World) Explain(now time.Time) Explanation {
	p := w.plan.persona
	today := w.Today(now)
	e := Explanation{
		Persona: p.Key, Title: p.Title, Line: p.Line, Country: w.locale.key(), Holder: w.holder, Identity: w.Identity(),
		Income: w.Report(now, today-365, today+1),
	}
	shown := w.AccountsAt(now)
	for _, a := range shown {
		b, _ := w.Book(a.Key)
		x := AccountExplanation{Account: a, Balance: b.Balance(now), Rows: b.Count(now, Range{}), Pending: len(b.Pending(now))}
		for j := range b.rules {
			x.Rules = append(x.Rules, b.explainRule(j))
		}
		x.Habits = b.explainHabits()
		e.Accounts = append(e.Accounts, x)
	}
	for _, h := range p.changes {
		text := string(h.Do) + " on " + h.Account + ": " + h.Match.String()
		if c := h.change(w); !c.VisibleFrom.IsZero() {
			text += " from " + w.Today(c.VisibleFrom).String()
		}
		e.Changes = append(e.Changes, text)
	}
	return e
}

func (b *Book) explainRule(j int) RuleExplanation {
	p, r := &b.plan.rules[j], &b.rules[j]
	x := RuleExplanation{Name: p.category, Schedule: r.schedule.String(), Kind: p.kind, Amount: r.amount, Gross: p.gross, Swing: p.swing, From: r.from, Until: r.until, Settles: p.settle}
	switch {
	case p.account >= 0:
		x.Party = b.world.books[p.account].account.Key
		if p.mirror {
			x.Amount = -b.world.books[p.account].rules[p.source].amount
			x.Settles = b.world.books[p.account].plan.rules[p.source].settle
		}
	case len(r.voice.parties) > r.party:
		x.Party = r.voice.parties[r.party].Name
	default:
		x.Party = r.voice.text(p.amount, r.party, r.variant)
	}
	return x
}

func (b *Book) explainHabits() (list []HabitExplanation) {
	s := b.plan.stream
	if s == nil {
		return nil
	}
	for i := range s.cats {
		c := &s.cats[i]
		var amounts []int64
		for j := range s.block.slots {
			if s.block.slots[j].cat == uint8(i) {
				amounts = append(amounts, s.block.slots[j].amount)
			}
		}
		if len(amounts) == 0 {
			continue
		}
		slices.Sort(amounts)
		h := HabitExplanation{Name: c.name, Kind: c.kind, Share: len(amounts), Median: median(amounts)}
		h.PerMonth = s.rate * int64(len(amounts)) / 256 * 365_250 / 12_000 * 1000 >> 16
		list = append(list, h)
	}
	return list
}

// key names the locale as a Source does.
func (l *locale) key() string {
	if l.country == "CA" && l.language == "fr" {
		return "CA-FR"
	}
	return l.country
}

// KindOf says whether a persona is a person or a company; empty for one that is unknown.
func KindOf(name string) HolderKind {
	for _, p := range personas {
		if p.Key == name {
			return p.kind
		}
	}
	return ""
}

// Currencies tells the currency of each account of a persona in a country, and under ""
// that of any other account there: what amounts written as text are of.
func Currencies(persona, country string) (map[string]string, error) {
	l, ok := localeOf(country)
	if !ok {
		return nil, unknownCountry(country)
	}
	p, ok := l.plans()[persona]
	if !ok {
		return nil, unknownPersona(persona)
	}
	list := map[string]string{"": l.currency}
	for i := range p.accounts {
		list[p.accounts[i].spec.key] = p.accounts[i].currency
	}
	return list, nil
}

// SampleHolder is somebody of a country who could be the persona, and a bank of it:
// what stands in for a login.
func SampleHolder(persona, country string, seed uint64) (Holder, Institution, error) {
	l, ok := localeOf(country)
	if !ok {
		return Holder{}, Institution{}, unknownCountry(country)
	}
	id := l.personID
	if p, ok := l.plans()[persona]; ok && p.persona.kind == Business {
		id = l.companyID
	}
	return Holder{NationalID: id(rootKey(seed).sub("sample").word(0))}, l.banks[0], nil
}
