package bank

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// plainForm writes enough of a row to tell it from every other.
func plainForm(width int) *Form {
	return NewForm(func(dst []byte, t *Transaction) []byte {
		return fmt.Appendf(dst, "%s %s %d %d%s", t.ID.Text(), t.Description, t.Amount, t.Balance, strings.Repeat(".", width))
	})
}

// A printed page is what its rows are, one after the other: when they are written, when
// they are joined, and when they are too long to be kept.
func TestPrint(t *testing.T) {
	t.Parallel()
	eachBook(t, func(t *testing.T, b *Book) {
		for _, width := range []int{0, longestRun/runRows - 60, longestRun / 4} {
			f := plainForm(width)
			total := b.Count(noon, Range{})
			ranges := []Range{{}, {From: opened + 40}, {Until: DayOf(noon) - 3}}
			for _, size := range []int{1, runRows, 30} {
				for _, offset := range []int{0, 1, runRows - 1, total / 2, total - 2, total + 1} {
					for _, r := range ranges {
						var want []byte
						for _, row := range b.Page(noon, r, offset, size, nil) {
							want = append(f.write(want, &row), ',')
						}
						for range 2 {
							if got := b.Print(noon, r, offset, size, f, []byte("=")); !bytes.Equal(got[1:], want) || got[0] != '=' {
								t.Fatalf("%d rows behind %d of %v, each %d wide:\n%.300s\nwant\n%.300s", size, offset, r, width, got, want)
							}
						}
					}
				}
			}
		}
	})
}

// What is kept of one World, or of one time, is never another's.
func TestPrintTellsWorldsApart(t *testing.T) {
	t.Parallel()
	f := plainForm(0)
	for range 2 {
		for _, b := range []*Book{
			book(t, open(t, source("salaried")), "main"),
			book(t, scripted(t, "salaried", Change{Account: "main", Do: Alter, Match: Match{Category: "rent"}, Row: Row{Amount: -1}}), "main"),
			book(t, scripted(t, "salaried", Change{Account: "main", Do: Alter, Match: Match{Category: "rent"}, Row: Row{Amount: -1}, VisibleFrom: noon}), "main"),
		} {
			for _, now := range []moment{{DayOf(noon) - 1, 0}, {DayOf(noon) + 1, 0}} {
				at := b.world.instant(now)
				var want []byte
				for _, row := range b.Page(at, Range{}, 0, 100, nil) {
					want = append(f.write(want, &row), ',')
				}
				if got := b.Print(at, Range{}, 0, 100, f, nil); !bytes.Equal(got, want) {
					t.Fatalf("at %v printed\n%.300s\nwant\n%.300s", at, got, want)
				}
			}
		}
	}
}

// Whoever prints beside others gets whole rows.
func TestPrintInParallel(t *testing.T) {
	t.Parallel()
	f, w := plainForm(0), open(t, source("salaried"))
	want := make([][]byte, len(w.books))
	for i, b := range w.books {
		want[i] = b.Print(noon, Range{}, 5, 200, plainForm(0), nil)
	}
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 50 {
				for i, b := range w.books {
					if !bytes.Equal(b.Print(noon, Range{}, 5, 200, f, nil), want[i]) {
						t.Fatal("a page differs")
					}
				}
			}
		})
	}
}
