package bank

import "slices"

// PersonaInfo introduces a persona.
type PersonaInfo struct{ Key, Title, Line string }

// Personas lists the personas in the order of their table.
func Personas() []PersonaInfo {
	var list []PersonaInfo
	for _, p := range personas {
		list = append(list, p.PersonaInfo)
	}
	return list
}

// persona is a table of habits that names no country: shares are thousandths of
// the market's monthly income.
type persona struct {
	PersonaInfo
	kind     HolderKind
	accounts []accountSpec
}

// accountSpec is one account. level is the balance that its settlement steers
// to or, without one, the balance it opens with.
type accountSpec struct {
	key          string
	typ          AccountType
	currency     string // "": the country's
	level, limit int64
	rules        []rule
	stream       []mixed
}

type mixed struct {
	name     string
	perMonth int
}

// rule is a monthly row. A rule with an account on the other side books both
// legs there and here. A settlement has no share: it moves the opposite of what
// the account's other rows added up to last month.
type rule struct {
	name   string
	kind   Kind
	share  int64
	swing  int64  // thousandths that the amount moves from month to month
	day    int    // 31: the last of the month
	roll   roll   // on a closed day
	months uint16 // bit m-1; 0: all
	pool   string // "contacts": somebody of the holder's circle; "self": the holder elsewhere
	with   string // key of the other account
	settle bool
	round  bool // to the sum people send
	times  int  // so many rows with different parties
}

func in(months ...int) (set uint16) {
	for _, m := range months {
		set |= 1 << (m - 1)
	}
	return set
}

// A household scaled by its rent.
func household(rent int64) []rule {
	return []rule{
		{name: "rent", kind: KindTransferOut, share: -rent, day: 5, pool: "landlords", round: true},
		{name: "internet", kind: KindDirectDebit, share: -26, day: 8, pool: "internet"},
		{name: "health plan", kind: KindDirectDebit, share: -rent / 5, day: 10, pool: "health plan"},
		{name: "power", kind: KindBill, share: -rent / 10, swing: 250, day: 12, pool: "power"},
		{name: "mobile", kind: KindDirectDebit, share: -15, day: 15, pool: "mobile"},
		{name: "water", kind: KindBill, share: -rent / 22, swing: 150, day: 18, pool: "water"},
		{name: "gas", kind: KindBill, share: -rent / 16, swing: 400, day: 20, pool: "gas"},
		{name: "building", kind: KindBill, share: -rent / 6, swing: 80, day: 22, pool: "building"},
		{name: "maintenance", kind: KindFee, share: -6, day: 28, pool: "maintenance"},
	}
}

func salary(share int64) []rule {
	return []rule{
		{name: "salary", kind: KindSalary, share: share, day: 31, roll: preceding, pool: "employers"},
		{name: "bonus", kind: KindSalary, share: share / 8, day: 16, roll: preceding, months: in(9, 12), pool: "employers"},
	}
}

// cardOf is a credit card paid in full from the account main.
func cardOf(key string, limit int64, payDay int, mix ...mixed) accountSpec {
	return accountSpec{key: key, typ: CreditCard, limit: limit, stream: mix, rules: []rule{
		{name: "subscription", kind: KindCard, share: -9, day: 7, pool: "streaming"},
		{name: "cloud", kind: KindCard, share: -3, day: 19, pool: "cloud"},
		{name: "payment", kind: KindCardPayment, day: payDay, with: "main", settle: true},
	}}
}

