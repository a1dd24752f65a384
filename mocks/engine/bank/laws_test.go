package bank

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// What holds for every seed, persona and country, tried on many.

// sample is the world of a seed: its persona and country are drawn from the seed too.
func sample(t testing.TB, seed uint64) (*World, time.Time) {
	t.Helper()
	k := rootKey(seed)
	country := countries[below(k.word(1), len(countries))]
	p := personas[below(k.word(2), len(personas))].Key
	if p == "business" { // its own tests
		p = "overdrawn"
	}
	return sampleOf(t, seed, p, country)
}

func sampleOf(t testing.TB, seed uint64, persona, country string) (*World, time.Time) {
	t.Helper()
	k := rootKey(seed)
	holder, institution, err := SampleHolder(persona, country, seed)
	if err != nil {
		t.Fatal(err)
	}
	born := Date(2024, time.January, 1) + Day(below(k.word(3), 1000))
	months := 3
	if persona == "business" {
		months = 1
	}
	w := open(t, Source{
		Seed: seed, Persona: persona, Country: country, Holder: holder, Institution: institution,
		Opened: born - Day(31*months), Born: born,
	})
	return w, w.instant(moment{born, below(k.word(4), secondsPerDay)})
}

// eachSeed runs a law on all cores.
func eachSeed(t *testing.T, n int, law func(t *testing.T, seed uint64)) {
	t.Helper()
	if testing.Short() {
		n /= 20
	}
	var workers sync.WaitGroup
	step := runtime.GOMAXPROCS(0)
	for from := range step {
		workers.Go(func() {
			for seed := from; seed < n && !t.Failed(); seed += step {
				law(t, uint64(seed))
			}
		})
	}
	workers.Wait()
}

func TestLaws(t *testing.T) {
	t.Parallel()
	eachSeed(t, seeds, func(t *testing.T, seed uint64) {
		w, now := sample(t, seed)
		slow := open(t, w.source)
		for days := 40; days > 0 && len(slow.books) > 0; days -= 13 {
			slow.books[0].Balance(now.AddDate(0, 0, -days))
		}
		for _, b := range w.books {
			rows := all(b, now)
			where := fmt.Sprintf("seed %d, %s/%s/%s", seed, w.plan.persona.Key, w.locale.key(), b.account.Key)
			chain(t, where, b, now, rows)
			paged(t, where, b, now, rows, 1+int(seed%9))
			if !reflect.DeepEqual(all(slow.books[b.index], now), rows) {
				t.Errorf("%s: step by step differs from one jump", where)
			}
			awaited(t, where, b, now)
			worded(t, where, b, rows)
		}
		bills(t, w, now)
		forgets(t, w, now)
	})
}

// Each balance is the one before and the amount; ids are unique and find their row.
func chain(t *testing.T, where string, b *Book, now time.Time, rows []Transaction) {
	balance := b.BalanceAt(b.world.source.Opened)
	seen := make(map[ID]bool, len(rows))
	for i, r := range slices.Backward(rows) {
		if balance += r.Amount; r.Balance != balance || r.Amount == 0 || r.Pending {
			t.Errorf("%s: row %d breaks the chain: %+v, want %d", where, i, r, balance)
			return
		}
		if !b.world.calendar.open(r.Posted) && b.world.plan.persona.changes == nil || i > 0 && r.Posted > rows[i-1].Posted || r.At.After(now) {
			t.Errorf("%s: row %d is on a day that it cannot be on: %+v", where, i, r)
		}
		if seen[r.ID] && b.world.plan.persona.Key != "duplicates" {
			t.Errorf("%s: id %s comes twice", where, r.ID.Text())
		}
		seen[r.ID] = true
		if i%11 == 0 {
			if got, ok := b.ByID(now, r.ID); !ok || b.world.plan.persona.Key != "duplicates" && !reflect.DeepEqual(got, r) {
				t.Errorf("%s: by id %+v, want %+v", where, got, r)
			}
		}
	}
	if got := b.Balance(now).Current; len(rows) > 0 && got != balance {
		t.Errorf("%s: balance %d, rows come to %d", where, got, balance)
	}
}

