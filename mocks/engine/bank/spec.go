package bank

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Spec makes a persona one of its own: what it does not say is that of the persona it
// is based on (Source.Persona), localised to the country. Explain shows the whole.
// Amounts are minor units of the account's currency.
type Spec struct {
	Name     string // part of every key: two specs of one name have the same draws
	Identity Profile
	Income   []Income      // in place of all income of the base
	Accounts []AccountSpec // the accounts, in order; empty: those of the base
}

// Income is money that comes again to the first account: a salary, a pension, a benefit
// or any other transfer. Gross is told, never computed with. A zero Pay is the
// country's own day.
type Income struct {
	Kind        Kind
	Name        string // the category of its rows; empty: that of the kind
	From        string
	Net, Gross  int64
	Pay         Schedule
	Raise       int64 // thousandths a year
	First, Last Day   // zero: no end
}

// AccountSpec is one account. Its Key is canonical (main, sight, savings, card, line,
// loan, second, fx, depot); where the base has an account of that key, what is zero here
// is that one's.
//
// Rows alone make an exact fixture: nothing is generated, unless Generate says so. Count
// makes a volume account: exactly so many rows of the Mix from From up to Until.
type AccountSpec struct {
	Key         string
	Type        AccountType
	Currency    string
	Opening     *int64 // balance before the first row; nil: auto
	Limit       *int64 // overdraft or credit line
	Number      Number
	Bills       []Bill // nil: those of the base
	Budget      int64  // a month for the Mix; zero: as many rows as the Mix says
	Mix         []Share
	Statement   *Statement
	Rows        []Row
	Generate    bool
	Count       int64
	From, Until Day
	Closes      Day
}

// Number is an account number, and the codes of its bank where they are not those of the
// institution. Account is an IBAN or, where accounts have one, may be the number at the bank
// alone: the IBAN is made of it.
type Number struct{ Account, Bank, Transit string }

// give writes the number into an account of the bank whose codes it has so far.
func (n Number) give(a *Account) {
	a.Bank, a.Transit = cmp.Or(n.Bank, a.Bank), cmp.Or(n.Transit, a.Transit)
	switch country := a.IBAN[:min(len(a.IBAN), 2)]; {
	case n.Account == "":
		return
	case country == "":
		a.Number = n.Account
		return
	case !digitsOnly(n.Account):
		_, c := IBANCodes(n.Account)
		a.IBAN, a.Bank, a.Transit = n.Account, c.Bank, c.Branch
	case country == "DE":
		a.IBAN = iban("DE", a.Bank+padded(n.Account))
	default:
		a.IBAN = spanishIBAN(a.Bank, a.Transit, padded(n.Account))
	}
	a.Number = a.IBAN
}

// padded is the number of an account in an IBAN.
func padded(n string) string { return strings.Repeat("0", localDigits-len(n)) + n }

// localDigits are those of an account in the IBANs of Germany and Spain.
const localDigits = 10

// Bill is a debit that comes again. Vary is thousandths.
type Bill struct {
	ID, To      string
	Kind        Kind // zero: a direct debit
	Amount      int64
	Pay         Schedule
	Vary        int64
	First, Last Day
}

// Share is a habit and its rows a month.
type Share struct {
	Habit    string
	PerMonth int
}

// Statement says when a card is settled, and from which account. Part is thousandths of
// the debt; zero is all of it.
type Statement struct {
	Closes, Due int // days of the month; the due day is 5 to 20
	Part        int64
	From        string
}

// HabitNames lists what a Mix may hold.
func HabitNames() (names []string) {
	for i := range habits {
		names = append(names, habits[i].name)
	}
	return names
}

func (s *Spec) name(base string) string { return cmp.Or(s.Name, base) }

