package bank

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Source says whose bank data is wanted. Country is an ISO 3166 code in either
// case. Holder needs a NationalID; its Name is generated when empty, its Kind
// then comes from the persona. History starts on Opened, and a later Opened cuts
// rows off without changing any other.
type Source struct {
	Seed        uint64
	Persona     string
	Country     string
	Institution Institution
	Holder      Holder
	Opened      Day
}

// World is the data of one holder at one institution. It is safe for concurrent
// use and keeps nothing but a cache of day totals.
type World struct {
	source   Source
	locale   *locale
	calendar *calendar
	plan     *plan
	holder   Holder
	books    []*Book
	contacts *voice
	seal     seal

	folding sync.Mutex
	ledger  atomic.Pointer[ledger]
}

// Book is one account of a World and the way to its rows.
type Book struct {
	world   *World
	index   int
	plan    *accountPlan
	account Account
	number  uint32 // in ids
	stream  key
	rules   []bookRule
}

// bookRule is what a rule became for this holder: own amount, party and wording.
type bookRule struct {
	key     key
	pick    uint64 // of the pool: rules of one pool meet one party
	amount  int64
	voice   *voice
	party   int
	variant uint64
}

const (
	contactCount = 16
	ruleSpread   = 80 // thousandths by which holders' fixed amounts differ
)

// Open returns the World of a source. An unknown persona or country is an error
// that lists the known ones.
func Open(s Source) (*World, error) {
	l, ok := locales()[strings.ToUpper(s.Country)]
	if !ok {
		return nil, fmt.Errorf("unknown country %q, use CL", s.Country)
	}
	p, ok := l.plans()[s.Persona]
	if !ok {
		return nil, fmt.Errorf("unknown persona %q, use one of %s", s.Persona, strings.Join(personaKeys(), ", "))
	}
	if s.Holder.NationalID == "" {
		return nil, errors.New("the holder has no national id: set Holder.NationalID")
	}
	if s.Opened < FirstDay || s.Opened > LastDay {
		return nil, fmt.Errorf("history cannot open on %s, use a day from %s to %s", s.Opened, FirstDay, LastDay)
	}
	w := &World{source: s, locale: l, calendar: l.calendar(), plan: p, holder: s.Holder}
	if w.holder.Kind == "" {
		w.holder.Kind = p.persona.kind
	}
	if w.holder.Name == "" { // the same at every institution
		k := rootKey(s.Seed).sub("holder/" + s.Holder.NationalID)
		w.holder.Name = l.personName(k)
		if w.holder.Kind == Business {
			names := l.pools["employers"]
			w.holder.Name = names[below(k.word(3), len(names))]
		}
	}
	k := rootKey(s.Seed).sub(s.Persona).sub(s.Institution.ID).sub(s.Holder.NationalID)
	w.seal = newSeal(k.sub("ids"))
	w.contacts = w.circle(k.sub("contacts"))
	taken := map[uint32]bool{}
	for i := range p.accounts {
		b := w.newBook(k.sub("account/"+p.accounts[i].spec.key), i)
		for taken[b.number] {
			b.number = (b.number + 1) & 0xfffff
		}
		taken[b.number] = true
		b.account.ID = w.seal.encode(code{account: b.number, layer: layerAccount})
		w.books = append(w.books, b)
	}
	for _, b := range w.books {
		b.meet()
	}
	return w, nil
}

func personaKeys() (keys []string) {
	for _, p := range personas {
		keys = append(keys, p.Key)
	}
	return keys
}

// circle invents the people this holder deals with.
func (w *World) circle(k key) *voice {
	var labels []string
	var people []Party
	for i := range contactCount {
		p := w.locale.person(w.locale.personName(k.at(i)))
		labels, people = append(labels, p.Name), append(people, p)
	}
	return w.locale.voice(w.locale.wording[KindTransferOut], labels, people)
}

