package journal_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// write adds one numbered entry.
func write(r *journal.Ring, changes ...func(*journal.Entry)) journal.Entry {
	n := r.Next()
	e := journal.Entry{
		ID: fmt.Sprint("req_", n), Seq: n, Kind: journal.Request, Provider: "p", Status: 200,
		At: noon.Add(time.Duration(n) * time.Second), Wall: noon.Add(time.Duration(n) * time.Second),
	}
	for _, change := range changes {
		change(&e)
	}
	r.Add(&e)
	return e
}

func body(data []byte) func(*journal.Entry) {
	return func(e *journal.Entry) { e.Response.Data = data }
}

func seqs(entries []journal.Entry) (out []int64) {
	for _, e := range entries {
		out = append(out, e.Seq)
	}
	return out
}

func TestListAndGet(t *testing.T) {
	t.Parallel()
	r := journal.New(0).Ring("default")
	write(r, func(e *journal.Entry) {
		e.Operation, e.Also, e.OperationID = "accounts.list", []string{"balances.get"}, "listAccounts"
	}, func(e *journal.Entry) { e.Connection = "c" })
	write(r, func(e *journal.Entry) { e.Kind, e.Status, e.Session = journal.Widget, 303, "s" })
	write(r, func(e *journal.Entry) {
		e.Operation, e.Provider, e.Status, e.Cause = "accounts.list", "q", 404, "other-7"
	})
	write(r, func(e *journal.Entry) { e.Kind, e.Provider, e.Cause = journal.Clock, "", "other-7" })
	for _, tt := range []struct {
		filter journal.Filter
		want   []int64
	}{
		{journal.Filter{}, []int64{1, 2, 3, 4}},
		{journal.Filter{Operation: "accounts.list"}, []int64{1, 3}},
		{journal.Filter{Operation: "listAccounts"}, []int64{1}},
		{journal.Filter{Operation: "balances.get"}, []int64{1}},
		{journal.Filter{Operation: "accounts.get"}, nil},
		{journal.Filter{Provider: "q"}, []int64{3}},
		{journal.Filter{Kind: journal.Clock}, []int64{4}},
		{journal.Filter{Status: 303}, []int64{2}},
		{journal.Filter{Limit: 2}, []int64{3, 4}},
		{journal.Filter{Operation: "accounts.list", Limit: 1}, []int64{3}},
		{journal.Filter{After: 2}, []int64{3, 4}},
		{journal.Filter{After: 1, Limit: 1}, []int64{4}},
		{journal.Filter{Session: "s"}, []int64{2}},
		{journal.Filter{Connection: "c"}, []int64{1}},
		{journal.Filter{Cause: "other-7"}, []int64{3, 4}},
		{journal.Filter{Cause: "other-7", Kind: journal.Clock}, []int64{4}},
		{journal.Filter{After: 4}, nil},
		{journal.Filter{After: 99}, nil},
		{journal.Filter{Since: noon.Add(3 * time.Second)}, []int64{3, 4}},
		{journal.Filter{Since: noon.Add(3*time.Second + 1)}, []int64{4}},
		{journal.Filter{Until: noon.Add(3 * time.Second)}, []int64{1, 2}},
		{journal.Filter{Since: noon.Add(2 * time.Second), Until: noon.Add(2*time.Second + 1)}, []int64{2}},
		{journal.Filter{Operation: "accounts.list", Provider: "p", Kind: journal.Request, Status: 200, Since: noon}, []int64{1}},
	} {
		if got, _ := r.List(tt.filter); !slices.Equal(seqs(got), tt.want) {
			t.Errorf("%+v gives %v, want %v", tt.filter, seqs(got), tt.want)
		}
	}
	if e, ok := r.Get("req_3"); !ok || e.Status != 404 {
		t.Errorf("Get gives %+v, %v", e, ok)
	}
	if _, ok := r.Get("req_5"); ok {
		t.Error("Get finds what nobody wrote")
	}
}

// Calls are numbered when they begin and kept when they end.
func TestAfterMissesNoSlowCall(t *testing.T) {
	t.Parallel()
	r := journal.New(0).Ring("default")
	slow, quick := r.Next(), r.Next()
	r.Add(&journal.Entry{Seq: quick})
	seen, _ := r.List(journal.Filter{})
	r.Add(&journal.Entry{Seq: slow})
	got, _ := r.List(journal.Filter{After: seen[0].Seq})
	if !slices.Equal(seqs(got), []int64{slow}) {
		t.Errorf("after %d come %v, want the slow call %d", quick, seqs(got), slow)
	}
	unkept := r.Next() // a look into the journal itself is not kept
	write(r)
	if got, _ := r.List(journal.Filter{After: unkept}); !slices.Equal(seqs(got), []int64{4}) {
		t.Errorf("after %d, which nobody kept, come %v", unkept, seqs(got))
	}
}

