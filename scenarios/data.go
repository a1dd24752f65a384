package scenarios

import (
	"regexp"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// Change is one change of the bank data. Do is the key that stands in the file: insert,
// remove, move, duplicate, change, balance, open or close. Amounts and days are texts,
// held to their form: what they mean depends on the account.
type Change struct {
	Do       string
	Account  string // canonical key; empty: main
	Match    Match  // of remove, move, duplicate and change
	Row      Row    // of insert, and what change sets
	To       Day    // of move, duplicate, open and close; of balance the only day
	OffBy    string // of balance
	From     *time.Time
	Until    *time.Time
	Displays bool // shown only: no sum follows it
	Line     int
}

// Match finds one row. Everything that is given must hold.
type Match struct {
	ID, Category string
	Kind         string
	Month        string // 2025-12
	Which        int    // 1: the newest, which is the default; -1: the oldest
}

// Row is a row as a file writes it.
type Row struct {
	Date                                                              Day
	Amount, Description, Kind, Category, Party, Code, ID, PendingFrom string
}

// Day is a date, 2026-01-05, or a distance in days from when the change takes effect: +3d, -2d.
type Day string

var (
	amountForm = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,3})?$`)
	dayForm    = regexp.MustCompile(`^(\d{4}-\d\d-\d\d|[+-]\d{1,4}d)$`)
	monthForm  = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`)
)

// changes reads one change, or a list of them.
func (r *reader) changes(n *yaml.Node) []Change {
	if why := r.vocabulary.Lacks["data"]; why != "" {
		r.fail(n, codeComing, "changes of the bank data, which will come with "+why, "no data here")
		return nil
	}
	if n.Kind == yaml.MappingNode {
		return []Change{r.change(n)}
	}
	return each(r, "changes, such as {insert: {account: main, amount: -350.00, description: Compra}}", r.change)(n)
}

func (r *reader) change(n *yaml.Node) Change {
	c := Change{Line: n.Line}
	b := r.block(n, "data change")
	if c.Do = r.only(n, b, "a change", verbsOfData); c.Do == "" {
		return c
	}
	what := b[c.Do]
	if c.Do == "open" || c.Do == "close" {
		if what.Kind == yaml.ScalarNode {
			c.Account = r.account(what)
		} else {
			in := r.block(what, "account change")
			set(in, "account", &c.Account, r.account)
			set(in, "on", &c.To, r.day)
		}
	} else {
		in := r.block(what, c.Do)
		set(in, "account", &c.Account, r.account)
		set(in, "match", &c.Match, r.match)
		set(in, "to", &c.To, r.day)
		set(in, "on", &c.To, r.day)
		set(in, "off_by", &c.OffBy, r.amount)
		set(in, "set", &c.Row, func(n *yaml.Node) Row { return r.row(r.block(n, "set")) })
		if c.Do == "insert" {
			c.Row = r.row(in)
		}
	}
	set(b, "visible_from", &c.From, said(r.instant))
	set(b, "visible_until", &c.Until, said(r.instant))
	set(b, "displayed", &c.Displays, r.boolean)
	return c
}

var verbsOfData = words("insert remove move duplicate change balance open close")

// row reads the fields of a row that the block has.
func (r *reader) row(b block) (row Row) {
	set(b, "date", &row.Date, r.day)
	set(b, "amount", &row.Amount, r.amount)
	set(b, "description", &row.Description, r.text)
	set(b, "kind", &row.Kind, r.identifier)
	set(b, "category", &row.Category, r.text)
	set(b, "party", &row.Party, r.text)
	set(b, "code", &row.Code, r.identifier)
	set(b, "id", &row.ID, r.identifier)
	set(b, "pending_from", (*Day)(&row.PendingFrom), r.day)
	return row
}

func (r *reader) match(n *yaml.Node) (m Match) {
	b := r.block(n, "match")
	set(b, "id", &m.ID, r.identifier)
	set(b, "category", &m.Category, r.text)
	set(b, "kind", &m.Kind, r.identifier)
	set(b, "month", &m.Month, func(n *yaml.Node) string { return r.form(n, monthForm, "a month such as 2025-12") })
	set(b, "which", &m.Which, r.which)
	return m
}

// which reads last, first, and a number that counts from the newest.
func (r *reader) which(n *yaml.Node) int {
	const expected = "last, first, or a number that counts from the newest: 3"
	text, ok := r.raw(n, expected)
	switch number, err := strconv.Atoi(text); {
	case !ok:
	case text == "last":
		return 1
	case text == "first":
		return -1
	case err == nil && number != 0 && max(number, -number) <= 1_000_000:
		return number
	default:
		r.fail(n, codeValue, describe(n), expected).Suggestion = nearest(text, words("last first"))
	}
	return 0
}

// amount reads money from the raw text: as a number it would go through a float.
func (r *reader) amount(n *yaml.Node) string {
	return r.form(n, amountForm, "an amount such as -350.00")
}

func (r *reader) day(n *yaml.Node) Day {
	return r.dayLike(n, dayForm, "a day: 2026-01-05, or +3d and -2d from when it takes effect")
}

func (r *reader) date(n *yaml.Node) Day { return r.dayLike(n, dateForm, "a date: 2026-01-05") }

func (r *reader) dayLike(n *yaml.Node, form *regexp.Regexp, expected string) Day {
	text := r.form(n, form, expected)
	if len(text) == len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			r.fail(n, codeValue, describe(n), expected)
		}
	}
	return Day(text)
}

// form reads raw text that has to look like something.
func (r *reader) form(n *yaml.Node, form *regexp.Regexp, expected string) string {
	text, ok := r.raw(n, expected)
	if ok && !form.MatchString(text) {
		r.fail(n, codeValue, describe(n), expected)
	}
	return text
}