func (w *World) newBook(k key, i int) *Book {
	p := &w.plan.accounts[i]
	products := w.locale.products[p.spec.typ]
	name, ok := products[p.currency]
	if !ok {
		name = products[""]
	}
	b := &Book{world: w, index: i, plan: p, number: uint32(k.word(0) >> 44), stream: k.sub("stream"), rules: make([]bookRule, len(p.rules))}
	b.account = Account{
		Key: p.spec.key, Type: p.spec.typ, Name: name.name, OfficialName: name.official,
		Number: accountNumber(k), Currency: p.currency, Holder: w.holder, Opened: w.source.Opened,
		Limit: p.market.income * p.spec.limit / 1000,
	}
	if p.spec.typ == CreditCard { // never a full card number
		b.account.Number = "************" + b.account.Number[6:]
	}
	for j := range p.rules {
		r := &p.rules[j]
		rk := k.sub("rule/" + r.name)
		amount := r.amount + r.amount*around(rk.word(0), ruleSpread)/1000
		b.rules[j] = bookRule{key: rk, pick: k.sub("party/" + r.pool).word(0), amount: rounded(amount, r.step), variant: rk.word(2)}
	}
	return b
}

// meet gives every rule its other side, which may be another account.
func (b *Book) meet() {
	w := b.world
	for j := range b.rules {
		r, p := &b.rules[j], &b.plan.rules[j]
		switch {
		case p.mirror: // both legs share the key and with it the reference
			r.key = w.books[p.account].rules[p.source].key
			r.voice = w.books[p.account].asOther(p.kind)
		case p.with != "":
			r.voice = w.books[p.account].asOther(p.kind)
		case p.pool == "self":
			r.voice = w.elsewhere(p.kind, r.key)
		case p.pool == "contacts":
			r.voice = w.contacts
		default:
			r.voice = p.voice
		}
		r.party = (below(r.pick, r.voice.n) + p.nth) % r.voice.n
	}
}

// asOther speaks of the account as the other side of an own transfer.
func (b *Book) asOther(k Kind) *voice {
	l := b.world.locale
	products := l.products[b.account.Type]
	label, ok := products[b.account.Currency]
	if !ok {
		label = products[""]
	}
	me := Party{b.world.holder.Name, b.world.holder.NationalID, b.account.Number, b.world.source.Institution}
	return l.voice(l.wording[k], []string{label.spoken}, []Party{me})
}

// elsewhere is the holder's account at another bank.
func (w *World) elsewhere(k Kind, id key) *voice {
	i := below(id.word(3), len(w.locale.banks))
	if w.locale.banks[i].ID == w.source.Institution.ID {
		i = (i + 1) % len(w.locale.banks)
	}
	me := Party{w.holder.Name, w.holder.NationalID, accountNumber(id), w.locale.banks[i]}
	return w.locale.voice(w.locale.wording[k], []string{me.Institution.Name}, []Party{me})
}

// Holder returns the owner of all accounts.
func (w *World) Holder() Holder { return w.holder }

// Accounts returns all accounts in the persona's order.
func (w *World) Accounts() []Account {
	list := make([]Account, len(w.books))
	for i, b := range w.books {
		list[i] = b.account
	}
	return list
}

// Book finds an account by its key in the persona.
func (w *World) Book(key string) (*Book, bool) {
	for _, b := range w.books {
		if b.account.Key == key {
			return b, true
		}
	}
	return nil, false
}

// BookByID finds an account by its id.
func (w *World) BookByID(id ID) (*Book, bool) {
	for _, b := range w.books {
		if b.account.ID == id {
			return b, true
		}
	}
	return nil, false
}

// Account returns the description of the account.
func (b *Book) Account() Account { return b.account }

// local is the wall clock of the bank at an instant.
func (w *World) local(now time.Time) moment {
	unix := now.Unix()
	d := dayOfUnix(unix + int64(w.locale.offset(dayOfUnix(unix)))) // the offset is one of local days
	unix += int64(w.locale.offset(d))
	d = dayOfUnix(unix)
	return moment{d, int(unix - int64(d)*secondsPerDay)}
}

// instant is the inverse of local.
func (w *World) instant(m moment) time.Time {
	return time.Unix(int64(m.day)*secondsPerDay+int64(m.sec-w.locale.offset(m.day)), 0).UTC()
}

// Today returns the civil day at the bank at an instant.
func (w *World) Today(now time.Time) Day { return w.local(now).day }
