package bank

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Source says whose bank data is wanted. Country is one of Countries, in either case.
// Holder needs a NationalID; its Name is generated when empty, its Kind then comes
// from the persona. History starts on Opened, and a later Opened cuts rows off without
// changing any other, but for what the state of an account caused. Born is the day that
// the persona is told about (opened yesterday, changed jobs three months ago); zero is
// two years after Opened. Script is what a scenario makes of it, nil for nothing.
type Source struct {
	Seed        uint64
	Persona     string
	Country     string
	Institution Institution
	Holder      Holder
	Opened      Day
	Born        Day
	Script      *Script
}

// SourceKey tells sources apart by their content; it is comparable.
type SourceKey struct {
	source Source
	script [sha256.Size]byte
}

// Key returns the key of the source.
func (s Source) Key() (k SourceKey) {
	if s.Script != nil {
		k.script = s.Script.hash
	}
	s.Script = nil
	k.source = s
	return k
}

// Script makes a persona one of its own and says what happened to its accounts. It is
// immutable; two of the same content are as good as one.
type Script struct {
	spec    *Spec
	changes []Change
	hash    [sha256.Size]byte
}

// NewScript takes over a spec, nil for the persona as it is, and changes, which must
// not be touched any more.
func NewScript(spec *Spec, changes ...Change) *Script {
	s := &Script{spec: spec, changes: changes}
	text, err := json.Marshal([]any{spec, changes})
	if err != nil {
		panic("bank: a script is plain data: " + err.Error())
	}
	s.hash = sha256.Sum256(text)
	return s
}

// With adds changes that come after those of the script, which may be nil. It costs what
// they do, however much the script says.
func (s *Script) With(changes ...Change) *Script {
	more := NewScript(nil, changes...)
	if s == nil {
		return more
	}
	return &Script{spec: s.spec, changes: slices.Concat(s.changes, changes), hash: sha256.Sum256(slices.Concat(s.hash[:], more.hash[:]))}
}

// As reads the ids that the changes name as those that a connection shows, too.
func (s *Script) As(connection string) *Script {
	changes := slices.Clone(s.changes)
	for i := range changes {
		changes[i].Match.As = connection
	}
	return &Script{spec: s.spec, changes: changes, hash: sha256.Sum256(append(s.hash[:], connection...))}
}

// Unnamed leaves out the changes that name their row by an id.
func (s *Script) Unnamed() *Script {
	return NewScript(s.spec, slices.DeleteFunc(slices.Clone(s.changes), func(c Change) bool { return c.Match.ID != "" })...)
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
	ids      key    // of the bank's own ids
	shown    key    // of a connection's ids, zero for the bank's own
	seal     seal   // makes the ids that this World shows
	eras     []*era // the first is from the beginning of time
}

// Book is one account of a World and the way to its rows.
type Book struct {
	world    *World
	index    int
	plan     *accountPlan
	account  Account
	number   uint32 // in ids
	stream   key
	total    uint64 // of exact mode: the weight of all its days
	rules    []bookRule
	collects uint64 // bit r: rule r is a debit that may be returned
}

// bookRule is what a rule became for this holder: own amount, party, wording and time.
type bookRule struct {
	key         key
	pick        uint64 // of the pool: rules of one pool meet one party
	amount      int64
	schedule    Schedule
	from, until Day
	voice       *voice
	party       int
	variant     uint64
	mandate     string // of what is collected
}

const (
	contactCount = 16 // of a person; a business pays more people
	ruleSpread   = 80 // thousandths by which holders' fixed amounts differ
)

