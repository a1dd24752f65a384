package finx

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// monthDays is the length of a rolling month of the reports.
const monthDays = 30

// figure is what a report sums up, in minor units: by rolling month, the newest first.
type figure struct {
	months []int64
	count  int
}

func newFigure(period int) *figure { return &figure{months: make([]int64, period)} }

func (f *figure) add(month int, amount int64) {
	f.months[month] += amount
	f.count++
}

func (f *figure) total() (sum int64) {
	for _, m := range f.months {
		sum += m
	}
	return sum
}

// less is a figure without another.
func (f *figure) less(other *figure) *figure {
	out := newFigure(len(f.months))
	for i := range f.months {
		out.months[i] = f.months[i] - other.months[i]
	}
	return out
}

// average spreads the total over the months, half a cent away from zero.
func (f *figure) average() int64 {
	n, sum := int64(len(f.months)), f.total()
	if sum < 0 {
		return -((-2*sum + n) / (2 * n))
	}
	return (2*sum + n) / (2 * n)
}

// summary is a figure as reports have it.
type summary struct {
	Total   money `json:"total"`
	Low     money `json:"low"`
	High    money `json:"high"`
	Average money `json:"average"`
	Count   *int  `json:"count,omitempty"`
	Ratio   ratio `json:"ratio,omitempty"`
}

// ratio is a share of the income in hundredths; zero is left out of a summary that has none.
type ratio string

// MarshalJSON writes it as a number.
func (r ratio) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func (f *figure) summary(currency string, counted bool) summary {
	in := func(minor int64) money { return money{minor: minor, currency: currency} }
	out := summary{Total: in(f.total()), Low: in(slices.Min(f.months)), High: in(slices.Max(f.months)), Average: in(f.average())}
	if counted {
		out.Count = &f.count
	}
	return out
}

// share is a figure as a part of the income.
func (f *figure) share(income *figure, currency string) summary {
	out := f.summary(currency, false)
	hundredths := int64(0)
	if whole := income.total(); whole > 0 {
		hundredths = (200*f.total() + whole) / (2 * whole)
		if f.total() < 0 {
			hundredths = -((-200*f.total() + whole) / (2 * whole))
		}
	}
	out.Ratio = ratio(bank.FormatAmount(hundredths, "EUR"))
	return out
}

// stream is what one party pays, or is paid, for one reason.
type stream struct {
	Category categoryName `json:"category"`
	First    string       `json:"first_booked_on,omitempty"`
	Last     string       `json:"last_booked_on,omitempty"`
	Partner  string       `json:"payment_partner,omitempty"`
	*summary
	total int64
}

type categoryName struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// expenseGroup is one category of expenses.
type expenseGroup struct {
	Summary summary  `json:"summary"`
	Streams []stream `json:"streams"`
}

// incomeReport is the documented object.
type incomeReport struct {
	Period        int            `json:"period"`
	Income        incomePart     `json:"income"`
	Regular       []expenseGroup `json:"regular_expenses"`
	Variable      []expenseGroup `json:"variable_expenses"`
	Disposable    summary        `json:"disposable_income"`
	Discretionary summary        `json:"discretionary_income"`
}

type incomePart struct {
	Summary summary  `json:"summary"`
	Streams []stream `json:"streams"`
	Primary *stream  `json:"primary,omitempty"`
}

// ledger is the rows of a flow, filed for a report.
type ledger struct {
	period   int
	currency string
	language string
	byLeaf   map[int]*figure
	streams  map[streamKey]*streamRows
}

type streamKey struct {
	leaf  int
	party string
}

type streamRows struct {
	figure
	first, last bank.Day
}

// file goes through what /rest/transactions serves of the flow: the booked rows of its accounts
// in the currency of the first one.
func file(c *engine.Call, of []shared, language string) *ledger {
	conn := of[0].conn
	days := syncPeriod(conn)
	l := &ledger{
		period: (days + monthDays - 1) / monthDays, currency: of[0].book.Account().Currency, language: language,
		byLeaf: map[int]*figure{}, streams: map[streamKey]*streamRows{},
	}
	end := bank.DayOf(conn.AsOf(c.Now))
	for r := range booked(c.Now, of, 0, 0, false) {
		if r.Currency != l.currency {
			continue
		}
		leaf := categoryOf(&r.Transaction)
		month := min(max(int(end-r.Posted), 0)/monthDays, l.period-1)
		amount := r.Amount
		if categories[leaf].role >= regularExpense {
			amount = -amount
		}
		if l.byLeaf[leaf] == nil {
			l.byLeaf[leaf] = newFigure(l.period)
		}
		l.byLeaf[leaf].add(month, amount)
		k := streamKey{leaf, partyOf(&r.Transaction)}
		s := l.streams[k]
		if s == nil {
			s = &streamRows{figure: *newFigure(l.period), last: r.Posted}
			l.streams[k] = s
		}
		s.add(month, amount)
		s.first = r.Posted
	}
	return l
}

