package bank

import (
	"bytes"
	"reflect"
	"testing"
)

// Two connections to one account have the same rows under ids of their own, each of which
// leads back to its row, and to none of the other connection's.
func TestIDsOfConnections(t *testing.T) {
	t.Parallel()
	for _, p := range Personas() {
		t.Run(p.Key, func(t *testing.T) {
			t.Parallel()
			w := open(t, source(p.Key))
			a, z := w.For("link_a"), w.For("link_z")
			for i, x := range a.books {
				y, own := z.books[i], w.books[i]
				if _, ok := z.BookByID(x.account.ID); ok || x.account.ID == own.account.ID {
					t.Fatalf("%s: the id %s of one connection is another's, too", x.account.Key, x.account.ID.Text())
				}
				if b, ok := a.BookByID(x.account.ID); !ok || b != x {
					t.Fatalf("%s: its id does not lead to it", x.account.Key)
				}
				rows, others := append(x.Pending(noon), x.Page(noon, Range{}, 0, 400, nil)...), append(y.Pending(noon), y.Page(noon, Range{}, 0, 400, nil)...)
				if len(rows) != len(others) {
					t.Fatalf("%s: %d rows and %d", x.account.Key, len(rows), len(others))
				}
				for j := range rows {
					r, o := rows[j], others[j]
					if back, ok := x.ByID(noon, r.ID); !ok || !reflect.DeepEqual(back, r) && p.Key != "duplicates" { // there an id comes twice
						t.Fatalf("%s: %s leads to %+v, not to %+v", x.account.Key, r.ID.Text(), back, r)
					}
					if _, ok := y.ByID(noon, r.ID); ok {
						t.Fatalf("%s: %s of one connection is read by another", x.account.Key, r.ID.Text())
					}
					if _, ok := own.ByID(noon, r.ID); ok {
						t.Fatalf("%s: %s of a connection is the bank's", x.account.Key, r.ID.Text())
					}
					if r.Pending { // which come by their instant, and by their id where that is one
						continue
					}
					if r.ID, o.ID = 0, 0; !reflect.DeepEqual(r, o) {
						t.Fatalf("%s: two connections read\n%+v\n%+v", x.account.Key, r, o)
					}
				}
				if n := len(rows); n > 2 && !rows[n-1].Pending {
					if got, ok := x.Before(noon, Range{}, rows[n-2].ID, 1, nil); !ok || got[0].ID != rows[n-1].ID {
						t.Errorf("%s: before %s comes %+v", x.account.Key, rows[n-2].ID.Text(), got)
					}
					if _, ok := y.After(noon, Range{}, rows[n-1].ID, 1, nil); ok {
						t.Errorf("%s: a cursor of one connection moves another", x.account.Key)
					}
				}
			}
		})
	}
}

// A name gives the same ids again, and the ids of one account under many names do not meet.
func TestIDsAreAFunctionOfTheConnection(t *testing.T) {
	t.Parallel()
	w := open(t, source("salaried"))
	seen := map[ID]string{}
	for i := range 2_000 {
		name := "link_" + digitsOf(uint64(i), 6)
		id := w.For(name).books[0].account.ID
		if id != open(t, source("salaried")).For(name).books[0].account.ID {
			t.Fatal("a connection's ids change")
		}
		if other, ok := seen[id]; ok {
			t.Fatalf("%s and %s share %s", name, other, id.Text())
		}
		seen[id] = name
	}
}

// Rows that were kept for one connection are never printed for another.
func TestPrintTellsConnectionsApart(t *testing.T) {
	t.Parallel()
	f, w := plainForm(0), open(t, source("salaried"))
	for range 3 {
		for _, v := range []*World{w, w.For("a"), w.For("b"), w.For("a")} {
			b := book(t, v, "main")
			var want []byte
			for _, row := range b.Page(noon, Range{}, 3, 60, nil) {
				want = append(f.write(want, &row), ',')
			}
			if got := b.Print(noon, Range{}, 3, 60, f, nil); !bytes.Equal(got, want) {
				t.Fatalf("%.200s\nwant\n%.200s", got, want)
			}
		}
	}
}

// News, and what a change made of a row, is told under the ids of who asks.
func TestNewsOfAConnection(t *testing.T) {
	t.Parallel()
	rent := Match{Category: "rent"}
	v := scripted(t, "salaried", Change{Account: "main", Do: Alter, Match: rent, Row: Row{Amount: -7}, VisibleFrom: noon},
		Change{Account: "main", Do: Duplicate, Match: Match{Category: "power"}, VisibleFrom: noon},
		Change{Account: "main", Do: Remove, Match: Match{Category: "internet"}, VisibleFrom: noon}).For("link")
	b := book(t, v, "main")
	n := b.News(noon.Add(-1), noon.Add(1))
	if len(n.Added) != 1 || len(n.Changed) != 1 || len(n.Removed) != 1 {
		t.Fatalf("%d, %d and %d rows", len(n.Added), len(n.Changed), len(n.Removed))
	}
	for _, r := range []Transaction{n.Added[0], n.Changed[0]} {
		if got, ok := b.ByID(noon, r.ID); !ok || got.Amount != r.Amount {
			t.Errorf("%s leads to %+v", r.ID.Text(), got)
		}
	}
	if _, ok := b.ByID(noon.Add(-1), n.Removed[0].ID); !ok {
		t.Error("a removed row has an id that it never had")
	}
}

// A change may name its row by the id that a connection shows, or by the bank's own.
func TestMatchByTheIDOfAConnection(t *testing.T) {
	t.Parallel()
	w := open(t, source("salaried"))
	shown, own := book(t, w.For("link_1"), "main").Page(noon, Range{}, 5, 1, nil)[0], book(t, w, "main").Page(noon, Range{}, 5, 1, nil)[0]
	alter := func(id, as string) (*World, error) {
		s := source("salaried")
		s.Script = NewScript(nil, Change{Account: "main", Do: Alter, Match: Match{ID: "mov_" + id}, Row: Row{Amount: -4711}}).As(as)
		return Open(s)
	}
	for _, id := range []string{shown.ID.Text(), own.ID.Text()} {
		v, err := alter(id, "link_1")
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := book(t, v, "main").ByID(noon, own.ID); got.Amount != -4711 {
			t.Errorf("%s: the row is %+v", id, got)
		}
	}
	if _, err := alter(shown.ID.Text(), "link_2"); err == nil {
		t.Error("another connection's id names a row")
	}
}