// Open returns the World of a source. An unknown persona or country is an error
// that lists the known ones; so is a spec or a change that does not fit.
func Open(s Source) (*World, error) {
	l, ok := localeOf(s.Country)
	if !ok {
		return nil, unknownCountry(s.Country)
	}
	p, ok := l.plans()[s.Persona]
	if !ok {
		return nil, unknownPersona(s.Persona)
	}
	if s.Holder.NationalID == "" {
		return nil, errors.New("the holder has no national id: set Holder.NationalID")
	}
	if s.Opened < FirstDay || s.Opened > LastDay {
		return nil, fmt.Errorf("history cannot open on %s, use a day from %s to %s", s.Opened, FirstDay, LastDay)
	}
	if s.Born == 0 {
		s.Born = s.Opened + 731
	}
	name := s.Persona
	var changes []Change
	if s.Script != nil {
		changes = s.Script.changes
	}
	if s.Script != nil && s.Script.spec != nil {
		own, err := s.Script.spec.persona(p.persona, l, s.Born)
		if err != nil {
			return nil, err
		}
		p, name = newPlan(l, own), s.Script.spec.name(s.Persona)
		s.Opened = max(FirstDay, min(s.Opened, own.begins()))
	}
	w := &World{source: s, locale: l, calendar: l.calendar(), plan: p, holder: s.Holder}
	if w.holder.Kind == "" {
		w.holder.Kind = p.persona.kind
	}
	if w.holder.Name == "" { // the same at every institution
		w.holder.Name = w.Identity().Name
	}
	k := rootKey(s.Seed).sub(name).sub(s.Institution.ID).sub(s.Holder.NationalID)
	w.source.Institution = l.at(s.Institution, k.sub("branch"))
	w.ids = k.sub("ids")
	w.seal = newSeal(w.ids)
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
	if err := w.settleEras(p.persona.changes, changes); err != nil {
		return nil, err
	}
	return w, nil
}

func unknownCountry(name string) error {
	return fmt.Errorf("unknown country %q, use %s", name, strings.Join(countries, ", "))
}

func unknownPersona(name string) error {
	return fmt.Errorf("unknown persona %q, use one of %s", name, strings.Join(personaKeys(), ", "))
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
	count := contactCount
	if w.plan.persona.kind == Business {
		count = 3 * contactCount
	}
	for i := 0; len(labels) < count; i++ {
		p := w.locale.person(w.locale.personName(k.at(i)))
		if p.Name == w.holder.Name || slices.Contains(labels, p.Name) {
			continue
		}
		labels, people = append(labels, p.Name), append(people, p)
	}
	return w.locale.voice(w.locale.wording[KindTransferOut], labels, people)
}

func (w *World) newBook(k key, i int) *Book {
	p, spec := &w.plan.accounts[i], w.plan.accounts[i].spec
	product := w.locale.product(spec.typ, p.currency)
	at := w.source.Institution.Codes
	n := w.locale.number(k, at)
	b := &Book{world: w, index: i, plan: p, number: uint32(k.word(0) >> 44), stream: k.sub("stream"), rules: make([]bookRule, len(p.rules))}
	b.account = Account{
		Key: spec.key, Type: spec.typ, Name: product.name, OfficialName: product.official,
		Number: n.number, IBAN: n.iban, BIC: at.BIC, Bank: at.Bank, Transit: at.Branch,
		Currency: p.currency, Holder: w.holder, Opened: w.source.Opened, Limit: p.market.income * spec.limit / 1000,
	}
	if spec.limitOf != nil {
		b.account.Limit = *spec.limitOf
	}
	if spec.number != (Number{}) {
		spec.number.give(&b.account)
	}
	if spec.opens != 0 {
		b.account.Opened = max(w.source.Opened, w.source.Born+Day(spec.opens))
	}
	if spec.closes != 0 {
		b.account.Closed = w.calendar.step(w.source.Born+Day(spec.closes), -1)
	}
	if spec.typ == CreditCard { // never a full card number
		b.account.Number = "************" + digitsOf(k.word(5), 4)
		b.account.IBAN, b.account.BIC, b.account.Bank, b.account.Transit = "", "", "", ""
	}
	for j := range p.rules {
		r := &p.rules[j]
		rk := k.sub("rule/" + r.name)
		amount := r.amount
		if r.rule.amount == 0 {
			amount += amount * around(rk.word(0), ruleSpread) / 1000
		}
		b.rules[j] = bookRule{
			key: rk, pick: k.sub("party/" + r.pool).word(0), amount: rounded(amount, r.step), variant: rk.word(2), schedule: r.schedule,
		}
		own := &b.rules[j]
		if r.once != 0 {
			own.schedule = Schedule{Once: true, Anchor: w.source.Born + Day(r.once)}
		}
		if r.from != 0 {
			own.from = w.source.Born + Day(r.from)
		}
		if r.until != 0 {
			own.until = w.source.Born + Day(r.until)
		}
		if r.kind.collected() && !r.mirror && r.account < 0 {
			b.collects |= 1 << j
		}
	}
	if p.stream != nil && p.stream.exact != nil {
		b.total = p.stream.total(b.stream)
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
		case p.pool == "self" && len(p.names) == 0:
			r.voice = w.elsewhere(p.kind, r.key)
		case p.pool == "contacts":
			r.voice = w.contacts
		default:
			r.voice = p.voice
		}
		r.party = (below(r.pick, r.voice.n) + p.nth) % r.voice.n
		if p.kind.collected() && len(r.voice.parties) > 0 {
			r.mandate = w.mandate(&r.voice.parties[r.party])
		}
	}
}

