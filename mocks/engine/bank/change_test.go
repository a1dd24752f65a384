package bank

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// scripted is the salaried persona with changes.
func scripted(t testing.TB, persona string, changes ...Change) *World {
	t.Helper()
	s := source(persona)
	s.Script = NewScript(nil, changes...)
	return open(t, s)
}

func TestInsertAndRemoveAreInverse(t *testing.T) {
	t.Parallel()
	plain := book(t, open(t, source("salaried")), "main")
	inserted := book(t, scripted(t, "salaried", Change{
		Account: "main", Do: Insert, Row: Row{Posted: Date(2025, 12, 10), Second: 15 * 3600, Amount: -350_000, Description: "Glücksspielhaus", ID: "one"},
	}), "main")
	before, after := all(plain, noon), all(inserted, noon)
	if len(after) != len(before)+1 {
		t.Fatalf("%d rows after one more than %d", len(after), len(before))
	}
	at := slices.IndexFunc(after, func(r Transaction) bool { return r.Description == "Glücksspielhaus" })
	row := after[at]
	if row.Amount != -350_000 || row.Posted != Date(2025, 12, 10) || row.Balance != after[at+1].Balance-350_000 || row.Kind != KindCard || row.Pending {
		t.Errorf("inserted %+v", row)
	}
	if got, ok := inserted.ByID(noon, row.ID); !ok || !reflect.DeepEqual(got, row) {
		t.Errorf("by id %+v, %v", got, ok)
	}
	chain(t, "inserted", inserted, noon, after)
	paged(t, "inserted", inserted, noon, after, 7)
	// The next settlement sends away what the inserted row took.
	for i, r := range after {
		if r.Category == "surplus" && r.Posted.month() == Date(2026, 1, 1).month() {
			t.Errorf("row %d: it is noon of the fifteenth, the surplus leaves on the sixteenth", i)
		}
	}
	later := noon.AddDate(0, 0, 2)
	if x, y := inserted.Balance(later).Current, plain.Balance(later).Current; x != y {
		t.Errorf("after the settlement the balance is %d, want %d", x, y)
	}
	// Taking away what a fixture put there leaves nothing behind.
	gone := book(t, scripted(t, "salaried",
		Change{Account: "main", Do: Duplicate, Match: Match{Category: "rent"}},
		Change{Account: "main", Do: Remove, Match: Match{Category: "rent"}},
	), "main")
	sum := func(rows []Transaction) (s int64) {
		for _, r := range rows {
			s += r.Amount
		}
		return s
	}
	if rows := all(gone, noon); len(rows) != len(before) || sum(rows) != sum(before) {
		t.Errorf("a duplicate without its original: %d rows of %d, want %d of %d", len(rows), sum(rows), len(before), sum(before))
	}
}

func TestMoveKeepsIdentity(t *testing.T) {
	t.Parallel()
	plain := book(t, open(t, source("salaried")), "main")
	moved := book(t, scripted(t, "salaried", Change{Account: "main", Do: Move, Match: Match{Category: "salary"}, Date: Date(2026, 1, 13)}), "main")
	want := find(t, all(plain, noon), "salary")
	got := find(t, all(moved, noon), "salary")
	if got.ID != want.ID || got.Posted != Date(2026, 1, 13) || !got.At.Equal(want.At) || got.Amount != want.Amount || got.Reference != want.Reference {
		t.Errorf("moved %+v, was %+v", got, want)
	}
	if _, ok := moved.ByID(noon.AddDate(0, 0, -5), want.ID); ok {
		t.Error("the salary is there before it was booked")
	}
	if r, ok := moved.ByID(noon, want.ID); !ok || !reflect.DeepEqual(r, got) {
		t.Errorf("by id %+v", r)
	}
	rows := all(moved, noon)
	chain(t, "moved", moved, noon, rows)
	habits := func(rows []Transaction) (n int) { // a late salary may cost an overdraft fee
		for _, r := range rows {
			if moved.world.seal.decode(r.ID).layer != layerExtra {
				n++
			}
		}
		return n
	}
	if habits(rows) != len(all(plain, noon)) {
		t.Error("a move changes the number of rows")
	}
	if r, ok := moved.Before(noon, Range{}, want.ID, 5, nil); !ok || !reflect.DeepEqual(r, rows[slices.IndexFunc(rows, func(x Transaction) bool { return x.ID == want.ID })+1:][:5]) {
		t.Errorf("behind the moved row: %v, %v", r, ok)
	}
}

