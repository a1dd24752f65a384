package scenarios

import (
	"fmt"
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"
)

// Persona is who logs in, as a scenario or a file of its own says it. What it does not
// say is that of the persona it is based on. Amounts and schedules are texts, held to their form.
type Persona struct {
	Name     string // of a file of its own; empty in a scenario
	Title    string
	Use      string // the ready-made persona that it is based on, or a file that says more
	Login    *Credentials
	Identity *Identity
	Income   []Income
	Accounts []Account // by key

	file string
	at   place
}

// Credentials make a user of its own.
type Credentials struct {
	Username, Password string
	Fields             map[string]string // further fields of the bank's form, by name, that must be right
}

// Identity is the holder. Empty fields are drawn.
type Identity struct {
	Name, NationalID, Email, Phone string
	Born                           Day
	Street, Zip, City              string
}

// Income is money that comes again: a salary, a pension, a benefit.
type Income struct{ Kind, Name, From, Net, Gross, Pay, Raise string }

// Account is one account of a persona.
type Account struct {
	Key                                    string // canonical
	Type, Currency, Opening, Limit, Budget string
	Number, Bank, Transit                  string
	Mix                                    map[string]int // habit -> rows a month
	Bills                                  []Bill
	StatementCloses, StatementDue          int // days of the month
	StatementFrom                          string
	Rows                                   []Row  // an exact history; nothing is generated beside it
	Table                                  *Table // the same from a file; nil: none
	Count                                  int64  // so many generated rows, from one day up to another; zero: as habits say
	From, Until                            Day

	file string
	at   place // of the number, if that is an IBAN
}

// IBANCountry is the country of the account's number if that is an IBAN, empty if it is none.
func (a Account) IBANCountry() string {
	if ibanForm.MatchString(a.Number) {
		return a.Number[:2]
	}
	return ""
}

// WrongNumber is an error of the number, where that is written.
func (a Account) WrongNumber(found, expected string) *Error {
	return &Error{File: a.file, Line: a.at.line, Column: a.at.column, Code: codeData, Found: found, Expected: expected}
}

// Bill is a debit that comes again.
type Bill struct{ ID, To, Amount, Pay, Vary string }

// persona reads a name, or a block that says more.
func (r *reader) persona(n *yaml.Node) *Persona {
	if n.Kind != yaml.MappingNode {
		return &Persona{Use: r.personaName(n)}
	}
	return r.personaBlock(n, "persona")
}

func (r *reader) personaName(n *yaml.Node) string {
	name := r.identifier(n)
	r.mark(n, "persona", name)
	return name
}

// personaFile reads a file that has `persona: name` at its top.
func (r *reader) personaFile(n *yaml.Node) *Persona { return r.personaBlock(n, "persona file") }

func (r *reader) personaBlock(n *yaml.Node, kind string) *Persona {
	p := &Persona{file: r.file, at: place{n.Line, n.Column}}
	b := r.block(n, kind)
	for _, key := range words("identity income accounts") {
		if why := r.vocabulary.Lacks[key]; why != "" && b[key] != nil {
			r.fail(b[key], codeComing, "the "+key+" of a persona, which will come with "+why, "use and login")
		}
	}
	set(b, "persona", &p.Name, r.scenarioName)
	set(b, "title", &p.Title, r.text)
	set(b, "use", &p.Use, r.personaName)
	set(b, "login", &p.Login, said(r.credentials))
	set(b, "identity", &p.Identity, said(r.identity))
	set(b, "income", &p.Income, each(r, "income", r.income))
	if n := b["accounts"]; n != nil {
		for _, pair := range r.pairs(n, "a block of accounts by their canonical keys") {
			key := r.account(pair.key)
			p.Accounts = append(p.Accounts, r.personaAccount(key, pair.value))
		}
	}
	return p
}

func (r *reader) credentials(n *yaml.Node) (c Credentials) {
	b := r.block(n, "persona login")
	set(b, "username", &c.Username, r.identifier)
	set(b, "password", &c.Password, r.text)
	set(b, "fields", &c.Fields, r.texts("a block of fields and their values"))
	return c
}

func (r *reader) identity(n *yaml.Node) (i Identity) {
	b := r.block(n, "identity")
	set(b, "name", &i.Name, r.text)
	set(b, "national_id", &i.NationalID, r.identifier)
	set(b, "born", &i.Born, r.day)
	set(b, "email", &i.Email, r.text)
	set(b, "phone", &i.Phone, r.identified)
	if n := b["address"]; n != nil {
		a := r.block(n, "address")
		set(a, "street", &i.Street, r.text)
		set(a, "zip", &i.Zip, r.identifier)
		set(a, "city", &i.City, r.text)
	}
	return i
}

// identified reads an identifier that may hold spaces, such as a phone number.
func (r *reader) identified(n *yaml.Node) string {
	text, ok := r.raw(n, "an identifier")
	if ok && n.Tag != "!!str" {
		r.fail(n, codeUnquoted, describe(n)+" without quotes", "it in quotes, because it is an identifier: "+quote(text))
	}
	return text
}

var percentForm = regexp.MustCompile(`^\d{1,3}(\.\d)?%$`)

func (r *reader) percent(n *yaml.Node) string { return r.form(n, percentForm, "a share such as 3.1%") }

