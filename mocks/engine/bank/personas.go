package bank

import "slices"

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
		{name: "broadcasting", kind: KindDirectDebit, share: -24, day: 15, months: in(2, 5, 8, 11), pool: "broadcasting"},
		{name: "maintenance", kind: KindFee, share: -6, day: 28, pool: "maintenance"},
	}
}

func salary(share int64) []rule {
	return []rule{
		{name: "salary", kind: KindSalary, share: share, raise: 20, when: "payday", pool: "employers"},
		{name: "bonus", kind: KindSalary, share: share, raise: 20, when: "bonus", pool: "employers"},
	}
}

// without drops rules by name.
func without(rules []rule, names ...string) []rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return slices.Contains(names, r.name) })
}

var surplus = rule{name: "surplus", kind: KindOwnTransfer, day: 16, pool: "self", settle: true}

// cardOf is a credit card paid in full from the account main.
func cardOf(key string, limit int64, payDay int, mix ...mixed) accountSpec {
	return accountSpec{key: key, typ: CreditCard, limit: limit, stream: mix, rules: []rule{
		{name: "subscription", kind: KindCard, share: -9, day: 7, pool: "streaming"},
		{name: "cloud", kind: KindCard, share: -3, day: 19, pool: "cloud"},
		{name: "payment", kind: KindCardPayment, day: payDay, with: "main", settle: true},
	}}
}

// The life of an employee: a current account, a small one for every day, a card.
func employee(rules []rule) []accountSpec {
	return []accountSpec{
		{key: "main", typ: Checking, level: 2100, limit: 300,
			rules:  append(rules, surplus),
			stream: []mixed{{"groceries", 4}, {"pharmacy", 1}, {"atm", 2}, {"sent", 4}, {"received", 2}}},
		{key: "sight", typ: Sight, level: 380,
			rules:  []rule{{name: "top-up", kind: KindOwnTransfer, day: 6, with: "main", settle: true}},
			stream: []mixed{{"bakery", 7}, {"transport", 8}, {"restaurants", 2}, {"sent", 1}}},
		cardOf("card", 2500, 10, mixed{"groceries", 6}, mixed{"restaurants", 5}, mixed{"fuel", 2}, mixed{"online", 3}, mixed{"clothing", 1}, mixed{"abroad", 1}, mixed{"refund", 1}),
	}
}