func TestOldestEntriesGiveWay(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	r := j.Ring("default")
	const more = 37
	for range journal.RingSize + more {
		write(r)
	}
	got, dropped := r.List(journal.Filter{})
	if len(got) != journal.RingSize || dropped.Entries != more || dropped.Bodies != 0 {
		t.Fatalf("%d entries are kept, dropped %+v", len(got), dropped)
	}
	for i, e := range got {
		if e.Seq != int64(more+i+1) {
			t.Fatalf("entry %d has number %d, want %d", i, e.Seq, more+i+1)
		}
	}
	if _, ok := r.Get("req_37"); ok {
		t.Error("an entry that made room is still found")
	}
	after, _ := r.List(journal.Filter{After: journal.RingSize + more - 2})
	if len(after) != 2 {
		t.Errorf("after the last but two come %v", seqs(after))
	}
}

func TestBodiesOfOneRing(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	r := j.Ring("default")
	big := bytes.Repeat([]byte("x"), journal.BodySize)
	const fit = journal.RingBodies / journal.BodySize
	for range fit + 10 {
		write(r, body(big))
	}
	got, dropped := r.List(journal.Filter{})
	if len(got) != fit+10 || dropped.Entries != 0 || dropped.Bodies != 10 {
		t.Fatalf("%d entries, dropped %+v; want all entries and 10 bodies dropped", len(got), dropped)
	}
	for i, e := range got {
		if gone := i < 10; e.Response.Dropped != gone || (len(e.Response.Data) == 0) != gone || e.Response.Size != len(big) {
			t.Errorf("entry %d: body of %d, %d bytes kept, dropped %v", i, e.Response.Size, len(e.Response.Data), e.Response.Dropped)
		}
		if e.Request.Dropped {
			t.Errorf("entry %d had no request body and lost it", i)
		}
	}
	for range 2 * journal.RingSize { // round and round
		write(r, body(big))
		if j.Used() > journal.RingBodies+journal.RingSize*1024 {
			t.Fatalf("one ring uses %d bytes", j.Used())
		}
	}
	last, _ := r.List(journal.Filter{Limit: fit})
	for _, e := range last {
		if len(e.Response.Data) != len(big) {
			t.Fatalf("entry %d has %d bytes of its body; the newest are kept", e.Seq, len(e.Response.Data))
		}
	}
}

func TestBodyIsCutAndCopied(t *testing.T) {
	t.Parallel()
	r := journal.New(0).Ring("default")
	buffer := []byte("the first body")
	note := []string{"a note"}
	write(r, func(e *journal.Entry) { e.Request.Data, e.Notes = buffer, note })
	copy(buffer, "overwritten!!!")
	note[0] = "overwritten"
	long := bytes.Repeat([]byte("y"), journal.BodySize+1)
	write(r, body(long))
	path := strings.Repeat("p", 5*journal.TextSize)
	write(r, func(e *journal.Entry) { e.Path, e.Query, e.Why.Detail = path, path, path })
	got, _ := r.List(journal.Filter{})
	if string(got[0].Request.Data) != "the first body" || got[0].Notes[0] != "a note" {
		t.Errorf("the entry says %q and %q", got[0].Request.Data, got[0].Notes)
	}
	if b := got[1].Response; len(b.Data) != journal.BodySize || b.Size != len(long) || b.Dropped {
		t.Errorf("a long body: %d bytes of %d kept", len(b.Data), b.Size)
	}
	for _, text := range []string{got[2].Path, got[2].Query, got[2].Why.Detail} {
		if len(text) > journal.TextSize+len("…") || !strings.HasSuffix(text, "…") {
			t.Errorf("a text of %d bytes is kept", len(text))
		}
	}
	got[0].Request.Data[0], got[0].Notes[0] = 'X', "X"
	again, _ := r.List(journal.Filter{})
	if string(again[0].Request.Data) != "the first body" || again[0].Notes[0] != "a note" {
		t.Error("what List gave is not a copy")
	}
	one, _ := r.Get("req_1")
	one.Request.Data[0] = 'X'
	if two, _ := r.Get("req_1"); string(two.Request.Data) != "the first body" {
		t.Error("what Get gave is not a copy")
	}
}

// An entry's place keeps the memory of a big body only as long as it is of use.
func TestPlacesDoNotHoard(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	r := j.Ring("default")
	for range journal.RingSize {
		write(r, body(make([]byte, 1000)))
	}
	for range journal.RingSize {
		write(r, body(make([]byte, 10)))
	}
	got, dropped := r.List(journal.Filter{})
	if dropped.Bodies != 0 || len(got[0].Response.Data) != 10 {
		t.Fatalf("small bodies were dropped: %+v", dropped)
	}
	if most := int64(journal.RingSize * (640 + 20)); j.Used() > most {
		t.Errorf("%d small entries use %d bytes, want at most %d", len(got), j.Used(), most)
	}
}

func TestEntryCostIsHonest(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	write(j.Ring("default"))
	if size := int64(unsafe.Sizeof(journal.Entry{})); j.Used() < size {
		t.Errorf("an entry of %d bytes is counted as %d", size, j.Used())
	}
	before := j.Used()
	write(j.Ring("default"), func(e *journal.Entry) { e.Path, e.Notes = "/12345", []string{"1234"} })
	if got := j.Used() - 2*before; got != 10 {
		t.Errorf("ten bytes of texts are counted as %d", got)
	}
}

