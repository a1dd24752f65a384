package bank

import "time"

// FirstDay and LastDay bound all history: a virtual clock beyond them sees no new rows.
var (
	FirstDay = Date(2000, time.January, 1)
	LastDay  = Date(2149, time.December, 31)
)

// calendar is a set of civil days between FirstDay and LastDay: those on which banks
// book nothing, or those on which shops are shut.
type calendar struct{ closed []uint64 }

// newBankDays closes the weekends too.
func newBankDays(holidays func(year int) []Day) *calendar {
	c := newFeasts(holidays)
	for d := FirstDay; d <= LastDay; d++ {
		if wd := d.Weekday(); wd == time.Saturday || wd == time.Sunday {
			c.close(d)
		}
	}
	return c
}

func newFeasts(holidays func(year int) []Day) *calendar {
	c := &calendar{closed: make([]uint64, (LastDay-FirstDay)/64+1)}
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

// easterSunday is the Gregorian computus of Meeus, Jones and Butcher.
func easterSunday(y int) Day {
	a, b, c := y%19, y/100, y%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	n := h + l - 7*((a+11*h+22*l)/451) + 114
	return Date(y, time.Month(n/31), n%31+1)
}
