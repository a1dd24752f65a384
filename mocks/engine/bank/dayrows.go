package bank

import (
	"math/bits"
	"sort"
	"strconv"
)

// dayRows is what the ledger knows of one day: first the rules, then the stream, then
// what the state of the account caused. A day that a change touched lists its rows.
type dayRows struct {
	book      *Book
	day       Day
	index     int
	rules     uint64
	ruleCount int
	n         int // rows of the stream
	extras    []extra
	refs      []ref // nil: the rows are 0 to len, in order
	key       key
}

func (b *Book) day(l *ledger, day Day) (dayRows, bool) {
	s := &l.accounts[b.index]
	i := int(day - l.opened)
	if i < 0 || i >= len(s.due) {
		return dayRows{}, false
	}
	d := dayRows{book: b, day: day, index: i, rules: s.due[i], ruleCount: bits.OnesCount64(s.due[i]), key: b.stream.at(int(day))}
	if len(s.extras) > 0 {
		d.extras = s.extrasOn(day)
	}
	d.n = int(s.rows[i+1]-s.rows[i]) - d.ruleCount - len(d.extras)
	if len(s.touched) > 0 {
		if j := sort.Search(len(s.touched), func(j int) bool { return s.touched[j].day >= day }); j < len(s.touched) && s.touched[j].day == day {
			d.n, d.refs = s.touched[j].n, s.touched[j].refs
		}
	}
	return d, true
}

func (d *dayRows) len() int {
	if d.refs != nil {
		return len(d.refs)
	}
	return d.ruleCount + d.n + len(d.extras)
}

func (d *dayRows) at(j int) ref {
	if d.refs != nil {
		return d.refs[j]
	}
	return ref{base: j}
}

// locate finds a row of the day itself by its code.
func (d *dayRows) locate(c code) (base int, ok bool) {
	if c.day != d.day {
		return 0, false
	}
	switch c.layer {
	case layerRule:
		for rest := d.rules; rest != 0; rest &= rest - 1 {
			if d.book.plan.rules[bits.TrailingZeros64(rest)].number == c.number {
				return base, true
			}
			base++
		}
	case layerStream:
		return d.ruleCount + int(c.number), int(c.number) < d.n
	case layerExtra:
		for i := range d.extras {
			if d.extras[i].number() == c.number {
				return d.ruleCount + d.n + i, true
			}
		}
	}
	return 0, false
}

// rule returns the index of the j-th rule of the day.
func (d *dayRows) rule(j int) int {
	rest := d.rules
	for ; j > 0; j-- {
		rest &= rest - 1
	}
	return bits.TrailingZeros64(rest)
}

// extrasBook is when the day closes.
const extrasBook = 22*3600 + 1800

// booked returns when row j books. It ascends with j.
func (d *dayRows) booked(j int) moment {
	r := d.at(j)
	switch {
	case r.base < 0:
		return moment{d.day, r.op.sec}
	case r.base < d.ruleCount:
		return moment{d.day, d.book.plan.rules[d.rule(r.base)].second}
	case r.base < d.ruleCount+d.n:
		return moment{d.day, d.book.plan.stream.second(d.key, r.base-d.ruleCount, d.n)}
	}
	return moment{d.day, extrasBook}
}

// seen returns how many rows are booked at a second of the day.
func (d *dayRows) seen(sec int) int {
	return sort.Search(d.len(), func(j int) bool { return d.booked(j).sec > sec })
}

// amount is what row j moves.
func (d *dayRows) amount(l *ledger, j int) int64 {
	r := d.at(j)
	if o := r.op; o != nil && (r.base < 0 || o.row.Amount != 0 && !o.shown) {
		return o.row.Amount
	}
	switch {
	case r.base < d.ruleCount:
		return d.book.ruleAmount(l, d.rule(r.base), d.day)
	case r.base < d.ruleCount+d.n:
		_, a := d.book.plan.stream.pick(d.key, r.base-d.ruleCount)
		return a
	}
	return d.extras[r.base-d.ruleCount-d.n].amount
}

