package bank

import (
	"reflect"
	"testing"
)

const depotSeeds = 1_000

// depotOf is the depot of a seed, in a country drawn from it, and a day to look at it.
func depotOf(t *testing.T, seed uint64) (*Depot, Day) {
	t.Helper()
	k := rootKey(seed).sub("depot test")
	holder, institution, err := SampleHolder("salaried", countries[below(k.word(0), len(countries))], seed)
	if err != nil {
		t.Fatal(err)
	}
	opened := Date(2019, 1, 1) + Day(below(k.word(1), 1500))
	w := open(t, Source{Seed: seed, Persona: "salaried", Country: []string{"CL", "CA", "CA-FR", "DE", "ES"}[below(k.word(0), 5)], Holder: holder, Institution: institution, Opened: opened})
	return w.Depot(), opened + Day(below(k.word(2), 1200))
}

// What holds of the investments of every seed on any day: the history explains the holdings and the
// cash, amounts are titles times price, local ones follow by the rate, weights make one, and nothing is
// sold or spent that is not there.
func TestDepotArithmetic(t *testing.T) {
	t.Parallel()
	kinds, foreign := map[TradeKind]int{}, 0
	for seed := range uint64(depotSeeds) {
		dp, day := depotOf(t, seed)
		titles, cash := map[string]int64{}, int64(0)
		ids := map[ID]bool{}
		last := Day(0)
		for _, x := range dp.Trades(day) {
			kinds[x.Kind]++
			if x.Day < last || x.Day > day || ids[x.ID] || !dp.world.calendar.open(x.Day) {
				t.Fatalf("seed %d: %+v comes after %s, until %s", seed, x, last, day)
			}
			last, ids[x.ID] = x.Day, true
			cash += x.Local
			if cash < 0 || x.Fee < 0 || x.Amount <= 0 {
				t.Fatalf("seed %d: %+v leaves %d", seed, x, cash)
			}
			if x.Kind == Deposit {
				if x.Security != nil || x.Local != x.Amount {
					t.Fatalf("seed %d: %+v", seed, x)
				}
				continue
			}
			s := x.Security
			want := dp.local(x.Amount, x.Rate)
			sign := int64(1)
			if x.Kind == Buy {
				sign = -1
			}
			if x.Amount != x.Titles*x.Price || x.Local != sign*want-x.Fee || x.Rate != dp.RateOn(s, x.Day) || (x.Rate == 0) != (s.Currency == dp.world.locale.currency) {
				t.Fatalf("seed %d: %+v", seed, x)
			}
			switch x.Kind {
			case Buy:
				titles[s.ISIN] += x.Titles
			case Sell:
				titles[s.ISIN] -= x.Titles
			default:
				if titles[s.ISIN] != x.Titles || x.Fee != 0 || (x.Kind == Coupon) != (s.Kind == Bond) {
					t.Fatalf("seed %d: %+v is paid on %d titles", seed, x, titles[s.ISIN])
				}
			}
			if titles[s.ISIN] < 0 || (x.Kind == Buy || x.Kind == Sell) && x.Price != dp.PriceOn(s, x.Day) {
				t.Fatalf("seed %d: %+v leaves %d titles", seed, x, titles[s.ISIN])
			}
			if x.Rate != 0 {
				foreign++
			}
		}
		p := dp.On(day)
		var value, weights int64
		for _, pos := range p.Positions {
			if pos.Titles != titles[pos.Security.ISIN] || pos.Amount != pos.Titles*pos.Price || pos.Local != dp.local(pos.Amount, pos.Rate) || pos.Weight < 0 {
				t.Fatalf("seed %d: %+v, the history has %d titles", seed, pos, titles[pos.Security.ISIN])
			}
			value, weights = value+pos.Local, weights+pos.Weight
			delete(titles, pos.Security.ISIN)
		}
		for of, n := range titles {
			if n != 0 {
				t.Fatalf("seed %d: %d titles of %s are no position", seed, n, of)
			}
		}
		if p.Cash != cash || p.Value != value || len(p.Positions) > 0 && weights != 1_000_000 {
			t.Fatalf("seed %d: cash %d of %d, value %d of %d, weights %d", seed, p.Cash, cash, p.Value, value, weights)
		}
	}
	for _, k := range []TradeKind{Deposit, Buy, Sell, Dividend, Coupon} {
		if kinds[k] < depotSeeds {
			t.Errorf("%d trades are a %s", kinds[k], k)
		}
	}
	if foreign < depotSeeds {
		t.Errorf("%d trades have a rate", foreign)
	}
}

// The clock is a filter: a later day has the same rows before its own.
func TestDepotGrows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		dp, day := depotOf(t, seed)
		early, late := dp.Trades(day), dp.Trades(day+400)
		if len(late) <= len(early) || len(early) > 0 && !reflect.DeepEqual(early, late[:len(early)]) {
			t.Fatalf("seed %d: %d rows become %d others", seed, len(early), len(late))
		}
		if again, _ := depotOf(t, seed); !reflect.DeepEqual(again.On(day).Positions, dp.On(day).Positions) {
			t.Fatalf("seed %d is not the same again", seed)
		}
	}
}

// Prices move from day to day by little, over years by much, and never on days on which banks are shut.
func TestPricesWalk(t *testing.T) {
	t.Parallel()
	dp, _ := depotOf(t, 5)
	for i := range dp.securities {
		s := &dp.securities[i]
		if got := isin(s.ISIN[:11]); got != s.ISIN || len(got) != 12 {
			t.Errorf("%s does not check", s.ISIN)
		}
		low, high := int64(1)<<62, int64(0)
		moved := 0
		for d := Date(2020, 1, 1); d < Date(2026, 1, 1); d++ {
			p, before := dp.PriceOn(s, d), dp.PriceOn(s, d-1)
			if !dp.world.calendar.open(d) && p != before {
				t.Fatalf("%s moves on %s", s.Name, d)
			}
			if p*100 > before*115+100 || p*115+100 < before*100 {
				t.Fatalf("%s jumps from %d to %d on %s", s.Name, before, p, d)
			}
			if p != before {
				moved++
			}
			low, high = min(low, p), max(high, p)
		}
		if low <= 0 || high*100 < low*102 || moved < 1000 {
			t.Errorf("%s lies between %d and %d, and moved %d times", s.Name, low, high, moved)
		}
	}
}

// The vector of a published code.
func TestISIN(t *testing.T) {
	t.Parallel()
	for _, whole := range []string{"US0378331005", "DE000BAY0017", "ES0113900J37"} {
		if got := isin(whole[:11]); got != whole {
			t.Errorf("%s becomes %s", whole, got)
		}
	}
}

// Ids of trades belong to the connection, too.
func TestTradesOfConnections(t *testing.T) {
	t.Parallel()
	dp, day := depotOf(t, 9)
	a, z := dp.world.For("a").Depot().Trades(day+400), dp.world.For("z").Depot().Trades(day+400)
	if len(a) == 0 || len(a) != len(z) {
		t.Fatalf("%d and %d trades", len(a), len(z))
	}
	for i := range a {
		if a[i].ID == z[i].ID || a[i].Local != z[i].Local || a[i].Day != z[i].Day {
			t.Fatalf("%+v and %+v", a[i], z[i])
		}
	}
}
