package bank

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the oracle of the offsets must be there on every machine
)

func TestChileanBankDays(t *testing.T) {
	t.Parallel()
	c := chileanBankDays()
	for _, closed := range []string{
		"2026-01-01", "2026-04-03", "2026-04-04", "2026-05-01", "2026-05-21", "2026-06-29", "2026-07-16", "2026-09-18",
		"2026-10-12", "2026-12-08", "2026-12-25", "2026-12-31", "2023-01-02", "2022-09-16", "2024-06-20", "2025-06-20",
		"2023-06-21", "2024-09-20", "2023-10-09", "2023-10-27", "2024-10-31", "2018-11-02", "2025-09-13",
	} {
		if d := day(t, closed); c.open(d) {
			t.Errorf("%s is open", closed)
		}
	}
	for _, open := range []string{"2026-01-02", "2026-04-06", "2023-10-12", "2023-10-31", "2026-12-30", "2026-09-17", "2020-06-22"} {
		if d := day(t, open); !c.open(d) {
			t.Errorf("%s is closed", open)
		}
	}
}

func TestRolls(t *testing.T) {
	t.Parallel()
	c := chileanBankDays()
	for _, x := range []struct {
		day  string
		roll Roll
		want string
	}{
		{"2026-05-31", Following, "2026-06-01"}, {"2026-05-31", ModifiedFollowing, "2026-05-29"}, {"2026-05-31", Preceding, "2026-05-29"},
		{"2025-12-31", Preceding, "2025-12-30"}, {"2026-04-03", Following, "2026-04-06"}, {"2026-01-15", Preceding, "2026-01-15"},
	} {
		if got := c.adjust(day(t, x.day), x.roll).String(); got != x.want {
			t.Errorf("%s rolls to %s, want %s", x.day, got, x.want)
		}
	}
	if got := Date(2024, 2, 10).month().on(31).String(); got != "2024-02-29" {
		t.Errorf("the last of February 2024 is %s", got)
	}
}

func TestSalaryOnLastBankDay(t *testing.T) {
	t.Parallel()
	b := book(t, open(t, source("salaried")), "main")
	for m := Date(2023, 2, 1).month(); m < Date(2026, 1, 1).month(); m++ {
		pay := chileanBankDays().previous((m + 1).start())
		n := 0
		for _, r := range b.Page(noon, Range{pay, pay + 1}, 0, 50, nil) {
			if r.Kind == KindSalary {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d salaries on %s", n, pay)
		}
	}
}

func TestSantiagoOffsets(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, source("empty"))
	for d := Date(2019, 5, 1); d < Date(2036, 1, 1); d++ {
		y, m, dd := d.Civil()
		for _, sec := range []int{5 * 3600, 12 * 3600, 22 * 3600} {
			want := time.Date(y, m, dd, sec/3600, 0, 0, 0, zone)
			if !w.instant(moment{d, sec}).Equal(want) {
				t.Fatalf("%s %d: %s, want %s", d, sec, w.instant(moment{d, sec}), want)
			}
			if got := w.local(want); got != (moment{d, sec}) {
				t.Fatalf("%s reads as %v", want, got)
			}
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"1969-12-31", "1970-01-01", "2000-02-29", "2026-09-06", "2149-12-31"} {
		d := day(t, s)
		y, m, dd := d.Civil()
		if d.String() != s || Date(y, m, dd) != d || DayOf(d.Time().Add(86399*time.Second)) != d || d.Weekday() != d.Time().Weekday() {
			t.Errorf("%s does not come back", s)
		}
	}
	if Exponent("CLP") != 0 || Exponent("USD") != 2 || Exponent("CLF") != 4 || Exponent("KWD") != 3 {
		t.Error("wrong exponents")
	}
}

func day(t *testing.T, s string) Day {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return DayOf(d)
}

// Sums come from blocks; they must be those of the rows, and blocks a bijection.
func TestBlocksAddUp(t *testing.T) {
	t.Parallel()
	s := open(t, source("business")).plan.accounts[0].stream
	for i := range 20 {
		k, total := rootKey(3).at(i), int64(0)
		for n := range 600 {
			if n%37 == 0 && s.sum(k, n) != total {
				t.Fatalf("key %d: sum of %d rows is %d, want %d", i, n, s.sum(k, n), total)
			}
			_, a := s.pick(k, n)
			total += a
		}
		seen := map[uint8]bool{}
		for x := range 256 {
			seen[shuffle(uint8(x), k.word(0))] = true
		}
		if len(seen) != 256 {
			t.Fatalf("key %d does not permute", i)
		}
	}
	for x, want := range map[int64]int64{0: 65536, 65536: 178145, -65536: 24109, 131072: 484249} { // 1, e, 1/e, e²
		if got := exp(x); max(got-want, want-got) > 30 {
			t.Errorf("exp(%d) = %d, want %d", x, got, want)
		}
	}
}

func TestCivil(t *testing.T) {
	t.Parallel()
	for d := Date(-1, 1, 1); d < Date(2401, 1, 1); d += 1 + d&3 {
		y, m, day := d.Civil()
		if wy, wm, wd := d.Time().Date(); y != wy || m != wm || day != wd || civil(y, int(m), day) != d {
			t.Fatalf("%d is %d-%d-%d, want %d-%d-%d", d, y, m, day, wy, wm, wd)
		}
	}
}

func TestForeignCalendars(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name   string
		c      *calendar
		closed string
		open   string
	}{
		{"target", targetDays(), "2026-01-01 2026-04-03 2026-04-06 2026-05-01 2026-12-25 2024-12-26", "2026-10-03 2025-10-03 2026-05-14 2026-12-24 2024-02-29 2026-10-12"},
		{"canada", canadianBankDays(), "2026-01-01 2026-04-03 2026-05-18 2026-07-01 2026-09-07 2026-09-30 2026-10-12 2026-11-11 2026-12-25 2026-12-28 2021-12-27 2021-12-28 2022-12-26 2022-12-27", "2026-04-06 2026-02-16 2020-09-30 2026-12-29"},
		{"german shops", germanFeasts(), "2026-05-14 2026-05-25 2026-10-03 2026-12-26", "2026-12-24 2026-10-04"},
		{"spanish shops", spanishFeasts(), "2026-01-06 2026-10-12 2026-12-08", "2026-10-03"},
	} {
		for _, text := range strings.Fields(x.closed) {
			if d := day(t, text); d.String() == text && d.Weekday()%6 != 0 && x.c.open(d) {
				t.Errorf("%s: %s is open", x.name, text)
			}
		}
		for _, text := range strings.Fields(x.open) {
			if d := day(t, text); d.Weekday()%6 != 0 && !x.c.open(d) {
				t.Errorf("%s: %s is closed", x.name, text)
			}
		}
	}
	if got := targetDays().next(Date(2026, 4, 2)); got != Date(2026, 4, 7) {
		t.Errorf("after Maundy Thursday of 2026 comes %s", got)
	}
}

// The offsets are those of the time zone database wherever rows book.
func TestOffsets(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]func(Day) int{"America/Toronto": torontoOffset, "Europe/Berlin": centralEuropeanOffset, "Europe/Madrid": centralEuropeanOffset} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for d := Date(2008, 1, 1); d < Date(2037, 1, 1); d++ {
			y, m, day := d.Civil()
			if _, want := time.Date(y, m, day, 6, 0, 0, 0, zone).Zone(); offset(d) != want {
				t.Fatalf("%s on %s: %d, want %d", name, d, offset(d), want)
			}
		}
	}
}
