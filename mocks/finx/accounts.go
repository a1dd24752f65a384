package finx

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// shared is one account that a token may read, with the access that it came by.
type shared struct {
	conn connect.Connection
	book *bank.Book
}

// sharedBy are the accounts behind a call's token, in the bank's order.
func sharedBy(c *engine.Call) ([]shared, error) {
	conn, err := bearer(c)
	if err != nil {
		return nil, err
	}
	world, err := c.Bank(conn)
	if err != nil {
		return nil, err
	}
	var out []shared
	for _, a := range world.AccountsAt(conn.AsOf(c.Now)) {
		if b, ok := world.Book(a.Key); ok && conn.Consents(a.Key) {
			out = append(out, shared{conn, b})
		}
	}
	return out, nil
}

// named is the account that the path names, if the token reads it.
func named(c *engine.Call) (shared, error) {
	all, err := sharedBy(c)
	if err != nil {
		return shared{}, err
	}
	name := c.Path("account_id")
	for _, s := range all {
		if s.id() == name {
			return s, nil
		}
	}
	return shared{}, problem.Absent("account", name)
}

func (s shared) id() string { return idOf('A', s.book.Account().ID) }

func listAccounts(c *engine.Call) (engine.Reply, error) {
	all, err := sharedBy(c)
	if err != nil {
		return engine.Reply{}, err
	}
	out := struct {
		Accounts []account `json:"accounts"`
	}{make([]account, 0, len(all))}
	for _, s := range all {
		out.Accounts = append(out.Accounts, newAccount(c, s))
	}
	return engine.JSON(http.StatusOK, out), nil
}

func getAccount(c *engine.Call) (engine.Reply, error) {
	s, err := named(c)
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, newAccount(c, s)), nil
}

func getBalance(c *engine.Call) (engine.Reply, error) {
	s, err := named(c)
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, newBalance(c, s)), nil
}
