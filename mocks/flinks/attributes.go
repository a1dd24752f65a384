package flinks

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// enriched are the operations of the analysis, which have errors of their own.
var enriched = map[string]bool{
	"getIncomeAttributes": true, "getCreditRiskAttributes": true, "getLendingAttributes": true, "getUserAnalysisAttributes": true,
	"getAllAttributes": true, "selectAttributes": true, "categorize": true,
}

func enriches(c *engine.Call) bool { return enriched[c.OperationID()] }

// fewest is how many transactions an analysis needs (documented).
const fewest = 25

// analysis is what attributes are reckoned from: the rows that the card's accounts serve.
type analysis struct {
	rows   []row // newest first
	asOf   bank.Day
	oldest bank.Day
	worth  int64 // sum of the balances
	count  int   // of the accounts
	income bank.IncomeReport
}

// row is a transaction and the account that it is of.
type row struct {
	bank.Transaction
	account bank.ID
	credit  bool // the account is a credit
}

// selection is what a call asks of the attributes.
type selection struct {
	names, detail []string // nil: all names, no detail
	pack          string   // the package of all names, empty for any
	categories    []string
	accounts      []string
	days          int
}

func getIncomeAttributes(c *engine.Call) (engine.Reply, error) {
	return attributes(c, selection{pack: "Income"})
}
func getCreditRiskAttributes(c *engine.Call) (engine.Reply, error) {
	return attributes(c, selection{pack: "CreditRisk"})
}
func getLendingAttributes(c *engine.Call) (engine.Reply, error) {
	return attributes(c, selection{pack: "Lending"})
}
func getUserAnalysisAttributes(c *engine.Call) (engine.Reply, error) {
	return attributes(c, selection{pack: "UserAnalysis"})
}
func getAllAttributes(c *engine.Call) (engine.Reply, error) { return attributes(c, selection{}) }

// selectAttributes reckons a chosen set. Pages of the documentation spell the list of
// details in three ways; a client has the limit in the body.
func selectAttributes(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Attributes        struct{ Card words }
		Filters           struct{ AccountCategory words }
		AccountFilter     *struct{ AccountID words }
		AttributesDetail  words
		AttributeDetails  words
		AttributesDetails words
		LimitDays         word
	}
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	s := selection{
		names: body.Attributes.Card, categories: body.Filters.AccountCategory,
		detail: slices.Concat(body.AttributesDetail, body.AttributeDetails, body.AttributesDetails),
	}
	if len(s.names) == 0 {
		return engine.Reply{}, problem.Invalid("Attributes", problem.Missing, "At least a single attribute must be provided.")
	}
	if body.AccountFilter != nil {
		if s.accounts = body.AccountFilter.AccountID; len(s.accounts) == 0 {
			return engine.Reply{}, problem.Invalid("AccountFilter", problem.Missing, "At least one accountId must be provided when AccountFilter is present.")
		}
	}
	if text := firstWord(c.Header("limitDays"), string(body.LimitDays)); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 365 {
			return engine.Reply{}, problem.Invalid("limitDays", problem.TooLarge, "One or more filters are invalid.")
		}
		s.days = n
	}
	return attributes(c, s)
}

// check refuses what no attribute or filter is called.
func (s selection) check() error {
	for _, name := range slices.Concat(s.names, s.detail) {
		if _, ok := attributeNamed(name); !ok {
			return problem.Invalid("Attributes", problem.NotAllowed, "The attribute name is not valid.")
		}
	}
	for _, category := range s.categories {
		if !slices.Contains([]string{"Operations", "Credits", "Products", "Other"}, category) {
			return problem.Invalid("Filters", problem.NotAllowed, "One or more filters are invalid.")
		}
	}
	return nil
}

func attributes(c *engine.Call, s selection) (engine.Reply, error) {
	if err := s.check(); err != nil {
		return engine.Reply{}, err
	}
	k, wait, err := readCard(c)
	if err != nil || wait != nil {
		return *firstReply(wait), err
	}
	a, err := analyse(c, k, s)
	if err != nil {
		return engine.Reply{}, err
	}
	values := object{{"Id", k.conn.ID}}
	for _, at := range library {
		if s.names != nil && !slices.Contains(s.names, at.name) || s.names == nil && s.pack != "" && at.pack != s.pack {
			continue
		}
		values = append(values, member{at.name, at.value(a)})
	}
	if len(s.detail) > 0 {
		values = append(values, member{"AttributesDetail", a.details(s.detail)})
	}
	out := object{{"HttpStatusCode", http.StatusOK}}
	if code := okCode(c); code != "" {
		out = append(out, member{"FlinksCode", code})
	}
	return engine.JSON(http.StatusOK, append(out, member{"Card", values}, member{"Login", loginOf(k.conn)}, member{"RequestId", k.session.ID})), nil
}

