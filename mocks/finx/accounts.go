package finx

import (
	"net/http"
	"slices"

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

// sharedBy are the accounts behind a call's token, in the bank's order; those of an older
// access first.
func sharedBy(c *engine.Call) ([]shared, error) {
	all, err := accessesOf(c)
	if err != nil {
		return nil, err
	}
	var out []shared
	for _, conn := range all {
		books, err := booksOf(c, conn)
		if err != nil {
			return nil, err
		}
		for _, b := range books {
			if readable(conn, readAccounts) {
				out = append(out, shared{conn, b})
			}
		}
	}
	return out, nil
}

// booksOf are the accounts that an access has brought. With the edition qwist those of a
// one-time flow are deleted after an hour (documented).
func booksOf(c *engine.Call, conn connect.Connection) ([]*bank.Book, error) {
	if c.Option(optEdition) == qwist && conn.UserKey == "" && !c.Now.Before(conn.CreatedAt.Add(oneTimeData)) {
		return nil, nil
	}
	return engine.BooksAt(c, conn, conn.AsOf(c.Now))
}

// named is the account that the path names, if the token reads it.
func named(c *engine.Call) (shared, error) {
	all, err := sharedBy(c)
	if err != nil {
		return shared{}, err
	}
	name := c.Path("account_id")
	at := slices.IndexFunc(all, func(s shared) bool { return s.id() == name })
	if at < 0 {
		return shared{}, problem.Absent("account", name)
	}
	return all[at], nil
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
	return engine.JSON(http.StatusOK, newBalance(c.Now, s, inCents(c))), nil
}

// deleteAccount takes an account out of what the token reads, for good. The others stay.
func deleteAccount(c *engine.Call) (engine.Reply, error) {
	s, err := named(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) error {
		_, err := tx.ChangeConnection(s.conn.ID, func(conn *connect.Connection) error {
			key := s.book.Account().Key
			conn.Accounts = slices.DeleteFunc(slices.Clone(conn.Accounts), func(k string) bool { return k == key })
			return nil
		})
		return err
	})
	return engine.JSON(http.StatusOK, struct{}{}), err
}

// What a flow may read; see readable.
const (
	readAccounts     = "ACCOUNTS"
	readTransactions = "TRANSACTIONS"
)

// readable says whether a flow reads a part of the data. The flow that verifies an account
// reads nothing but what readout asks for.
func readable(conn connect.Connection, part string) bool {
	if conn.Params["flow"] != flowVerification {
		return true
	}
	asked := listed(conn.Params["readout"])
	return slices.Contains(asked, part) || part == readAccounts && slices.Contains(asked, readTransactions)
}

func readsTransactions(of []shared) bool {
	return !slices.ContainsFunc(of, func(s shared) bool { return !readable(s.conn, readTransactions) })
}
