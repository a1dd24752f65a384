package bank

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Income is reckoned from rows that a caller would be served, never from the persona: a
// scenario that takes two salaries away changes the report without touching this code.
// Ratios are basis points.

// Cadence is how often a stream pays.
type Cadence string

// The cadences.
const (
	Weekly      Cadence = "weekly"
	Biweekly    Cadence = "biweekly"
	SemiMonthly Cadence = "semimonthly"
	Monthly     Cadence = "monthly"
	Bimonthly   Cadence = "bimonthly"
	Quarterly   Cadence = "quarterly"
	Yearly      Cadence = "yearly"
	Irregular   Cadence = "irregular"
)

var perYear = map[Cadence]int64{Weekly: 52, Biweekly: 26, SemiMonthly: 24, Monthly: 12, Bimonthly: 6, Quarterly: 4, Yearly: 1}

// IncomeStream is what one party pays for one reason. Means are of the payments without
// the outliers, such as a thirteenth salary. Next is zero for an irregular stream.
// MonthlyNet is the equivalent of one month, MonthlyGross an estimate of what it was
// before tax and contributions, zero where that makes no sense.
type IncomeStream struct {
	Party                              string
	Kind                               Kind
	Currency                           string
	Count, Outliers                    int
	Total, Mean, Median, Low, High     int64
	First, Last, Next                  Day
	Cadence                            Cadence
	Regularity, Stability, Coverage    int // basis points
	Trend                              int // basis points, from one half of the payments to the other
	Confidence                         int // 0 to 100
	Grade                              string
	Active                             bool
	MonthlyNet, MonthlyGross, Lifetime int64
	ByMonth                            []int64 // full months only
}

// IncomeReport covers [Since,Until). Month statistics count the calendar months that lie
// completely inside; FirstMonth is the first day of them. Primary is the index of the
// main stream, -1 for none. Amounts are of Currency alone: a report has one.
type IncomeReport struct {
	Since, Until, FirstMonth         Day
	Currency                         string
	FullMonths                       int
	Streams                          []IncomeStream
	Primary                          int
	Total                            int64
	ByMonth                          []int64
	Mean, Median, Low, High          int64 // of the months
	Last30, Last90, Last180, Last365 int64
	Projected                        int64 // of a year, active streams
	Overlap                          int   // most streams that ran at once
	ChangedEmployer                  bool
}

// noIncome are credits that make nobody richer.
func noIncome(t *Transaction) bool {
	switch t.Kind {
	case KindOwnTransfer, KindRefund, KindReturned, KindLoan, KindCardPayment, KindATM, KindCard:
		return true
	}
	return t.Category == "winnings"
}

// Report reckons the income in rows of a currency between two days.
func Report(rows []Transaction, country, currency string, since, until Day) IncomeReport {
	r := NewReckoning(country, currency, since, until)
	for i := range rows {
		r.Add(&rows[i])
	}
	return r.Report()
}

// Reckoning gathers credits by who paid them and why, for callers who do not hold all rows
// at once.
type Reckoning struct {
	IncomeReport
	country string
	groups  map[payer][]credit
}

type payer struct {
	kind Kind
	name string
}

type credit struct {
	day    Day
	amount int64
}

// NewReckoning begins a report on the rows of a currency between two days.
func NewReckoning(country, currency string, since, until Day) *Reckoning {
	r := &Reckoning{country: country, groups: map[payer][]credit{}}
	r.Since, r.Until, r.Currency, r.Primary = since, until, currency, -1
	first := since.month()
	if since > first.start() {
		first++
	}
	r.FirstMonth, r.FullMonths = first.start(), max(int(until.month()-first), 0)
	r.ByMonth = make([]int64, r.FullMonths)
	return r
}