// of is the sum of the categories with one of these roles.
func (l *ledger) of(roles ...role) *figure {
	out := newFigure(l.period)
	for _, leaf := range slices.Sorted(maps.Keys(l.byLeaf)) {
		if slices.Contains(roles, categories[leaf].role) {
			f := l.byLeaf[leaf]
			for i, m := range f.months {
				out.months[i] += m
			}
			out.count += f.count
		}
	}
	return out
}

// streamsOf are the streams of some roles, the largest first.
func (l *ledger) streamsOf(roles ...role) []stream {
	out := []stream{}
	for k, s := range l.streams {
		if slices.Contains(roles, categories[k.leaf].role) {
			out = append(out, stream{
				Category: categoryName{k.leaf, nameOf(k.leaf, l.language)}, First: s.first.String(), Last: s.last.String(), Partner: k.party, total: s.total(),
			})
		}
	}
	slices.SortFunc(out, func(a, b stream) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.Category.ID, b.Category.ID), cmp.Compare(a.Partner, b.Partner))
	})
	return out
}

// groups are the categories of a role, the largest first.
func (l *ledger) groups(of role) []expenseGroup {
	out := []expenseGroup{}
	for _, leaf := range slices.Sorted(maps.Keys(l.byLeaf)) {
		if categories[leaf].role == of {
			out = append(out, expenseGroup{l.byLeaf[leaf].summary(l.currency, true), []stream{{Category: categoryName{leaf, nameOf(leaf, l.language)}}}})
		}
	}
	slices.SortStableFunc(out, func(a, b expenseGroup) int { return cmp.Compare(b.Summary.Total.minor, a.Summary.Total.minor) })
	return out
}

