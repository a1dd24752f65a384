package bank

import (
	"cmp"
	"slices"
	"time"
)

// SecurityKind is what a Security is.
type SecurityKind string

// The kinds of securities.
const (
	Stock SecurityKind = "stock"
	Fund  SecurityKind = "fund"
	Bond  SecurityKind = "bond"
)

// Security is something that a depot holds. Its ISIN checks and begins with XX, as nobody's
// does. Prices are minor units of Currency for one title.
type Security struct {
	ISIN, Name, Currency string
	Kind                 SecurityKind

	key    key
	base   int64 // price from which the walk begins
	spread int64 // of the walk, Q16 of its logarithm for the longest waves
	growth int64 // a year, Q16 of the logarithm
	yields int64 // basis points of the base price a year, paid out
}

// TradeKind is what a Trade does.
type TradeKind string

// The kinds of trades. A deposit and a withdrawal move cash alone.
const (
	Deposit  TradeKind = "deposit"
	Buy      TradeKind = "buy"
	Sell     TradeKind = "sell"
	Dividend TradeKind = "dividend"
	Coupon   TradeKind = "coupon"
)

// Trade is a row of a depot. Amount is Titles times Price in the currency of the Security;
// Local is that in the currency of the depot, Fee included, and with a sign: what the cash of the depot
// moves by. Rate is what one major unit of the security's currency costs, in ten-thousandths of
// the depot's minor unit; zero where they are one currency. A deposit has no Security.
type Trade struct {
	ID            ID
	Day           Day
	Kind          TradeKind
	Security      *Security
	Titles, Price int64
	Amount, Rate  int64
	Fee, Local    int64
}

// Position is what a depot holds of a Security: Amount is Titles times Price, Local is that at
// the Rate of the day. Weight is its part of all positions in millionths.
type Position struct {
	Security      *Security
	Titles, Price int64
	Amount, Rate  int64
	Local, Weight int64
}

// Portfolio is a depot on a day. Value is the sum of the positions, in Currency as Cash is.
type Portfolio struct {
	Day         Day
	Currency    string
	Positions   []Position
	Value, Cash int64
}

// Depot is the investments of a holder at an institution: money that comes in every month and
// is invested, with what that pays, and now and then a sale. It stores nothing: trades are folded from
// its first day, and prices and rates are functions of the day.
type Depot struct {
	world      *World
	key        key
	market     *market
	securities []Security
	opened     Day
}

// Depot is the depot of the holder.
func (w *World) Depot() *Depot {
	d := &Depot{world: w, key: w.ids.sub("depot"), market: w.locale.markets[w.locale.currency], opened: w.calendar.step(w.source.Opened, 1)}
	for i, s := range tradables {
		s.key = rootKey(0).sub("security/" + s.Name)
		s.ISIN = isin("XX" + digitsOf(s.key.word(0), 9))
		income := w.locale.markets[dollar].income
		if s.Currency == "" {
			s.Currency, income = w.locale.currency, d.market.income
		}
		s.base = max(income*s.base/1000, 1)
		if below(d.key.word(uint64(i)), 4) > 0 || i == 0 { // three in four
			d.securities = append(d.securities, s)
		}
	}
	return d
}

const dollar = "USD"

// tradables are what can be held: base is thousandths of a month's income in the currency,
// which is the country's where none is named. All of them exist nowhere.
var tradables = []Security{
	{Name: "Encinar Global Equity Fund", Kind: Fund, base: 9, spread: 9_000, growth: 3_900, yields: 150},
	{Name: "Nordlicht Logistik", Kind: Stock, base: 21, spread: 16_000, growth: 3_200, yields: 260},
	{Name: "Solana Energy", Kind: Stock, base: 6, spread: 13_000, growth: 1_900, yields: 410},
	{Name: "Northlake Design", Kind: Stock, Currency: dollar, base: 62, spread: 21_000, growth: 5_200, yields: 60},
	{Name: "Cloudharbor Hosting", Kind: Stock, Currency: dollar, base: 110, spread: 26_000, growth: 6_500},
	{Name: "Lindental Bond 2.50", Kind: Bond, base: 48, spread: 2_600, yields: 250},
	{Name: "Villaejemplo Municipal 3.10", Kind: Bond, base: 48, spread: 3_100, yields: 310},
}