func TestOneBudgetForAll(t *testing.T) {
	t.Parallel()
	const limit, rings = 1 << 20, 1000
	const entry = 2048
	j := journal.New(limit)
	big := bytes.Repeat([]byte("z"), 1024)
	wall := noon
	add := func(n int) {
		wall = wall.Add(time.Second)
		write(j.Ring(fmt.Sprint("ci-", n)), func(e *journal.Entry) { e.Wall, e.Response.Data = wall, big })
		if used := j.Used(); used > limit+entry {
			t.Fatalf("%d bytes are used of %d", used, limit)
		}
	}
	for n := range rings {
		add(n)
	}
	// 1,000 × 1.6 KB do not fit; 1,000 × 0.6 KB do: the oldest rings gave their bodies,
	// nobody gave an entry.
	stripped := 0
	for n := range rings {
		got, dropped := j.Ring(fmt.Sprint("ci-", n)).List(journal.Filter{})
		if len(got) != 1 || dropped.Entries != 0 {
			t.Fatalf("ring %d has %d entries, dropped %+v", n, len(got), dropped)
		}
		if got[0].Response.Dropped != (dropped.Bodies == 1) {
			t.Fatalf("ring %d: dropped %v, said %+v", n, got[0].Response.Dropped, dropped)
		}
		if got[0].Response.Dropped {
			if stripped != n {
				t.Fatalf("ring %d gave its body before ring %d, which is older", n, stripped)
			}
			stripped++
		}
	}
	if stripped == 0 || stripped > 700 {
		t.Errorf("%d rings of %d gave their bodies", stripped, rings)
	}
	for n := range 3 * rings {
		add(n % rings)
	}
	oldest, dropped := j.Ring("ci-0").List(journal.Filter{})
	if len(oldest) != 0 || dropped.Entries == 0 {
		t.Errorf("the oldest ring keeps %d entries, dropped %+v", len(oldest), dropped)
	}
	newest, dropped := j.Ring("ci-999").List(journal.Filter{})
	if n := len(newest); n == 0 || newest[n-1].Seq != 4 || int64(n)+dropped.Entries != 4 {
		t.Errorf("the newest ring keeps %v of 4 entries, dropped %+v", seqs(newest), dropped)
	}
	if j.Used() < limit/2 {
		t.Errorf("only %d bytes of %d are used: too much made room", j.Used(), limit)
	}
}

func TestDrop(t *testing.T) {
	t.Parallel()
	j := journal.New(0)
	keep := write(j.Ring("kept"), body([]byte("a body")))
	used := j.Used()
	old := j.Ring("gone")
	write(old, body([]byte("another")))
	j.Drop("gone")
	j.Drop("gone")
	j.Drop("never there")
	if j.Used() != used {
		t.Errorf("%d bytes are used after Drop, %d before the ring", j.Used(), used)
	}
	write(old, body([]byte("a writer that still held it")))
	if got, _ := old.List(journal.Filter{}); len(got) != 0 || j.Used() != used {
		t.Errorf("a dropped ring keeps %d entries and %d bytes", len(got), j.Used()-used)
	}
	if n := j.Ring("gone").Next(); n != 1 {
		t.Errorf("the new ring of the name starts at %d", n)
	}
	if _, ok := j.Ring("kept").Get(keep.ID); !ok {
		t.Error("another sandbox lost its entry")
	}
}

func TestConcurrentAdd(t *testing.T) {
	t.Parallel()
	const limit, writers, each = 256 << 10, 8, 2000
	j := journal.New(limit)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			buffer := make([]byte, 300)
			for n := range each {
				for i := range buffer {
					buffer[i] = byte(w)
				}
				r := j.Ring(fmt.Sprint("ring-", n%5))
				seq := r.Next()
				r.Add(&journal.Entry{ID: fmt.Sprint(w), Seq: seq, Wall: noon.Add(time.Duration(n)), Request: journal.Body{Data: buffer}})
				switch {
				case n%50 == 0:
					r.List(journal.Filter{Limit: 3})
				case n%501 == 500:
					j.Drop("ring-4")
				}
			}
		})
	}
	wg.Wait()
	if used := j.Used(); used > limit+1024 || used <= 0 {
		t.Errorf("%d bytes are used of %d", used, limit)
	}
	for n := range 5 {
		got, _ := j.Ring(fmt.Sprint("ring-", n)).List(journal.Filter{})
		seen := map[int64]bool{}
		for _, e := range got {
			if seen[e.Seq] {
				t.Fatalf("number %d occurs twice", e.Seq)
			}
			seen[e.Seq] = true
			for _, b := range e.Request.Data {
				if fmt.Sprint(b) != e.ID {
					t.Fatalf("writer %s's body holds bytes of writer %d", e.ID, b)
				}
			}
		}
		j.Drop(fmt.Sprint("ring-", n))
	}
	if j.Used() != 0 {
		t.Errorf("%d bytes are used by nothing", j.Used())
	}
}
