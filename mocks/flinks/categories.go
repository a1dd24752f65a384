package flinks

import (
	"net/http"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// shelf is a primary category with what lies under it. The names of the real list are
// not published (invented).
type shelf struct {
	name, about string
	subs        []subcategory
}

// subcategory takes the rows of some habits, or else of some kinds.
type subcategory struct {
	name, about string
	habits      []string
	kinds       []bank.Kind
}

var shelves = []shelf{
	{"Income", "Money earned or granted", []subcategory{
		{"Payroll", "Salaries and wages", nil, []bank.Kind{bank.KindSalary}},
		{"Pension", "Pensions", nil, []bank.Kind{bank.KindPension}},
		{"Government", "Public benefits", nil, []bank.Kind{bank.KindBenefit}},
		{"Self-employment", "Invoices and sales", []string{"invoice", "client", "foreign client"}, []bank.Kind{bank.KindSettlement}},
		{"Interest", "Interest earned or paid", nil, []bank.Kind{bank.KindInterest}},
	}},
	{"Housing", "A home and its bills", []subcategory{
		{"Rent", "Rent", []string{"rent", "room"}, nil},
		{"Mortgage", "Mortgage", []string{"mortgage"}, nil},
		{"Utilities", "Power, water, gas and taxes on the building", []string{"power", "water", "gas", "building"}, nil},
		{"Telecom", "Telephone, internet and subscriptions", []string{"mobile", "internet", "subscription", "cloud", "broadcasting"}, nil},
		{"Insurance", "Insurance and health plans", []string{"insurance", "health plan"}, nil},
	}},
	{"Living", "Everyday spending", []subcategory{
		{"Groceries", "Food", []string{"groceries", "bakery"}, nil},
		{"Restaurants", "Restaurants", []string{"restaurants"}, nil},
		{"Transport", "Transport and fuel", []string{"transport", "fuel"}, nil},
		{"Health", "Pharmacy", []string{"pharmacy"}, nil},
		{"Shopping", "Shops, online and not", []string{"online", "clothing", "abroad"}, []bank.Kind{bank.KindRefund}},
		{"Gambling", "Bets and wins", []string{"gambling", "winnings"}, nil},
	}},
	{"Debt", "Borrowing", []subcategory{
		{"Loan", "Loans paid out and paid back", []string{"loan", "second loan"}, []bank.Kind{bank.KindLoan}},
		{"Credit card payment", "The bill of a credit card", nil, []bank.Kind{bank.KindCardPayment}},
		{"NSF", "Returned debits", []string{"return fee"}, []bank.Kind{bank.KindReturned}},
		{"Bank fees", "Fees", nil, []bank.Kind{bank.KindFee}},
	}},
	{"Transfers", "Money moved", []subcategory{
		{"Internal", "Between own accounts", nil, []bank.Kind{bank.KindOwnTransfer}},
		{"E-transfer", "To and from other people", nil, []bank.Kind{bank.KindTransferIn, bank.KindTransferOut}},
		{"Cash", "Machines", nil, []bank.Kind{bank.KindATM}},
		{"Cheque", "Cheques", nil, []bank.Kind{bank.KindCheck}},
	}},
	{"Other", "Everything else", []subcategory{
		{"Card", "Purchases by card", nil, []bank.Kind{bank.KindCard}},
		{"Payments", "Bills and preauthorized debits", nil, []bank.Kind{bank.KindBill, bank.KindDirectDebit}},
	}},
}

// filed is where a row belongs.
type filed struct{ primary, sub string }

// byHabit and byKind are the shelves, by what lies on them.
var byHabit, byKind = func() (map[string]filed, map[bank.Kind]filed) {
	habits, kinds := map[string]filed{}, map[bank.Kind]filed{}
	for _, s := range shelves {
		for _, c := range s.subs {
			for _, h := range c.habits {
				habits[h] = filed{s.name, c.name}
			}
			for _, k := range c.kinds {
				kinds[k] = filed{s.name, c.name}
			}
		}
	}
	return habits, kinds
}()

// filedUnder files a row: by its habit, else by its kind.
func filedUnder(t *bank.Transaction) filed {
	if f, ok := byHabit[t.Category]; ok {
		return f
	}
	if f, ok := byKind[t.Kind]; ok {
		return f
	}
	return filed{"Other", "Payments"}
}

// categorize files the rows of a card.
func categorize(c *engine.Call) (engine.Reply, error) {
	k, wait, err := readCard(c)
	if err != nil || wait != nil {
		return *firstReply(wait), err
	}
	a, err := analyse(c, k, selection{})
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, categorized{a, k, okCode(c), c.Option(optCredit)}), nil
}

// categorized is the answer of a call for categories. It is made row by row.
type categorized struct {
	*analysis
	card
	code   string
	credit string // key of a credit, lower case in the one example
}

// AppendJSON renders the rows in the key order of the documented example.
func (g categorized) AppendJSON(dst []byte) []byte {
	dst = appendMember(append(dst, `{"HttpStatusCode":200`...), "FlinksCode", g.code)
	dst = appendMember(appendMember(dst, "LoginId", g.conn.ID), "RequestId", g.session.ID)
	dst = append(dst, `,"Transactions":[`...)
	from := len(dst)
	g.each(func(b *bank.Book, t *bank.Transaction) {
		if len(dst) > from {
			dst = append(dst, ',')
		}
		f := filedUnder(t)
		dst = engine.AppendString(append(g.appendIDs(dst, b, t), `,"Description":`...), t.Description)
		dst = appendMember(appendMember(dst, "Category", f.primary), "SubCategory", f.sub)
		dst = append(appendMoney(append(dst, `,"Balance":`...), t.Balance), ',')
		dst = appendSlashed(append(appendAmounts(dst, t, g.credit), `,"Date":"`...), t.Posted)
		dst = append(dst, '"', '}')
	})
	return append(dst, ']', '}')
}

// listCategories is the list of a country; both have the same one here.
func listCategories(c *engine.Call) (engine.Reply, error) {
	if country := strings.ToUpper(c.Path("country")); country != "CA" && country != "US" {
		return engine.Reply{}, problem.Invalid("country", problem.NotAllowed, "the country is CA or US")
	}
	out := []object{}
	for _, s := range shelves {
		subs := []object{}
		for _, sub := range s.subs {
			subs = append(subs, object{{"SubCategoryName", sub.name}, {"Description", sub.about}})
		}
		out = append(out, object{{"PrimaryCategoryName", s.name}, {"Description", s.about}, {"SubCategories", subs}})
	}
	return engine.JSON(http.StatusOK, out), nil
}
