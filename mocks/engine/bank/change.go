package bank

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Do says what a Change does.
type Do string

// What a change can do. A move keeps the id and the day of the purchase, a duplicate is
// booked a second time.
const (
	Insert    Do = "insert"
	Remove    Do = "remove"
	Move      Do = "move"
	Duplicate Do = "duplicate"
	Alter     Do = "change"
	Misstate  Do = "balance"
	OpenOn    Do = "open"
	CloseOn   Do = "close"
)

// Change is something that happened to an account beyond its habits. It is there from
// VisibleFrom until VisibleUntil; a zero end is open. Balances, statements, fees and
// reports follow it, unless it is only Displayed.
//
// Insert takes Row. Remove, Move, Duplicate and Alter take a Match, Move and Duplicate
// a Date (zero for a duplicate: the same day), Alter what Row sets. Misstate adds OffBy
// to every balance shown on Date, or always. OpenOn and CloseOn take a Date.
type Change struct {
	Account                   string // key
	Do                        Do
	Match                     Match
	Date                      Day
	Row                       Row
	OffBy                     int64
	SameID, Displayed         bool
	VisibleFrom, VisibleUntil time.Time
}

// Match finds one row. Every part that is given must hold. Category is that of the row:
// the name of a rule (salary, rent) or of a habit (groceries). Month is any day of it.
// Which counts from the newest, 1, which is the default; -1 is the oldest. Without a
// Month it looks back from the moment when the change becomes visible.
type Match struct {
	ID       string // text of the id, whatever stands before it
	As       string // the connection that shows ID; the bank's own id is one, too
	Category string
	Kind     Kind
	Month    Day
	Which    int
}

// Row is a row written by hand. Posted is its booking day, Second that of the day (zero
// is noon), Authorised the day from which it is pending, zero if it never is. ID is a
// name of the writer's: the row's id follows from it. A Balance that is given must
// come out. In an Alter, what is zero stays.
type Row struct {
	Posted      Day
	Second      int
	Authorised  Day
	Amount      int64
	Kind        Kind
	Category    string
	Description string
	Booking     string
	Code        string
	Party       string
	Reference   string
	Comment     string
	ID          string
	Balance     *int64
}

// op is a Change that knows its row.
type op struct {
	do          Do
	day         Day
	sec         int
	code        code // of the row that it is about, or its own
	at          moment
	row         Transaction // what it books or, in an Alter, sets
	sameID      bool        // the id is another row's already
	nth         int         // of a fixture: which row, from 1
	shown       bool        // in the rendered row alone
	from, until time.Time
}

func (o *op) inserts() bool { return o.do == Insert || o.do == Move || o.do == Duplicate }

func (o *op) active(at time.Time) bool {
	return !at.Before(o.from) && (o.until.IsZero() || at.Before(o.until))
}

// resolve turns the changes of one account into operations, by the account as it is
// without them.
func (b *Book) resolve(c *Change, nth int, base *era) (ops []op, err error) {
	w := b.world
	o := op{do: c.Do, day: c.Date, shown: c.Displayed, from: c.VisibleFrom, until: c.VisibleUntil}
	fail := func(format string, args ...any) ([]op, error) {
		return nil, fmt.Errorf("%s on %s: %s", c.Do, b.account.Key, fmt.Sprintf(format, args...))
	}
	switch c.Do {
	case Misstate, OpenOn, CloseOn:
		o.row.Amount = c.OffBy
		if c.Do != Misstate && c.Date == 0 {
			return fail("set the date")
		}
		return []op{o}, nil
	case Insert:
		if c.Row.Posted == 0 {
			return fail("set the date of the row")
		}
		if c.Row.Posted < w.source.Opened || c.Row.Posted > LastDay {
			return fail("no row can be on %s: the history is from %s to %s", c.Row.Posted, w.source.Opened, LastDay)
		}
		o.day, o.sec = c.Row.Posted, cmp.Or(c.Row.Second, 12*3600)
		name := cmp.Or(c.Row.ID, fmt.Sprintf("%d/%s/%d/%s", nth, c.Row.Posted, c.Row.Amount, c.Row.Description))
		o.code = code{account: b.number, day: o.day, layer: layerRow, number: ruleNumber(name)}
		b.write(&c.Row, &o)
		return []op{o}, nil
	}
	target, err := b.match(c, base)
	if err != nil {
		return nil, err
	}
	o.code = w.seal.decode(target.ID)
	switch c.Do {
	case Remove:
		o.day = target.Posted
		return []op{o}, nil
	case Alter:
		o.day = target.Posted
		b.write(&c.Row, &o)
		return []op{o}, nil
	}
	if c.Date != 0 && (c.Date < w.source.Opened || c.Date > LastDay) {
		return fail("no row can be on %s: the history is from %s to %s", c.Date, w.source.Opened, LastDay)
	}
	// What is booked has the content of the row as it is without any change.
	o.row, o.day, o.sec = target, cmp.Or(c.Date, target.Posted), 12*3600
	if target.Kind.holds() && !target.At.IsZero() {
		o.at = w.local(target.At)
	}
	if c.Do == Move {
		if c.Date == 0 {
			return fail("set the date that the row moves to")
		}
		gone := o
		gone.do, gone.day = Remove, target.Posted
		return []op{gone, o}, nil
	}
	if c.Do != Duplicate {
		return fail("use insert, remove, move, duplicate, change, balance, open or close")
	}
	if o.sameID = c.SameID; !o.sameID {
		o.code = code{account: b.number, day: o.day, layer: layerRow, number: ruleNumber(fmt.Sprintf("%d/%s", nth, target.ID.Text()))}
	}
	return []op{o}, nil
}