func find(t *testing.T, rows []Transaction, category string) Transaction {
	t.Helper()
	i := slices.IndexFunc(rows, func(r Transaction) bool { return r.Category == category })
	if i < 0 {
		t.Fatalf("no row of %s", category)
	}
	return rows[i]
}

func TestDuplicatesAndEdits(t *testing.T) {
	t.Parallel()
	plain := all(book(t, open(t, source("salaried")), "main"), noon)
	rent, groceries := find(t, plain, "rent"), find(t, plain, "groceries")
	w := scripted(t, "salaried",
		Change{Account: "main", Do: Duplicate, Match: Match{Category: "rent"}},
		Change{Account: "main", Do: Duplicate, Match: Match{ID: "mov_" + groceries.ID.Text()}, SameID: true},
		Change{Account: "main", Do: Alter, Match: Match{Category: "power"}, Row: Row{Amount: -99_990, Description: "CORREGIDO"}},
		Change{Account: "main", Do: Alter, Match: Match{Category: "internet"}, Row: Row{Amount: -1}, Displayed: true},
		Change{Account: "main", Do: Misstate, OffBy: 7, Date: Date(2026, 1, 12)},
	)
	b := book(t, w, "main")
	rows := all(b, noon)
	if len(rows) != len(plain)+2 {
		t.Fatalf("%d rows, want two more than %d", len(rows), len(plain))
	}
	var twins, same int
	var wrong int64
	for i, r := range rows {
		if r.Category == "rent" && r.Posted == rent.Posted && r.Amount == rent.Amount {
			twins++
		}
		if r.ID == groceries.ID {
			same++
		}
		switch {
		case r.Description == "CORREGIDO" && r.Amount != -99_990:
			t.Errorf("edited %+v", r)
		case r.Posted == Date(2026, 1, 12):
			wrong++
			next := rows[i+1].Balance
			if rows[i+1].Posted != r.Posted {
				next += 7
			}
			if r.Balance != next+r.Amount {
				t.Errorf("the lie of the twelfth: %+v after %d", r, rows[i+1].Balance)
			}
		case r.Amount == -1:
			real := find(t, plain, "internet").Amount
			if r.Balance != rows[i+1].Balance+real {
				t.Errorf("a displayed amount moved the balance: %+v", r)
			}
		}
	}
	if twins != 2 || same != 2 || wrong == 0 {
		t.Errorf("%d rents, %d with one id, %d with a wrong balance", twins, same, wrong)
	}
	find(t, rows, "power")
}

