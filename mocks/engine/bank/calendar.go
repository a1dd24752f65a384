package bank

import (
	"slices"
	"sync"
	"time"
)

// FirstDay and LastDay bound all history: a virtual clock beyond them sees no new rows.
var (
	FirstDay = Date(2000, time.January, 1)
	LastDay  = Date(2149, time.December, 31)
)

// calendar knows the days on which a country's banks book nothing.
type calendar struct{ closed []uint64 }

func newCalendar(holidays func(year int) []Day) *calendar {
	c := &calendar{closed: make([]uint64, (LastDay-FirstDay)/64+1)}
	for d := FirstDay; d <= LastDay; d++ {
		if wd := d.Weekday(); wd == time.Saturday || wd == time.Sunday {
			c.close(d)
		}
	}
	for y := 2000; y < 2150; y++ {
		for _, d := range holidays(y) {
			c.close(d)
		}
	}
	return c
}

func (c *calendar) close(d Day) { i := d - FirstDay; c.closed[i/64] |= 1 << (i % 64) }

func (c *calendar) open(d Day) bool {
	i := d - FirstDay
	return i < 0 || d > LastDay || c.closed[i/64]>>(i%64)&1 == 0
}

// next and previous return the nearest bank day after and before d.
func (c *calendar) next(d Day) Day     { return c.step(d+1, 1) }
func (c *calendar) previous(d Day) Day { return c.step(d-1, -1) }

func (c *calendar) step(d, by Day) Day {
	for !c.open(d) {
		d += by
	}
	return d
}

// roll says what happens to a schedule that meets a closed day.
type roll uint8

const (
	following roll = iota
	preceding
	modifiedFollowing // following, but preceding where that leaves the month
)

func (c *calendar) adjust(d Day, r roll) Day {
	to := c.step(d, 1)
	if r == preceding || r == modifiedFollowing && to.month() != d.month() {
		to = c.step(d, -1)
	}
	return to
}

var chileanBankDays = sync.OnceValue(func() *calendar { return newCalendar(chileanHolidays) })

// chileanHolidays lists the closing days of Chilean banks that are no weekend
// rule: public holidays, the movable ones included, and the bank holiday of
// 31 December.
func chileanHolidays(y int) []Day {
	on := func(m time.Month, d int) Day { return Date(y, m, d) }
	easter := easterSunday(y)
	days := []Day{
		on(1, 1), easter - 2, easter - 1, on(5, 1), on(5, 21), on(7, 16), on(8, 15), on(9, 18), on(9, 19),
		on(11, 1), on(12, 8), on(12, 25), on(12, 31),
		mondayOf(on(6, 29)), mondayOf(on(10, 12)), reformationDay(on(10, 31)),
	}
	when := func(day Day, weekdays ...time.Weekday) {
		if slices.Contains(weekdays, day.Weekday()) {
			days = append(days, day)
		}
	}
	when(on(1, 2), time.Monday) // law 20.983
	when(on(9, 17), time.Monday, time.Friday)
	when(on(9, 20), time.Friday)
	switch { // June solstice, law 21.357
	case y >= 2024 && y%4 <= 1:
		days = append(days, on(6, 20))
	case y >= 2021:
		days = append(days, on(6, 21))
	}
	if y == 2022 {
		days = append(days, on(9, 16)) // one-off, law 21.482
	}
	return days
}

// mondayOf moves Tuesday to Thursday back to Monday, and Friday on to the next.
func mondayOf(d Day) Day {
	switch wd := d.Weekday(); wd {
	case time.Tuesday, time.Wednesday, time.Thursday:
		return d - Day(wd-time.Monday)
	case time.Friday:
		return d + 3
	}
	return d
}

// reformationDay moves Tuesday to the Friday before, Wednesday to the one after.
func reformationDay(d Day) Day {
	switch d.Weekday() {
	case time.Tuesday:
		return d - 4
	case time.Wednesday:
		return d + 2
	}
	return d
}

// easterSunday is the Gregorian computus of Meeus, Jones and Butcher.
func easterSunday(y int) Day {
	a, b, c := y%19, y/100, y%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	n := h + l - 7*((a+11*h+22*l)/451) + 114
	return Date(y, time.Month(n/31), n%31+1)
}

// santiagoOffset returns the seconds east of UTC of continental Chile from
// 01:00 of the day on: the rule in force since 2019. Rows book between 05:00 and
// 22:00, so the missing and the doubled hour never hold one, and no time zone
// database can change what was served.
func santiagoOffset(d Day) int {
	y, _, _ := d.Civil()
	spring := Date(y, time.September, 2)
	if y == 2022 {
		spring = Date(y, time.September, 9) // moved by the plebiscite
	}
	if d >= sundayFrom(Date(y, time.April, 2)) && d < sundayFrom(spring) {
		return -4 * 3600
	}
	return -3 * 3600
}

func sundayFrom(d Day) Day { return d + Day(7-d.Weekday())%7 }