var personas = []persona{
	{PersonaInfo: PersonaInfo{"salaried", "Salaried employee", "month-end salary, rent and bills, a small sight account, a card paid in full"}, kind: Individual,
		accounts: employee(slices.Concat(salary(1650), household(380)))},
	{PersonaInfo: PersonaInfo{"freelancer", "Freelancer", "one to four invoices a month, late payers, taxes every quarter and no salary"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 4200, limit: 500,
			rules:  slices.Concat(household(330), []rule{{name: "tax", kind: KindBill, share: -900, swing: 350, day: 12, months: in(3, 6, 9, 12), pool: "tax"}, surplus}),
			stream: []mixed{{"invoice", 3}, {"groceries", 8}, {"transport", 8}, {"restaurants", 4}, {"sent", 4}, {"received", 1}, {"atm", 1}}},
		cardOf("card", 2000, 14, mixed{"online", 5}, mixed{"restaurants", 4}, mixed{"abroad", 3}, mixed{"fuel", 1}),
	}},
	{PersonaInfo: PersonaInfo{"student", "Student", "an allowance, shifts paid by the week, a grant twice a year and many small rows"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Sight, level: 260, rules: []rule{
			{name: "allowance", kind: KindTransferIn, share: 380, day: 1, roll: Preceding, pool: "contacts", round: true},
			{name: "shift", kind: KindSalary, share: 75, swing: 300, when: "weekly", pool: "small employers"},
			{name: "grant", kind: KindBenefit, share: 600, day: 10, months: in(3, 9), pool: "student aid"},
			{name: "room", kind: KindTransferOut, share: -300, day: 3, pool: "landlords", round: true},
			{name: "mobile", kind: KindDirectDebit, share: -12, day: 15, pool: "mobile"},
			{name: "subscription", kind: KindCard, share: -6, day: 20, pool: "streaming"},
			{name: "home", kind: KindTransferIn, day: 17, pool: "contacts", settle: true},
		}, stream: []mixed{{"bakery", 14}, {"groceries", 5}, {"transport", 14}, {"restaurants", 4}, {"sent", 9}, {"received", 6}, {"online", 1}, {"atm", 1}}},
	}},
	{PersonaInfo: PersonaInfo{"pensioner", "Pensioner", "two pensions with a yearly raise, no job, cash from the machine"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 2600, limit: 200,
			rules: slices.Concat(household(220), []rule{
				{name: "pension", kind: KindPension, share: 900, raise: 30, when: "pension", pool: "pension funds"},
				{name: "second pension", kind: KindPension, share: 260, raise: 15, when: "second pension", pool: "pension funds", other: 1},
				{name: "insurance", kind: KindDirectDebit, share: -40, day: 9, pool: "insurance"},
				{name: "saving", kind: KindOwnTransfer, day: 16, with: "savings", settle: true},
			}),
			stream: []mixed{{"groceries", 9}, {"bakery", 8}, {"pharmacy", 5}, {"restaurants", 2}, {"atm", 4}, {"sent", 1}}},
		{key: "savings", typ: Savings, level: 9000, rules: []rule{
			{name: "trip", kind: KindOwnTransfer, share: -900, day: 12, months: in(2, 9), with: "main", round: true},
		}},
	}},
	{PersonaInfo: PersonaInfo{"overdrawn", "Overdrawn", "a salary below the spending, negative before pay day, returned debits, fees, a loan and help from family"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 320, limit: 420,
			rules: slices.Concat(salary(640), household(240), []rule{
				{name: "loan", kind: KindDirectDebit, share: -95, day: 5, pool: "lender"},
				{name: "payday loan", kind: KindLoan, share: 260, day: 19, months: in(2, 6, 10), pool: "lender", round: true},
				{name: "help", kind: KindTransferIn, day: 18, pool: "contacts", settle: true},
			}),
			stream: []mixed{{"groceries", 6}, {"bakery", 6}, {"restaurants", 3}, {"transport", 10}, {"gambling", 2}, {"atm", 1}, {"sent", 1}, {"received", 1}}},
	}},
	{PersonaInfo: PersonaInfo{"gambler", "Gambler", "a salary, bets at night and at weekends, wins that are no income, one loan on another"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 1500, limit: 700,
			rules: slices.Concat(salary(1500), household(300), []rule{
				{name: "loan", kind: KindDirectDebit, share: -120, day: 6, pool: "lender"},
				{name: "second loan", kind: KindDirectDebit, share: -80, day: 9, from: -240, pool: "lender", other: 1},
				{name: "loan payout", kind: KindLoan, share: 1200, once: -250, pool: "lender", other: 1, round: true},
				{name: "help", kind: KindTransferIn, day: 18, pool: "contacts", settle: true},
			}),
			stream: []mixed{{"gambling", 18}, {"winnings", 2}, {"groceries", 8}, {"bakery", 5}, {"restaurants", 4}, {"transport", 6}, {"atm", 4}, {"sent", 2}}},
		{key: "card", typ: CreditCard, limit: 2000, stream: []mixed{{"online", 3}, {"gambling", 2}, {"fuel", 2}, {"restaurants", 2}}, rules: []rule{
			{name: "payment", kind: KindCardPayment, day: 10, with: "main", settle: true, closes: 24, part: 400},
		}},
	}},
	{PersonaInfo: PersonaInfo{"power-user", "Power user", "seven accounts: checking, sight, savings, dollars, a credit line and two cards"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 4800, limit: 1500,
			rules: slices.Concat(salary(2900), household(650), []rule{
				{name: "saving", kind: KindOwnTransfer, share: -250, day: 2, with: "savings", round: true},
				{name: "insurance", kind: KindDirectDebit, share: -48, day: 9, pool: "insurance"},
				surplus,
			}),
			stream: []mixed{{"groceries", 3}, {"pharmacy", 2}, {"atm", 2}, {"sent", 7}, {"received", 4}, {"check out", 1}}},
		{key: "sight", typ: Sight, level: 360,
			rules:  []rule{{name: "top-up", kind: KindOwnTransfer, day: 6, with: "main", settle: true}},
			stream: []mixed{{"bakery", 8}, {"transport", 6}, {"restaurants", 3}}},
		{key: "savings", typ: Savings, level: 4200, rules: []rule{
			{name: "holidays", kind: KindOwnTransfer, share: -3000, day: 14, months: in(1), with: "main", round: true},
		}},
		{key: "fx", typ: Checking, currency: "USD", level: 2400,
			rules: []rule{
				{name: "client", kind: KindTransferIn, share: 850, swing: 200, day: 15, pool: "foreign"},
				{name: "surplus", kind: KindOwnTransfer, day: 20, pool: "self", settle: true},
			},
			stream: []mixed{{"abroad", 4}}},
		{key: "line", typ: CreditLine, limit: 1500, rules: []rule{
			{name: "draw", kind: KindOwnTransfer, share: -300, day: 20, months: in(3, 7, 11), with: "main", round: true},
			{name: "interest", kind: KindInterest, share: -5, day: 26, months: in(3, 7, 11), roll: ModifiedFollowing, pool: "credit line"},
			{name: "repayment", kind: KindOwnTransfer, day: 12, with: "main", settle: true},
		}},
		cardOf("card", 4000, 10, mixed{"groceries", 7}, mixed{"restaurants", 8}, mixed{"fuel", 3}, mixed{"online", 3}, mixed{"clothing", 1}, mixed{"refund", 1}),
		cardOf("second", 1800, 14, mixed{"online", 4}, mixed{"restaurants", 3}, mixed{"clothing", 1}, mixed{"abroad", 2}),
	}},
	{PersonaInfo: PersonaInfo{"empty", "Empty account", "one account without a single row"}, kind: Individual, accounts: []accountSpec{{key: "main", typ: Checking}}},
	{PersonaInfo: PersonaInfo{"no-accounts", "No accounts", "a login that owns nothing"}, kind: Individual},
	{PersonaInfo: PersonaInfo{"brand-new", "Brand-new", "opened yesterday with one deposit; grows as the clock moves"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, limit: 200, opens: -1,
			rules: slices.Concat(
				[]rule{{name: "first deposit", kind: KindTransferIn, share: 700, once: -1, pool: "contacts", round: true}},
				salary(1400), household(300)),
			stream: []mixed{{"groceries", 8}, {"bakery", 6}, {"transport", 8}, {"restaurants", 4}, {"sent", 2}, {"atm", 1}}},
	}},
	{PersonaInfo: PersonaInfo{"joint", "Joint account", "two holders, two salaries, one mortgage and the benefit for children"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 3600, limit: 600, joint: true,
			rules: slices.Concat(salary(1700), without(household(500), "rent"), []rule{
				{name: "second salary", kind: KindSalary, share: 1250, raise: 20, when: "second payday", pool: "employers", other: 3},
				{name: "child benefit", kind: KindBenefit, share: 110, when: "child benefit", pool: "family office"},
				{name: "mortgage", kind: KindDirectDebit, share: -850, day: 3, roll: ModifiedFollowing, pool: "lender"},
				{name: "insurance", kind: KindDirectDebit, share: -60, day: 9, pool: "insurance"},
				surplus,
			}),
			stream: []mixed{{"groceries", 14}, {"bakery", 10}, {"transport", 8}, {"restaurants", 4}, {"pharmacy", 3}, {"clothing", 2}, {"atm", 2}, {"sent", 4}, {"received", 1}}},
		cardOf("card", 3000, 10, mixed{"online", 6}, mixed{"fuel", 4}, mixed{"restaurants", 3}, mixed{"clothing", 2}, mixed{"refund", 1}),
	}},
	{PersonaInfo: PersonaInfo{"business", "Business", "50,000 rows a month: card settlements, suppliers, a pay run of thirty, taxes and a dollar account"}, kind: Business, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 600_000, limit: 100_000,
			rules: []rule{
				{name: "premises", kind: KindTransferOut, share: -1800, day: 5, pool: "landlords", round: true},
				{name: "power", kind: KindBill, share: -420, swing: 200, day: 12, pool: "power"},
				{name: "dividend", kind: KindTransferOut, day: 15, pool: "headquarters", settle: true},
				{name: "tax", kind: KindBill, share: -150_000, swing: 150, day: 20, pool: "tax"},
				{name: "maintenance", kind: KindFee, share: -30, day: 28, pool: "maintenance"},
				{name: "pay", kind: KindTransferOut, share: -760, when: "payday", pool: "contacts", times: 30},
			},
			stream: []mixed{{"settlement", 47_000}, {"supplier", 2_300}, {"client", 500}, {"check out", 200}}},
		{key: "fx", typ: Checking, currency: "USD", level: 30_000,
			rules:  []rule{{name: "surplus", kind: KindOwnTransfer, day: 14, pool: "self", settle: true}},
			stream: []mixed{{"foreign client", 12}, {"foreign supplier", 8}}},
	}},
	{PersonaInfo: PersonaInfo{"fx", "Three currencies", "accounts in the country's money, dollars and euros, purchases abroad with their fees and rates"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 3000, limit: 500,
			rules:  slices.Concat(salary(2200), household(450), []rule{surplus}),
			stream: []mixed{{"abroad", 9}, {"groceries", 6}, {"restaurants", 4}, {"transport", 4}, {"sent", 2}}},
		{key: "fx", typ: Checking, currency: "USD", level: 2000,
			rules:  []rule{{name: "client", kind: KindTransferIn, share: 700, swing: 250, day: 15, pool: "foreign"}, {name: "surplus", kind: KindOwnTransfer, day: 20, pool: "self", settle: true}},
			stream: []mixed{{"abroad", 6}, {"foreign supplier", 1}}},
		{key: "second", typ: Checking, currency: "EUR", level: 1500,
			rules:  []rule{{name: "client", kind: KindTransferIn, share: 400, swing: 250, day: 12, pool: "foreign"}, {name: "surplus", kind: KindOwnTransfer, day: 20, pool: "self", settle: true}},
			stream: []mixed{{"online", 3}, {"foreign supplier", 1}}},
	}},
	{PersonaInfo: PersonaInfo{"job-change", "Job change", "the salary ended half a year ago; 45 days of benefits, then a new employer who pays an eighth more"}, kind: Individual,
		accounts: employee(slices.Concat([]rule{
			{name: "salary", kind: KindSalary, share: 1500, until: -165, when: "payday", pool: "employers"},
			{name: "bonus", kind: KindSalary, share: 1500, until: -165, when: "bonus", pool: "employers"},
			{name: "between jobs", kind: KindBenefit, share: 800, from: -165, until: -120, when: "benefit", pool: "labour office"},
			{name: "new salary", kind: KindSalary, share: 1690, from: -120, when: "payday", pool: "employers", other: 2},
		}, household(360)))},
	{PersonaInfo: PersonaInfo{"duplicates", "Duplicates", "a double booking, an id that comes twice and a salary that is late; then a text that is edited, a row that vanishes and one more double"}, kind: Individual,
		accounts: employee(slices.Concat(salary(1650), household(380))),
		changes: []happening{
			{Change: Change{Account: "main", Do: Duplicate, Match: Match{Category: "rent"}}},
			{Change: Change{Account: "main", Do: Duplicate, Match: Match{Category: "groceries", Which: 2}, SameID: true}},
			{Change: Change{Account: "main", Do: Move, Match: Match{Category: "salary"}}, to: 2},
			{Change: Change{Account: "card", Do: Alter, Match: Match{Category: "restaurants", Which: 2}, Row: Row{Description: "CORR. 4471"}}, after: 1},
			{Change: Change{Account: "card", Do: Remove, Match: Match{Category: "online", Which: 2}}, after: 2},
			{Change: Change{Account: "sight", Do: Duplicate, Match: Match{Category: "transport", Which: 3}}, after: 1},
		}},
	{PersonaInfo: PersonaInfo{"closed", "Closed", "the second account closed last month; its last row carries the balance away"}, kind: Individual, accounts: []accountSpec{
		{key: "main", typ: Checking, level: 1900, limit: 300,
			rules:  slices.Concat(salary(1500), household(340), []rule{surplus}),
			stream: []mixed{{"groceries", 6}, {"restaurants", 3}, {"transport", 4}, {"sent", 2}}},
		{key: "second", typ: Checking, level: 700, closes: -31,
			rules:  []rule{{name: "top-up", kind: KindOwnTransfer, day: 6, with: "main", settle: true}},
			stream: []mixed{{"bakery", 6}, {"restaurants", 2}, {"atm", 1}}},
	}},
}
