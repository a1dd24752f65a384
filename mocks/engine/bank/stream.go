package bank

import "math/bits"

// block holds 256 amounts: each category owns a share of the slots and fills it
// with the quantiles of its log-normal. A day permutes whole blocks and moves
// the two slots of a pair by opposite amounts, so a full block always has the
// same sum.
type block struct {
	slots [256]slot
	sum   int64
}

type slot struct {
	amount int64
	cat    uint8
	steps  int16 // how many steps the pair may move apart
}

// stream is the variable part of an account.
type stream struct {
	cats   []streamCategory
	block  block
	rate   int64 // rows of an average day, Q16
	rhythm *week
	locale *locale
	holds  bool   // has rows that are pending first
	abroad bool   // has rows in a foreign currency
	exact  *quota // nil: as many rows as the days ask for
}

// quota is exact mode: so many rows from one day up to another, and as many a day
// after that.
type quota struct {
	rows        int64
	from, until Day
}

type streamCategory struct {
	habit
	price
	voice         *voice // nil: the holder's contacts
	booking, code string
	purpose       string
}

// newStream mixes habits by their rows a month. A habit without a price in the
// market has no part in it.
func newStream(l *locale, typ AccountType, mix []mixed, m *market, rhythm *week) *stream {
	s := &stream{rhythm: rhythm, locale: l}
	total := 0
	known := mix[:0:0]
	for _, x := range mix {
		if m.category(x.name) != nil {
			known, total = append(known, x), total+x.perMonth
		}
	}
	if total == 0 {
		return nil
	}
	s.rate = int64(total) << 16 * 12000 / 365250 // months to days, leap years included
	from, rows := 0, 0
	for i, x := range known {
		c := *m.category(x.name)
		if texts := l.onCard(typ, c.kind); texts != nil && l.texts[c.name] == nil {
			c.voice = l.poolVoice(c.kind, l.pools[c.pool], texts)
		}
		rows += x.perMonth
		to := rows * len(s.block.slots) / total
		for j := from; j < to; j++ {
			z := quantile((2*(j-from) + 1) * 128 / (to - from))
			a := max(rounded(c.median*exp(z*c.sigma/100)>>16, c.step), c.step) - c.below
			if !c.credit {
				a = -a
			}
			s.block.slots[j] = slot{amount: a, cat: uint8(i)}
			s.block.sum += a
		}
		from = to
		s.cats = append(s.cats, c)
		s.holds = s.holds || c.kind.holds()
		s.abroad = s.abroad || c.abroad != ""
	}
	for p := 0; p < len(s.block.slots); p += 2 {
		a, b := &s.block.slots[p], &s.block.slots[p+1]
		if a.cat == b.cat {
			smaller := min(magnitude(a.amount), magnitude(b.amount))
			a.steps = int16(min(smaller/4/s.cats[a.cat].step, 1<<14))
			b.steps = a.steps
		}
	}
	return s
}

// spend makes the stream as dense as it must be to cost a sum a month.
func (s *stream) spend(budget int64) {
	if mean := magnitude(s.block.sum) / int64(len(s.block.slots)); budget > 0 && mean > 0 {
		s.rate = budget << 16 / mean * 12000 / 365250
	}
}

// Words of a day's key: each draw has its own number.
const (
	wordNoise = iota
	wordCount
	wordRest
	wordHolds
	wordHoldRest
	wordBlock  = 1 << 32 // + block: its permutation
	wordJitter = 1 << 33 // + block, pair
	wordParty  = 1 << 34 // + row
	wordLag    = 1 << 35 // + row
	wordTime   = 1 << 36 // + row
	wordNumber = 1 << 37 // + row: reference and comment
	wordHold   = 1 << 38 // + hold that never books
)

// weight is how many rows book on d, Q16: what happened since the bank day before.
// Nothing books on a closed day.
func (s *stream) weight(k key, d Day) int64 {
	c := s.locale.calendar()
	if !c.open(d) {
		return 0
	}
	var rate int64
	for a := d - 1; ; a-- {
		rate += s.bought(a)
		if c.open(a) {
			break
		}
	}
	return rate * (900 + below(k.word(wordNoise), int64(201))) / 1000
}

// bought is how many rows a day begins, Q16.
func (s *stream) bought(a Day) int64 {
	_, m, _ := a.Civil()
	rate := s.rate * s.rhythm[a.Weekday()] / 100 * s.locale.season[m-1] / 100
	if !s.locale.feasts().open(a) {
		rate = rate * s.locale.festive / 100
	}
	return rate
}

// count draws how many rows book on d.
func (s *stream) count(k key, d Day) int {
	return draw(s.weight(k, d), k.word(wordCount), k.word(wordRest))
}