// Add counts a row, unless it lies outside or is no income. The row may be overwritten after.
func (r *Reckoning) Add(t *Transaction) {
	if t.Pending || t.Amount <= 0 || t.Currency != r.Currency || t.Posted < r.Since || t.Posted >= r.Until || noIncome(t) {
		return
	}
	by := payer{t.Kind, payerOf(t)}
	r.groups[by] = append(r.groups[by], credit{t.Posted, t.Amount})
	r.Total += t.Amount
	if m := int(t.Posted.month() - r.FirstMonth.month()); m >= 0 && m < r.FullMonths {
		r.ByMonth[m] += t.Amount
	}
	for _, w := range []struct {
		days Day
		sum  *int64
	}{{30, &r.Last30}, {90, &r.Last90}, {180, &r.Last180}, {365, &r.Last365}} {
		if r.Until-t.Posted <= w.days {
			*w.sum += t.Amount
		}
	}
}

// payerOf is who paid a credit, as the bank writes it.
func payerOf(t *Transaction) string {
	if t.Counterparty != nil {
		return t.Counterparty.Name
	}
	return t.Description
}

// Pays reports whether a credit is one of the stream.
func (s *IncomeStream) Pays(t *Transaction) bool {
	return t.Amount > 0 && t.Kind == s.Kind && t.Currency == s.Currency && partyKey(payerOf(t)) == partyKey(s.Party)
}

// Report joins what one party paid under several spellings and looks at each stream.
func (r *Reckoning) Report() IncomeReport {
	joined := map[payer][]credit{}
	spelling := map[payer]string{}
	names := slices.SortedFunc(maps.Keys(r.groups), func(a, b payer) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	var order []payer
	for _, by := range names {
		one := payer{by.kind, partyKey(by.name)}
		if _, ok := joined[one]; !ok {
			order = append(order, one)
			spelling[one] = by.name
		}
		joined[one] = append(joined[one], r.groups[by]...)
	}
	for _, one := range order {
		s := newIncomeStream(joined[one], r.country, r.FirstMonth.month(), r.FullMonths, r.Until, one.kind)
		s.Party, s.Kind, s.Currency = spelling[one], one.kind, r.Currency
		r.Streams = append(r.Streams, s)
	}
	slices.SortStableFunc(r.Streams, func(a, b IncomeStream) int { return cmp.Compare(b.Total, a.Total) })
	r.summarise()
	return r.IncomeReport
}

func (r *IncomeReport) summarise() {
	for i := range r.Streams {
		s := &r.Streams[i]
		if s.Active {
			r.Projected += 12 * s.MonthlyNet
			if r.Primary < 0 && (s.Kind == KindSalary || s.Kind == KindPension) {
				r.Primary = i
			}
		}
		overlap := 0
		for j := range r.Streams {
			if o := &r.Streams[j]; o.First <= s.First && s.First <= o.Last {
				overlap++
			}
			o := &r.Streams[j]
			gap := o.First - s.Last
			if s.Kind == KindSalary && o.Kind == KindSalary && i != j && !s.Active && gap > 0 && gap <= 60 {
				r.ChangedEmployer = true
			}
		}
		r.Overlap = max(r.Overlap, overlap)
	}
	if r.FullMonths == 0 {
		return
	}
	r.Median, r.Low, r.High = median(r.ByMonth), slices.Min(r.ByMonth), slices.Max(r.ByMonth)
	r.Mean = divide(total(r.ByMonth), int64(r.FullMonths))
}

// partyKey folds accents, digits and legal forms, which banks write differently.
func partyKey(name string) string {
	words := strings.FieldsFunc(unaccented.Replace(strings.ToUpper(name)), func(c rune) bool { return c < 'A' || c > 'Z' })
	legal := []string{"SA", "SPA", "LTDA", "SL", "GMBH", "KG", "EG", "AG", "OHG", "INC", "LTD", "LTEE", "CO", "LLC"}
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(legal, w) })
	return strings.Join(words, " ")
}

