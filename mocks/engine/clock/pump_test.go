package clock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// rows is a Pumper over a slice: what is due, in minutes after at.
type rows struct {
	due  []int
	ran  []string
	fail error
	then func(r *rows, minute int) // what a row does besides
}

func minute(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }

func (r *rows) Next(to time.Time) (time.Time, func(context.Context, time.Time) error, bool, error) {
	if len(r.due) == 0 || minute(slices.Min(r.due)).After(to) {
		return time.Time{}, nil, false, nil
	}
	i := slices.Index(r.due, slices.Min(r.due))
	due := r.due[i]
	return minute(due).In(santiago), func(_ context.Context, now time.Time) error {
		r.ran = append(r.ran, fmt.Sprintf("%d at %g", due, now.Sub(at).Minutes()))
		if r.fail != nil {
			return r.fail
		}
		r.due = slices.Delete(r.due, i, i+1)
		if r.then != nil {
			r.then(r, due)
		}
		return nil
	}, true, nil
}

func TestPump(t *testing.T) {
	t.Parallel()
	repeat := func(r *rows, m int) { r.due = append(r.due, m+4) }
	late := func(r *rows, m int) {
		if m == 2 {
			r.due = append(r.due, 1)
		}
	}
	for name, tt := range map[string]struct {
		due  []int
		then func(*rows, int)
		ran  string
		left int
	}{
		"nothing":                               {ran: ""},
		"in due order":                          {due: []int{5, 1, 3}, ran: "1 at 1, 3 at 3, 5 at 5"},
		"up to the end, included":               {due: []int{10, 11}, ran: "10 at 10", left: 1},
		"overdue rows see the start":            {due: []int{-7, 0, 2}, ran: "-7 at 0, 0 at 0, 2 at 2"},
		"rows that appear, in order":            {due: []int{1, 2}, then: repeat, ran: "1 at 1, 2 at 2, 5 at 5, 6 at 6, 9 at 9, 10 at 10", left: 2},
		"a row that appears in the past":        {due: []int{2, 3}, then: late, ran: "2 at 2, 1 at 2, 3 at 3"},
		"rows of one instant, both at that one": {due: []int{4, 4}, ran: "4 at 4, 4 at 4"},
	} {
		r := &rows{due: tt.due, then: tt.then}
		report, err := Pump(context.Background(), r, minute(0).In(santiago), minute(10).In(santiago))
		want := Report{Ran: len(r.ran), At: minute(10)}
		if got := strings.Join(r.ran, ", "); err != nil || got != tt.ran || report != want || len(r.due) != tt.left {
			t.Errorf("%s: ran %s, %d left, %+v, %v; want %s, %d left, %+v", name, got, len(r.due), report, err, tt.ran, tt.left, want)
		}
	}
}

func TestPumpStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	r := &rows{due: []int{1, 2, 3}, then: func(_ *rows, m int) {
		if m == 2 {
			cancel()
		}
	}}
	report, err := Pump(ctx, r, minute(0), minute(10))
	if want := (Report{Ran: 2, At: minute(2), Remaining: true}); err != nil || report != want {
		t.Fatalf("got %+v, %v; want %+v", report, err, want)
	}
	report, err = Pump(context.Background(), r, report.At, minute(10))
	if want := (Report{Ran: 1, At: minute(10)}); err != nil || report != want {
		t.Fatalf("the rest: got %+v, %v; want %+v", report, err, want)
	}
	report, err = Pump(ctx, r, minute(10), minute(20))
	if want := (Report{At: minute(20)}); err != nil || report != want {
		t.Fatalf("nothing remains: got %+v, %v; want %+v", report, err, want)
	}
}

type broken struct{ err error }

func (b broken) Next(time.Time) (time.Time, func(context.Context, time.Time) error, bool, error) {
	return time.Time{}, nil, false, b.err
}

func TestPumpErrors(t *testing.T) {
	t.Parallel()
	oops := errors.New("oops")
	report, err := Pump(context.Background(), &rows{due: []int{1}, fail: oops}, minute(0), minute(10))
	if want := (Report{At: minute(0), Remaining: true}); !errors.Is(err, oops) || report != want {
		t.Errorf("failing row: got %+v, %v; want %+v", report, err, want)
	}
	if _, err := Pump(context.Background(), broken{oops}, minute(0), minute(10)); !errors.Is(err, oops) {
		t.Errorf("failing Next: got %v", err)
	}
	r := &rows{due: []int{0}}
	if _, err := Pump(context.Background(), r, minute(1), minute(0)); err == nil || !strings.Contains(err.Error(), "without pumping") || r.ran != nil {
		t.Errorf("backwards: ran %v, %v", r.ran, err)
	}
}
