package flinks

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// enriched are the operations of the analysis, which have errors of their own.
var enriched = map[string]bool{
	"getIncomeAttributes": true, "getCreditRiskAttributes": true, "getLendingAttributes": true, "getUserAnalysisAttributes": true,
	"getAllAttributes": true, "selectAttributes": true, "categorize": true,
}

func enriches(c *engine.Call) bool { return enriched[c.OperationID()] }

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
		Filters           map[string]words
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
		names:  body.Attributes.Card,
		detail: slices.Concat(body.AttributesDetail, body.AttributeDetails, body.AttributesDetails),
	}
	if len(s.names) == 0 {
		return engine.Reply{}, problem.Invalid("Attributes", problem.Missing, "At least a single attribute must be provided.")
	}
	for name, values := range body.Filters {
		if !strings.EqualFold(name, "AccountCategory") {
			return engine.Reply{}, badFilter()
		}
		s.categories = append(s.categories, values...)
	}
	if body.AccountFilter != nil {
		if s.accounts = body.AccountFilter.AccountID; len(s.accounts) == 0 {
			return engine.Reply{}, problem.Invalid("AccountFilter", problem.Missing, "At least one accountId must be provided when AccountFilter is present.")
		}
	}
	if text := firstWord(c.Header("limitDays"), string(body.LimitDays)); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 365 {
			return engine.Reply{}, badFilter()
		}
		s.days = n
	}
	return attributes(c, s)
}

// badFilter is the documented refusal of a filter.
func badFilter() error {
	return problem.Invalid("Filters", problem.NotAllowed, "One or more filters are invalid.")
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
			return badFilter()
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
	a.reckon()
	out := figures{analysis: a, card: k, code: okCode(c), detail: s.detail}
	for _, at := range library {
		if s.names != nil && !slices.Contains(s.names, at.name) || s.names == nil && s.pack != "" && at.pack != s.pack {
			continue
		}
		out.attributes = append(out.attributes, at)
	}
	return engine.JSON(http.StatusOK, out), nil
}

// figures is the answer of a call for attributes.
type figures struct {
	*analysis
	card
	code       string
	attributes []attribute
	detail     []string // names of those whose rows are wanted
}

// AppendJSON renders the figures in the key order of the documented examples.
func (f figures) AppendJSON(dst []byte) []byte {
	dst = appendMember(append(dst, `{"HttpStatusCode":200`...), "FlinksCode", f.code)
	dst = engine.AppendString(append(dst, `,"Card":{"Id":`...), f.conn.ID)
	for _, at := range f.attributes {
		dst = append(engine.AppendString(append(dst, ','), at.name), ':')
		dst = appendValue(dst, at.value(f.analysis))
	}
	if len(f.detail) > 0 {
		dst = f.appendDetails(append(dst, `,"AttributesDetail":`...))
	}
	dst = appendValue(append(dst, `},"Login":`...), loginOf(f.conn))
	return append(appendMember(dst, "RequestId", f.session.ID), '}')
}

// appendDetails lists the rows behind the attributes.
func (f figures) appendDetails(dst []byte) []byte {
	dst = append(dst, '[')
	for i, name := range f.detail {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(engine.AppendString(append(dst, `{"Attribute":`...), name), `,"Transactions":[`...)
		at, _ := attributeNamed(name)
		from := len(dst)
		f.each(func(b *bank.Book, t *bank.Transaction) {
			if at.counts == nil || t.Currency != f.currency || !at.counts(f.analysis, t) {
				return
			}
			if len(dst) > from {
				dst = append(dst, ',')
			}
			dst = f.appendIDs(dst, b, t)
			dst = engine.AppendString(append(appendSlashed(append(dst, `,"Date":"`...), t.Posted), `","Description":`...), t.Description)
			dst = appendMoney(append(appendAmounts(append(dst, ','), t, "Credit"), `,"Balance":`...), t.Balance)
			dst = append(dst, '}')
		})
		dst = append(dst, ']', '}')
	}
	return append(dst, ']')
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

// readCard is the card of a path that names a login and a request. The data that the request
// asked for must be there, read or not.
func readCard(c *engine.Call) (k card, wait *engine.Reply, err error) {
	there := false
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
		if there = k.session.Params[paramRead] == "true"; !there && k.session.Refresh != "" {
			r, err := tx.Refresh(k.conn.ID, k.session.Refresh)
			if there = r.State == connect.RefreshSucceeded; absent(err) != nil {
				return err
			}
		}
		return failure(tx, k)
	})
	if err == nil && !there {
		r := pendingReply(c, k.session, pendingCode)
		wait = &r
	}
	return k, wait, err
}

