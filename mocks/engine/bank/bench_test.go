package bank

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Figures of one run, side by side: bursts of the cases take turns, and the median of
// each is kept, so that a noisy machine disturbs all of them alike.

var benchNow = time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC)

// volume is an account with exactly n rows over ten years, of purchases or of card sales.
func volume(b testing.TB, n int64, mix ...Share) *Book {
	b.Helper()
	w, err := withSpec(b, "ES", "business", &Spec{Name: "volume", Accounts: []AccountSpec{{Key: "main", Count: n, From: Date(2016, 1, 1), Until: Date(2026, 1, 1), Mix: mix}}})
	if err != nil {
		b.Fatal(err)
	}
	return book(b, w, "main")
}

// turns runs every case in turn and returns the median nanoseconds of one call.
func turns(b *testing.B, cases []func()) []float64 {
	const rounds, burst = 41, 200
	times := make([][]float64, len(cases))
	for range rounds {
		for i, f := range cases {
			start := time.Now()
			for range burst {
				f()
			}
			times[i] = append(times[i], float64(time.Since(start).Nanoseconds())/burst)
		}
	}
	out := make([]float64, len(cases))
	for i := range times {
		slices.Sort(times[i])
		out[i] = times[i][rounds/2]
	}
	for b.Loop() { // what counts was measured above
	}
	return out
}

// A page costs what it holds, however long the history is and however deep it lies.
func BenchmarkPages(b *testing.B) {
	for _, size := range []int{30, 100, 300} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			dst := make([]Transaction, 0, size)
			var cases []func()
			sizes := []int64{1_000, 1_000_000, 10_000_000}
			for _, n := range sizes {
				book := volume(b, n)
				book.Count(benchNow, Range{})
				cases = append(cases, func() { dst = book.Page(benchNow, Range{}, int(n)-size, size, dst[:0]) })
			}
			ns := turns(b, cases)
			b.ReportMetric(ns[0], "ns/1k")
			b.ReportMetric(ns[1], "ns/1M")
			b.ReportMetric(ns[2], "ns/10M")
			b.ReportMetric(ns[2]/ns[0], "10M/1k")
			b.ReportMetric(float64(size)*1e9/ns[2], "rows/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A cold start folds the days, whatever they hold.
func BenchmarkCold(b *testing.B) {
	cases := map[string]*Book{
		"1k": volume(b, 1_000), "10M": volume(b, 10_000_000), "salaried": book(b, open(b, source("salaried")), "main"),
		"power-user": book(b, open(b, source("power-user")), "main"),
	}
	for _, name := range []string{"1k", "10M", "salaried", "power-user"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cases[name].world.Forget()
				cases[name].Count(noon, Range{})
			}
		})
	}
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			open(b, source("power-user"))
		}
	})
}

// What a hot account keeps: its day totals.
func BenchmarkMemory(b *testing.B) {
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const worlds = 50
	kept := make([]*World, worlds)
	before := heap()
	for i := range kept {
		s := source("salaried")
		s.Seed = uint64(i)
		s.Opened = Date(2024, 1, 15)
		kept[i] = open(b, s)
		kept[i].books[0].Count(noon, Range{})
	}
	account := float64(heap()-before) / worlds / float64(len(kept[0].books))
	heavy := volume(b, 10_000_000)
	before = heap()
	heavy.Count(benchNow, Range{})
	ledger := float64(heap() - before)
	for b.Loop() { // what counts was measured above
	}
	b.ReportMetric(account/1024, "KiB/account")
	b.ReportMetric(ledger/1024, "KiB/10M-ledger")
	b.ReportMetric(0, "ns/op")
	runtime.KeepAlive(kept)
	runtime.KeepAlive(heavy)
}

func BenchmarkLookups(b *testing.B) {
	big := volume(b, 10_000_000, Share{"groceries", 10}, Share{"online", 3})
	id := big.Page(benchNow, Range{}, 5_000_000, 1, nil)[0].ID
	for name, f := range map[string]func(){
		"by-id":   func() { big.ByID(benchNow, id) },
		"count":   func() { big.Count(benchNow, Range{From: Date(2020, 1, 1)}) },
		"balance": func() { big.Balance(benchNow) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

// A page under the ids of a connection costs what it costs under the bank's: printed from
// kept rows, and written anew.
func BenchmarkIDsOfAConnection(b *testing.B) {
	const size = 30
	own := book(b, open(b, source("salaried")), "main")
	shown := book(b, own.world.For("link_1"), "main")
	f, text, rows := plainForm(200), []byte(nil), make([]Transaction, 0, size)
	printed := func(b *Book) func() {
		return func() { text = b.Print(noon, Range{}, 0, size, f, text[:0]) }
	}
	written := func(b *Book) func() {
		return func() { rows = b.Page(noon, Range{}, 0, size, rows[:0]) }
	}
	ns := turns(b, []func(){printed(own), printed(shown), written(own), written(shown)})
	b.ReportMetric(ns[0], "ns/printed")
	b.ReportMetric(ns[1], "ns/printed-own-ids")
	b.ReportMetric(ns[2], "ns/written")
	b.ReportMetric(ns[3], "ns/written-own-ids")
	b.ReportMetric(0, "ns/op")
}