func (r *reader) income(n *yaml.Node) (i Income) {
	b := r.block(n, "income")
	set(b, "kind", &i.Kind, r.identifier)
	set(b, "name", &i.Name, r.text)
	set(b, "from", &i.From, r.text)
	set(b, "net", &i.Net, r.amount)
	set(b, "gross", &i.Gross, r.amount)
	set(b, "pay", &i.Pay, r.text)
	set(b, "raise", &i.Raise, r.percent)
	return i
}

func (r *reader) personaAccount(key string, n *yaml.Node) Account {
	a := Account{Key: key}
	b := r.block(n, "account")
	set(b, "type", &a.Type, r.identifier)
	set(b, "currency", &a.Currency, r.identifier)
	set(b, "opening", &a.Opening, r.amount)
	set(b, "limit", &a.Limit, r.amount)
	if n := b["number"]; n != nil && n.Kind == yaml.MappingNode {
		number := r.block(n, "number")
		set(number, "account", &a.Number, r.accountNumber(&a))
		set(number, "bank", &a.Bank, r.identifier)
		set(number, "transit", &a.Transit, r.identifier)
	} else if n != nil {
		a.Number = r.accountNumber(&a)(n)
	}
	if n := b["spend"]; n != nil {
		spend := r.block(n, "spend")
		set(spend, "budget", &a.Budget, r.amount)
		if n := spend["mix"]; n != nil {
			a.Mix = map[string]int{}
			for _, p := range r.pairs(n, "a block of habits and rows a month") {
				a.Mix[p.key.Value] = r.small(1)(p.value)
			}
		}
	}
	set(b, "bills", &a.Bills, each(r, "bills", r.bill))
	set(b, "file", &a.Table, r.table)
	r.volume(n, b, &a)
	if n := b["statement"]; n != nil {
		s := r.block(n, "statement")
		set(s, "closes", &a.StatementCloses, r.small(1))
		set(s, "due", &a.StatementDue, r.small(1))
		set(s, "from", &a.StatementFrom, r.account)
	}
	if n := b["transactions"]; n != nil && (n.Kind != yaml.SequenceNode || len(n.Content) > 0) { // an exact history may be empty
		a.Rows = each(r, "rows", func(n *yaml.Node) Row { return r.row(r.block(n, "row")) })(n)
	}
	if given := r.given(b, "transactions", "file", "count"); len(given) > 1 {
		r.fail(b[given[1]], codeClash, quote(given[1])+" beside "+quote(given[0]), "one history: transactions, file, or count and between")
	}
	return a
}

// ibanForm tells an IBAN from every other number of an account.
var ibanForm = regexp.MustCompile(`^[A-Z]{2}\d\d[A-Z0-9]{10,30}$`)

// accountNumber reads a number, and holds an IBAN to its check digits.
func (r *reader) accountNumber(a *Account) func(*yaml.Node) string {
	return func(n *yaml.Node) string {
		text := r.identifier(n)
		if ibanForm.MatchString(text) {
			a.file, a.at = r.file, place{n.Line, n.Column}
			if want := ibanCheck(text); text[2:4] != want {
				r.fail(n, codeValue, "the IBAN "+quote(text)+", whose check digits are wrong", quote(text[:2]+want+text[4:]))
			}
		}
		return text
	}
}

// ibanCheck are the check digits that an IBAN must have: 98 less the rest modulo 97 of what
// stands behind them, the country and two zeros, with letters as 10 to 35.
func ibanCheck(iban string) string {
	rest := 0
	for _, c := range []byte(iban[4:] + iban[:2] + "00") {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return fmt.Sprintf("%02d", 98-rest)
}

// given are the keys of a list that a block has.
func (r *reader) given(b block, keys ...string) []string {
	return slices.DeleteFunc(keys, func(key string) bool { return b[key] == nil })
}

func (r *reader) bill(n *yaml.Node) (l Bill) {
	b := r.block(n, "bill")
	set(b, "id", &l.ID, r.identifier)
	set(b, "to", &l.To, r.text)
	set(b, "amount", &l.Amount, r.amount)
	set(b, "pay", &l.Pay, r.text)
	set(b, "vary", &l.Vary, r.percent)
	return l
}

// from gives the persona with what its files say, the nearest first; a name that is no
// file's is a ready-made one.
func (p *Persona) from(files map[string]*Persona) *Persona {
	out := *p
	var seen []string
	for f := files[out.Use]; f != nil && !slices.Contains(seen, f.Name); f = files[out.Use] {
		seen = append(seen, f.Name)
		if out.Name == "" {
			out.Name = f.Name
		}
		if out.Login == nil {
			out.Login = f.Login
		}
		if out.Identity == nil {
			out.Identity = f.Identity
		}
		if len(out.Income) == 0 {
			out.Income = f.Income
		}
		if len(out.Accounts) == 0 {
			out.Accounts = f.Accounts
		}
		out.Use = f.Use
	}
	return &out
}

func (p *Persona) taken(by *Persona) *Error {
	return &Error{File: p.file, Line: p.at.line, Column: p.at.column, Code: codeNameTaken,
		Found: "the persona " + quote(p.Name) + " again", Expected: "a name of its own: " + by.file + " has this one"}
}
