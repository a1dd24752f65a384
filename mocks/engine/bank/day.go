package bank

import (
	"fmt"
	"time"
)

const secondsPerDay = 86400

// Day is a civil day counted from 1970-01-01. A booking date is never a local
// midnight: Chile has a day without one every September.
type Day int32

// Date returns the day of a Gregorian date; out-of-range parts carry over.
func Date(year int, month time.Month, day int) Day {
	return DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DayOf returns the UTC civil day of t.
func DayOf(t time.Time) Day { return dayOfUnix(t.Unix()) }

func dayOfUnix(unix int64) Day {
	d := unix / secondsPerDay
	if unix%secondsPerDay < 0 {
		d--
	}
	return Day(d)
}

// Time returns 00:00 UTC of the day.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// Civil returns year, month and day of the month: eras of 400 years, which begin on
// the first of March.
func (d Day) Civil() (int, time.Month, int) {
	z := int(d) + 719_468
	era := z / 146_097
	if z < 0 {
		era = (z - 146_096) / 146_097
	}
	doe := z - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	m := (5*doy + 2) / 153
	day := doy - (153*m+2)/5 + 1
	if m < 10 {
		return yoe + era*400, time.Month(m + 3), day
	}
	return yoe + era*400 + 1, time.Month(m - 9), day
}

// civil is the inverse of Civil.
func civil(y, m, d int) Day {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	return Day(era*146_097 + yoe*365 + yoe/4 - yoe/100 + (153*(m-3)+2)/5 + d - 1 - 719_468)
}

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) }

// String returns the day as 2006-01-02.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// Append appends the day as 2006-01-02, for years of four digits: what a page of rows
// does thirty times, without the layouts of package time.
func (d Day) Append(dst []byte) []byte {
	y, m, day := d.Civil()
	return append(dst, byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// month counts calendar months: year*12 + month-1.
type month int

func (d Day) month() month {
	y, m, _ := d.Civil()
	return month(y*12 + int(m) - 1)
}

func (m month) start() Day { return civil(int(m)/12, int(m)%12+1, 1) }

// on returns a day of the month; 31 (or any day too many) is the last one.
func (m month) on(day int) Day { return min(m.start()+Day(day-1), (m+1).start()-1) }

// moment is a wall-clock reading of the bank: civil day and second of the day.
type moment struct {
	day Day
	sec int
}

func (a moment) after(b moment) bool { return a.day > b.day || a.day == b.day && a.sec > b.sec }

// Range selects rows by booking day, from From up to but not including Until.
// A zero end is open.
type Range struct{ From, Until Day }

// ParseDay reads 2006-01-02.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("%q is no day: write it as 2026-01-31", text)
	}
	return DayOf(t), nil
}