func newIncomeStream(rows []credit, country string, first month, months int, until Day, kind Kind) IncomeStream {
	slices.SortStableFunc(rows, func(a, b credit) int { return cmp.Compare(a.day, b.day) })
	s := IncomeStream{
		Count: len(rows), First: rows[0].day, Last: rows[len(rows)-1].day, Low: rows[0].amount, ByMonth: make([]int64, months), Cadence: Irregular,
	}
	var amounts []int64
	for _, c := range rows {
		amounts = append(amounts, c.amount)
		s.Total += c.amount
		s.Low, s.High = min(s.Low, c.amount), max(s.High, c.amount)
		if m := int(c.day.month() - first); m >= 0 && m < months {
			s.ByMonth[m] += c.amount
		}
	}
	s.Median, s.Lifetime = median(amounts), int64(s.Last-s.First)
	kept, days := trim(rows, amounts, s.Median)
	s.Outliers = len(rows) - len(kept)
	s.Mean = divide(total(kept), int64(len(kept)))
	middle := median(kept)
	var off []int64
	for _, a := range kept {
		off = append(off, magnitude(a-middle))
	}
	s.Stability = 10_000 - int(min(10_000, divide(median(off)*14_826, max(middle, 1))))
	gap := Day(0)
	if len(days) >= 3 {
		s.Cadence, gap, s.Regularity = cadence(days)
	}
	paid := 0
	for _, sum := range s.ByMonth {
		if sum > 0 {
			paid++
		}
	}
	if months > 0 {
		s.Coverage = paid * 10_000 / months
	}
	if n := perYear[s.Cadence]; n > 0 {
		s.MonthlyNet = divide(s.Mean*n, 12)
		s.Active = 2*(until-s.Last) <= 3*gap+10
		s.Next = nextPay(days, s.Cadence, gap, country)
	} else {
		s.MonthlyNet = divide(total(s.ByMonth), int64(max(months, 1)))
		s.Active = until-s.Last <= 45
	}
	s.Trend = trend(kept)
	s.grade()
	if kind == KindSalary {
		s.MonthlyGross = grossOf(country, s.MonthlyNet)
	}
	return s
}

// grade weighs regularity, stability, coverage and number into one figure.
func (s *IncomeStream) grade() {
	s.Confidence = (35*s.Regularity + 25*s.Stability + 20*s.Coverage + 20*min(10_000, s.Count*10_000/6)) / 10_000
	if !s.Active {
		s.Confidence /= 2
	}
	switch {
	case s.Confidence >= 80:
		s.Grade = "HIGH"
	case s.Confidence >= 50:
		s.Grade = "MEDIUM"
	default:
		s.Grade = "LOW"
	}
}

// trim drops amounts beyond one and a half spreads of the hinges.
func trim(rows []credit, amounts []int64, middle int64) (kept []int64, days []Day) {
	sorted := slices.Sorted(slices.Values(amounts))
	half := (len(sorted) + 1) / 2
	low, high := median(sorted[:half]), median(sorted[len(sorted)-half:])
	spread := 3 * max(high-low, middle/50) / 2
	for i, a := range amounts {
		if a >= low-spread && a <= high+spread {
			kept, days = append(kept, a), append(days, rows[i].day)
		}
	}
	return kept, days
}

// cadence names the rhythm of payments and how many of its gaps keep it.
func cadence(days []Day) (c Cadence, gap Day, regularity int) {
	var gaps []int64
	perMonth := map[month]int{}
	for i, d := range days {
		perMonth[d.month()]++
		if i > 0 {
			gaps = append(gaps, int64(d-days[i-1]))
		}
	}
	within := func(want, tolerance int64) int {
		n := 0
		for _, g := range gaps {
			if magnitude(g-want) <= tolerance {
				n++
			}
		}
		return n * 10_000 / len(gaps)
	}
	twice := 0
	for _, n := range perMonth {
		if n == 2 {
			twice++
		}
	}
	g := median(gaps)
	switch {
	case g >= 6 && g <= 8:
		return Weekly, Day(g), within(7, 2)
	case g >= 12 && g <= 18 && within(14, 1) < 8000 && twice*10 >= len(perMonth)*7:
		return SemiMonthly, Day(g), within(15, 3)
	case g >= 12 && g <= 18:
		return Biweekly, Day(g), within(14, 3)
	case g >= 26 && g <= 35:
		return Monthly, Day(g), within(30, 5)
	case g >= 55 && g <= 66:
		return Bimonthly, Day(g), within(61, 6)
	case g >= 84 && g <= 97:
		return Quarterly, Day(g), within(91, 7)
	case g >= 350 && g <= 380:
		return Yearly, Day(g), within(365, 15)
	}
	return Irregular, Day(g), within(g, 3)
}