// isin adds the check digit to the eleven characters before it: letters count as 10 to 35, and
// the digits that come of them are doubled as Luhn does.
func isin(body string) string {
	var digits []byte
	for _, c := range []byte(body) {
		if c >= 'A' {
			c = c - 'A' + 10
			digits = append(digits, '0'+c/10, '0'+c%10)
		} else {
			digits = append(digits, c)
		}
	}
	return body + string(luhn(string(digits)))
}

// wave is the value of a walk on a day, Q16: waves of two days to some years, straight between
// their turns, whose height doubles with every fourfold length, as that of a random walk does.
func wave(k key, d Day, spread int64) (sum int64) {
	const longest = 11
	for level := 1; level <= longest; level++ {
		length := Day(1) << level
		from := d &^ (length - 1)
		own := k.at(level)
		a, b := around(own.at(int(from)).word(0), spread), around(own.at(int(from+length)).word(0), spread)
		sum += (a*int64(from+length-d) + b*int64(d-from)) / int64(length) >> ((longest - level) / 2)
	}
	return sum / 3
}

// PriceOn is the price of a security at the close of a day; on a day on which banks are shut
// that of the bank day before.
func (dp *Depot) PriceOn(s *Security, d Day) int64 {
	d = dp.world.calendar.step(d, -1)
	x := wave(s.key, d, s.spread) + s.growth*int64(d-Date(2024, time.January, 1))/365
	return max(s.base*exp(min(max(x, -4<<16), 8<<16))>>16, 1)
}

// RateOn is the rate of the security's currency on a day, zero if it is the depot's.
func (dp *Depot) RateOn(s *Security, d Day) int64 {
	if s.Currency == dp.world.locale.currency {
		return 0
	}
	d = dp.world.calendar.step(d, -1)
	return max(dp.world.locale.terms.foreignRate*exp(wave(rootKey(0).sub("rate/"+dp.world.locale.currency), d, 9_000))>>16, 1)
}

// local turns an amount of a security's currency into the depot's, rounded once.
func (dp *Depot) local(amount, rate int64) int64 {
	if rate == 0 {
		return amount
	}
	const perMajor = 100 * 10_000 // dollars have two places
	return (amount*rate + perMajor/2) / perMajor
}

// depotFold is a depot while its trades are folded.
type depotFold struct {
	dp     *Depot
	cash   int64
	titles []int64
	trades []Trade
}

// Trades are all rows up to a day, oldest first.
func (dp *Depot) Trades(until Day) []Trade {
	f := depotFold{dp: dp, titles: make([]int64, len(dp.securities))}
	f.run(until)
	return f.trades
}

// On is the depot at the close of a day.
func (dp *Depot) On(d Day) Portfolio {
	f := depotFold{dp: dp, titles: make([]int64, len(dp.securities))}
	f.run(d)
	p := Portfolio{Day: d, Currency: dp.world.locale.currency, Cash: f.cash}
	for i, n := range f.titles {
		if n == 0 {
			continue
		}
		s := &dp.securities[i]
		pos := Position{Security: s, Titles: n, Price: dp.PriceOn(s, d), Rate: dp.RateOn(s, d)}
		pos.Amount = n * pos.Price
		pos.Local = dp.local(pos.Amount, pos.Rate)
		p.Value += pos.Local
		p.Positions = append(p.Positions, pos)
	}
	p.weigh()
	return p
}

// weigh gives each position its part: rounded down, and what is left over to those that lost most.
func (p *Portfolio) weigh() {
	const whole = 1_000_000
	if p.Value == 0 {
		return
	}
	left := int64(whole)
	lost := make([]int, len(p.Positions))
	for i := range p.Positions {
		p.Positions[i].Weight = p.Positions[i].Local * whole / p.Value
		left -= p.Positions[i].Weight
		lost[i] = i
	}
	slices.SortStableFunc(lost, func(a, b int) int {
		return cmp.Compare(p.Positions[b].Local*whole%p.Value, p.Positions[a].Local*whole%p.Value)
	})
	for _, i := range lost[:left] {
		p.Positions[i].Weight++
	}
}