// sum adds up the first j rows of the day: the stream by its blocks, unless a change
// touched the day.
func (d *dayRows) sum(l *ledger, j int) (total int64) {
	if d.refs != nil {
		for i := range j {
			total += d.amount(l, i)
		}
		return total
	}
	for i := range min(j, d.ruleCount) {
		total += d.book.ruleAmount(l, d.rule(i), d.day)
	}
	if n := min(j-d.ruleCount, d.n); n > 0 {
		total += d.book.plan.stream.sum(d.key, n)
	}
	for i := range max(j-d.ruleCount-d.n, 0) {
		total += d.extras[i].amount
	}
	return total
}

// fill writes row j of a day, all but what depends on now.
func (d *dayRows) fill(l *ledger, j int, t *Transaction) {
	b, r := d.book, d.at(j)
	if r.base < 0 {
		*t = r.op.row
		t.ID, t.Posted, t.Balance, t.Pending = b.world.seal.encode(r.op.code), d.day, 0, false
		if r.op.do == Insert {
			t.At = b.world.instant(moment{d.day, r.op.sec})
			if r.op.at != (moment{}) {
				t.At = b.world.instant(r.op.at)
			}
		}
		return
	}
	t.Account, t.Currency, t.Posted = b.account.Key, b.account.Currency, d.day
	switch {
	case r.base < d.ruleCount:
		d.fillRule(l, d.rule(r.base), t)
	case r.base < d.ruleCount+d.n:
		d.fillStream(r.base-d.ruleCount, t)
	default:
		d.fillExtra(&d.extras[r.base-d.ruleCount-d.n], t)
	}
	if r.base < d.ruleCount || r.base >= d.ruleCount+d.n {
		words := b.world.locale.wording[t.Kind]
		t.Booking, t.Code = words.booking, words.code
	}
	if r.op != nil {
		r.op.alter(t)
	}
}

// alter overwrites what the change sets.
func (o *op) alter(t *Transaction) {
	set := &o.row
	if set.Amount != 0 {
		t.Amount = set.Amount
	}
	if set.Kind != "" {
		t.Kind = set.Kind
	}
	if p := set.OtherSide(); p != nil && t.Kind.IsTransfer() {
		t.Counterparty = p
	} else if p != nil {
		t.Merchant = p
	}
	for _, f := range []struct {
		to   *string
		text string
	}{
		{&t.Category, set.Category}, {&t.Description, set.Description}, {&t.Booking, set.Booking}, {&t.Code, set.Code},
		{&t.Reference, set.Reference}, {&t.Comment, set.Comment},
	} {
		if f.text != "" {
			*f.to = f.text
		}
	}
}

func (d *dayRows) fillRule(l *ledger, i int, t *Transaction) {
	b := d.book
	p, r := &b.plan.rules[i], &b.rules[i]
	t.ID = b.world.seal.encode(code{b.number, d.day, layerRule, p.number})
	t.Amount, t.Category = b.ruleAmount(l, i, d.day), p.category
	t.Kind = p.kind.signed(t.Amount)
	t.Description = r.voice.text(t.Amount, r.party, r.variant)
	numbers := r.key.at(int(d.day))
	t.PurposeCode = p.purpose
	if t.Kind.collected() {
		t.EndToEnd, t.Mandate = endToEnd(d.day, numbers), r.mandate
	}
	if t.Kind.trades() && len(r.voice.parties) > 0 {
		t.Merchant = &r.voice.parties[r.party]
	}
	if t.Kind.IsTransfer() {
		t.At = b.world.instant(moment{d.day, p.second})
		d.transfer(r.voice, r.party, numbers, t)
	}
}

