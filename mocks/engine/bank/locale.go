package bank

import (
	"strings"
	"sync"
)

// locale says how one country's banks speak, close and pay. Personas are told in
// thousandths of the market's income and in names of pools and categories; the
// locale turns them into money and words.
type locale struct {
	country   string
	currency  string // of accounts that name none
	calendar  func() *calendar
	offset    func(Day) int // seconds east of UTC
	banks     []Institution
	people    names
	pools     map[string][]string
	wording   map[Kind]wording
	products  map[AccountType]map[string]product // by currency, "" for any other
	markets   map[string]*market
	season    [12]int64 // per cent, January first
	comments  []string  // what people write on a transfer; "" for most
	personID  func(u uint64) string
	companyID func(u uint64) string
	plans     func() map[string]*plan // all personas compiled, once
}

type names struct{ first, last []string }

// wording lists the statement texts of a kind by the sign of the amount;
// {party} and {city} are filled in.
type wording struct{ debit, credit []string }

type product struct{ name, official, spoken string }

// market is the money of one currency in a country: the income that personas
// are measured in, the coin that prices end on, the round sum people send.
type market struct {
	income, step, round int64
	categories          []category
}

// category is one habit of the stream. Prices are multiples of step, less below
// (an ending such as 990). sigma is per cent.
type category struct {
	name          string
	kind          Kind
	pool          string // "contacts": the holder's own circle
	median, sigma int64
	step, below   int64
	credit        bool
	texts         []string // instead of the kind's wording
	voice         *voice
}

func (m *market) category(name string) *category {
	for i := range m.categories {
		if m.categories[i].name == name {
			return &m.categories[i]
		}
	}
	panic("bank: no category " + name)
}

// voice is a ready list of statement texts and parties: a row picks by number
// and never builds a string. texts holds variants times parties, by sign.
type voice struct {
	texts   [2][]string // debit, credit
	n       int
	parties []Party // of a transfer
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
	return t[below(variant, len(t)/v.n)*v.n+i]
}

func (l *locale) voice(w wording, labels []string, parties []Party) *voice {
	v := &voice{n: len(labels), parties: parties}
	for i, templates := range [2][]string{w.debit, w.credit} {
		for _, t := range templates {
			for _, label := range labels {
				v.texts[i] = append(v.texts[i], statement(t, label, l.city(label)))
			}
		}
	}
	return v
}

// poolVoice speaks of a pool of companies; the pool "" is nobody.
func (l *locale) poolVoice(kind Kind, pool string, texts []string) *voice {
	w, labels := l.wording[kind], []string{""}
	if len(texts) > 0 {
		w = wording{texts, texts}
	}
	if pool != "" {
		labels = l.pools[pool]
	}
	if len(labels) == 0 || len(w.debit)+len(w.credit) == 0 {
		panic("bank: no words for " + string(kind) + " " + pool)
	}
	var parties []Party
	if kind.IsTransfer() {
		for _, name := range labels {
			parties = append(parties, l.company(name))
		}
	}
	return l.voice(w, labels, parties)
}

// A name has one identity, whoever meets it.
func (l *locale) company(name string) Party {
	k := rootKey(0).sub("company/" + name)
	return Party{name, l.companyID(k.word(0)), accountNumber(k), l.bank(k)}
}

func (l *locale) person(name string) Party {
	k := rootKey(0).sub("person/" + name)
	return Party{name, l.personID(k.word(0)), accountNumber(k), l.bank(k)}
}

func (l *locale) personName(k key) string {
	of := func(list []string, i uint64) string { return list[below(k.word(i), len(list))] }
	return of(l.people.first, 0) + " " + of(l.people.last, 1) + " " + of(l.people.last, 2)
}

func (l *locale) bank(k key) Institution { return l.banks[below(k.word(1), len(l.banks))] }

func (l *locale) city(label string) string {
	cities := l.pools["cities"]
	return cities[below(mix(hash(label)), len(cities))]
}

// accountNumber starts with four zeros, as no real one does.
func accountNumber(k key) string {
	n := []byte("0000000000")
	for i, u := 4, k.word(2); i < len(n); i++ {
		n[i] += byte(u % 10)
		u /= 10
	}
	return string(n)
}

const statementWidth = 40

var unaccented = strings.NewReplacer("Á", "A", "É", "E", "Í", "I", "Ó", "O", "Ú", "U", "Ü", "U", "Ñ", "N")

// statement writes a template the way banks print it: upper case, no accents, cut.
func statement(template, party, city string) string {
	s := strings.ReplaceAll(strings.ReplaceAll(template, "{party}", party), "{city}", city)
	s = unaccented.Replace(strings.ToUpper(strings.TrimSpace(s)))
	return strings.TrimSpace(s[:min(len(s), statementWidth)])
}

// locales lists the countries known.
var locales = sync.OnceValue(func() map[string]*locale { return map[string]*locale{"CL": newChile()} })