func TestChangesHaveTheirTime(t *testing.T) {
	t.Parallel()
	from, until := noon.AddDate(0, 0, -2), noon.AddDate(0, 0, 3)
	w := scripted(t, "salaried",
		Change{Account: "main", Do: Insert, Row: Row{Posted: Date(2026, 1, 5), Amount: 5_000, Description: "SURPRISE"}, VisibleFrom: from, VisibleUntil: until},
		Change{Account: "main", Do: Alter, Match: Match{Category: "mobile"}, Row: Row{Description: "EDITADO"}, VisibleFrom: from},
		Change{Account: "main", Do: Remove, Match: Match{Category: "rent"}, VisibleFrom: from},
	)
	b, plain := book(t, w, "main"), book(t, open(t, source("salaried")), "main")
	for _, at := range []time.Time{from.Add(-time.Second), from, noon, until, until.AddDate(0, 2, 0)} {
		rows := all(b, at)
		chain(t, at.String(), b, at, rows)
		there := slices.ContainsFunc(rows, func(r Transaction) bool { return r.Description == "SURPRISE" })
		if want := !at.Before(from) && at.Before(until); there != want {
			t.Errorf("at %s the row is there: %v", at, there)
		}
	}
	if x := from.Add(-time.Second); !reflect.DeepEqual(all(b, x), all(plain, x)) {
		t.Error("a change is felt before its time")
	}
	news := b.News(from.Add(-time.Second), noon)
	booked := plain.News(from.Add(-time.Second), noon)
	if len(booked.Changed)+len(booked.Removed) > 0 || len(booked.Added) == 0 {
		t.Fatalf("without changes: %d booked, %d changed, %d removed", len(booked.Added), len(booked.Changed), len(booked.Removed))
	}
	if len(news.Added) != len(booked.Added)+1 || len(news.Changed) != 1 || len(news.Removed) != 1 {
		t.Errorf("%d added (want %d), %d changed, %d removed", len(news.Added), len(booked.Added)+1, len(news.Changed), len(news.Removed))
	}
	if n := b.Added(from.Add(-time.Second), noon); n != len(news.Added) {
		t.Errorf("Added says %d", n)
	}
	if n := plain.Added(from, noon); n != plain.Count(noon, Range{})-plain.Count(from, Range{}) {
		t.Errorf("Added says %d", n)
	}
}

func TestAccountsOpenAndClose(t *testing.T) {
	t.Parallel()
	open, shut := Date(2026, 1, 5), Date(2026, 1, 14)
	w := scripted(t, "power-user",
		Change{Account: "sight", Do: OpenOn, Date: open},
		Change{Account: "second", Do: CloseOn, Date: shut},
	)
	if len(w.AccountsAt(noon.AddDate(0, -1, 0))) != len(w.Accounts())-1 {
		t.Errorf("the account that opens later is shown before: %v", w.AccountsAt(noon.AddDate(0, -1, 0)))
	}
	for _, a := range w.AccountsAt(noon) {
		switch a.Key {
		case "sight":
			if rows := all(book(t, w, "sight"), noon); a.Opened != open || len(rows) == 0 || rows[len(rows)-1].Posted < open {
				t.Errorf("opened %s, %d rows", a.Opened, len(rows))
			}
			chain(t, "sight", book(t, w, "sight"), noon, all(book(t, w, "sight"), noon))
		case "second":
			b := book(t, w, "second")
			rows := all(b, noon.AddDate(0, 0, 9))
			if a.Closed != shut || rows[0].Posted != shut || rows[0].Category != "closing" || rows[0].Balance != 0 || b.Balance(noon).Current != 0 {
				t.Errorf("closed %s; the last row is %+v", a.Closed, rows[0])
			}
		}
	}
	closed := sampleBook(t, "closed", "DE", "second")
	now := closed.world.instant(moment{closed.world.source.Born, 0})
	if rows := all(closed, now); rows[0].Balance != 0 || rows[0].Category != "closing" || rows[0].Counterparty == nil {
		t.Errorf("the closed persona ends in %+v", rows[0])
	}
}

func sampleBook(t testing.TB, persona, country, key string) *Book {
	t.Helper()
	w, _ := sampleOf(t, 11, persona, country)
	return book(t, w, key)
}

