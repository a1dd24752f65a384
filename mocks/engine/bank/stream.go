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
	rhythm *[7]int64
	season *[12]int64
	holds  bool // has rows that are pending first
}

type streamCategory struct {
	kind  Kind
	step  int64
	voice *voice // nil: the holder's contacts
}

// newStream mixes categories by their rows a month.
func newStream(mix []mixed, m *market, rhythm *[7]int64, season *[12]int64) *stream {
	s := &stream{rhythm: rhythm, season: season}
	total := 0
	for _, x := range mix {
		total += x.perMonth
	}
	s.rate = int64(total) << 16 * 12000 / 365250 // months to days, leap years included
	from, rows := 0, 0
	for i, x := range mix {
		c := m.category(x.name)
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
		s.cats = append(s.cats, streamCategory{kind: c.kind, step: c.step, voice: c.voice})
		s.holds = s.holds || c.kind.holds()
	}
	for p := 0; p < len(s.block.slots); p += 2 {
		a, b := &s.block.slots[p], &s.block.slots[p+1]
		if a.cat == b.cat {
			smaller := min(max(a.amount, -a.amount), max(b.amount, -b.amount))
			a.steps = int16(min(smaller/4/s.cats[a.cat].step, 1<<14))
			b.steps = a.steps
		}
	}
	return s
}

// Words of a day's key: each draw has its own number.
const (
	wordNoise = iota
	wordCount
	wordRest
	wordBlock  = 1 << 32 // + block: its permutation
	wordJitter = 1 << 33 // + block, pair
	wordParty  = 1 << 34 // + row
	wordLag    = 1 << 35 // + row
	wordTime   = 1 << 36 // + row
	wordNumber = 1 << 37 // + row: reference and comment
)

// count returns the rows that book on d: what happened since the bank day
// before. Nothing books on a closed day.
func (s *stream) count(k key, d Day, c *calendar) int {
	if !c.open(d) {
		return 0
	}
	var rate int64
	for a := d - 1; ; a-- {
		_, m, _ := a.Civil()
		rate += s.rate * s.rhythm[a.Weekday()] / 100 * s.season[m-1] / 100
		if c.open(a) {
			break
		}
	}
	rate = rate * (900 + below(k.word(wordNoise), int64(201))) / 1000
	u := k.word(wordCount)
	if rate >= 32<<16 {
		mean := rate >> 16 // popcount of 64 bits: mean 32, deviation 4
		return int(mean + (int64(bits.OnesCount64(u))-32)*isqrt(mean)/4)
	}
	n := bits.OnesCount64(u & (1<<(rate>>15) - 1)) // every bit is half a row
	if int64(k.word(wordRest)>>48) < rate&(1<<15-1) {
		n++
	}
	return n
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
	return streamOpens + (streamSpan*i+below(k.word(wordTime+uint64(i)), streamSpan))/n
}