// persona is the base as the spec changes it.
func (s *Spec) persona(base *persona, l *locale, born Day) (*persona, error) {
	p := *base
	if s.Identity != (Profile{}) {
		p.identity = s.Identity
	}
	p.accounts = slices.Clone(base.accounts)
	if len(s.Accounts) > 0 {
		p.accounts, p.changes = nil, nil
		for i := range s.Accounts {
			a, err := s.Accounts[i].account(base, l, born)
			if err != nil {
				return nil, fmt.Errorf("persona %s, account %s: %w", s.name(base.Key), s.Accounts[i].Key, err)
			}
			p.accounts = append(p.accounts, a)
		}
		p.forget()
	}
	if len(s.Income) > 0 {
		if len(p.accounts) == 0 {
			return nil, fmt.Errorf("persona %s has income and no account: add one under accounts", s.name(base.Key))
		}
		rules, err := s.income(l, born)
		if err != nil {
			return nil, err
		}
		main := &p.accounts[0]
		main.rules = append(rules, slices.DeleteFunc(slices.Clone(main.rules), func(r rule) bool {
			return r.kind == KindSalary || r.kind == KindPension || r.kind == KindBenefit
		})...)
	}
	for i := range p.accounts {
		n := 0
		for _, r := range p.accounts[i].rules {
			n += max(r.times, 1)
		}
		if n > maxRules {
			return nil, fmt.Errorf("persona %s, account %s: %d income and bills, at most %d are possible; write some as rows", s.name(base.Key), p.accounts[i].key, n, maxRules)
		}
	}
	return &p, nil
}

// forget drops transfers to accounts that are no longer there; what settled there goes
// to the holder elsewhere.
func (p *persona) forget() {
	known := map[string]bool{"": true}
	for i := range p.accounts {
		known[p.accounts[i].key] = true
	}
	for i := range p.accounts {
		a := &p.accounts[i]
		a.rules = slices.Clone(a.rules)
		for j := range a.rules {
			if r := &a.rules[j]; !known[r.with] && r.settle {
				r.with, r.pool = "", "self"
			}
		}
		a.rules = slices.DeleteFunc(a.rules, func(r rule) bool { return !known[r.with] })
	}
}

func (s *Spec) income(l *locale, born Day) (rules []rule, err error) {
	when := map[Kind]string{KindSalary: "payday", KindPension: "pension", KindBenefit: "benefit"}
	pools := map[Kind]string{KindSalary: "employers", KindPension: "pension funds", KindBenefit: "labour office"}
	for i, in := range s.Income {
		kind := cmp.Or(in.Kind, KindSalary)
		if !kind.IsTransfer() || kind == KindOwnTransfer {
			return nil, fmt.Errorf("income %d cannot be of the kind %q: use salary, pension, benefit or transfer_in", i+1, kind)
		}
		if in.Net <= 0 {
			return nil, fmt.Errorf("income %d needs the net amount of one payment", i+1)
		}
		r := rule{name: cmp.Or(in.Name, string(kind)), kind: kind, amount: in.Net, gross: in.Gross, raise: in.Raise, other: i, pool: pools[kind]}
		if s.taken(i, r.name) {
			r.name = fmt.Sprintf("%s %d", r.name, i+1)
		}
		if in.From != "" {
			r.names, r.other = []string{in.From}, 0
		}
		if r.pool == "" && in.From == "" {
			r.pool = "clients"
		}
		r.bounds(in.First, in.Last, born)
		if in.Pay == (Schedule{}) {
			in.Pay = l.paydays[cmp.Or(when[kind], "payday")].Schedule
		}
		r.due = &in.Pay
		rules = append(rules, r)
	}
	return rules, nil
}

// taken says whether an income before number i has the name.
func (s *Spec) taken(i int, name string) bool {
	return slices.ContainsFunc(s.Income[:i], func(in Income) bool { return cmp.Or(in.Name, string(cmp.Or(in.Kind, KindSalary))) == name })
}

func (r *rule) bounds(first, last, born Day) {
	if first != 0 {
		r.from = cmp.Or(int(first-born), -1)
	}
	if last != 0 {
		r.until = cmp.Or(int(last+1-born), -1)
	}
}

