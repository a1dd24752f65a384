package flinks

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// detailsBody is what a call for accounts takes.
type detailsBody struct {
	RequestID                                      word
	WithAccountIdentity, WithKyc, WithTransactions flag
	WithBalance, WithDetailsAndBankingStatements   flag
	DaysOfTransactions, NumberOfBankingStatements  word
	DateFrom, DateTo                               word
	AccountsFilter                                 words
	RefreshDelta                                   []delta
}

// delta asks for what is newer than a transaction. One client writes snake case.
type delta struct {
	AccountID, TransactionID word
	SnakeAccount             word `json:"account_id"`
	SnakeTransaction         word `json:"transaction_id"`
}

// details are the options of a data call, which the asynchronous call and the webhook
// keep to. The zero value is not the default, see usual.
type details struct {
	Identity, KYC, Rows, Balance bool
	Statements                   string `json:",omitempty"` // how many, empty for none
	Days                         int
	From, To                     string            `json:",omitempty"`
	Accounts                     []string          `json:",omitempty"`
	Since                        map[string]string `json:",omitempty"`
}

// usual are the defaults: all of everything, for ninety days.
var usual = details{Identity: true, KYC: true, Rows: true, Balance: true, Days: 90}

// options reads the body of a data call.
func (b detailsBody) options(hint string) (details, error) {
	d := details{
		Identity: b.WithAccountIdentity.or(true), KYC: b.WithKyc.or(true), Rows: b.WithTransactions.or(true), Balance: b.WithBalance.or(true),
		From: string(b.DateFrom), To: string(b.DateTo), Accounts: b.AccountsFilter,
	}
	var err error
	if d.Days, err = days(firstWord(string(b.DaysOfTransactions), hint)); err != nil {
		return d, err
	}
	for _, f := range []struct{ name, value string }{{"DateFrom", d.From}, {"DateTo", d.To}} {
		if _, err := time.Parse(time.DateOnly, f.value); f.value != "" && err != nil {
			return d, problem.Invalid(f.name, problem.Format, "%s must be a date such as 2026-03-31", f.name)
		}
	}
	if d.From != "" && d.To != "" && d.From > d.To {
		return d, problem.Invalid("DateTo", problem.TooSmall, "DateTo is before DateFrom")
	}
	if b.WithDetailsAndBankingStatements.or(false) {
		d.Statements = firstWord(string(b.NumberOfBankingStatements), mostRecent)
		if _, err := months(d.Statements); err != nil {
			return d, err
		}
	}
	for _, r := range b.RefreshDelta {
		account, row := firstWord(string(r.AccountID), string(r.SnakeAccount)), firstWord(string(r.TransactionID), string(r.SnakeTransaction))
		if account == "" || row == "" {
			return d, problem.Invalid("RefreshDelta", problem.Missing, "each item of RefreshDelta needs AccountId and TransactionId")
		}
		if d.Since == nil {
			d.Since = map[string]string{}
		}
		d.Since[strings.ToLower(account)] = row
	}
	return d, nil
}