// asOther speaks of the account as the other side of an own transfer.
func (b *Book) asOther(k Kind) *voice {
	l := b.world.locale
	me := Party{Name: b.world.holder.Name, NationalID: b.world.holder.NationalID, Account: b.account.Number, Institution: b.world.source.Institution}
	return l.voice(l.wording[k], []string{l.product(b.account.Type, b.account.Currency).spoken}, []Party{me})
}

// elsewhere is the holder's account at another bank.
func (w *World) elsewhere(k Kind, id key) *voice {
	i := below(id.word(3), len(w.locale.banks))
	if w.locale.banks[i].ID == w.source.Institution.ID {
		i = (i + 1) % len(w.locale.banks)
	}
	at := w.locale.at(w.locale.banks[i], id)
	me := Party{Name: w.holder.Name, NationalID: w.holder.NationalID, Account: w.locale.number(id, at.Codes).number, Institution: at}
	return w.locale.voice(w.locale.wording[k], []string{me.Institution.Name}, []Party{me})
}

// Holder returns the owner of all accounts.
func (w *World) Holder() Holder { return w.holder }

// Accounts returns all accounts in the persona's order, whenever they open.
func (w *World) Accounts() []Account {
	list := make([]Account, len(w.books))
	for i, b := range w.books {
		list[i] = b.account
	}
	return list
}

// AccountsAt returns the accounts that the bank shows at now: those that have opened,
// the closed ones with the day.
func (w *World) AccountsAt(now time.Time) []Account {
	var list []Account
	today, e := w.Today(now), w.eraAt(now)
	for i, b := range w.books {
		if !b.ShownAt(now) {
			continue
		}
		a, ls := b.account, e.books[i]
		if ls.opened > w.source.Opened {
			a.Opened = ls.opened
		}
		if a.Closed = ls.closed; today < a.Closed {
			a.Closed = 0 // nobody knows yet
		}
		list = append(list, a)
	}
	return list
}

// ShownAt reports whether the bank shows the account at now: it has opened.
func (b *Book) ShownAt(now time.Time) bool {
	return b.world.Today(now) >= b.world.eraAt(now).books[b.index].opened
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

// Forget drops the cache of day totals; the next read folds it again.
func (w *World) Forget() {
	for _, e := range w.eras {
		e.folding.Lock()
		e.ledger.Store(nil)
		e.folding.Unlock()
	}
}

func (w *World) unknownAccount(c *Change) error {
	var keys []string
	for _, b := range w.books {
		keys = append(keys, b.account.Key)
	}
	return fmt.Errorf("%s: the persona has no account %q, use one of %s", c.Do, c.Account, strings.Join(keys, ", "))
}
