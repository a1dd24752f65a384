package flinks

import (
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// fewest is how many transactions an analysis needs (documented).
const fewest = 25

// year is how many days an analysis looks back where nothing says less.
const year = 365

// analysis is what figures are reckoned from: the rows that the card's accounts serve. It
// holds sums, never the rows: a business has half a million a year.
type analysis struct {
	books  []*bank.Book
	asOf   time.Time
	today  bank.Day
	days   int // that it looks back
	oldest bank.Day

	// Figures are of one currency, that of the first account (invented): sums of dollars of
	// two countries are no amount.
	currency string
	worth    int64 // sum of the balances
	below    int   // days that ended below zero

	tallies [][]tally // by measure and window
	loans   map[string][]bank.Day
	income  bank.IncomeReport
}

// tally is how many rows there are and how much they move, whichever way.
type tally struct {
	n   int
	sum int64
}

// analyse collects the accounts of a card that a selection covers, and refuses what has too
// few rows.
func analyse(c *engine.Call, k card, s selection) (*analysis, error) {
	world, err := c.Bank(k.conn)
	if err != nil {
		return nil, err
	}
	a := &analysis{asOf: k.conn.AsOf(c.Now), days: year}
	books, err := booksOf(c, k.conn, s.accounts, a.asOf)
	if err != nil {
		return nil, problem.Invalid("AccountFilter", problem.NotAllowed, "The AccountId shown is not valid.")
	}
	if a.today = world.Today(a.asOf); s.days > 0 {
		a.days = s.days
	}
	rows := 0
	for _, b := range books {
		if len(s.categories) == 0 || slices.Contains(s.categories, kindOf(b.Account()).category) {
			a.books = append(a.books, b)
			rows += b.Count(a.asOf, a.window())
		}
	}
	if rows < fewest {
		return nil, problem.New(problem.NoAccounts, "an analysis needs %d transactions and found %d", fewest, rows)
	}
	return a, nil
}

func (a *analysis) window() bank.Range { return lastDays(a.today, a.days) }

// each visits the rows, newest first: day by day, and on a day by the order of the accounts.
// A row is overwritten after its visit.
func (a *analysis) each(visit func(*bank.Book, *bank.Transaction)) {
	var rows []bank.Transaction
	for day := a.today; day >= a.window().From; day-- {
		for _, b := range a.books {
			rows = b.Page(a.asOf, bank.Range{From: day, Until: day + 1}, 0, all, rows[:0])
			for i := range rows {
				visit(b, &rows[i])
			}
		}
	}
}

// reckon goes through the rows once for all figures.
func (a *analysis) reckon() {
	for _, b := range a.books {
		account := b.Account()
		if a.oldest == 0 || account.Opened < a.oldest {
			a.oldest = account.Opened
		}
		if a.currency == "" {
			a.currency = account.Currency
		}
		if account.Currency == a.currency {
			a.worth += b.Balance(a.asOf).Current
		}
	}
	a.tallies, a.loans = make([][]tally, len(measures)), map[string][]bank.Day{}
	for i := range a.tallies {
		a.tallies[i] = make([]tally, len(windows))
	}
	income := bank.NewReckoning(canada, a.currency, a.window().From, a.today+1)
	a.each(func(_ *bank.Book, t *bank.Transaction) {
		if t.Currency != a.currency {
			return
		}
		if earned(t) {
			income.Add(t)
		}
		if isLoan(t) {
			a.loans[t.Category] = append(a.loans[t.Category], t.Posted)
		}
		for i, m := range measures {
			if !m.of(t) {
				continue
			}
			for j, days := range windows {
				if t.Posted >= lastDays(a.today, days).From {
					a.tallies[i][j].n++
					a.tallies[i][j].sum += max(t.Amount, -t.Amount)
				}
			}
		}
	})
	a.income = income.Report()
	a.below = a.daysBelowZero()
}

// daysBelowZero counts the days at whose end an account that is no credit stood below zero,
// whether or not anything was booked on them.
func (a *analysis) daysBelowZero() (n int) {
	below := make([]bool, a.days+1)
	var rows []bank.Transaction
	for _, b := range a.books {
		account := b.Account()
		if kindOf(account).category == "Credits" {
			continue
		}
		balance := b.Balance(a.asOf).Current
		for day := a.today; day >= max(a.window().From, account.Opened); day-- {
			below[a.today-day] = below[a.today-day] || balance < 0
			rows = b.Page(a.asOf, bank.Range{From: day, Until: day + 1}, 0, all, rows[:0])
			if len(rows) > 0 {
				first := rows[len(rows)-1]
				balance = first.Balance - first.Amount
			}
		}
	}
	for _, is := range below {
		if is {
			n++
		}
	}
	return n
}

// earned says whether a credit is real income: work, a pension, public money. What people
// send, loans and interest are none.
func earned(t *bank.Transaction) bool {
	f := filedUnder(t)
	return t.Amount > 0 && f.primary == "Income" && f.sub != "Interest"
}

// recurring are the sources of income that have paid more than once.
func (a *analysis) recurring() (out []bank.IncomeStream) {
	for _, s := range a.income.Streams {
		if s.Count > 1 {
			out = append(out, s)
		}
	}
	return out
}