func firstReply(r *engine.Reply) *engine.Reply {
	if r == nil {
		return &engine.Reply{}
	}
	return r
}

// whereEnabled serves an operation of the analysis where it is switched on for this
// instance. One production app has met an HTML page where it was not.
func whereEnabled(h engine.Handler) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		switch c.Option(optEnrich) {
		case "disabled":
			return engine.Reply{}, problem.New(problem.InsufficientScope, "the option flinks.enrich is disabled")
		case "html":
			const page = "<!DOCTYPE html><html><head><title>Not available</title></head><body>This feature is not enabled.</body></html>"
			return engine.Reply{Status: http.StatusOK, Raw: []byte(page), ContentType: "text/html; charset=utf-8"}, nil
		}
		return h(c)
	}
}

// readCard is the card of a path that names a login and a request. Its data must have
// been read by the request.
func readCard(c *engine.Call) (k card, wait *engine.Reply, err error) {
	err = c.View(func(tx engine.Tx) error {
		conn, err := cardByLogin(c, tx, c.Path("loginId"))
		if err != nil {
			return err
		}
		if k, err = requestOf(c, tx, c.Path("requestId")); err != nil {
			return err
		}
		if k.conn.ID != conn.ID {
			return noRequest(k.session.ID)
		}
		return nil
	})
	if err == nil && k.session.Params[paramRead] != "true" {
		r := pendingReply(c, k.session, pendingCode)
		wait = &r
	}
	return k, wait, err
}

// analyse collects the rows of a card that a selection covers.
func analyse(c *engine.Call, k card, s selection) (analysis, error) {
	world, err := c.Bank(k.conn)
	if err != nil {
		return analysis{}, err
	}
	books, err := booksOf(world, k.conn, s.accounts)
	if err != nil {
		return analysis{}, problem.Invalid("AccountFilter", problem.NotAllowed, "The AccountId shown is not valid.")
	}
	asOf := k.conn.AsOf(c.Now)
	a := analysis{asOf: world.Today(asOf)}
	window := 365
	if s.days > 0 {
		window = s.days
	}
	r := bank.Range{From: a.asOf - bank.Day(window)}
	var keys []string
	for _, b := range books {
		if len(s.categories) > 0 && !slices.Contains(s.categories, kindOf(b.Account()).category) {
			continue
		}
		a.count++
		a.worth += b.Balance(asOf).Current
		if opened := b.Account().Opened; a.oldest == 0 || opened < a.oldest {
			a.oldest = opened
		}
		for _, t := range b.Page(asOf, r, 0, b.Count(asOf, r), nil) {
			a.rows = append(a.rows, row{t, b.Account().ID, kindOf(b.Account()).category == "Credits"})
		}
		keys = append(keys, b.Account().Key)
	}
	if len(a.rows) < fewest {
		return a, problem.New(problem.NoAccounts, "an analysis needs %d transactions and found %d", fewest, len(a.rows))
	}
	slices.SortStableFunc(a.rows, func(x, y row) int { return int(y.Posted - x.Posted) })
	a.income = world.Report(asOf, r.From, a.asOf+1, keys...)
	return a, nil
}

// attribute is one figure: what it is called and how it is reckoned. rows are those that
// it counts, for the detail; nil where it counts none.
type attribute struct {
	name, pack, about string
	value             func(analysis) any
	rows              func(analysis) []row
}

// measured is a set of rows that figures are made of.
type measured struct {
	name, pack, about string
	of                func(row) bool
}

func kindIs(kinds ...bank.Kind) func(row) bool {
	return func(r row) bool { return slices.Contains(kinds, r.Kind) }
}

func categoryIs(names ...string) func(row) bool {
	return func(r row) bool { return slices.Contains(names, r.Category) }
}

