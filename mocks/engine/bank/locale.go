package bank

import (
	"slices"
	"strings"
	"sync"
)

// locale says how one country's banks speak, close and pay. Personas are told in
// thousandths of the market's income and in names of pools, habits and pay days; the
// locale turns them into money and words.
type locale struct {
	country   string
	language  string
	currency  string // of accounts that name none
	calendar  func() *calendar
	feasts    func() *calendar
	offset    func(Day) int // seconds east of UTC
	banks     []Institution
	people    names
	pools     map[string][]string
	paydays   map[string]payday
	wording   map[Kind]wording
	texts     map[string][]string                // of a habit or a rule, instead of its kind's
	products  map[AccountType]map[string]product // by currency, "" for any other
	markets   map[string]*market
	terms     terms
	season    [12]int64 // per cent, January first
	festive   int64     // per cent of purchases on a feast
	sunday    int64     // per cent of shopping on a Sunday
	comments  []string  // what people write on a transfer; "" for most
	width     int       // of a statement line
	fold      *strings.Replacer
	address   address
	personID  func(u uint64) string
	companyID func(u uint64) string
	codes     func(bank key) Codes      // of a bank that names none; nil: banks have no codes
	branch    func(customer key) string // nil: branches have no codes
	number    func(k key, at Codes) accountNumber
	creditor  func(k key, nationalID string) string // by what a company collects; nil: no SEPA
	extras    [extraKinds]*voice
	earned    *voice                  // interest on savings
	plans     func() map[string]*plan // all personas compiled, once
}

type names struct{ first, last, double []string }

// address is where nobody lives.
type address struct {
	streets, cities, codes []string
	phone                  string // digits to draw are #
}

// wording lists the statement texts of a kind by the sign of the amount;
// {party}, {city} and {ref} are filled in. booking and code are the bank's own.
type wording struct {
	debit, credit []string
	booking, code string
}

type product struct{ name, official, spoken string }

// product is what the bank calls an account.
func (l *locale) product(t AccountType, currency string) product {
	if p, ok := l.products[t][currency]; ok {
		return p
	}
	return l.products[t][""]
}

// payday is when a country pays or collects something, and which part of a month's
// sum, in thousandths, each time.
type payday struct {
	Schedule
	share int64
}

// terms are what banks charge: fees in minor units, rates in basis points a year.
// Interest is due at the end of each of interestMonths.
type terms struct {
	overdraftFee, returnFee int64
	overdraftRate           int64
	interestMonths          uint16
	foreignFee              int64 // basis points of a purchase abroad; zero: inside the rate
	foreignRate             int64 // of one major unit abroad, in the account's minor unit times 10,000
	lineRate, savingsRate   int64
}

// accountNumber is an account in the country's own form.
type accountNumber struct{ number, iban string }

// market is the money of one currency in a country: the income that personas
// are measured in, the coin that prices end on, the round sum people send.
type market struct {
	income, step, round int64
	prices              map[string]price
	categories          []streamCategory
}

func (m *market) category(name string) *streamCategory {
	for i := range m.categories {
		if m.categories[i].name == name {
			return &m.categories[i]
		}
	}
	return nil
}

// ready compiles what all worlds of the locale share.
func (l *locale) ready() *locale {
	for currency, m := range l.markets { // each habit is on its own: order does not matter
		for _, h := range habits {
			p, ok := m.prices[h.name]
			if !ok || h.pool != "" && h.pool != "contacts" && len(l.pools[h.pool]) == 0 {
				continue
			}
			c := streamCategory{habit: h, price: p, booking: l.wording[h.kind].booking, code: l.wording[h.kind].code, purpose: l.purpose(h.name, h.kind)}
			if c.abroad == currency {
				c.abroad = "" // at home in its own money
			}
			if h.pool != "contacts" {
				c.voice = l.poolVoice(h.kind, l.pools[h.pool], l.texts[h.name])
			}
			m.categories = append(m.categories, c)
		}
	}
	for x := range l.extras {
		l.extras[x] = l.poolVoice(extraKindOf[x], nil, l.texts[extraNames[x]])
	}
	l.earned = l.poolVoice(KindInterest, nil, l.texts["savings interest"])
	l.plans = sync.OnceValue(func() map[string]*plan { return compile(l) })
	return l
}

// voice is a ready list of statement texts and parties: a row picks by number
// and never builds a string. texts holds variants times parties, by sign.
type voice struct {
	texts   [2][]string // debit, credit
	n       int
	parties []Party // nil: nobody is named
}

func sign(amount int64) int {
	if amount > 0 {
		return 1
	}
	return 0
}

// text returns the wording of party i for an amount of this sign.
func (v *voice) text(amount int64, i int, variant uint64) string {
	t := v.texts[sign(amount)]
	if len(t) == 0 { // a rule against its direction still says something
		t = v.texts[1-sign(amount)]
	}
	return t[below(variant, len(t)/v.n)*v.n+i]
}