// attribute is one figure: what it is called and how it is reckoned. counts says of a row
// whether it is behind the figure, for the detail; nil where no row is.
type attribute struct {
	name, pack, about string
	value             func(*analysis) any
	counts            func(*analysis, *bank.Transaction) bool
}

// measured is a set of rows that figures are made of.
type measured struct {
	name, pack, about string
	of                func(*bank.Transaction) bool
}

func kindIs(kinds ...bank.Kind) func(*bank.Transaction) bool {
	return func(t *bank.Transaction) bool { return slices.Contains(kinds, t.Kind) }
}

func categoryIs(names ...string) func(*bank.Transaction) bool {
	return func(t *bank.Transaction) bool { return slices.Contains(names, t.Category) }
}

var isLoan = categoryIs("loan", "second loan", "mortgage")

var measures = []measured{
	{"debits", "UserAnalysis", "money out", func(t *bank.Transaction) bool { return t.Amount < 0 }},
	{"credits", "UserAnalysis", "money in", func(t *bank.Transaction) bool { return t.Amount > 0 }},
	{"payroll_deposits", "Income", "salaries", kindIs(bank.KindSalary)},
	{"pension_deposits", "Income", "pensions", kindIs(bank.KindPension)},
	{"benefit_deposits", "Income", "public benefits", kindIs(bank.KindBenefit)},
	{"transfers_in", "Income", "transfers from other people", kindIs(bank.KindTransferIn)},
	{"nsf", "CreditRisk", "debits that were returned for lack of money", kindIs(bank.KindReturned)},
	{"overdraft_fees", "CreditRisk", "fees for an overdraft or a returned debit", categoryIs("overdraft fee", "return fee")},
	{"gambling", "CreditRisk", "bets", categoryIs("gambling")},
	{"atm_withdrawals", "CreditRisk", "cash from machines", kindIs(bank.KindATM)},
	{"loan_deposits", "Lending", "loans paid out", kindIs(bank.KindLoan)},
	{"loan_payments", "Lending", "payments on loans", isLoan},
	{"card_payments", "Lending", "payments of a credit card's bill", func(t *bank.Transaction) bool { return t.Kind == bank.KindCardPayment && t.Amount < 0 }},
	{"rent_payments", "UserAnalysis", "rent", categoryIs("rent", "room")},
	{"telecom_payments", "UserAnalysis", "telephone and internet", categoryIs("mobile", "internet")},
	{"utility_payments", "UserAnalysis", "power, water and gas", categoryIs("power", "water", "gas")},
	{"insurance_payments", "UserAnalysis", "insurance", categoryIs("insurance", "health plan")},
}

// windows are the days that figures look back.
var windows = []int{30, 60, 90, 180, year}

// library is every attribute, measured from what the card serves. The real one has some
// two thousand; the names of nearly all are not published (invented).
var library = newLibrary()