func (d *dayRows) fillStream(i int, t *Transaction) {
	b, s := d.book, d.book.plan.stream
	x, amount := s.pick(d.key, i)
	cat := &s.cats[x.cat]
	t.ID = b.world.seal.encode(code{b.number, d.day, layerStream, uint32(i)})
	t.Amount, t.Kind, t.Category, t.Booking, t.Code = amount, cat.kind, cat.name, cat.booking, cat.code
	v := cat.voice
	if v == nil {
		v = b.world.contacts
	}
	variant := d.key.word(wordParty + uint64(i))
	party := min(below(variant, v.n), below(mix(variant), v.n)) // favourites
	t.Description, t.PurposeCode = v.text(t.Amount, party, mix(variant+1)), cat.purpose
	if t.Kind.trades() && len(v.parties) > 0 {
		t.Merchant = &v.parties[party]
	}
	booked := moment{d.day, s.second(d.key, i, d.n)}
	switch {
	case t.Kind.IsTransfer():
		t.At = b.world.instant(booked)
		d.transfer(v, party, key(d.key.word(wordNumber+uint64(i))), t)
	case t.Kind.holds():
		t.At = b.world.instant(s.authorised(d.key, i, booked))
	}
	if cat.abroad != "" && cat.abroad != t.Currency {
		t.Original = b.world.locale.original(cat, d, i, amount)
	}
}

func (d *dayRows) transfer(v *voice, party int, numbers key, t *Transaction) {
	w := d.book.world
	t.Counterparty = &v.parties[party]
	t.Reference = reference(numbers)
	if v == w.contacts {
		t.Comment = w.locale.comments[below(numbers.word(2), len(w.locale.comments))]
	}
}

var extraKindOf = [extraKinds]Kind{KindReturned, KindFee, KindFee, KindFee, KindInterest, KindInterest, KindOwnTransfer}

var extraNames = [extraKinds]string{"returned", "return fee", "foreign fee", "overdraft fee", "interest", "card interest", "closing"}

func (d *dayRows) fillExtra(x *extra, t *Transaction) {
	b := d.book
	t.ID = b.world.seal.encode(code{b.number, d.day, layerExtra, x.number()})
	t.Amount, t.Kind, t.Category = x.amount, extraKindOf[x.kind], extraNames[x.kind]
	k := b.stream.sub(t.Category).at(int(d.day))
	v := b.world.locale.extras[x.kind]
	if x.kind == extraInterest && x.amount > 0 {
		v = b.world.locale.earned
	}
	t.Description, t.PurposeCode = v.text(t.Amount, 0, k.word(0)), b.world.locale.purpose(t.Category, t.Kind)
	switch x.kind {
	case extraReturned: // under the name of what is returned
		for i := range b.plan.rules {
			if p := &b.plan.rules[i]; p.number == x.ref {
				r := &b.rules[i]
				t.EndToEnd, t.Mandate = endToEnd(d.day, r.key.at(int(d.day))), r.mandate
				if len(r.voice.parties) > 0 {
					t.Merchant = &r.voice.parties[r.party]
				}
			}
		}
	case extraClosing:
		v = b.world.elsewhere(KindOwnTransfer, k)
		t.At = b.world.instant(moment{d.day, extrasBook})
		t.Description = v.text(t.Amount, 0, k.word(0))
		d.transfer(v, 0, k, t)
	}
}

// original is what a purchase abroad cost there, at the rate of the day.
func (l *locale) original(c *streamCategory, d *dayRows, i int, amount int64) *Money {
	rate := l.terms.foreignRate * (985 + below(d.key.word(wordNoise), int64(31))) / 1000
	if rate <= 0 {
		return nil
	}
	scale := int64(1)
	for range Exponent(c.abroad) {
		scale *= 10
	}
	major := int64(1)
	for range Exponent(l.currency) {
		major *= 10
	}
	text := strconv.FormatInt(rate/(10_000*major), 10) + "." + digitsOf(uint64(rate%(10_000*major)*10_000/(10_000*major)), 4)
	return &Money{Amount: amount * 10_000 * scale / rate, Currency: c.abroad, Rate: text}
}

// reference is the ten-digit number that both legs of a transfer carry.
func reference(k key) string {
	return strconv.FormatInt(1_000_000_000+below(k.word(1), int64(9_000_000_000)), 10)
}

// endToEnd is the creditor's name for a debit.
func endToEnd(d Day, k key) string {
	var b [18]byte
	text := append(b[:0], "SBX"...)
	y, m, day := d.Civil()
	text = appendDigits(text, uint64(y*10_000+int(m)*100+day), 8)
	return string(appendDigits(append(text, '-'), k.word(3), 6))
}