// nextPay foretells: the last bank day if it always was, the same day of the next month,
// or one gap later; never a closed day.
func nextPay(days []Day, c Cadence, gap Day, country string) Day {
	l, ok := localeOf(country)
	if !ok {
		return 0
	}
	cal, last := l.calendar(), days[len(days)-1]
	if c != Monthly {
		return cal.step(last+gap, -1)
	}
	atEnd := true
	latest := 0
	for _, d := range days {
		atEnd = atEnd && cal.next(d).month() != d.month()
		_, _, day := d.Civil()
		latest = max(latest, day)
	}
	if atEnd {
		latest = 31
	}
	return cal.adjust((last.month() + 1).on(latest), Preceding)
}

// trend compares the newer half of the payments with the older, six at most: calendar
// months would see a raise wherever three fortnights fall into one.
func trend(kept []int64) int {
	m := min(6, len(kept)/2)
	if m < 2 {
		return 0
	}
	newer, older := total(kept[len(kept)-m:]), total(kept[len(kept)-2*m:len(kept)-m])
	return int(divide((newer-older)*10_000, max(older, 1)))
}

// band is a part of a monthly gross, up to which its share goes in tax and
// contributions, in basis points.
type band struct{ upTo, share int64 }

// The bands of each country: plausible, no advice.
var bands = map[string][]band{
	"CL": {{500_000, 1_780}, {900_000, 1_780}, {2_000_000, 2_100}, {3_400_000, 2_450}, {5_000_000, 3_000}, {0, 3_900}},
	"CA": {{1_300_00, 700}, {4_300_00, 2_600}, {8_000_00, 3_300}, {12_000_00, 4_000}, {20_000_00, 4_600}, {0, 5_100}},
	"DE": {{1_050_00, 2_050}, {2_200_00, 3_500}, {3_800_00, 4_300}, {5_200_00, 4_800}, {7_600_00, 4_500}, {0, 4_600}},
	"ES": {{1_200_00, 1_000}, {1_700_00, 2_700}, {2_800_00, 3_200}, {4_500_00, 3_900}, {6_000_00, 4_300}, {0, 4_600}},
}

// netOf is what a monthly gross leaves.
func netOf(country string, gross int64) (net int64) {
	from := int64(0)
	for _, b := range bands[country] {
		part := gross - from
		if b.upTo > 0 {
			part = min(part, b.upTo-from)
		}
		net += part - divide(part*b.share, 10_000)
		if from += part; from >= gross {
			break
		}
	}
	return net
}

// grossOf is the smallest gross that leaves the net, zero where no bands are known.
func grossOf(country string, net int64) int64 {
	country, _, _ = strings.Cut(strings.ToUpper(country), "-")
	if len(bands[country]) == 0 || net <= 0 {
		return 0
	}
	low, high := net, 4*net
	for low < high {
		if mid := (low + high) / 2; netOf(country, mid) >= net {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// Report reckons the income that the accounts show at now, between two days. Keys name
// the accounts; none are all.
func (w *World) Report(now time.Time, since, until Day, keys ...string) IncomeReport {
	var books []*Book
	currency := ""
	for _, a := range w.AccountsAt(now) {
		if b, ok := w.Book(a.Key); ok && a.Type != CreditCard && (len(keys) == 0 || slices.Contains(keys, a.Key)) {
			currency = cmp.Or(currency, a.Currency)
			books = append(books, b)
		}
	}
	r := NewReckoning(w.source.Country, currency, since, until)
	for _, b := range books {
		b.Each(now, Range{since, until}, r.Add)
	}
	return r.Report()
}

func total(list []int64) (sum int64) {
	for _, n := range list {
		sum += n
	}
	return sum
}

func median(list []int64) int64 {
	if len(list) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(list))
	if n := len(s); n%2 == 0 {
		return divide(s[n/2-1]+s[n/2], 2)
	}
	return s[len(s)/2]
}

// divide rounds half away from zero.
func divide(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	if a < 0 != (b < 0) {
		return (a - b/2) / b
	}
	return (a + b/2) / b
}