func newLibrary() (out []attribute) {
	named := map[string]int{}
	for i, m := range measures {
		named[m.name] = i
		for j, days := range windows {
			suffix := "_" + strconv.Itoa(days) + "_days"
			span := " in the last " + strconv.Itoa(days) + " days"
			counts := func(a *analysis, t *bank.Transaction) bool {
				return m.of(t) && t.Posted >= lastDays(a.today, days).From
			}
			out = append(out,
				attribute{"sum_" + m.name + suffix, m.pack, "Sum of " + m.about + span, func(a *analysis) any { return money(a.tallies[i][j].sum) }, counts},
				attribute{"nbr_" + m.name + suffix, m.pack, "Number of " + m.about + span, func(a *analysis) any { return a.tallies[i][j].n }, counts})
		}
	}
	// ofYear is a figure of all the rows of a measure that the analysis looks back on.
	ofYear := func(name, measure, about string, value func(*analysis, tally) any) attribute {
		i, ok := named[measure]
		if !ok {
			panic("flinks: nothing is measured as " + measure)
		}
		m := measures[i]
		return attribute{name, m.pack, about,
			func(a *analysis) any { return value(a, a.tallies[i][len(windows)-1]) },
			func(_ *analysis, t *bank.Transaction) bool { return m.of(t) }}
	}
	monthly := func(a *analysis, t tally) any { return a.monthly(t.sum) }
	for _, m := range measures {
		out = append(out, ofYear("average_monthly_"+m.name, m.name, "Monthly average of "+m.about+" in the last 365 days, or in those that a limit leaves", monthly))
	}
	// income is a figure of some sources of income; its detail is what they paid.
	income := func(name, about string, value func(*analysis) any, sources func(*analysis) []bank.IncomeStream) attribute {
		return attribute{name, "Income", about, value, func(a *analysis, t *bank.Transaction) bool {
			return earned(t) && slices.ContainsFunc(sources(a), func(s bank.IncomeStream) bool { return s.Pays(t) })
		}}
	}
	every := func(a *analysis) []bank.IncomeStream { return a.income.Streams }
	primary := func(a *analysis) []bank.IncomeStream {
		if a.income.Primary < 0 {
			return nil
		}
		return a.income.Streams[a.income.Primary:][:1]
	}
	return append(out,
		attribute{"account_age", "UserAnalysis", "Days since the oldest account was opened", func(a *analysis) any { return int(a.today - a.oldest) }, nil},
		attribute{"balance_current", "UserAnalysis", "Sum of the current balances in the main currency", func(a *analysis) any { return money(a.worth) }, nil},
		attribute{"nbr_accounts", "UserAnalysis", "Number of accounts", func(a *analysis) any { return len(a.books) }, nil},
		ofYear("nbr_nsf", "nsf", "Number of debits that were returned", func(_ *analysis, t tally) any { return t.n }),
		ofYear("avg_monthly_deposit", "credits", "Monthly average of money in", monthly).in("Income"),
		ofYear("average_monthly_payroll_deposits_biz", "payroll_deposits", "Monthly average of salaries", monthly),
		ofYear("auto_loan_payments_frequency_biz", "loan_payments", "How often the loan that is paid most often is paid", func(a *analysis, _ tally) any { return a.loanFrequency() }),
		income("nbr_income_streams", "Number of sources of income that have paid more than once: work, pensions, public benefits",
			func(a *analysis) any { return len(a.recurring()) }, (*analysis).recurring),
		income("income_monthly_median", "Median income of a full month", func(a *analysis) any { return money(a.income.Median) }, every),
		income("income_projected_annual", "Income of a year, if what pays now goes on", func(a *analysis) any { return money(a.income.Projected) }, every),
		income("primary_income_frequency", "How often the main source pays", primaryFrequency, primary),
		attribute{"days_with_negative_balance", "CreditRisk", "Days that an account, no credit, ended below zero, with or without a transaction",
			func(a *analysis) any { return a.below }, nil},
	)
}

// in puts a figure into another package than that of its measure.
func (at attribute) in(pack string) attribute {
	at.pack = pack
	return at
}

// monthly spreads a sum of the days that the analysis looks back on over its months, half a
// cent away from zero.
func (a *analysis) monthly(sum int64) money {
	months := 12 * int64(a.days) // in 365ths
	return money((2*sum*year + months) / (2 * months))
}

const noneDetected = "NONE_DETECTED"

// primaryFrequency names the cadence of the main source of income.
func primaryFrequency(a *analysis) any {
	if a.income.Primary < 0 {
		return noneDetected
	}
	word := string(a.income.Streams[a.income.Primary].Cadence)
	return strings.ToUpper(word[:1]) + word[1:]
}

// loanFrequency names how often the loan is paid that has most payments, by the median of
// the days between them.
func (a *analysis) loanFrequency() string {
	var days []bank.Day
	for _, name := range slices.Sorted(maps.Keys(a.loans)) {
		if len(a.loans[name]) > len(days) {
			days = a.loans[name]
		}
	}
	if len(days) < 2 {
		return noneDetected
	}
	var gaps []int
	for i := 1; i < len(days); i++ {
		gaps = append(gaps, int(days[i-1]-days[i]))
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

func attributeNamed(name string) (attribute, bool) {
	for _, a := range library {
		if a.name == name {
			return a, true
		}
	}
	return attribute{}, false
}

// appendIDs opens a row of the analysis with its ids.
func (a *analysis) appendIDs(dst []byte, b *bank.Book, t *bank.Transaction) []byte {
	dst = appendGUID(append(dst, `{"TransactionId":"`...), t.ID)
	return append(appendGUID(append(dst, `","AccountId":"`...), b.Account().ID), '"')
}

// appendAmounts adds a row's debit and credit; the key of the credit may be another.
func appendAmounts(dst []byte, t *bank.Transaction, credit string) []byte {
	if t.Amount < 0 {
		dst = append(append(append(appendMoney(append(dst, `"Debit":`...), -t.Amount), `,"`...), credit...), `":null`...)
		return dst
	}
	return appendMoney(append(append(append(dst, `"Debit":null,"`...), credit...), `":`...), t.Amount)
}

// appendSlashed adds a date as the analysis writes it.
func appendSlashed(dst []byte, d bank.Day) []byte {
	from := len(dst)
	dst = d.Append(dst)
	for i := from; i < len(dst); i++ {
		if dst[i] == '-' {
			dst[i] = '/'
		}
	}
	return dst
}

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