// draw turns an expectation in Q16 into a number of rows: a popcount has half its bits
// set, and is close to a Poisson where it matters.
func draw(rate int64, u, rest uint64) int {
	if rate >= 32<<16 {
		mean := rate >> 16 // popcount of 64 bits: mean 32, deviation 4
		return int(mean + (int64(bits.OnesCount64(u))-32)*isqrt(mean)/4)
	}
	n := bits.OnesCount64(u & (1<<(rate>>15) - 1)) // every bit is half a row
	if int64(rest>>48) < rate&(1<<15-1) {
		n++
	}
	return n
}

// total is the weight of all days of a quota.
func (s *stream) total(k key) (sum uint64) {
	for d := s.exact.from; d < s.exact.until; d++ {
		sum += uint64(s.weight(k.at(int(d)), d))
	}
	return sum
}

// share is how many rows of the quota lie before a weight; it goes on after its end.
func (q *quota) share(weight, total uint64) int64 {
	if total == 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(q.rows), weight)
	n, _ := bits.Div64(hi%total, lo, total)
	return int64(n)
}

// pick returns the slot and the amount of row i of a day.
func (s *stream) pick(k key, i int) (*slot, int64) {
	b := uint64(i) >> 8
	return s.slot(k, b, shuffle(uint8(i), k.word(wordBlock+b)))
}

func (s *stream) slot(k key, block uint64, i uint8) (*slot, int64) {
	x := &s.block.slots[i]
	if x.steps == 0 {
		return x, x.amount
	}
	move := around(k.word(wordJitter+block<<8+uint64(i>>1)), int64(x.steps)) * s.cats[x.cat].step
	if i&1 == 1 {
		move = -move
	}
	return x, x.amount + move
}

// sum adds up the first n rows of a day in at most 256 steps.
func (s *stream) sum(k key, n int) int64 {
	b := uint64(n) >> 8
	total := int64(b) * s.block.sum
	order := k.word(wordBlock + b)
	for i := 0; i < n&255; i++ {
		_, a := s.slot(k, b, shuffle(uint8(i), order))
		total += a
	}
	return total
}

const (
	streamOpens = 7 * 3600
	streamSpan  = 15 * 3600
)

// second returns when row i of n books: in its own n-th of the span, so that
// rows ascend without sorting.
func (s *stream) second(k key, i, n int) int {
	return streamOpens + int((int64(streamSpan)*int64(i)+int64(below(k.word(wordTime+uint64(i)), streamSpan)))/int64(n))
}

// opensAt weighs how likely a purchase of the category is on a day.
func (c *streamCategory) opensAt(l *locale, a Day) int64 {
	w := everyday[a.Weekday()]
	if c.week != nil {
		w = c.week[a.Weekday()]
	}
	if c.shop {
		if a.Weekday() == 0 {
			w = w * l.sunday / 100
		}
		if !l.feasts().open(a) {
			w = w * l.festive / 100
		}
	}
	return w
}

// maxLag is how many bank days at most lie between a purchase and its booking.
const maxLag = 5

// authorised draws when row i of a day, which books at a second of it, was bought:
// on the same day, or one, two or three bank days before, and earlier where the shops
// were shut then. Weekend purchases therefore book on Monday.
func (s *stream) authorised(k key, i int, booked moment) moment {
	cal, u := s.locale.calendar(), k.word(wordLag+uint64(i))
	x, _ := s.pick(k, i)
	c := &s.cats[x.cat]
	opens, span := 8*3600, 15*3600
	if c.night {
		opens, span = 20*3600, 4*3600
	}
	lag := 3
	switch l := u & 63; {
	case l < 10:
		lag = 0
	case l < 46:
		lag = 1
	case l < 60:
		lag = 2
	}
	if lag == 0 {
		if booked.sec > opens && c.opensAt(s.locale, booked.day) > 0 {
			return moment{booked.day, opens + below(mix(u), booked.sec-opens)}
		}
		lag = 1
	}
	until := booked.day
	for b := 1; ; b++ {
		from := cal.previous(until)
		if b >= lag {
			if a, ok := s.shoppingDay(c, from, until, mix(u+1)); ok || b == maxLag {
				return moment{a, opens + below(mix(u), span)}
			}
		}
		until = from
	}
}

// shoppingDay picks a day of [from,until) by the habit's week; from if all are shut.
func (s *stream) shoppingDay(c *streamCategory, from, until Day, u uint64) (Day, bool) {
	var total int64
	for a := from; a < until; a++ {
		total += c.opensAt(s.locale, a)
	}
	if total == 0 {
		return from, false
	}
	at := below(u, total)
	for a := from; ; a++ {
		if at -= c.opensAt(s.locale, a); at < 0 {
			return a, true
		}
	}
}

// Holds that never book: some shops ask for a sum and do not take it.
const (
	holdShare = 15 // per mille of the purchases
	holdDays  = 5  // until the bank lets go
)

// lost is how many of a day's authorisations expire.
func (s *stream) lost(k key, a Day) int {
	if !s.holds {
		return 0
	}
	return draw(s.bought(a)*holdShare/1000, k.word(wordHolds), k.word(wordHoldRest))
}