func paged(t *testing.T, where string, b *Book, now time.Time, rows []Transaction, size int) {
	if b.Count(now, Range{}) != len(rows) {
		t.Errorf("%s: Count says %d of %d rows", where, b.Count(now, Range{}), len(rows))
	}
	for at := 0; at < len(rows); at += size * 7 {
		if got := b.Page(now, Range{}, at, size, nil); !reflect.DeepEqual(got, rows[at:min(at+size, len(rows))]) {
			t.Errorf("%s: the page of %d at %d differs", where, size, at)
			return
		}
	}
}

// A world that forgot everything, and is asked out of order, has the same rows.
func forgets(t *testing.T, w *World, now time.Time) {
	var want [][]Transaction
	for _, b := range w.books {
		want = append(want, b.Page(now, Range{}, 3, 20, nil))
	}
	w.Forget()
	for i, b := range slices.Backward(w.books) {
		if !reflect.DeepEqual(b.Page(now, Range{}, 3, 20, nil), want[i]) {
			t.Errorf("%s of %s: a cold cache differs from a warm one", b.account.Key, w.plan.persona.Key)
		}
	}
}

// What is pending books under its id, on an open day, or expires.
func awaited(t *testing.T, where string, b *Book, now time.Time) {
	held := int64(0)
	later := now.AddDate(0, 0, 25)
	for _, p := range b.Pending(now) {
		held += p.Amount
		got, ok := b.ByID(later, p.ID)
		switch {
		case b.world.seal.decode(p.ID).layer == layerHold:
			if ok {
				t.Errorf("%s: a hold that expires was booked: %+v", where, got)
			}
		case b.account.Closed != 0 || b.world.plan.persona.changes != nil:
		case !ok || got.Pending || !got.At.Equal(p.At) || got.Description != p.Description || !b.world.calendar.open(got.Posted):
			t.Errorf("%s: pending %+v became %+v", where, p, got)
		}
		if !p.Pending || p.At.After(now) || p.Balance != 0 {
			t.Errorf("%s: not pending: %+v", where, p)
		}
	}
	if bal := b.Balance(now); bal.Available != bal.Current+held {
		t.Errorf("%s: %+v with %d held", where, bal, held)
	}
}

func worded(t *testing.T, where string, b *Book, rows []Transaction) {
	for _, r := range rows {
		if r.Description == "" || len(r.Description) > b.world.locale.width || r.Description != strings.TrimSpace(r.Description) ||
			strings.ContainsFunc(r.Description, func(c rune) bool { return c > '~' || c == '{' || c >= 'a' && c <= 'z' }) {
			t.Errorf("%s: no bank prints %q", where, r.Description)
		}
		if (r.Counterparty != nil) != r.Kind.IsTransfer() || r.Kind.IsTransfer() != (r.Reference != "") || r.Category == "" {
			t.Errorf("%s: %+v has the wrong parts", where, r)
		}
	}
}

// Every card that is paid in full is paid exactly what it came to, from the other side.
func bills(t *testing.T, w *World, now time.Time) {
	for _, b := range w.books {
		p := b.plan.settle
		if p == nil || p.account < 0 || p.part > 0 || b.account.Closed != 0 || len(w.plan.persona.changes) > 0 {
			continue
		}
		legs := map[Day]int64{}
		for _, r := range all(w.books[p.account], now) {
			if r.Category == p.category && (p.kind != KindOwnTransfer || r.Counterparty.Account == b.account.Number) {
				legs[r.Posted] -= r.Amount
			}
		}
		byMonth := map[month]int64{}
		rows := all(b, now)
		for _, r := range rows {
			if r.Category != p.category {
				byMonth[r.Posted.month()] += r.Amount
			}
		}
		for _, r := range rows {
			if r.Category != p.category {
				continue
			}
			if legs[r.Posted] != r.Amount {
				t.Errorf("%s on %s: %d came, %d went", b.account.Key, r.Posted, r.Amount, legs[r.Posted])
			}
			if last := r.Posted.month() - 1; last > w.source.Opened.month() && -byMonth[last] != r.Amount {
				t.Errorf("%s on %s: paid %d, the month came to %d", b.account.Key, r.Posted, r.Amount, byMonth[last])
			}
		}
	}
}

