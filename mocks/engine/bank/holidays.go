package bank

import (
	"slices"
	"sync"
	"time"
)

// The calendars of four countries, computed for every year: days on which banks book
// nothing, and days on which shops are shut though banks may book.

var (
	chileanBankDays  = sync.OnceValue(func() *calendar { return newBankDays(chileanHolidays) })
	canadianBankDays = sync.OnceValue(func() *calendar { return newBankDays(canadianHolidays) })
	targetDays       = sync.OnceValue(func() *calendar { return newBankDays(targetHolidays) })

	chileanFeasts  = sync.OnceValue(func() *calendar { return newFeasts(chileanHolidays) })
	canadianFeasts = sync.OnceValue(func() *calendar { return newFeasts(canadianHolidays) })
	germanFeasts   = sync.OnceValue(func() *calendar { return newFeasts(germanHolidays) })
	spanishFeasts  = sync.OnceValue(func() *calendar { return newFeasts(spanishHolidays) })
)

// canadianHolidays lists what stops the clearing between banks: provincial days close
// branches only. A holiday on a weekend is observed on the next Monday.
func canadianHolidays(y int) []Day {
	observed := func(m time.Month, d int) Day {
		day := Date(y, m, d)
		switch day.Weekday() {
		case time.Saturday:
			return day + 2
		case time.Sunday:
			return day + 1
		}
		return day
	}
	christmas, boxing := observed(12, 25), observed(12, 26)
	if boxing == christmas {
		boxing++
	}
	days := []Day{
		observed(1, 1), easterSunday(y) - 2, Date(y, 5, 24) - Day(Date(y, 5, 24).Weekday()+6)%7, observed(7, 1),
		firstMonday(Date(y, 9, 1)), firstMonday(Date(y, 10, 1)) + 7, observed(11, 11), christmas, boxing,
	}
	if y >= 2021 {
		days = append(days, observed(9, 30))
	}
	return days
}

// targetHolidays stop the euro: no national day does.
func targetHolidays(y int) []Day {
	easter := easterSunday(y)
	return []Day{Date(y, 1, 1), easter - 2, easter + 1, Date(y, 5, 1), Date(y, 12, 25), Date(y, 12, 26)}
}

func germanHolidays(y int) []Day {
	easter := easterSunday(y)
	return append(targetHolidays(y), easter+39, easter+50, Date(y, 10, 3))
}

func spanishHolidays(y int) []Day {
	return []Day{
		Date(y, 1, 1), Date(y, 1, 6), easterSunday(y) - 2, Date(y, 5, 1), Date(y, 8, 15), Date(y, 10, 12),
		Date(y, 11, 1), Date(y, 12, 6), Date(y, 12, 8), Date(y, 12, 25),
	}
}

func firstMonday(d Day) Day { return d + Day(8-d.Weekday())%7 }

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