func firstWord(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// days reads DaysOfTransactions; an older client says Days360 for a year.
func days(text string) (int, error) {
	switch strings.ToLower(text) {
	case "", "days90":
		return 90, nil
	case "days365", "days360":
		return 365, nil
	}
	return 0, problem.Invalid("DaysOfTransactions", problem.NotAllowed, "DaysOfTransactions is %.20q: send Days90 or Days365", text)
}

// lastDays is the window of so many days before today, and today.
func lastDays(today bank.Day, n int) bank.Range { return bank.Range{From: today - bank.Day(n)} }

// rangeAt is the window of an options' transactions, as of a day.
func (d details) rangeAt(today bank.Day) bank.Range {
	day := func(text string) bank.Day {
		t, _ := time.Parse(time.DateOnly, text)
		return bank.DayOf(t)
	}
	r := lastDays(today, d.Days)
	if d.From != "" || d.To != "" {
		r = bank.Range{}
		if d.From != "" {
			r.From = day(d.From)
		}
		if d.To != "" {
			r.Until = day(d.To) + 1
		}
	}
	return r
}

// stored are the options that a session remembers.
func stored(s connect.Session) details {
	text := s.Params[paramDetails]
	d := usual
	if text != "" {
		_ = json.Unmarshal([]byte(text), &d) // written by the call before
	}
	return d
}

// remembered writes the options of a call into its session, if they fit the card. lost are
// transactions of RefreshDelta that no account has.
func (d details) remembered(tx engine.Tx, k card) (s connect.Session, lost []string, err error) {
	if lost, err = d.fits(tx, k.conn); err != nil {
		return s, lost, err
	}
	if len(lost) > 0 && tx.Option(optDelta) == "refuse" {
		return s, lost, problem.Invalid("RefreshDelta", problem.NotAllowed, "RefreshDelta names %.40q, which is no transaction of its account", lost[0])
	}
	s, err = remember(tx, k.session, paramDetails, d)
	return s, lost, err
}

// remember writes the options of a call into its session.
func remember(tx engine.Tx, s connect.Session, param string, d details) (connect.Session, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return s, err
	}
	return tx.ChangeSession(s.ID, func(s *connect.Session) error {
		if s.Params == nil {
			s.Params = map[string]string{}
		}
		s.Params[param] = string(text)
		return nil
	})
}

// fits refuses accounts that the card has not, and gives the transactions that its
// accounts do not have, before anything is collected.
func (d details) fits(tx engine.Tx, conn connect.Connection) (lost []string, err error) {
	if len(d.Accounts)+len(d.Since) == 0 {
		return nil, nil
	}
	world, err := tx.Bank(conn)
	if err != nil {
		return nil, err
	}
	if _, err := booksOf(tx, conn, d.Accounts, conn.AsOf(tx.Now)); err != nil {
		return nil, err
	}
	for account, row := range d.Since {
		id, ok := parseGUID(account)
		b, found := world.BookByID(id)
		if !ok || !found || !conn.Consents(b.Account().Key) {
			return nil, problem.Invalid("RefreshDelta", problem.NotAllowed, "RefreshDelta names %.40q, which is no account of this card", account)
		}
		if id, ok = parseGUID(row); ok {
			_, ok = b.ByID(tx.Now, id)
		}
		if !ok {
			lost = append(lost, row)
		}
	}
	slices.Sort(lost)
	return lost, nil
}

// payload is the answer of a call for accounts.
type payload struct {
	card
	options    details
	summary    bool
	webhook    string // the type, in a webhook
	cut        *int   // of a webhook: how many rows did not fit
	code       string
	swapped    bool // Category and Type
	name       string
	books      []*bank.Book
	profile    bank.Profile
	statements []accountStatements
	asOf       time.Time
	today      bank.Day
}

// newPayload collects what a payload says. Ids of accounts that the card has not are an
// error; its own accounts come in the bank's order.
func newPayload(c engine.RenderContext, k card, d details, summary bool, now time.Time) (payload, error) {
	p := payload{card: k, options: d, summary: summary, asOf: k.conn.AsOf(now), swapped: c.Option(optCategory) == "swapped", name: k.conn.Institution}
	world, err := c.Bank(k.conn)
	if err != nil {
		return p, err
	}
	p.profile, p.today = world.Identity(), world.Today(p.asOf)
	if p.books, err = booksOf(c, k.conn, d.Accounts, p.asOf); err != nil {
		return p, err
	}
	if d.Statements != "" {
		p.statements, err = p.print(d.Statements)
	}
	return p, err
}

