package specimen

import (
	"net/http"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

type account struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	IBAN     string `json:"iban"`
	Currency string `json:"currency"`
	Balance  string `json:"balance"`
}

type transaction struct {
	ID       string `json:"id"`
	BookedOn string `json:"booked_on"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Text     string `json:"text"`
}

// read is the connection whose token the call carries.
func read(c *engine.Call) (conn connect.Connection, err error) {
	g, err := c.Bearer(grant.Access)
	if err != nil {
		return conn, err
	}
	err = c.View(func(tx engine.Tx) (err error) {
		conn, err = tx.Connection(g.Subject)
		return err
	})
	switch {
	case err != nil:
		return conn, err
	case conn.StateAt(c.Now) != connect.Active:
		return conn, problem.New(problem.LoginRequired, "the user has to connect again")
	case conn.Data == connect.DataImporting:
		return conn, problem.New(problem.Pending, "the data is being imported: wait for connection.ready")
	case conn.Data == connect.DataFailed:
		return conn, problem.New(conn.Failure, "the import has failed: refresh the connection")
	}
	return conn, nil
}

func accountID(id bank.ID) string { return "acc_" + id.Text() }

func listAccounts(c *engine.Call) (engine.Reply, error) {
	conn, err := read(c)
	if err != nil {
		return engine.Reply{}, err
	}
	books, err := engine.Books(c, conn)
	if err != nil {
		return engine.Reply{}, err
	}
	out := []account{}
	for _, b := range books {
		a := b.Account()
		out = append(out, account{
			ID: accountID(a.ID), Name: a.Name, IBAN: a.IBAN, Currency: a.Currency, Balance: bank.FormatAmount(b.Balance(conn.AsOf(c.Now)).Current, a.Currency),
		})
	}
	return engine.JSON(http.StatusOK, struct {
		Accounts []account `json:"accounts"`
	}{out}), nil
}

func listTransactions(c *engine.Call) (engine.Reply, error) {
	conn, err := read(c)
	if err != nil {
		return engine.Reply{}, err
	}
	books, err := engine.Books(c, conn)
	if err != nil {
		return engine.Reply{}, err
	}
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	name := strings.TrimPrefix(c.Path("account_id"), "acc_")
	for _, b := range books {
		if b.Account().ID.Text() != name {
			continue
		}
		total := b.Count(conn.AsOf(c.Now), bank.Range{})
		from, to := p.Bounds(total)
		out := []transaction{}
		for _, t := range b.Page(conn.AsOf(c.Now), bank.Range{}, from, to-from, nil) {
			out = append(out, transaction{
				ID: "tx_" + t.ID.Text(), BookedOn: t.Posted.Time().Format(time.DateOnly),
				Amount: bank.FormatAmount(t.Amount, t.Currency), Currency: t.Currency, Text: t.Description,
			})
		}
		return engine.JSON(http.StatusOK, struct {
			Transactions []transaction `json:"transactions"`
			Total        int           `json:"total"`
		}{out, total}), nil
	}
	return engine.Reply{}, problem.Absent("account", c.Path("account_id"))
}
