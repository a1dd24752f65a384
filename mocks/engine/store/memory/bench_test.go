package memory_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

var (
	ctx = context.Background()
	now = time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC)
)

func create(b *testing.B, s store.Store, sandbox, id string) {
	rec := store.Record{Kind: "k", ID: id, Group: "g", Lookup: store.HashOf(sandbox + id), Due: now, Value: &now}
	if err := s.Do(ctx, sandbox, func(tx store.Tx) error { return tx.Create(rec) }); err != nil {
		b.Fatal(err)
	}
}

func filled(b *testing.B, rows int) store.Store {
	s := memory.New()
	for i := range rows {
		create(b, s, "box", strconv.Itoa(i))
	}
	b.ReportAllocs()
	b.ResetTimer()
	return s
}

func BenchmarkGet(b *testing.B) {
	s := filled(b, 10_000)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = s.View(ctx, "box", func(tx store.Tx) error { _, err := tx.Get("k", "5000"); return err })
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	s, hash := filled(b, 10_000), store.HashOf("box5000")
	for b.Loop() {
		if _, err := s.Lookup(ctx, hash); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	s := filled(b, 0)
	for i := 0; b.Loop(); i++ {
		create(b, s, "box", strconv.Itoa(i))
	}
}

// BenchmarkDo updates one of many rows.
func BenchmarkDo(b *testing.B) {
	s := filled(b, 10_000)
	for b.Loop() {
		_ = s.Do(ctx, "box", func(tx store.Tx) error {
			rec, err := tx.Get("k", "5000")
			if err != nil {
				return err
			}
			return tx.Update(rec)
		})
	}
}

// BenchmarkPage reads 30 rows in the middle of many.
func BenchmarkPage(b *testing.B) {
	s := filled(b, 10_000)
	for b.Loop() {
		_ = s.View(ctx, "box", func(tx store.Tx) error {
			_, err := tx.List(store.Query{Kind: "k", Group: "g", After: "5000", Limit: 30})
			return err
		})
	}
}

// BenchmarkClaim takes one of many due rows and acknowledges it by moving its due.
func BenchmarkClaim(b *testing.B) {
	s := filled(b, 10_000)
	for b.Loop() {
		recs, err := s.Claim(ctx, "box", "k", now, now, time.Minute, 1)
		if err != nil || len(recs) == 0 {
			b.Fatalf("claimed %v, %v", recs, err)
		}
		_ = s.Do(ctx, "box", func(tx store.Tx) error { return tx.Update(recs[0]) })
	}
}

// BenchmarkNewSandbox is the first write of a sandbox, in a store that has all the earlier ones. The budget is 0.2 ms.
func BenchmarkNewSandbox(b *testing.B) {
	s := filled(b, 0)
	for i := 0; b.Loop(); i++ {
		create(b, s, strconv.Itoa(i), "a")
	}
}