func TestReportIsOfTheRows(t *testing.T) {
	t.Parallel()
	eachSeed(t, seeds/20, func(t *testing.T, seed uint64) {
		w, now := sampleOf(t, seed, []string{"salaried", "joint", "gambler", "pensioner", "freelancer", "job-change"}[seed%6], countries[seed%5])
		today := w.Today(now)
		since, until := today-80, today+1
		r := w.Report(now, since, until)
		var sum, last30 int64
		months := map[month]int64{}
		for _, b := range w.books {
			if b.account.Type == CreditCard || b.account.Currency != r.Currency {
				continue
			}
			for _, x := range all(b, now) {
				if x.Amount > 0 && x.Posted >= since && x.Posted < until && !noIncome(&x) {
					sum += x.Amount
					months[x.Posted.month()] += x.Amount
					if until-x.Posted <= 30 {
						last30 += x.Amount
					}
				}
			}
		}
		streams := int64(0)
		for _, s := range r.Streams {
			streams += s.Total
			if s.Kind == KindLoan || s.Kind == KindOwnTransfer || s.Low > s.Mean || s.High < s.Mean || s.Confidence < 0 || s.Confidence > 100 {
				t.Errorf("seed %d: stream %+v", seed, s)
			}
		}
		if r.Total != sum || streams != sum || r.Last30 != last30 {
			t.Errorf("seed %d: total %d of streams %d, want %d; last 30 days %d, want %d", seed, r.Total, streams, sum, r.Last30, last30)
		}
		for i, got := range r.ByMonth {
			if want := months[r.FirstMonth.month()+month(i)]; got != want {
				t.Errorf("seed %d: month %d has %d, want %d", seed, i, got, want)
			}
		}
	})
}

func TestOwnTransfersOfEverybodyHaveTwoLegs(t *testing.T) {
	t.Parallel()
	eachSeed(t, seeds/20, func(t *testing.T, seed uint64) {
		w, now := sample(t, seed)
		if len(w.plan.persona.changes) > 0 {
			return
		}
		byReference := map[string]int64{}
		numbers := map[string]bool{}
		for _, b := range w.books {
			numbers[b.account.Number] = true
		}
		for _, b := range w.books {
			for _, r := range all(b, now) {
				if r.Kind == KindOwnTransfer && numbers[r.Counterparty.Account] {
					byReference[r.Reference] += r.Amount
				}
			}
		}
		for reference, sum := range byReference {
			if sum != 0 {
				t.Errorf("seed %d, %s: the legs of %s come to %d", seed, w.plan.persona.Key, reference, sum)
			}
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	brands := strings.Fields(`amazon apple google netflix spotify uber cabify lidl aldi rewe edeka mercadona carrefour zara ikea walmart costco
		starbucks mcdonald shell repsol copec falabella ripley cencosud jumbo tottus telcel movistar vodafone telekom orange paypal klarna
		commerzbank sparkasse santander bbva caixabank scotiabank desjardins rogers bell telus hydro-quebec loblaws metro sobeys tesco
		deliveroo glovo rappi airbnb booking visa mastercard maestro decathlon primark mango endesa iberdrola enel dhl fedex correos`)
	allowed := []string{"metroline", "métropole", "visa debit"}
	for _, key := range countries {
		l := locales[key]()
		for pool, list := range l.pools {
			seen := map[string]bool{}
			for _, name := range list {
				lower := strings.ToLower(name)
				for _, a := range allowed {
					lower = strings.ReplaceAll(lower, a, "")
				}
				for _, word := range strings.FieldsFunc(lower, func(r rune) bool { return r == ' ' || r == '-' || r == '.' }) {
					if slices.Contains(brands, word) {
						t.Errorf("%s, %s: %s is somebody's name", key, pool, name)
					}
				}
				if seen[name] || name == "" || utf8.RuneCountInString(name) > 40 {
					t.Errorf("%s, %s: %q is there twice, empty or too long", key, pool, name)
				}
				seen[name] = true
			}
		}
		for i := range habits {
			if h := &habits[i]; h.pool != "" && h.pool != "contacts" && len(l.pools[h.pool]) == 0 {
				t.Errorf("%s has nobody for %s", key, h.name)
			}
		}
		for _, k := range kinds {
			if w := l.wording[k]; len(w.debit)+len(w.credit) == 0 {
				t.Errorf("%s has no words for %s", key, k)
			}
		}
	}
}