var personas = []persona{
	{PersonaInfo{"salaried", "Salaried employee", "month-end salary, rent and bills, a small sight account, a card paid in full"}, Individual, []accountSpec{
		{key: "main", typ: Checking, level: 2100, limit: 300,
			rules:  slices.Concat(salary(1650), household(380), []rule{{name: "surplus", kind: KindOwnTransfer, day: 16, pool: "self", settle: true}}),
			stream: []mixed{{"groceries", 4}, {"pharmacy", 1}, {"atm", 2}, {"sent", 4}, {"received", 2}}},
		{key: "sight", typ: Sight, level: 380,
			rules:  []rule{{name: "top-up", kind: KindOwnTransfer, day: 6, with: "main", settle: true}},
			stream: []mixed{{"bakery", 7}, {"transport", 8}, {"restaurants", 2}, {"sent", 1}}},
		cardOf("card", 2500, 10, mixed{"groceries", 6}, mixed{"restaurants", 5}, mixed{"fuel", 2}, mixed{"online", 3}, mixed{"clothing", 1}, mixed{"refund", 1}),
	}},
	{PersonaInfo{"overdrawn", "Overdrawn", "a salary below the spending, negative before pay day, fees, a loan and help from family"}, Individual, []accountSpec{
		{key: "main", typ: Checking, level: 600, limit: 700,
			rules: slices.Concat(salary(780), household(240), []rule{
				{name: "loan", kind: KindDirectDebit, share: -95, day: 5, pool: "lender"},
				{name: "help", kind: KindTransferIn, day: 18, pool: "contacts", settle: true},
				{name: "overdraft", kind: KindFee, share: -9, day: 25, pool: "overdraft"},
				{name: "interest", kind: KindInterest, share: -14, swing: 200, day: 28, roll: modifiedFollowing, pool: "credit line"},
			}),
			stream: []mixed{{"groceries", 6}, {"bakery", 6}, {"restaurants", 3}, {"transport", 10}, {"gambling", 2}, {"atm", 1}, {"sent", 1}, {"received", 1}}},
	}},
	{PersonaInfo{"power-user", "Power user", "seven accounts: checking, sight, savings, dollars, a credit line and two cards"}, Individual, []accountSpec{
		{key: "main", typ: Checking, level: 4800, limit: 1500,
			rules: slices.Concat(salary(2900), household(650), []rule{
				{name: "saving", kind: KindOwnTransfer, share: -250, day: 2, with: "savings", round: true},
				{name: "insurance", kind: KindDirectDebit, share: -48, day: 9, pool: "insurance"},
				{name: "surplus", kind: KindOwnTransfer, day: 16, pool: "self", settle: true},
			}),
			stream: []mixed{{"groceries", 3}, {"pharmacy", 2}, {"atm", 2}, {"sent", 7}, {"received", 4}, {"check out", 1}}},
		{key: "sight", typ: Sight, level: 360,
			rules:  []rule{{name: "top-up", kind: KindOwnTransfer, day: 6, with: "main", settle: true}},
			stream: []mixed{{"bakery", 8}, {"transport", 6}, {"restaurants", 3}}},
		{key: "savings", typ: Savings, level: 4200, rules: []rule{
			{name: "interest", kind: KindInterest, share: 12, swing: 300, day: 31, roll: preceding},
			{name: "holidays", kind: KindOwnTransfer, share: -1800, day: 14, months: in(1), with: "main", round: true},
		}},
		{key: "fx", typ: Checking, currency: "USD", level: 2400,
			rules: []rule{
				{name: "client", kind: KindTransferIn, share: 850, swing: 200, day: 15, pool: "foreign"},
				{name: "surplus", kind: KindOwnTransfer, day: 20, pool: "self", settle: true},
			},
			stream: []mixed{{"online", 4}}},
		{key: "line", typ: CreditLine, limit: 1500, rules: []rule{
			{name: "draw", kind: KindOwnTransfer, share: -300, day: 20, months: in(3, 7, 11), with: "main", round: true},
			{name: "interest", kind: KindInterest, share: -5, day: 26, months: in(3, 7, 11), roll: modifiedFollowing, pool: "credit line"},
			{name: "repayment", kind: KindOwnTransfer, day: 12, with: "main", settle: true},
		}},
		cardOf("card", 4000, 10, mixed{"groceries", 7}, mixed{"restaurants", 8}, mixed{"fuel", 3}, mixed{"online", 3}, mixed{"clothing", 1}, mixed{"refund", 1}),
		cardOf("second", 1800, 14, mixed{"online", 4}, mixed{"restaurants", 3}, mixed{"clothing", 1}),
	}},
	{PersonaInfo{"business", "Business", "thousands of card settlements a month, suppliers, a pay run, taxes and a dollar account"}, Business, []accountSpec{
		{key: "main", typ: Checking, level: 60_000, limit: 10_000,
			rules: []rule{
				{name: "premises", kind: KindTransferOut, share: -1800, day: 5, pool: "landlords", round: true},
				{name: "power", kind: KindBill, share: -420, swing: 200, day: 12, pool: "power"},
				{name: "dividend", kind: KindTransferOut, day: 15, pool: "headquarters", settle: true},
				{name: "tax", kind: KindBill, share: -9000, swing: 150, day: 20, pool: "tax"},
				{name: "maintenance", kind: KindFee, share: -30, day: 28, pool: "maintenance"},
				{name: "pay", kind: KindTransferOut, share: -760, day: 31, roll: preceding, pool: "contacts", times: 12},
			},
			stream: []mixed{{"settlement", 2200}, {"supplier", 180}, {"client", 90}, {"check out", 40}}},
		{key: "fx", typ: Checking, currency: "USD", level: 30_000,
			rules:  []rule{{name: "surplus", kind: KindOwnTransfer, day: 14, pool: "self", settle: true}},
			stream: []mixed{{"client", 12}, {"supplier", 8}}},
	}},
	{PersonaInfo{"empty", "Empty account", "one account without a single row"}, Individual, []accountSpec{{key: "main", typ: Checking}}},
	{PersonaInfo{"no-accounts", "No accounts", "a login that owns nothing"}, Individual, nil},
}

// Rows of a weekday in per cent of an average day, Sunday first.
var rhythms = map[HolderKind]*[7]int64{
	Individual: {70, 85, 85, 92, 108, 140, 120},
	Business:   {60, 95, 100, 105, 110, 125, 105},
}
