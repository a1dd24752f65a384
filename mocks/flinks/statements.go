package flinks

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/statement"
)

// mostRecent is the default number of statements.
const mostRecent = "MostRecent"

// months reads the number of statements.
func months(text string) (int, error) {
	switch strings.ToLower(text) {
	case "", "mostrecent":
		return 1, nil
	case "months3":
		return 3, nil
	case "months12":
		return 12, nil
	}
	return 0, problem.Invalid("NumberOfStatements", problem.NotAllowed, "NumberOfStatements is %.20q: send MostRecent, Months3 or Months12", text)
}

// paramStatements holds the options of GetStatements.
const paramStatements = "statements"

// printed is one statement.
type printed struct {
	UniqueID    string `json:"UniqueId"`
	FileType    string `json:"FileType"`
	Base64Bytes string `json:"Base64Bytes"`
}

type accountStatements struct {
	AccountNumber string    `json:"AccountNumber"`
	Statements    []printed `json:"Statements"`
}

// statementsBody is the answer, in the documented order.
type statementsBody struct {
	ResponseType        string              `json:"ResponseType,omitempty"`
	HTTPStatusCode      int                 `json:"HttpStatusCode"`
	FlinksCode          string              `json:"FlinksCode,omitempty"`
	StatementsByAccount []accountStatements `json:"StatementsByAccount"`
	Login               *login              `json:"Login,omitempty"`
	Institution         string              `json:"Institution"`
	RequestID           string              `json:"RequestId"`
	Tag                 string              `json:"Tag,omitempty"`
}

func getStatements(c *engine.Call) (engine.Reply, error) {
	var body struct {
		RequestID          word
		NumberOfStatements word
		AccountsFilter     words
	}
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	n, err := months(string(body.NumberOfStatements))
	if err != nil {
		return engine.Reply{}, err
	}
	if n == 12 && len(body.AccountsFilter) != 1 {
		return engine.Reply{}, problem.Invalid("AccountsFilter", problem.Missing, "Months12 wants exactly one account in AccountsFilter")
	}
	d := details{Statements: firstWord(string(body.NumberOfStatements), mostRecent), Accounts: body.AccountsFilter}
	return statementsReply(c, string(body.RequestID), func(tx engine.Tx, k card) (connect.Session, error) {
		if _, err := d.fits(tx, k.conn); err != nil {
			return k.session, err
		}
		return remember(tx, k.session, paramStatements, d)
	})
}

func getStatementsAsync(c *engine.Call) (engine.Reply, error) {
	return statementsReply(c, c.Path("requestId"), nil)
}

func statementsReply(c *engine.Call, id string, note func(engine.Tx, card) (connect.Session, error)) (engine.Reply, error) {
	k, wait, err := dataOf(c, id, kindStatements, note)
	if err != nil || wait != nil {
		if wait != nil {
			return *wait, nil
		}
		return engine.Reply{}, err
	}
	out, err := newStatements(c, k, c.Now)
	out.FlinksCode = okCode(c)
	return engine.JSON(http.StatusOK, out), err
}

// newStatements prints what a request asked for.
func newStatements(c engine.RenderContext, k card, now time.Time) (statementsBody, error) {
	d := details{Statements: mostRecent}
	if text := k.session.Params[paramStatements]; text != "" {
		_ = json.Unmarshal([]byte(text), &d) // written by the call before
	}
	p := payload{card: k, options: d, asOf: k.conn.AsOf(now), name: k.conn.Institution}
	out := statementsBody{
		HTTPStatusCode: http.StatusOK, Tag: k.session.Params[paramTag], Login: loginOf(k.conn), Institution: k.conn.Institution, RequestID: k.session.ID,
	}
	world, err := c.Bank(k.conn)
	if err != nil {
		return out, err
	}
	p.profile, p.today = world.Identity(), world.Today(p.asOf)
	if p.books, err = booksOf(c, k.conn, d.Accounts, p.asOf); err == nil {
		out.StatementsByAccount, err = p.print(d.Statements)
	}
	return out, err
}

// print makes the statements of the last months that are over, newest first, as far as
// the accounts go back.
func (p payload) print(howMany string) ([]accountStatements, error) {
	n, err := months(howMany)
	out := make([]accountStatements, 0, len(p.books))
	for _, b := range p.books {
		a := accountStatements{AccountNumber: b.Account().Number, Statements: []printed{}}
		until := firstOfMonth(p.today)
		for range n {
			from := firstOfMonth(until - 1)
			if err != nil || until <= b.Account().Opened {
				break
			}
			var one printed
			one, err = p.printMonth(b, from, until)
			a.Statements = append(a.Statements, one)
			until = from
		}
		out = append(out, a)
	}
	return out, err
}

func firstOfMonth(d bank.Day) bank.Day {
	year, month, _ := d.Civil()
	return bank.Date(year, month, 1)
}

func (p payload) printMonth(b *bank.Book, from, until bank.Day) (printed, error) {
	a, r := b.Account(), bank.Range{From: from, Until: until}
	rows := b.Page(p.asOf, r, 0, b.Count(p.asOf, r), nil)
	slices.Reverse(rows)
	pdf, err := statement.PDF(statement.Statement{
		Bank: p.name, Title: a.Name, Number: a.Number, Currency: a.Currency, Holder: p.profile, From: from, Until: until - 1,
		Opening: b.BalanceAt(from), Closing: b.BalanceAt(until), Rows: rows, French: french(p.name),
	})
	sum := sha256.Sum256([]byte(guidOf(a.ID) + from.String()))
	return printed{strings.ToUpper(hex.EncodeToString(sum[:16])), "PDF", base64.StdEncoding.EncodeToString(pdf)}, err
}