func (a *AccountSpec) account(base *persona, l *locale, born Day) (accountSpec, error) {
	out := accountSpec{key: a.Key, typ: Checking}
	for i := range base.accounts {
		if base.accounts[i].key == a.Key {
			out = base.accounts[i]
		}
	}
	if a.Key == "" {
		return out, fmt.Errorf("it has no key: use main, sight, savings, card, line, loan, second, fx or depot")
	}
	if len(a.Rows) > 0 && !a.Generate || a.Count > 0 {
		out = accountSpec{key: a.Key, typ: out.typ, currency: out.currency, limit: out.limit, literal: true}
	}
	out.typ, out.currency, out.rows = cmp.Or(a.Type, out.typ), cmp.Or(a.Currency, out.currency), a.Rows
	if _, ok := l.products[out.typ]; !ok {
		return out, fmt.Errorf("unknown type %q, use checking, sight, savings, credit_line, credit_card or loan", out.typ)
	}
	m := l.markets[cmp.Or(out.currency, l.currency)]
	if m == nil {
		m = l.markets[l.currency]
	}
	if a.Opening != nil {
		out.opening = a.Opening
	}
	if a.Limit != nil {
		out.limitOf = a.Limit
	}
	if a.Number != (Number{}) {
		if out.number = a.Number; l.currency == "EUR" {
			if err := a.Number.check(l); err != nil {
				return out, err
			}
		}
	}
	if a.Closes != 0 {
		out.closes = cmp.Or(int(a.Closes-born), -1)
	}
	if a.Mix != nil {
		out.stream = nil
		for _, s := range a.Mix {
			if m.category(s.Habit) == nil {
				return out, fmt.Errorf("unknown habit %q, use one of %s", s.Habit, strings.Join(HabitNames(), ", "))
			}
			out.stream = append(out.stream, mixed{s.Habit, s.PerMonth})
		}
	}
	if a.Budget > 0 {
		out.budget = a.Budget
	}
	if a.Count > 0 {
		if a.Until <= a.From || a.From < FirstDay {
			return out, fmt.Errorf("%d rows need two days to lie between", a.Count)
		}
		if out.exact = (&quota{a.Count, a.From, a.Until}); len(out.stream) == 0 {
			out.stream = []mixed{{"settlement", 940}, {"supplier", 46}, {"client", 10}}
		}
	}
	out.bills(a, born)
	return out, a.statement(&out)
}

// check says what is wrong with a number in a country whose accounts have an IBAN.
func (n Number) check(l *locale) error {
	own := l.codes(0)
	switch {
	case n.Account != "" && !digitsOnly(n.Account):
		return CheckIBAN(n.Account)
	case len(n.Account) > localDigits:
		return fmt.Errorf("the number %q has %d digits: write an IBAN, or the at most %d digits of the number at the bank", n.Account, len(n.Account), localDigits)
	case n.Bank != "" && (!digitsOnly(n.Bank) || len(n.Bank) != len(own.Bank)):
		return fmt.Errorf("the bank code %q must have %d digits", n.Bank, len(own.Bank))
	case n.Transit != "" && (l.branch == nil || !digitsOnly(n.Transit) || len(n.Transit) != len(l.branch(0))):
		return fmt.Errorf("the branch %q is none of %s", n.Transit, l.country)
	}
	return nil
}

func (out *accountSpec) bills(a *AccountSpec, born Day) {
	if a.Bills == nil {
		return
	}
	out.rules = slices.DeleteFunc(slices.Clone(out.rules), func(r rule) bool {
		return !r.settle && r.with == "" && (r.share < 0 || r.amount < 0)
	})
	for _, b := range a.Bills {
		r := rule{name: cmp.Or(b.ID, strings.ToLower(b.To)), kind: cmp.Or(b.Kind, KindDirectDebit), amount: -magnitude(b.Amount), swing: b.Vary, names: []string{b.To}, due: &b.Pay}
		r.bounds(b.First, b.Last, born)
		out.rules = append(out.rules, r)
	}
}

func (a *AccountSpec) statement(out *accountSpec) error {
	st := a.Statement
	if st == nil {
		return nil
	}
	if st.Due < 5 || st.Due > 20 {
		return fmt.Errorf("the statement is due on day %d, it must be one from 5 to 20", st.Due)
	}
	out.rules = append(slices.DeleteFunc(slices.Clone(out.rules), func(r rule) bool { return r.settle }), rule{
		name: "payment", kind: KindCardPayment, day: st.Due, with: cmp.Or(st.From, "main"), settle: true, closes: st.Closes, part: st.Part,
	})
	return nil
}

// checkBalances holds every row that asserts a balance to it.
func (w *World) checkBalances(base *era) error {
	for _, b := range w.books {
		for i := range b.plan.spec.rows {
			want := b.plan.spec.rows[i].Balance
			if want == nil {
				continue
			}
			l := base.folded(b.plan.spec.rows[i].Posted)
			o := base.books[b.index].fixture(i)
			d, ok := b.day(l, b.plan.spec.rows[i].Posted)
			j := slices.IndexFunc(d.refs, func(r ref) bool { return o != nil && r.op == o })
			if !ok || j < 0 {
				continue
			}
			if got := l.accounts[b.index].balance[d.index] + d.sum(l, j+1); got != *want {
				return fmt.Errorf("account %s: the row of %s leaves %s, not %s: mend the row or its balance", b.account.Key, d.day,
					FormatAmount(got, b.account.Currency), FormatAmount(*want, b.account.Currency))
			}
		}
	}
	return nil
}
