package bank

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
// the market's monthly income, and a pay day, a pool or a habit that a country lacks
// leaves the row out.
type persona struct {
	PersonaInfo
	kind     HolderKind
	accounts []accountSpec
	changes  []happening // what always happens to it
	identity Profile     // parts that are not drawn
}

// happening is a change that becomes visible some days after the birth of the persona,
// and whose date, if it has one, is so many days from it.
type happening struct {
	after, to int
	Change
}

func (h happening) change(w *World) Change {
	c := h.Change
	if h.to != 0 {
		c.Date = w.calendar.step(w.source.Born+Day(h.to), 1)
	}
	if h.after != 0 {
		c.VisibleFrom = w.instant(moment{w.source.Born + Day(h.after), 6 * 3600})
	}
	return c
}

// begins is the first day that the persona's own rows need.
func (p *persona) begins() Day {
	first := LastDay
	for i := range p.accounts {
		a := &p.accounts[i]
		if a.exact != nil {
			first = min(first, a.exact.from)
		}
		for j := range a.rows {
			first = min(first, a.rows[j].Posted)
		}
	}
	return first
}

// accountSpec is one account. level is the balance that its settlement steers
// to or, without one, the balance it opens with; opening is the latter to the coin.
// opens and closes are days from the birth of the persona, zero for neither.
type accountSpec struct {
	key           string
	typ           AccountType
	currency      string // "": the country's
	level, limit  int64
	opening       *int64
	limitOf       *int64
	number        Number
	joint         bool
	opens, closes int
	rules         []rule
	stream        []mixed
	budget        int64 // a month for the stream, minor units; 0: as many rows as it says
	exact         *quota
	rows          []Row
	literal       bool // nothing happens to it but its rows
}

type mixed struct {
	name     string
	perMonth int
}

// rule is a row that comes again, on a day of the month unless it says otherwise. A
// rule with an account on the other side books both legs there and here. A settlement
// has no share: it moves the opposite of what the account's other rows added up to
// from one closing to the next.
type rule struct {
	name        string
	kind        Kind
	share       int64
	swing       int64  // thousandths that the amount moves from turn to turn
	raise       int64  // thousandths a year
	day         int    // 31: the last of the month
	roll        Roll   // on a closed day
	months      uint16 // bit m-1; 0: all
	when        string // a pay day of the country, instead of a day
	due         *Schedule
	once        int    // one day, counted from the birth of the persona
	from, until int    // days from the birth of the persona; 0: no end
	pool        string // "contacts": somebody of the holder's circle; "self": the holder elsewhere
	names       []string
	amount      int64  // to the coin, instead of a share
	gross       int64  // what it was before tax; told, never computed with
	with        string // key of the other account
	settle      bool
	closes      int   // of a settlement: the day of the month; 0: the last
	part        int64 // of a settlement: thousandths of the debt that are paid; 0: all
	round       bool  // to the sum people send
	times       int   // so many rows with different parties
	other       int   // so many parties further in the pool
}

// Rows of a weekday in per cent of an average day, Sunday first.
var rhythms = map[HolderKind]*week{
	Individual: &everyday,
	Business:   {60, 95, 100, 105, 110, 125, 105},
}