var measures = []measured{
	{"debits", "UserAnalysis", "money out", func(r row) bool { return r.Amount < 0 }},
	{"credits", "UserAnalysis", "money in", func(r row) bool { return r.Amount > 0 }},
	{"payroll_deposits", "Income", "salaries", kindIs(bank.KindSalary)},
	{"pension_deposits", "Income", "pensions", kindIs(bank.KindPension)},
	{"benefit_deposits", "Income", "public benefits", kindIs(bank.KindBenefit)},
	{"transfers_in", "Income", "transfers from other people", kindIs(bank.KindTransferIn)},
	{"nsf", "CreditRisk", "debits that were returned for lack of money", kindIs(bank.KindReturned)},
	{"overdraft_fees", "CreditRisk", "fees for an overdraft or a returned debit", categoryIs("overdraft fee", "return fee")},
	{"gambling", "CreditRisk", "bets", categoryIs("gambling")},
	{"atm_withdrawals", "CreditRisk", "cash from machines", kindIs(bank.KindATM)},
	{"loan_deposits", "Lending", "loans paid out", kindIs(bank.KindLoan)},
	{"loan_payments", "Lending", "payments on loans", categoryIs("loan", "second loan", "mortgage")},
	{"card_payments", "Lending", "payments of a credit card's bill", func(r row) bool { return r.Kind == bank.KindCardPayment && r.Amount < 0 }},
	{"rent_payments", "UserAnalysis", "rent", categoryIs("rent", "room")},
	{"telecom_payments", "UserAnalysis", "telephone and internet", categoryIs("mobile", "internet")},
	{"utility_payments", "UserAnalysis", "power, water and gas", categoryIs("power", "water", "gas")},
	{"insurance_payments", "UserAnalysis", "insurance", categoryIs("insurance", "health plan")},
}

// windows are the days that figures look back.
var windows = []int{30, 60, 90, 180, 365}

// library is every attribute, measured from what the card serves. The real one has some
// two thousand; the names of nearly all are not published (invented).
var library = newLibrary()

func newLibrary() (out []attribute) {
	for _, m := range measures {
		for _, days := range windows {
			pick := func(a analysis) []row { return a.pick(m.of, days) }
			suffix := "_" + strconv.Itoa(days) + "_days"
			span := " in the last " + strconv.Itoa(days) + " days"
			out = append(out,
				attribute{"sum_" + m.name + suffix, m.pack, "Sum of " + m.about + span, func(a analysis) any { return money(sum(pick(a))) }, pick},
				attribute{"nbr_" + m.name + suffix, m.pack, "Number of " + m.about + span, func(a analysis) any { return len(pick(a)) }, pick})
		}
		year := func(a analysis) []row { return a.pick(m.of, 365) }
		out = append(out, attribute{"average_monthly_" + m.name, m.pack, "Monthly average of " + m.about + " in the last 365 days",
			func(a analysis) any { return money(sum(year(a)) / 12) }, year})
	}
	named := func(name string) func(row) bool {
		for _, m := range measures {
			if m.name == name {
				return m.of
			}
		}
		panic("flinks: nothing is measured as " + name)
	}
	yearOf := func(name string) func(analysis) []row {
		of := named(name)
		return func(a analysis) []row { return a.pick(of, 365) }
	}
	nsf, deposits, payroll, loans := yearOf("nsf"), yearOf("credits"), yearOf("payroll_deposits"), yearOf("loan_payments")
	return append(out,
		attribute{"account_age", "UserAnalysis", "Days since the oldest account was opened", func(a analysis) any { return int(a.asOf - a.oldest) }, nil},
		attribute{"balance_current", "UserAnalysis", "Sum of all current balances", func(a analysis) any { return money(a.worth) }, nil},
		attribute{"nbr_accounts", "UserAnalysis", "Number of accounts", func(a analysis) any { return a.count }, nil},
		attribute{"nbr_nsf", "CreditRisk", "Number of debits that were returned", func(a analysis) any { return len(nsf(a)) }, nsf},
		attribute{"avg_monthly_deposit", "Income", "Monthly average of money in", func(a analysis) any { return money(sum(deposits(a)) / 12) }, deposits},
		attribute{"average_monthly_payroll_deposits_biz", "Income", "Monthly average of salaries", func(a analysis) any { return money(sum(payroll(a)) / 12) }, payroll},
		attribute{"auto_loan_payments_frequency_biz", "Lending", "How often loans are paid", func(a analysis) any { return frequency(loans(a)) }, loans},
		attribute{"nbr_income_streams", "Income", "Number of sources of income", func(a analysis) any { return len(a.income.Streams) }, nil},
		attribute{"income_monthly_median", "Income", "Median income of a full month", func(a analysis) any { return money(a.income.Median) }, nil},
		attribute{"income_projected_annual", "Income", "Income of a year, if what pays now goes on", func(a analysis) any { return money(a.income.Projected) }, nil},
		attribute{"primary_income_frequency", "Income", "How often the main source pays", primaryFrequency, nil},
		attribute{"days_with_negative_balance", "CreditRisk", "Days that ended below zero, of all accounts but credits", daysBelowZero, nil},
	)
}

