package scenarios

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time as people write it: months and days follow the
// calendar, D is exact. "1y6mo" is {18, 0, 0} and "1w12h" is {0, 7, 12h}.
type Span struct {
	Months, Days int
	D            time.Duration
}

// The longest count of each part, about two centuries, keeps every sum within time.Duration.
const (
	maxMonths = 200 * 12
	maxDays   = 200 * 365
	maxExact  = maxDays * 24 * time.Hour
)

// units go from long to short, the order in which a span lists them.
var units = []struct {
	name string
	one  Span
}{
	{"y", Span{Months: 12}},
	{"mo", Span{Months: 1}},
	{"w", Span{Days: 7}},
	{"d", Span{Days: 1}},
	{"h", Span{D: time.Hour}},
	{"m", Span{D: time.Minute}},
	{"s", Span{D: time.Second}},
	{"ms", Span{D: time.Millisecond}},
}

// errBankDays tells a unit of the language that is still to come from a misspelt one.
var errBankDays = errors.New("bank days (bd) are not known to this version yet: count in days (d)")

// ParseSpan reads whole numbers with the units ms s m h d w mo y, longest first, each at
// most once: "30s", "24mo", "1h30m". The error names what is wrong with the text.
func ParseSpan(text string) (Span, error) {
	var sum Span
	rest, next := text, 0
	for first := true; first || rest != ""; first = false {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		if digits == "" {
			return Span{}, fmt.Errorf("%q is not a duration: write whole numbers with units, such as 30s or 1h30m", text)
		}
		rest = rest[len(digits):]
		name := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))]
		rest = rest[len(name):]
		if name == "bd" {
			return Span{}, errBankDays
		}
		at := unitIndex(name)
		if at < 0 {
			return Span{}, fmt.Errorf("%q has no known unit after %s: use one of ms, s, m, h, d, w, mo, y", text, digits)
		}
		if at < next {
			return Span{}, fmt.Errorf("%q has its units out of order: write the longest first, each once", text)
		}
		next = at + 1
		n, err := strconv.Atoi(digits)
		if err != nil || !sum.add(n, units[at].one) {
			return Span{}, fmt.Errorf("%q is too long: the most is 200y", text)
		}
	}
	return sum, nil
}

func unitIndex(name string) int {
	for i, u := range units {
		if u.name == name {
			return i
		}
	}
	return -1
}

// add reports whether the sum stays within bounds. A unit has one part, so n is
// bounded by division before anything is multiplied.
func (s *Span) add(n int, one Span) bool {
	for _, part := range []struct{ one, most int64 }{
		{int64(one.Months), maxMonths}, {int64(one.Days), maxDays}, {int64(one.D), int64(maxExact)},
	} {
		if part.one > 0 && int64(n) > part.most/part.one {
			return false
		}
	}
	s.Months += n * one.Months
	s.Days += n * one.Days
	s.D += time.Duration(n) * one.D
	return s.Months <= maxMonths && s.Days <= maxDays && s.D <= maxExact
}

// IsZero reports whether the span has no length.
func (s Span) IsZero() bool { return s == Span{} }

// Duration returns the span as an exact length, a day being 24 hours. It is false
// for a span with months, whose length depends on the date.
func (s Span) Duration() (time.Duration, bool) {
	return time.Duration(s.Days)*24*time.Hour + s.D, s.Months == 0
}

// AddTo returns the instant one span after t: months first, and on the last day of
// the month where the same day does not exist (31 January + 1mo is the end of February).
func (s Span) AddTo(t time.Time) time.Time { return s.shift(t, 1) }

// Before returns the instant one span before t, by the same rule.
func (s Span) Before(t time.Time) time.Time { return s.shift(t, -1) }

func (s Span) shift(t time.Time, sign int) time.Time {
	moved := t.AddDate(0, sign*s.Months, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved.AddDate(0, 0, sign*s.Days).Add(time.Duration(sign) * s.D)
}

// String writes the span in the form that ParseSpan reads, without weeks.
func (s Span) String() string {
	var b strings.Builder
	for _, u := range units {
		n := 0
		switch {
		case u.one.Months > 0:
			n, s.Months = s.Months/u.one.Months, s.Months%u.one.Months
		case u.name == "w": // 90d reads better than 12w6d
		case u.one.Days > 0:
			n = s.Days
		default:
			n, s.D = int(s.D/u.one.D), s.D%u.one.D
		}
		if n > 0 {
			b.WriteString(strconv.Itoa(n) + u.name)
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
