package bank

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	opened = Date(2023, time.January, 10)
	// A Thursday at noon in Santiago: rows of the day are half out.
	noon = time.Date(2026, time.January, 15, 15, 0, 0, 0, time.UTC)
)

func source(persona string) Source {
	s := Source{
		Seed: 7, Persona: persona, Country: "cl", Opened: opened, Born: Date(2026, time.January, 15),
		Institution: Institution{ID: "cl_banco_de_chile", Name: "Banco de Chile", Country: "CL"},
		Holder:      Holder{Kind: Individual, NationalID: "416148503"},
	}
	if persona == "business" { // fifty thousand rows a month
		s.Opened = Date(2025, time.December, 1)
	}
	return s
}

func open(t testing.TB, s Source) *World {
	t.Helper()
	w, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func book(t testing.TB, w *World, key string) *Book {
	t.Helper()
	b, ok := w.Book(key)
	if !ok {
		t.Fatalf("no account %q", key)
	}
	return b
}

func all(b *Book, now time.Time) []Transaction {
	return b.Page(now, Range{}, 0, 1<<30, nil)
}

// eachBook runs a test on every account of every persona.
func eachBook(t *testing.T, test func(t *testing.T, b *Book)) {
	t.Helper()
	for _, p := range Personas() {
		for _, a := range open(t, source(p.Key)).Accounts() {
			t.Run(p.Key+"/"+a.Key, func(t *testing.T) {
				t.Parallel()
				test(t, book(t, open(t, source(p.Key)), a.Key))
			})
		}
	}
}

func TestPersonas(t *testing.T) {
	t.Parallel()
	want := map[string][]AccountType{
		"salaried":    {Checking, Sight, CreditCard},
		"freelancer":  {Checking, CreditCard},
		"student":     {Sight},
		"pensioner":   {Checking, Savings},
		"overdrawn":   {Checking},
		"gambler":     {Checking, CreditCard},
		"power-user":  {Checking, Sight, Savings, Checking, CreditLine, CreditCard, CreditCard},
		"empty":       {Checking},
		"no-accounts": nil,
		"brand-new":   {Checking},
		"joint":       {Checking, CreditCard},
		"business":    {Checking, Checking},
		"fx":          {Checking, Checking, Checking},
		"job-change":  {Checking, Sight, CreditCard},
		"duplicates":  {Checking, Sight, CreditCard},
		"closed":      {Checking, Checking},
	}
	if len(Personas()) != len(want) {
		t.Errorf("%d personas, want %d", len(Personas()), len(want))
	}
	for _, p := range Personas() {
		w := open(t, source(p.Key))
		var got []AccountType
		for _, a := range w.Accounts() {
			got = append(got, a.Type)
			b := book(t, w, a.Key)
			if found, ok := w.BookByID(a.ID); !ok || found != b || b.Account() != a {
				t.Errorf("%s: account %s is not found by its id", p.Key, a.Key)
			}
			rows := b.Count(noon, Range{})
			if (rows == 0) != (p.Key == "empty") {
				t.Errorf("%s/%s has %d rows", p.Key, a.Key, rows)
			}
		}
		if !reflect.DeepEqual(got, want[p.Key]) {
			t.Errorf("%s has %v, want %v", p.Key, got, want[p.Key])
		}
	}
	if n := book(t, open(t, source("business")), "main").Count(noon, Range{From: Date(2025, 12, 1), Until: Date(2026, 1, 1)}); n < 45_000 {
		t.Errorf("a business month has only %d rows", n)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*Source){
		`unknown persona "rich", use one of salaried, freelancer`: func(s *Source) { s.Persona = "rich" },
		`unknown country "AQ", use CL, CA`:                        func(s *Source) { s.Country = "AQ" },
		`no national id`:                                          func(s *Source) { s.Holder.NationalID = "" },
		`cannot open on 1999-12-31`:                               func(s *Source) { s.Opened = Date(1999, 12, 31) },
		`a day from 2000-01-01 to 214`:                            func(s *Source) { s.Opened = LastDay + 1 },
	} {
		s := source("salaried")
		spoil(&s)
		if _, err := Open(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func TestPagesAgree(t *testing.T) {
	t.Parallel()
	eachBook(t, func(t *testing.T, b *Book) {
		want := all(b, noon)
		if len(want) != b.Count(noon, Range{}) {
			t.Fatalf("%d rows, Count says %d", len(want), b.Count(noon, Range{}))
		}
		want = want[:min(len(want), 3000)]
		for _, size := range []int{1, 7, 30, 100} {
			var byOffset, byCursor []Transaction
			for len(byOffset) < len(want) {
				byOffset = b.Page(noon, Range{}, len(byOffset), min(size, len(want)-len(byOffset)), byOffset)
			}
			if len(want) > 0 {
				byCursor = append(byCursor, want[0])
			}
			for len(byCursor) < len(want) {
				var ok bool
				byCursor, ok = b.Before(noon, Range{}, byCursor[len(byCursor)-1].ID, min(size, len(want)-len(byCursor)), byCursor)
				if !ok {
					t.Fatal("a cursor of the page before is unknown")
				}
			}
			for i := range want {
				// A cursor that stands for two rows cannot tell them apart.
				twice := b.world.plan.persona.Key == "duplicates"
				if !reflect.DeepEqual(byOffset[i], want[i]) || !twice && !reflect.DeepEqual(byCursor[i], want[i]) {
					t.Fatalf("size %d, row %d: %+v and %+v, want %+v", size, i, byOffset[i], byCursor[i], want[i])
				}
			}
		}
	})
}

func TestRows(t *testing.T) {
	t.Parallel()
	eachBook(t, func(t *testing.T, b *Book) {
		rows := all(b, noon)
		seen := map[ID]bool{}
		balance := b.BalanceAt(b.world.source.Opened)
		for i := len(rows) - 1; i >= 0; i-- {
			r := rows[i]
			if balance += r.Amount; r.Balance != balance || r.Amount == 0 {
				t.Fatalf("row %d breaks the chain: %+v, want balance %d", i, r, balance)
			}
			if i > 0 && r.Posted > rows[i-1].Posted {
				t.Fatalf("row %d is newer than the one above", i)
			}
			parsed, ok := ParseID(r.ID.Text())
			twice := b.world.plan.persona.Key == "duplicates" && seen[r.ID]
			if seen[r.ID] && !twice || !ok || parsed != r.ID {
				t.Fatalf("id %s is not unique or does not parse", r.ID.Text())
			}
			seen[r.ID] = true
			if found, ok := b.ByID(noon, r.ID); !ok || !twice && b.world.plan.persona.Key != "duplicates" && !reflect.DeepEqual(found, r) {
				t.Fatalf("by id: %+v, want %+v", found, r)
			}
			checkRow(t, b, r)
		}
		if got := b.Balance(noon); got.Current != balance {
			t.Errorf("balance %d, rows add up to %d", got.Current, balance)
		}
	})
}

func checkRow(t *testing.T, b *Book, r Transaction) {
	t.Helper()
	if !b.world.calendar.open(r.Posted) || r.At.After(noon) || r.Pending || r.Account != b.account.Key || r.Currency != b.account.Currency {
		t.Fatalf("impossible row: %+v", r)
	}
	if r.Description == "" || len(r.Description) > b.world.locale.width || strings.ToUpper(r.Description) != r.Description ||
		strings.ContainsFunc(r.Description, func(c rune) bool { return c > '~' || c == '{' }) {
		t.Fatalf("no bank prints %q", r.Description)
	}
	if (r.Counterparty != nil) != r.Kind.IsTransfer() || r.Kind.IsTransfer() != (len(r.Reference) == 10) {
		t.Fatalf("counterparty does not fit %s: %+v", r.Kind, r.Counterparty)
	}
	if p := r.Counterparty; p != nil {
		if _, err := ParseRUT(p.NationalID); err != nil || p.NationalID[0] != '4' || !strings.HasPrefix(p.Account, "0000") || p.Institution.ID == "" || p.Name == "" {
			t.Fatalf("party %+v: %v", p, err)
		}
	}
	if original := r.Original; original != nil && (original.Currency == r.Currency || original.Amount == 0 || original.Amount < 0 != (r.Amount < 0)) {
		t.Fatalf("%d was paid abroad as %+v", r.Amount, original)
	}
	if wrong := map[Kind]bool{KindTransferIn: r.Amount < 0, KindTransferOut: r.Amount > 0}; wrong[r.Kind] {
		t.Fatalf("%s of %d", r.Kind, r.Amount)
	}
}

func TestOwnTransfersHaveTwoLegs(t *testing.T) {
	t.Parallel()
	w := open(t, source("power-user"))
	legs := map[string]Transaction{}
	for _, r := range all(book(t, w, "main"), noon) {
		legs[r.Reference] = r
	}
	n := 0
	for _, key := range []string{"sight", "savings", "line"} {
		b := book(t, w, key)
		for _, r := range all(b, noon) {
			if r.Kind != KindOwnTransfer {
				continue
			}
			n++
			leg := legs[r.Reference]
			if leg.Amount != -r.Amount || !leg.At.Equal(r.At) || leg.Counterparty.Account != b.account.Number {
				t.Errorf("%s: %+v has the other leg %+v", key, r, leg)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d own transfers in three years", n)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	b := book(t, open(t, source("salaried")), "main")
	text := all(b, noon)[5].ID.Text()
	for _, bad := range []string{"", text[:15], text + "0", "0" + text[1:], text[:15] + "_", "zzzzzzzzzzzzzzzz", strings.Repeat("é", 8)} {
		if id, ok := ParseID(bad); ok {
			t.Errorf("%q parsed as %d", bad, id)
		}
	}
	for name, change := range map[string]func(*Source){
		"seed":        func(s *Source) { s.Seed++ },
		"institution": func(s *Source) { s.Institution.ID = "cl_banco_estado" },
		"holder":      func(s *Source) { s.Holder.NationalID = "404276727" },
		"persona":     func(s *Source) { s.Persona = "overdrawn" },
	} {
		s := source("salaried")
		change(&s)
		other := book(t, open(t, s), "main")
		for i, r := range all(other, noon) {
			_, found := b.ByID(noon, r.ID)
			_, before := b.Before(noon, Range{}, r.ID, 1, nil)
			_, after := b.After(noon, Range{}, r.ID, 1, nil)
			if found || before || after {
				t.Fatalf("another %s: row %d is found here", name, i)
			}
		}
		if other.account.ID == b.account.ID || other.account.Number == b.account.Number {
			t.Errorf("another %s has the same account", name)
		}
	}
	card := book(t, b.world, "card")
	for _, r := range all(card, noon) {
		if _, ok := b.ByID(noon, r.ID); ok {
			t.Fatal("a row of another account is found")
		}
	}
}

func TestClockOnlyAdds(t *testing.T) {
	t.Parallel()
	w, jumped := open(t, source("salaried")), open(t, source("salaried"))
	for _, key := range []string{"main", "sight", "card"} {
		b := book(t, w, key)
		start := noon.AddDate(0, 0, -40)
		old := all(b, start)
		cursor := old[10]
		page, _ := b.Before(start, Range{}, cursor.ID, 30, nil)
		pending := map[ID]Transaction{}
		for now := start; !now.After(noon); now = now.Add(3 * time.Hour) {
			rows := all(b, now)
			fresh := rows[:len(rows)-len(old)]
			if !reflect.DeepEqual(rows[len(fresh):], old) {
				t.Fatalf("%s: the past changed at %s", key, now)
			}
			for _, r := range fresh {
				if r.Posted > w.Today(now) || r.At.After(now) {
					t.Fatalf("%s: row of the future at %s: %+v", key, now, r)
				}
				p, held := pending[r.ID]
				before := !r.At.After(now.Add(-3 * time.Hour)) // pending when last looked at
				blocked := r.Category == "fuel" || r.Original != nil
				if r.Kind.holds() && !r.At.IsZero() && before && now.After(start) && (!held || p.Amount != r.Amount && !blocked || !p.At.Equal(r.At)) {
					t.Fatalf("%s: %+v was not pending before it booked, but %+v", key, r, p)
				}
				delete(pending, r.ID)
			}
			held := int64(0)
			holds := b.Pending(now)
			for id, p := range pending { // only what is never booked may vanish, and only late
				if !slices.ContainsFunc(holds, func(h Transaction) bool { return h.ID == id }) {
					if b.world.seal.decode(id).layer != layerHold || now.Before(p.At.AddDate(0, 0, holdDays)) {
						t.Fatalf("%s: a pending row vanished at %s: %+v", key, now, p)
					}
					delete(pending, id)
				}
			}
			for _, p := range holds {
				if found, ok := b.ByID(now, p.ID); !ok || !reflect.DeepEqual(found, p) || !p.Pending || p.Balance != 0 {
					t.Fatalf("%s: pending %+v by id: %+v", key, p, found)
				}
				pending[p.ID] = p
				held += p.Amount
			}
			if bal := b.Balance(now); bal.Available != bal.Current+held {
				t.Fatalf("%s: %+v with %d held", key, bal, held)
			}
			if again, ok := b.Before(now, Range{}, cursor.ID, 30, nil); !ok || !reflect.DeepEqual(again, page) {
				t.Fatalf("%s: the page behind a cursor moved at %s", key, now)
			}
			old = rows
		}
		if !reflect.DeepEqual(old, all(book(t, jumped, key), noon)) {
			t.Errorf("%s: step by step differs from one jump", key)
		}
		w.Forget()
		if !reflect.DeepEqual(old, all(b, noon)) {
			t.Errorf("%s: a rebuilt cache gives other rows", key)
		}
		newer, ok := b.After(noon, Range{}, cursor.ID, 5, nil)
		at := b.Count(noon, Range{}) - b.Count(start, Range{}) + 10
		if !ok || !reflect.DeepEqual(newer, old[at-5:at]) {
			t.Errorf("%s: After gives %+v", key, newer)
		}
		if _, ok := b.Before(start.AddDate(-1, 0, 0), Range{}, cursor.ID, 5, nil); ok {
			t.Errorf("%s: a cursor from the future is known", key)
		}
	}
}

func TestRowAppearsAtItsInstant(t *testing.T) {
	t.Parallel()
	b := book(t, open(t, source("business")), "main")
	for _, r := range b.Page(noon, Range{}, 0, 200, nil) {
		if r.At.IsZero() {
			continue
		}
		if _, early := b.ByID(r.At.Add(-time.Nanosecond), r.ID); early {
			t.Errorf("%+v is there before its time", r)
		}
		if top := b.Page(r.At, Range{}, 0, 1, nil); top[0].ID != r.ID || b.Balance(r.At).Current != r.Balance {
			t.Errorf("at its instant %+v is not the newest row", r)
		}
	}
}

func TestOpenedOnlyCuts(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"salaried", "freelancer", "power-user", "joint", "fx"} {
		later := source(p)
		later.Opened = Date(2025, time.August, 19)
		w := open(t, later)
		for _, a := range open(t, source(p)).Accounts() {
			early := book(t, open(t, source(p)), a.Key).Page(noon, Range{From: later.Opened}, 0, 1<<30, nil)
			late := all(book(t, w, a.Key), noon)
			if a.Type == Savings { // nothing steers it: another opening balance
				for i := range late {
					late[i].Balance = early[i].Balance
					if late[i].Kind == KindInterest {
						late[i] = early[i]
					}
				}
			}
			if len(late) == 0 || !reflect.DeepEqual(early, late) {
				t.Errorf("%s/%s: %d rows when opened later, %d of the same days before", p, a.Key, len(late), len(early))
			}
		}
	}
	unborn := book(t, open(t, source("salaried")), "main")
	if before := opened.Time().AddDate(-1, 0, 0); unborn.Count(before, Range{}) != 0 || len(unborn.Page(before, Range{}, 0, 9, nil)) != 0 {
		t.Error("rows before the account opened")
	}
	if end, beyond := LastDay.Time(), LastDay.Time().AddDate(400, 0, 0); unborn.Count(end, Range{}) != unborn.Count(beyond, Range{}) {
		t.Error("rows beyond the last day")
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	b := book(t, open(t, source("overdrawn")), "main")
	rows := all(b, noon)
	for _, r := range []Range{
		{}, {From: Date(2025, 6, 1)}, {Until: Date(2025, 6, 1)}, {Date(2025, 3, 7), Date(2025, 3, 12)}, {Date(2025, 3, 12), Date(2025, 3, 7)},
		{Date(2010, 1, 1), Date(2040, 1, 1)}, {From: Date(2030, 1, 1)}, {Until: Date(2001, 1, 1)}, {Date(2026, 1, 15), Date(2026, 1, 16)},
	} {
		var want []Transaction
		for _, x := range rows {
			if (r.From == 0 || x.Posted >= r.From) && (r.Until == 0 || x.Posted < r.Until) {
				want = append(want, x)
			}
		}
		if got := b.Page(noon, r, 0, 1<<30, nil); !reflect.DeepEqual(got, want) || b.Count(noon, r) != len(want) {
			t.Errorf("%v: %d rows, count %d, want %d", r, len(got), b.Count(noon, r), len(want))
		}
		if len(want) > 5 {
			if got, ok := b.Before(noon, r, want[1].ID, 3, nil); !ok || !reflect.DeepEqual(got, want[2:5]) {
				t.Errorf("%v: wrong rows behind a cursor", r)
			}
		}
	}
}

func TestPersonasKeepTheirCharacter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		s := source("overdrawn")
		s.Seed = seed
		poor := book(t, open(t, s), "main")
		s.Persona = "salaried"
		fine := open(t, s)
		var low, negative int64
		for d := opened; d < Date(2026, 1, 1); d++ {
			if b := poor.BalanceAt(d); b < 0 {
				negative++
				low = min(low, b)
			}
			if b := book(t, fine, "main").BalanceAt(d); b < -300_000 || b > 4_000_000 {
				t.Fatalf("seed %d: salaried has %d on %s", seed, b, d)
			}
			if book(t, fine, "card").BalanceAt(d) < -2_500_000 {
				t.Fatalf("seed %d: the card is over its limit on %s", seed, d)
			}
		}
		if negative < 200 || low > -200_000 || low < -1_200_000 {
			t.Errorf("seed %d: overdrawn is negative on %d days, lowest %d", seed, negative, low)
		}
	}
}

func TestConcurrentReaders(t *testing.T) {
	t.Parallel()
	w := open(t, source("salaried"))
	want := all(book(t, open(t, source("salaried")), "main"), noon)
	var readers sync.WaitGroup
	for g := range 8 {
		readers.Go(func() {
			b := book(t, w, "main")
			for i := range 30 {
				now := noon.AddDate(0, i-30, g-8) // every reader extends the ledger for itself
				b.Balance(now)
				rows := b.Page(now, Range{}, 0, 50, nil)
				if g == 3 && i%10 == 0 {
					w.Forget()
				}
				at := len(want) - b.Count(now, Range{})
				if !reflect.DeepEqual(rows, want[at:at+len(rows)]) {
					t.Errorf("reader %d saw other rows at %s", g, now)
				}
			}
		})
	}
	readers.Wait()
}