func (l *locale) voice(w wording, labels []string, parties []Party) *voice {
	v := &voice{n: len(labels), parties: parties}
	for i, templates := range [2][]string{w.debit, w.credit} {
		for _, t := range templates {
			for _, label := range labels {
				v.texts[i] = append(v.texts[i], l.statement(t, label))
			}
		}
	}
	return v
}

// poolVoice speaks of companies; no labels are nobody.
func (l *locale) poolVoice(kind Kind, labels, texts []string) *voice {
	w := l.wording[kind]
	if len(texts) > 0 {
		w = wording{debit: texts, credit: texts}
	}
	if len(labels) == 0 {
		labels = []string{""}
	}
	if len(w.debit)+len(w.credit) == 0 {
		panic("bank: no words for " + string(kind) + " in " + l.country)
	}
	var parties []Party
	for _, name := range labels {
		switch {
		case kind.IsTransfer(), kind.collected():
			parties = append(parties, l.company(name))
		case kind.trades() && name != "":
			parties = append(parties, Party{Name: name})
		}
	}
	return l.voice(w, labels, parties)
}

// onCard are the texts of purchases on the statement of a credit card, nil where they
// are those of a current account.
func (l *locale) onCard(t AccountType, k Kind) []string {
	if t != CreditCard || k != KindCard {
		return nil
	}
	return l.texts["on card"]
}

// A name has one identity, whoever meets it.
func (l *locale) company(name string) Party {
	k := rootKey(0).sub("company/" + name)
	at := l.bank(k)
	p := Party{Name: name, NationalID: l.companyID(k.word(0)), Account: l.number(k, at.Codes).number, Institution: at}
	if l.creditor != nil {
		p.CreditorID = l.creditor(k, p.NationalID)
	}
	return p
}

func (l *locale) person(name string) Party {
	k := rootKey(0).sub("person/" + name)
	at := l.bank(k)
	return Party{Name: name, NationalID: l.personID(k.word(0)), Account: l.number(k, at.Codes).number, Institution: at}
}

// personName draws a first name and as many family names as the country uses.
func (l *locale) personName(k key) string {
	of := func(list []string, i uint64) string { return list[below(k.word(i), len(list))] }
	name := of(l.people.first, 0) + " " + of(l.people.last, 1)
	if len(l.people.double) > 0 {
		name += " " + of(l.people.double, 2)
	}
	return name
}

// bank is one of the country's banks, and the branch of a customer of it.
func (l *locale) bank(k key) Institution { return l.at(l.banks[below(k.word(1), len(l.banks))], k) }

func (l *locale) city(label string) string {
	cities := l.pools["cities"]
	return cities[below(mix(hash(label)), len(cities))]
}

// statement writes a template the way banks print it: upper case, folded, cut.
func (l *locale) statement(template, party string) string {
	s := strings.ReplaceAll(template, "{party}", party)
	if strings.Contains(s, "{") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "{city}", l.city(party)), "{ref}", digitsOf(mix(hash(template+party)), 6))
	}
	s = l.fold.Replace(strings.ToUpper(strings.TrimSpace(s)))
	return strings.TrimSpace(s[:min(len(s), l.width)])
}

// digitsOf are n decimal digits of a word.
func digitsOf(u uint64, n int) string { return string(appendDigits(make([]byte, 0, n), u, n)) }

func appendDigits(dst []byte, u uint64, n int) []byte {
	from := len(dst)
	for range n {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= from; i-- {
		dst[i] += byte(u % 10)
		u /= 10
	}
	return dst
}

var (
	unaccented = strings.NewReplacer(
		"Á", "A", "À", "A", "Â", "A", "Ä", "A", "É", "E", "È", "E", "Ê", "E", "Ë", "E", "Í", "I", "Î", "I", "Ï", "I",
		"Ó", "O", "Ô", "O", "Ö", "O", "Ú", "U", "Ù", "U", "Û", "U", "Ü", "U", "Ñ", "N", "Ç", "C", "Œ", "OE", "Æ", "AE")
	germanFold = strings.NewReplacer("Ä", "AE", "Ö", "OE", "Ü", "UE", "ß", "SS", "ẞ", "SS", "Ş", "S", "Ğ", "G", "É", "E", "È", "E", "I\u0307", "I", "İ", "I", "ı", "I")
)

// countries lists the locales known, by the key that a Source names.
var countries = []string{"CL", "CA", "CA-FR", "DE", "ES"}

var locales = map[string]func() *locale{
	"CL":    sync.OnceValue(func() *locale { return newChile().ready() }),
	"CA":    sync.OnceValue(func() *locale { return newCanada().ready() }),
	"CA-FR": sync.OnceValue(func() *locale { return newQuebec().ready() }),
	"DE":    sync.OnceValue(func() *locale { return newGermany().ready() }),
	"ES":    sync.OnceValue(func() *locale { return newSpain().ready() }),
}

// Countries lists the countries that have bank data: ISO 3166 codes, with a language
// where the country has two.
func Countries() []string { return slices.Clone(countries) }

func localeOf(country string) (*locale, bool) {
	open, ok := locales[strings.ToUpper(country)]
	if !ok {
		return nil, false
	}
	return open(), true
}
