package bank

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Roll says what happens to a schedule that meets a closed day.
type Roll uint8

// The rolls: what is collected waits, what is paid comes early, and a loan stays in
// its month.
const (
	Following Roll = iota
	Preceding
	ModifiedFollowing
)

var rollWords = []string{"following", "preceding", "modified following"}

func (c *calendar) adjust(d Day, r Roll) Day {
	to := c.step(d, 1)
	if r == Preceding || r == ModifiedFollowing && to.month() != d.month() {
		to = c.step(d, -1)
	}
	return to
}

// Schedule says when something is due: on one or two days of the month (31 is the
// last), of all Months or of some (bit m-1), every so many Weeks counted from an
// Anchor, or Once, on the Anchor. Its zero value is never due.
type Schedule struct {
	Day, Second int
	Months      uint16
	Weeks       int
	Once        bool
	Anchor      Day
	Roll        Roll
}

// due calls f with every booking day in [from,until).
func (s *Schedule) due(from, until Day, c *calendar, f func(Day)) {
	nominal := func(d Day) {
		if d = c.adjust(d, s.Roll); d >= from && d < until {
			f(d)
		}
	}
	const reach = 12 // a roll moves less
	switch {
	case s.Once:
		nominal(s.Anchor)
	case s.Weeks > 0:
		step := Day(7 * s.Weeks)
		for d := from - reach + (s.Anchor-from+reach)%step; d < until+reach; d += step {
			nominal(d)
		}
	case s.Day > 0:
		for m := (from - reach).month(); m <= (until + reach).month(); m++ {
			if s.Months != 0 && s.Months>>(uint(m)%12)&1 == 0 {
				continue
			}
			nominal(m.on(s.Day))
			if s.Second > 0 {
				nominal(m.on(s.Second))
			}
		}
	}
}

func in(months ...int) (set uint16) {
	for _, m := range months {
		set |= 1 << (m - 1)
	}
	return set
}

var monthWords = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

const scheduleHelp = `use for example "last business day", "15th preceding", "15th and last", "1st following of march and september", "every 2 weeks from 2026-01-02" or "2026-01-14"`

// ParseSchedule reads what people write: a day of the month, or two, with the roll
// and the months if any; "every N weeks from DATE"; or one date. A day without a roll
// is collected on the following bank day, a business day and the two pay days of a
// month are the preceding one.
func ParseSchedule(text string) (s Schedule, err error) {
	refuse := func() (Schedule, error) {
		return Schedule{}, fmt.Errorf("the schedule %q cannot be read: %s", text, scheduleHelp)
	}
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return refuse()
	}
	if words[0] == "every" {
		return parseWeeks(words[1:], refuse)
	}
	if day, err := ParseDay(words[0]); err == nil && len(words) == 1 {
		return Schedule{Once: true, Anchor: day}, nil
	}
	if s.Day, words = dayWord(words); s.Day == 0 {
		return refuse()
	}
	if len(words) > 0 && words[0] == "and" {
		if s.Second, words = dayWord(words[1:]); s.Second == 0 {
			return refuse()
		}
		s.Roll = Preceding
	}
	if len(words) > 1 && words[0] == "business" && words[1] == "day" {
		s.Roll, words = Preceding, words[2:]
	}
	for r := len(rollWords) - 1; r >= 0; r-- {
		if w := strings.Fields(rollWords[r]); len(words) >= len(w) && slices.Equal(words[:len(w)], w) {
			s.Roll, words = Roll(r), words[len(w):]
			break
		}
	}
	if len(words) > 1 && words[0] == "of" {
		for _, w := range words[1:] {
			m := slices.Index(monthWords, strings.TrimSuffix(w, ","))
			if m < 0 && w != "and" {
				return refuse()
			}
			if m >= 0 {
				s.Months |= 1 << m
			}
		}
		words = nil
	}
	if len(words) > 0 {
		return refuse()
	}
	return s, nil
}

func dayWord(words []string) (day int, rest []string) {
	if len(words) == 0 {
		return 0, nil
	}
	if words[0] == "last" {
		return 31, words[1:]
	}
	for _, ending := range []string{"st", "nd", "rd", "th"} {
		if digits, ok := strings.CutSuffix(words[0], ending); ok {
			if n, err := strconv.Atoi(digits); err == nil && n >= 1 && n <= 31 {
				return n, words[1:]
			}
		}
	}
	return 0, words
}

func parseWeeks(words []string, refuse func() (Schedule, error)) (Schedule, error) {
	weeks := 1
	if len(words) > 0 && words[0] != "week" {
		n, err := strconv.Atoi(words[0])
		if err != nil || n < 1 || n > 52 {
			return refuse()
		}
		weeks, words = n, words[1:]
	}
	if len(words) != 3 || words[0] != "week" && words[0] != "weeks" || words[1] != "from" {
		return refuse()
	}
	anchor, err := ParseDay(words[2])
	if err != nil {
		return refuse()
	}
	return Schedule{Weeks: weeks, Anchor: anchor, Roll: Preceding}, nil
}

// String writes what ParseSchedule reads.
func (s Schedule) String() string {
	switch {
	case s.Once:
		return s.Anchor.String()
	case s.Weeks > 0:
		return fmt.Sprintf("every %d weeks from %s", s.Weeks, s.Anchor)
	case s.Day == 0:
		return "never"
	}
	text := dayText(s.Day)
	if s.Second > 0 {
		text += " and " + dayText(s.Second)
	}
	text += " " + rollWords[s.Roll]
	var months []string
	for i, w := range monthWords {
		if s.Months>>i&1 == 1 {
			months = append(months, w)
		}
	}
	if len(months) > 0 {
		text += " of " + strings.Join(months, ", ")
	}
	return text
}

func dayText(n int) string {
	switch {
	case n >= 31:
		return "last"
	case n%10 == 1 && n != 11:
		return strconv.Itoa(n) + "st"
	case n%10 == 2 && n != 12:
		return strconv.Itoa(n) + "nd"
	case n%10 == 3 && n != 13:
		return strconv.Itoa(n) + "rd"
	}
	return strconv.Itoa(n) + "th"
}
