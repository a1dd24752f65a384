package finx

import (
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// role is what a category is to the reports.
type role int

const (
	noRole role = iota
	regularIncome
	otherIncome
	regularExpense
	variableExpense
)

// category is a node of the tree. The numbers of Lebenshaltung, Salary, Rent, Groceries,
// Subscriptions and Income are those of published examples, the others are invented.
type category struct {
	parent int // 0: a root
	de, en string
	role   role
}

var categories = map[int]category{
	11:  {0, "Einnahmen", "Income/Revenue", noRole},
	2:   {11, "Gehalt", "Salary", regularIncome},
	3:   {11, "Rente", "Pension", regularIncome},
	4:   {11, "Staatliche Leistungen", "Public benefits", regularIncome},
	5:   {11, "Selbstständige Tätigkeit", "Self-employment", otherIncome},
	6:   {11, "Zinserträge", "Interest earned", otherIncome},
	7:   {11, "Sonstige Eingänge", "Other deposits", otherIncome},
	14:  {0, "Wohnen", "Housing", noRole},
	15:  {14, "Miete", "Rent", regularExpense},
	16:  {14, "Baufinanzierung", "Mortgage", regularExpense},
	17:  {14, "Strom, Gas und Wasser", "Utilities", regularExpense},
	18:  {14, "Nebenkosten", "Service charges", regularExpense},
	40:  {0, "Verträge", "Contracts", noRole},
	41:  {40, "Telefon und Internet", "Telephone and internet", regularExpense},
	42:  {40, "Abonnements", "Subscriptions", regularExpense},
	43:  {40, "Rundfunkbeitrag", "Broadcasting fee", regularExpense},
	44:  {40, "Versicherungen", "Insurance", regularExpense},
	45:  {40, "Kreditraten", "Loan repayments", regularExpense},
	46:  {40, "Steuern", "Taxes", regularExpense},
	150: {0, "Lebenshaltung", "Living", noRole},
	31:  {150, "Lebensmittel", "Groceries", variableExpense},
	151: {150, "Gastronomie", "Restaurants", variableExpense},
	152: {150, "Verkehrsmittel", "Transport", variableExpense},
	153: {150, "Tanken", "Fuel", variableExpense},
	154: {150, "Gesundheit", "Health", variableExpense},
	155: {150, "Einkäufe", "Shopping", variableExpense},
	156: {150, "Kleidung", "Clothing", variableExpense},
	157: {150, "Glücksspiel", "Gambling", variableExpense},
	158: {150, "Bargeld", "Cash", variableExpense},
	159: {150, "Überweisungen an Personen", "Transfers to people", variableExpense},
	160: {150, "Geschäftsausgaben", "Business expenses", variableExpense},
	161: {150, "Sonstige Ausgaben", "Other expenses", variableExpense},
	60:  {0, "Finanzen", "Finance", noRole},
	61:  {60, "Umbuchungen", "Own transfers", noRole},
	62:  {60, "Kreditkartenabrechnung", "Credit card settlement", noRole},
	63:  {60, "Bankgebühren und Zinsen", "Bank fees and interest", regularExpense},
	64:  {60, "Rücklastschriften", "Returned debits", noRole},
	65:  {60, "Kreditauszahlungen", "Loans paid out", noRole},
	66:  {60, "Gewinne", "Winnings", noRole},
}

// byHabit files a row by the habit behind it, byKind by what it is where no habit says so.
var byHabit = map[string]int{
	"rent": 15, "room": 15, "premises": 15, "mortgage": 16, "power": 17, "gas": 17, "water": 17, "building": 18,
	"mobile": 41, "internet": 41, "subscription": 42, "cloud": 42, "streaming": 42, "gym": 42, "broadcasting": 43,
	"insurance": 44, "health plan": 44, "loan": 45, "second loan": 45, "tax": 46,
	"groceries": 31, "bakery": 31, "restaurants": 151, "transport": 152, "fuel": 153, "pharmacy": 154,
	"online": 155, "abroad": 155, "refund": 155, "clothing": 156, "gambling": 157, "winnings": 66,
	"supplier": 160, "foreign supplier": 160, "invoice": 5, "client": 5, "foreign client": 5,
}

var byKind = map[bank.Kind]int{
	bank.KindSalary: 2, bank.KindPension: 3, bank.KindBenefit: 4, bank.KindSettlement: 5, bank.KindOwnTransfer: 61,
	bank.KindCardPayment: 62, bank.KindFee: 63, bank.KindReturned: 64, bank.KindLoan: 65, bank.KindATM: 158, bank.KindRefund: 155,
}

// categoryOf is the leaf to which a row belongs.
func categoryOf(t *bank.Transaction) int {
	if id, ok := byHabit[t.Category]; ok && (categories[id].role >= regularExpense) == (t.Amount < 0 || t.Kind == bank.KindRefund) {
		return id
	}
	if id, ok := byHabit[t.Category]; ok && categories[id].role < regularExpense {
		return id
	}
	if id, ok := byKind[t.Kind]; ok && !(categories[id].role >= regularExpense && t.Amount > 0 && t.Kind != bank.KindRefund) {
		return id
	}
	switch {
	case t.Kind == bank.KindInterest && t.Amount > 0:
		return 6
	case t.Kind == bank.KindInterest:
		return 63
	case t.Amount > 0:
		return 7
	case t.Kind == bank.KindTransferOut:
		return 159
	}
	return 161
}

// categoryView is a category as answers have it.
type categoryView struct {
	Parent *int   `json:"parent_id"`
	ID     int    `json:"id"`
	Name   string `json:"name"`
}

// path is a category from its root to itself, with names in a language.
func path(id int, language string) (out []categoryView) {
	c := categories[id]
	v := categoryView{ID: id, Name: nameOf(id, language)}
	if c.parent != 0 {
		parent := c.parent
		v.Parent = &parent
		out = path(parent, language)
	}
	return append(out, v)
}

func nameOf(id int, language string) string {
	if language == "en" {
		return categories[id].en
	}
	return categories[id].de
}

// languageOf is the language of names: the first one that Accept-Language has and the API
// speaks, German where the call does not say. One that is not spoken is refused (documented).
func languageOf(c *engine.Call) (string, error) {
	header := c.Header(acceptLanguage)
	if strings.TrimSpace(header) == "" {
		return "de", nil
	}
	for part := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		switch primary {
		case "de", "en":
			return primary, nil
		case "*":
			return "de", nil
		}
	}
	return "", problem.Invalid(acceptLanguage, problem.NotAllowed, "%s", noLanguage)
}
