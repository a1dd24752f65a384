package bank

// Seconds east of UTC by civil day. A rule holds from 03:00 of the day on, and rows
// book between 05:00 and 23:00, so that a missing or doubled hour never holds one and
// no time zone database can change what was served.

// santiagoOffset returns the seconds east of UTC of continental Chile from
// 01:00 of the day on: the rule in force since 2019. Rows book between 05:00 and
// 22:00, so the missing and the doubled hour never hold one, and no time zone
// database can change what was served.
func santiagoOffset(d Day) int {
	y, _, _ := d.Civil()
	spring := civil(y, 9, 2)
	if y == 2022 {
		spring = civil(y, 9, 9) // moved by the plebiscite
	}
	if d >= sundayFrom(civil(y, 4, 2)) && d < sundayFrom(spring) {
		return -4 * 3600
	}
	return -3 * 3600
}

func sundayFrom(d Day) Day { return d + Day(7-d.Weekday())%7 }

// torontoOffset is the rule since 2007: the second Sunday of March to the first of
// November.
func torontoOffset(d Day) int {
	y, _, _ := d.Civil()
	if d >= sundayFrom(civil(y, 3, 8)) && d < sundayFrom(civil(y, 11, 1)) {
		return -4 * 3600
	}
	return -5 * 3600
}

// centralEuropeanOffset is the rule since 1996: the last Sundays of March and October.
func centralEuropeanOffset(d Day) int {
	y, _, _ := d.Civil()
	if d >= sundayFrom(civil(y, 3, 25)) && d < sundayFrom(civil(y, 10, 25)) {
		return 2 * 3600
	}
	return 3600
}