func TestRefusedChanges(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Change{
		`no account "giro", use one of main, sight, card`:             {Account: "giro", Do: Remove},
		`no row up to 2026-01-16 matches {category: rnt}`:             {Account: "main", Do: Remove, Match: Match{Category: "rnt"}},
		`move on main: set the date that the row moves`:               {Account: "main", Do: Move, Match: Match{Category: "rent"}},
		`insert on main: set the date of the row`:                     {Account: "main", Do: Insert},
		`use insert, remove, move, duplicate`:                         {Account: "main", Do: "explode", Match: Match{Category: "rent"}},
		`close on main: set the date`:                                 {Account: "main", Do: CloseOn},
		`no row can be on 2019-01-01: the history is from 2023-01-10`: {Account: "main", Do: Insert, Row: Row{Posted: Date(2019, 1, 1), Amount: 1}},
		`no row can be on 2019-01-02`:                                 {Account: "main", Do: Move, Match: Match{Category: "rent"}, Date: Date(2019, 1, 2)},
	} {
		s := source("salaried")
		s.Script = NewScript(nil, c)
		if _, err := Open(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func TestKeysTellSourcesApart(t *testing.T) {
	t.Parallel()
	plain, one, two := source("salaried"), source("salaried"), source("salaried")
	change := func(amount int64) *Script {
		return NewScript(nil, Change{Account: "main", Do: Insert, Row: Row{Posted: opened, Amount: amount}})
	}
	one.Script, two.Script = change(1), change(1)
	if one.Key() != two.Key() || one.Key() == plain.Key() {
		t.Error("equal scripts have other keys, or a script has none")
	}
	if two.Script = change(2); one.Key() == two.Key() {
		t.Error("other scripts have one key")
	}
}

// Changes of one row add up, whatever it is: generated, moved, or written by hand.
func TestChangesOfOneRow(t *testing.T) {
	t.Parallel()
	rent := Match{Category: "rent"}
	w := scripted(t, "salaried",
		Change{Account: "main", Do: Alter, Match: rent, Row: Row{Amount: -1_000}},
		Change{Account: "main", Do: Alter, Match: rent, Row: Row{Description: "ARRIENDO"}},
		Change{Account: "main", Do: Move, Match: Match{Category: "power"}, Date: Date(2026, 1, 14)},
		Change{Account: "main", Do: Alter, Match: Match{Category: "power"}, Row: Row{Amount: -2_000}},
		Change{Account: "main", Do: Alter, Match: Match{Category: "internet"}, Row: Row{Amount: -3_000}},
		Change{Account: "main", Do: Remove, Match: Match{Category: "internet"}},
	)
	b := book(t, w, "main")
	rows := all(b, noon)
	chain(t, "changed", b, noon, rows)
	if r := find(t, rows, "rent"); r.Amount != -1_000 || r.Description != "ARRIENDO" {
		t.Errorf("altered twice: %+v", r)
	}
	if r := find(t, rows, "power"); r.Amount != -2_000 || r.Posted != Date(2026, 1, 14) {
		t.Errorf("moved and altered: %+v", r)
	}
	if r := find(t, rows, "internet"); r.Posted >= Date(2026, 1, 1) {
		t.Errorf("altered and removed: %+v", r)
	}
	fixture := []Row{{Posted: Date(2026, 1, 5), Amount: 5_000, Description: "A", ID: "a"}, {Posted: Date(2026, 1, 6), Amount: -700, Description: "B", ID: "b", Balance: money(4_300)}, {Posted: Date(2026, 1, 7), Amount: -1, Description: "C"}}
	s := source("empty")
	spec := &Spec{Name: "own", Accounts: []AccountSpec{{Key: "main", Opening: money(0), Rows: fixture}}}
	s.Script = NewScript(spec,
		Change{Account: "main", Do: Remove, Match: Match{Kind: KindTransferIn}},
		Change{Account: "main", Do: Alter, Match: Match{Kind: KindCard, Which: 2}, Row: Row{Amount: -900}},
		Change{Account: "main", Do: Move, Match: Match{Kind: KindCard, Which: 1}, Date: Date(2026, 1, 9)},
	)
	own := book(t, open(t, s), "main")
	got := all(own, noon)
	chain(t, "fixture", own, noon, got)
	if len(got) != 2 || got[1].Amount != -900 || got[0].Posted != Date(2026, 1, 9) || got[0].Balance != -901 {
		t.Errorf("a changed fixture: %+v", got)
	}
	spec.Accounts[0].Rows = append(fixture, fixture[0])
	s.Script = NewScript(spec)
	if _, err := Open(s); err == nil || !strings.Contains(err.Error(), `two rows of 2026-01-05 have the id "a"`) {
		t.Errorf("an id twice: %v", err)
	}
}