// write fills the part of a transaction that a Row gives.
func (b *Book) write(r *Row, o *op) {
	l := b.world.locale
	o.row = Transaction{
		Account: b.account.Key, Currency: b.account.Currency, Amount: r.Amount, Kind: r.Kind, Category: r.Category,
		Booking: r.Booking, Code: r.Code, Reference: r.Reference, Comment: r.Comment,
	}
	o.row.Description = r.Description
	if o.do == Insert {
		o.row.Kind = cmp.Or(r.Kind, KindCard)
		if r.Kind == "" && r.Amount > 0 {
			o.row.Kind = KindTransferIn
		}
		o.row.Description = cmp.Or(r.Description, "-")
		o.row.Category = cmp.Or(r.Category, string(o.row.Kind))
	}
	switch kind := o.row.Kind; {
	case kind.IsTransfer() && o.do == Insert || r.Party != "" && (kind.IsTransfer() || kind == ""):
		p := l.company(cmp.Or(r.Party, r.Description, "-"))
		o.row.Counterparty = &p
	case r.Party != "":
		p := Party{Name: r.Party}
		if kind.collected() {
			p = l.company(r.Party)
			o.row.Mandate = b.world.mandate(&p)
		}
		o.row.Merchant = &p
	}
	if o.do == Insert {
		o.row.PurposeCode = l.purpose(o.row.Category, o.row.Kind)
	}
	if r.Authorised != 0 {
		o.at = moment{r.Authorised, 12 * 3600}
	}
}

// matchReach is how many rows back a match looks.
const matchReach = 20_000

// match finds the row that a change is about.
func (b *Book) match(c *Change, base *era) (Transaction, error) {
	m := &c.Match
	at := c.VisibleFrom
	if at.IsZero() {
		at = b.world.instant(moment{b.world.source.Born, secondsPerDay - 1})
	}
	shown := newSeal(b.world.ids.sub(m.As))
	named := func(id ID) bool {
		return m.ID == "" || strings.HasSuffix(m.ID, id.Text()) || m.As != "" && strings.HasSuffix(m.ID, shown.encode(b.world.seal.decode(id)).Text())
	}
	fits := func(t *Transaction) bool {
		return (m.Category == "" || t.Category == m.Category) && (m.Kind == "" || t.Kind == m.Kind) && named(t.ID)
	}
	r := Range{}
	if m.Month != 0 {
		r = Range{m.Month.month().start(), (m.Month.month() + 1).start()}
		at = b.world.instant(moment{max(b.world.local(at).day, r.Until), 0})
	}
	rows := b.pageIn(base, at, r, matchReach)
	if m.Which < 0 {
		slices.Reverse(rows)
	}
	n := max(magnitude(int64(m.Which)), 1)
	for i := range rows {
		if fits(&rows[i]) {
			if n--; n == 0 {
				return rows[i], nil
			}
		}
	}
	return Transaction{}, fmt.Errorf("%s on %s: no row up to %s matches %s; see the rows with: stuntbank explain", c.Do, b.account.Key, at.UTC().Format(time.DateOnly), m)
}

// String says what the match asks for.
func (m *Match) String() string {
	var parts []string
	say := func(name, value string) {
		if value != "" {
			parts = append(parts, name+": "+value)
		}
	}
	say("id", m.ID)
	say("category", m.Category)
	say("kind", string(m.Kind))
	if m.Month != 0 {
		say("month", m.Month.String()[:7])
	}
	if m.Which != 0 {
		say("which", fmt.Sprint(m.Which))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