// booksOf are the accounts in dollars that the user agreed to, or those of a filter among
// them, as the data of an instant has them.
func booksOf(c engine.RenderContext, conn connect.Connection, filter []string, asOf time.Time) ([]*bank.Book, error) {
	books, err := engine.BooksAt(c, conn, asOf)
	if err != nil {
		return nil, err
	}
	wanted := map[bank.ID]bool{}
	for _, text := range filter {
		id, ok := parseGUID(text)
		if !ok || !slices.ContainsFunc(books, func(b *bank.Book) bool { return b.Account().ID == id }) {
			return nil, problem.Invalid("AccountsFilter", problem.NotAllowed, "AccountsFilter names %.40q, which is no account of this card", text)
		}
		wanted[id] = true
	}
	return slices.DeleteFunc(books, func(b *bank.Book) bool {
		a := b.Account()
		return a.Currency != "CAD" && a.Currency != "USD" || len(wanted) > 0 && !wanted[a.ID]
	}), nil
}

func getAccountsDetail(c *engine.Call) (engine.Reply, error)  { return askAccounts(c, kindDetails) }
func getAccountsSummary(c *engine.Call) (engine.Reply, error) { return askAccounts(c, kindSummary) }

// askAccounts is the call with options, which its request remembers.
func askAccounts(c *engine.Call, kind string) (engine.Reply, error) {
	var body detailsBody
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	hint := ""
	if s := c.Session(); s != nil {
		hint = s.Params[paramDays]
	}
	d, err := body.options(hint)
	if err != nil {
		return engine.Reply{}, err
	}
	var lost []string
	k, wait, err := dataOf(c, string(body.RequestID), kind, func(tx engine.Tx, k card) (s connect.Session, err error) {
		s, lost, err = d.remembered(tx, k)
		return s, err
	})
	if err == nil {
		for _, id := range lost {
			c.Note("RefreshDelta: no account has the transaction %.40q, so that all rows of its account are given; the option flinks.refresh_delta_unknown refuses it", id)
		}
	}
	return accountsReply(c, k, kind, wait, err)
}

func getAccountsDetailAsync(c *engine.Call) (engine.Reply, error) {
	return pollAccounts(c, kindDetails)
}
func getAccountsSummaryAsync(c *engine.Call) (engine.Reply, error) {
	return pollAccounts(c, kindSummary)
}

// pollAccounts asks again, with the options of the first call.
func pollAccounts(c *engine.Call, kind string) (engine.Reply, error) {
	k, wait, err := dataOf(c, c.Path("requestId"), kind, nil)
	return accountsReply(c, k, kind, wait, err)
}

func accountsReply(c *engine.Call, k card, kind string, wait *engine.Reply, err error) (engine.Reply, error) {
	if err != nil {
		return engine.Reply{}, err
	}
	if wait != nil {
		return *wait, nil
	}
	p, err := newPayload(c, k, stored(k.session), kind == kindSummary, c.Now)
	p.code = okCode(c)
	return engine.JSON(http.StatusOK, p), err
}

// all is more rows than any window has.
const all = math.MaxInt32

// pageSize is how many rows are read from the bank at a time.
const pageSize = 128

// eachRow visits the rows of an account that a payload has, newest first, until visit has
// enough; left is how many it did not see then.
func (p payload) eachRow(b *bank.Book, visit func(*bank.Transaction) bool) (left int) {
	rows, newer := []bank.Transaction(nil), false
	if id, ok := parseGUID(p.options.Since[guidOf(b.Account().ID)]); ok {
		rows, newer = b.After(p.asOf, bank.Range{}, id, all, nil)
	}
	r := p.options.rangeAt(p.today)
	for read := 0; ; read += pageSize {
		if !newer {
			rows = b.Page(p.asOf, r, read, pageSize, rows[:0])
		}
		for i := range rows {
			if visit(&rows[i]) {
				continue
			}
			if newer {
				return len(rows) - i - 1
			}
			return b.Count(p.asOf, r) - read - i - 1
		}
		if newer || len(rows) < pageSize {
			return 0
		}
	}
}
