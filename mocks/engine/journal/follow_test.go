package journal_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

func TestFollow(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	var at journal.Cursor
	want := func(what string, f journal.Filter, b journal.Batch, numbers ...int64) {
		t.Helper()
		got := j.Follow("ci", at, f)
		if !slices.Equal(seqs(got.Entries), numbers) || got.Missed != b.Missed || got.Restarted != b.Restarted {
			t.Errorf("%s: %v, %+v; want %v, %+v", what, seqs(got.Entries), got, numbers, b)
		}
		at = got.Next
	}
	want("no journal", journal.Filter{}, journal.Batch{})
	r := j.Ring("ci")
	write(r)
	write(r, func(e *journal.Entry) { e.Status = 500 })
	want("the first of two", journal.Filter{Limit: 1}, journal.Batch{}, 1)
	want("the second", journal.Filter{}, journal.Batch{}, 2)
	want("nothing new", journal.Filter{}, journal.Batch{})

	// A slow call is told although a quick one with a higher number was.
	slow, quick := r.Next(), r.Next()
	r.Add(&journal.Entry{Seq: quick})
	want("the quick call", journal.Filter{}, journal.Batch{}, quick)
	r.Add(&journal.Entry{Seq: slow})
	want("the slow call", journal.Filter{}, journal.Batch{}, slow)

	// What a filter leaves out is seen all the same.
	write(r)
	want("filtered", journal.Filter{Status: 500}, journal.Batch{})
	for range journal.RingSize - 1 {
		write(r)
	}
	want("a whole ring later", journal.Filter{Status: 500}, journal.Batch{})
	behind := at
	for range journal.RingSize {
		write(r)
	}
	want("just in time", journal.Filter{Limit: 1}, journal.Batch{}, behind.Seq+1)
	at = behind
	write(r)
	want("too late", journal.Filter{Limit: 1}, journal.Batch{Missed: true}, behind.Seq+2)
	if at = j.End("ci"); at.Seq != behind.Seq+journal.RingSize+1 {
		t.Errorf("the end is %v", at)
	}
	want("at the end", journal.Filter{}, journal.Batch{})

	again, err := journal.ParseCursor(at.String())
	if err != nil || again != at {
		t.Errorf("%v came back as %v, %v", at, again, err)
	}
	j.Drop("ci")
	want("a journal that is gone", journal.Filter{}, journal.Batch{})
	write(j.Ring("ci"))
	want("the next journal of the name", journal.Filter{}, journal.Batch{Restarted: true}, 1)
	for _, text := range []string{"", "7", "x.", "x.y", "x.-1"} {
		if c, err := journal.ParseCursor(text); err == nil {
			t.Errorf("%q is read as %v", text, c)
		}
	}
}

func TestEndOfNothing(t *testing.T) {
	t.Parallel()
	j := journal.New(1 << 10) // too little for one entry: it makes room at once
	if at := j.End("ci"); at != (journal.Cursor{}) {
		t.Errorf("no journal ends at %v", at)
	}
	write(j.Ring("ci"))
	write(j.Ring("ci"))
	at := j.End("ci")
	if b := j.Follow("ci", at, journal.Filter{}); len(b.Entries) > 0 || b.Missed || b.Restarted {
		t.Errorf("behind the end is %+v", b)
	}
	if b := j.Follow("ci", journal.Cursor{}, journal.Filter{}); !b.Missed || b.Dropped.Entries == 0 {
		t.Errorf("what is gone is not said: %+v", b)
	}
	if d := j.Dropped(); d.Entries != 2 && d.Entries != 1 {
		t.Errorf("in all %+v made room", d)
	}
}

// A journal that nothing is written in yet has not begun, so it does not begin anew with the
// first entry.
func TestFollowBeforeTheFirstEntry(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	ring := j.Ring("ci") // a call has come and is not answered yet
	if at := j.End("ci"); at != (journal.Cursor{}) {
		t.Errorf("an empty journal ends at %v", at)
	}
	waiting := j.Follow("ci", journal.Cursor{}, journal.Filter{})
	write(ring)
	if b := j.Follow("ci", waiting.Next, journal.Filter{}); b.Restarted || len(b.Entries) != 1 {
		t.Errorf("the first entry is told as %+v", b)
	}
}

// Whoever takes the channel first and looks then misses no entry.
func TestChangedMissesNothing(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	const entries = 500
	done := make(chan []int64)
	go func() {
		var got []int64
		var at journal.Cursor
		for len(got) < entries {
			changed := j.Changed("ci")
			b := j.Follow("ci", at, journal.Filter{Limit: 7})
			got, at = append(got, seqs(b.Entries)...), b.Next
			if len(b.Entries) == 0 {
				<-changed
			}
		}
		done <- got
	}()
	for range entries {
		write(j.Ring("ci"))
	}
	if got := <-done; len(got) != entries || !slices.IsSorted(got) {
		t.Errorf("%d entries were followed", len(got))
	}
	changed := j.Changed("ci")
	j.Drop("ci")
	<-changed // who follows a sandbox that ends is woken
}

func TestFullIsSaidOnce(t *testing.T) {
	t.Parallel()
	j, said := journal.New(8<<10), 0
	j.OnFull(func() { said++ })
	write(j.Ring("a"))
	if said != 0 {
		t.Error("it is said before the budget is used up")
	}
	for n := range 100 {
		write(j.Ring(fmt.Sprint(n)))
	}
	if said != 1 {
		t.Errorf("it was said %d times", said)
	}
}