const noneDetected = "NONE_DETECTED"

// primaryFrequency names the cadence of the main source of income.
func primaryFrequency(a analysis) any {
	if a.income.Primary < 0 {
		return noneDetected
	}
	word := string(a.income.Streams[a.income.Primary].Cadence)
	return strings.ToUpper(word[:1]) + word[1:]
}

// frequency names how often rows come: by the median of the days between them.
func frequency(rows []row) string {
	if len(rows) < 2 {
		return noneDetected
	}
	var gaps []int
	for i := 1; i < len(rows); i++ {
		gaps = append(gaps, int(rows[i-1].Posted-rows[i].Posted))
	}
	slices.Sort(gaps)
	switch gap := gaps[len(gaps)/2]; {
	case gap <= 9:
		return "Weekly"
	case gap <= 20:
		return "Biweekly"
	case gap <= 45:
		return "Monthly"
	}
	return "Irregular"
}

// daysBelowZero counts days on which the last row of an account left less than nothing.
func daysBelowZero(a analysis) any {
	seen := map[string]bool{}
	n := 0
	for _, r := range a.rows {
		day := guid(r.account) + r.Posted.String()
		if !seen[day] && !r.credit && r.Balance < 0 {
			n++
		}
		seen[day] = true
	}
	return n
}

// pick are the rows of a kind in the last days.
func (a analysis) pick(of func(row) bool, days int) (out []row) {
	for _, r := range a.rows {
		if a.asOf-r.Posted < bank.Day(days) && of(r) {
			out = append(out, r)
		}
	}
	return out
}

// sum is how much the rows move, whichever way.
func sum(rows []row) (total int64) {
	for _, r := range rows {
		total += max(r.Amount, -r.Amount)
	}
	return total
}

func attributeNamed(name string) (attribute, bool) {
	for _, a := range library {
		if a.name == name {
			return a, true
		}
	}
	return attribute{}, false
}

// details lists the rows behind attributes.
func (a analysis) details(names []string) []object {
	out := []object{}
	for _, name := range names {
		rows := []object{}
		if at, _ := attributeNamed(name); at.rows != nil {
			for _, r := range at.rows(a) {
				rows = append(rows, append(object{{"TransactionId", guid(r.ID)}, {"AccountId", guid(r.account)},
					{"Date", slashed(r.Posted)}, {"Description", r.Description}}, amounts(r.Transaction)...))
			}
		}
		out = append(out, object{{"Attribute", name}, {"Transactions", rows}})
	}
	return out
}

// amounts are a row's debit, credit and balance.
func amounts(t bank.Transaction) object {
	var debit, credit any
	if t.Amount < 0 {
		debit = money(-t.Amount)
	} else {
		credit = money(t.Amount)
	}
	return object{{"Debit", debit}, {"Credit", credit}, {"Balance", money(t.Balance)}}
}

// slashed is a date as the analysis writes it.
func slashed(d bank.Day) string { return strings.ReplaceAll(d.String(), "-", "/") }

// listAttributes is the library, by package.
func listAttributes(c *engine.Call) (engine.Reply, error) {
	type entry struct {
		Name        string `json:"Name"`
		Description string `json:"Description"`
	}
	type shelf struct {
		Category   string  `json:"Category"`
		Attributes []entry `json:"Attributes"`
	}
	out := []shelf{}
	for _, pack := range []string{"Income", "CreditRisk", "Lending", "UserAnalysis"} {
		s := shelf{Category: pack}
		for _, a := range library {
			if a.pack == pack {
				s.Attributes = append(s.Attributes, entry{a.name, a.about})
			}
		}
		out = append(out, s)
	}
	return engine.JSON(http.StatusOK, out), nil
}