// run folds the months up to a day.
func (f *depotFold) run(until Day) {
	cal, dp := f.dp.world.calendar, f.dp
	for m := dp.opened.month(); m <= until.month(); m++ {
		n := int(m - dp.opened.month())
		paid := cal.step(m.on(4), 1)
		type step struct {
			day Day
			do  func(Day)
		}
		steps := []step{{paid, f.deposit}, {cal.next(paid), func(d Day) { f.buy(d, n) }}, {cal.step(m.on(24), 1), f.pay}}
		if n%5 == 4 {
			steps = append(steps, step{cal.step(m.on(15), 1), func(d Day) { f.sell(d, n) }})
		}
		slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.day, b.day) })
		for _, s := range steps {
			if s.day >= dp.opened && s.day <= until {
				s.do(s.day)
			}
		}
	}
}

// add books a trade; local is without the fee and has the sign of the cash.
func (f *depotFold) add(t Trade) {
	t.ID = f.dp.world.seal.encode(code{account: depotNumber, day: t.Day, layer: layerTrade, number: uint32(len(f.trades)) & 0xffffff})
	f.cash += t.Local
	f.trades = append(f.trades, t)
}

func (f *depotFold) deposit(d Day) {
	m := f.dp.market
	amount := rounded(m.income*(100+below(f.dp.key.sub("deposit").word(0), int64(150)))/1000, m.round)
	f.add(Trade{Day: d, Kind: Deposit, Amount: amount, Local: amount})
}

// buy invests the cash in the security whose turn it is, as many titles as it pays with the fee.
func (f *depotFold) buy(d Day, nth int) {
	i := nth % len(f.titles)
	t := f.trade(d, Buy, i)
	one := max(f.dp.local(t.Price, t.Rate), 1)
	for t.Titles = f.cash / one; t.Titles > 0; t.Titles-- {
		t.Amount = t.Titles * t.Price
		t.Fee = f.fee(t)
		if t.Local = -f.dp.local(t.Amount, t.Rate) - t.Fee; f.cash+t.Local >= 0 {
			f.titles[i] += t.Titles
			f.add(t)
			return
		}
	}
}

// sell gives a third of the largest number of titles away.
func (f *depotFold) sell(d Day, _ int) {
	i := 0
	for j := range f.titles {
		if f.titles[j] > f.titles[i] {
			i = j
		}
	}
	t := f.trade(d, Sell, i)
	if t.Titles = f.titles[i] / 3; t.Titles == 0 {
		return
	}
	t.Amount = t.Titles * t.Price
	t.Fee = f.fee(t)
	t.Local = f.dp.local(t.Amount, t.Rate) - t.Fee
	f.titles[i] -= t.Titles
	f.add(t)
}

// pay books what is paid on titles: stocks and funds each quarter, bonds once a year in a month of their own.
func (f *depotFold) pay(d Day) {
	_, month, _ := d.Civil()
	for i := range f.titles {
		s := &f.dp.securities[i]
		kind, times, due := Dividend, int64(4), month%3 == 0
		if s.Kind == Bond {
			kind, times, due = Coupon, 1, int(month) == 1+below(s.key.word(1), 12)
		}
		t := f.trade(d, kind, i)
		t.Price, t.Titles = s.base*s.yields/10_000/times, f.titles[i]
		if t.Amount = t.Titles * t.Price; !due || t.Amount == 0 {
			continue
		}
		t.Local = f.dp.local(t.Amount, t.Rate)
		f.add(t)
	}
}

func (f *depotFold) trade(d Day, kind TradeKind, i int) Trade {
	s := &f.dp.securities[i]
	return Trade{Day: d, Kind: kind, Security: s, Price: f.dp.PriceOn(s, d), Rate: f.dp.RateOn(s, d)}
}

// fee is a quarter per cent, and at least a thousandth of a month's income.
func (f *depotFold) fee(t Trade) int64 {
	m := f.dp.market
	return rounded(max(f.dp.local(t.Amount, t.Rate)/400, m.income/1000), m.step)
}