// reportOf gives the accounts of the flow that a report is about: the token must be of that
// flow, and the flow of that kind.
func reportOf(c *engine.Call, kind string) ([]shared, error) {
	id := c.Path("report_id")
	all, err := accessesOf(c)
	if err != nil {
		return nil, err
	}
	for _, conn := range all {
		if conn.Session != id || conn.Params["flow"] != kind {
			continue
		}
		books, err := booksOf(c, conn)
		if err != nil {
			return nil, err
		}
		var out []shared
		for _, b := range books {
			out = append(out, shared{conn, b})
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, problem.Absent("report", id)
}

// ledgerOf files the rows of the flow that a report is about.
func ledgerOf(c *engine.Call, kind string) (*ledger, []shared, error) {
	of, err := reportOf(c, kind)
	if err != nil {
		return nil, nil, err
	}
	language, err := languageOf(c)
	if err != nil {
		return nil, nil, err
	}
	return file(c, of, language), of, nil
}

func getIncomeReport(c *engine.Call) (engine.Reply, error) {
	l, _, err := ledgerOf(c, flowIncome)
	if err != nil {
		return engine.Reply{}, err
	}
	income, regular, variable := l.of(regularIncome, otherIncome), l.of(regularExpense), l.of(variableExpense)
	disposable := income.less(regular)
	out := incomeReport{
		Period:  l.period,
		Income:  incomePart{Summary: income.summary(l.currency, true), Streams: []stream{}},
		Regular: l.groups(regularExpense), Variable: l.groups(variableExpense),
		Disposable: disposable.share(income, l.currency), Discretionary: disposable.less(variable).share(income, l.currency),
	}
	for i, s := range l.streamsOf(regularIncome, otherIncome) {
		if i == 0 {
			primary := s
			out.Income.Primary = &primary
		}
		s.Partner = "" // only the primary stream names who pays (documented example)
		out.Income.Streams = append(out.Income.Streams, s)
	}
	return engine.JSON(http.StatusOK, out), nil
}

// riskReport is the documented object, as far as its page could be read.
type riskReport struct {
	ID       string        `json:"id"`
	Period   int           `json:"period"`
	Accounts []riskAccount `json:"accounts"`
	Income   riskIncome    `json:"income"`
}

type riskIncome struct {
	Summary  summary  `json:"summary"`
	Regular  riskPart `json:"regular"`
	Variable riskPart `json:"variable"`
}

type riskPart struct {
	Summary summary  `json:"summary"`
	Streams []stream `json:"streams"`
}

type riskAccount struct {
	Name         string        `json:"name"`
	Type         string        `json:"type"`
	Owners       []string      `json:"owners"`
	IBAN         string        `json:"iban,omitempty"`
	Currency     string        `json:"currency"`
	Joint        bool          `json:"is_jointly_managed"`
	Main         bool          `json:"is_main_account"`
	Last         string        `json:"last_transaction_on,omitempty"`
	Balance      riskBalance   `json:"balance"`
	Verification *verification `json:"verification_result,omitempty"`
}

type riskBalance struct {
	Overdrawn int         `json:"days_in_overdraft"`
	Average   riskAverage `json:"average"`
}

type riskAverage struct {
	One   money `json:"one_month"`
	Three money `json:"three_months"`
	Six   money `json:"six_months"`
}

func getRiskReport(c *engine.Call) (engine.Reply, error) {
	l, of, err := ledgerOf(c, flowRisk)
	if err != nil {
		return engine.Reply{}, err
	}
	out := riskReport{ID: c.Path("report_id"), Period: l.period, Income: riskIncome{
		Summary:  l.of(regularIncome, otherIncome).summary(l.currency, true),
		Regular:  riskPart{l.of(regularIncome).summary(l.currency, true), l.summedStreams(regularIncome)},
		Variable: riskPart{l.of(otherIncome).summary(l.currency, true), l.summedStreams(otherIncome)},
	}}
	for i, s := range of {
		out.Accounts = append(out.Accounts, newRiskAccount(c, s, i == 0))
	}
	return engine.JSON(http.StatusOK, out), nil
}

// summedStreams are the streams of a role with their own sums.
func (l *ledger) summedStreams(of role) []stream {
	out := l.streamsOf(of)
	for i, s := range out {
		sums := l.streams[streamKey{s.Category.ID, s.Partner}].summary(l.currency, true)
		out[i] = stream{Category: s.Category, summary: &sums}
	}
	return out
}

func newRiskAccount(c *engine.Call, s shared, main bool) riskAccount {
	a, asOf := s.book.Account(), s.conn.AsOf(c.Now)
	end := bank.DayOf(asOf)
	out := riskAccount{
		Name: a.Name, Type: accountTypes[a.Type], Owners: ownersOf(c, s), IBAN: a.IBAN, Currency: a.Currency, Main: main,
		Joint: len(ownersOf(c, s)) > 1,
	}
	if last := s.book.Page(asOf, bank.Range{From: firstDay(s)}, 0, 1, nil); len(last) > 0 {
		out.Last = last[0].Posted.String()
	}
	average := func(days int) money {
		var sum int64
		for d := range days {
			sum += s.book.BalanceAt(end - bank.Day(d))
		}
		return money{minor: sum / int64(days), currency: a.Currency}
	}
	for d := range min(syncPeriod(s.conn), 365) {
		if a.Type != bank.CreditCard && s.book.BalanceAt(end-bank.Day(d)) < 0 {
			out.Balance.Overdrawn++
		}
	}
	out.Balance.Average = riskAverage{average(monthDays), average(3 * monthDays), average(6 * monthDays)}
	if name := s.conn.Params["name"]; name != "" {
		v := newVerification(c, s, name)
		out.Verification = &v
	}
	return out
}

// periodOf is the history that a flow for a report asks for: days, or with the edition qwist
// whole months.
func periodOf(body flowStart, edition string) (string, error) {
	switch {
	case body.ReportingPeriod != nil && edition != qwist:
		return strconv.Itoa(days(body.SyncPeriod)), nil // unknown fields are ignored
	case body.ReportingPeriod != nil && body.SyncPeriod != nil:
		return "", problem.Invalid("reporting_period", problem.NotAllowed, "Cannot be used together with sync_period.")
	case body.ReportingPeriod != nil:
		if n := *body.ReportingPeriod; n < 4 || n > 24 {
			return "", problem.Invalid("reporting_period", problem.TooSmall, "Must be between 4 and 24.")
		}
		return strconv.Itoa(*body.ReportingPeriod * monthDays), nil
	}
	return strconv.Itoa(days(body.SyncPeriod)), nil
}

func days(given *int) int {
	if given == nil {
		return defaultSync
	}
	return *given
}
