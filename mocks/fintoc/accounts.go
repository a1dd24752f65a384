package fintoc

import (
	"net/http"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// bookOf is the account that the path names, if it belongs to the call's link.
func bookOf(c *engine.Call, conn connect.Connection) (*bank.Book, error) {
	name := c.Path("account_id")
	world, err := c.Bank(conn)
	if err != nil {
		return nil, err
	}
	if text, ok := strings.CutPrefix(name, "acc_"); ok {
		if id, ok := bank.ParseID(text); ok {
			if b, ok := world.BookByID(id); ok && conn.Consents(b.Account().Key) && b.ShownAt(c.Now) {
				return b, nil
			}
		}
	}
	return nil, noSuch("account", "acc", name)
}

func listAccounts(c *engine.Call) (engine.Reply, error) {
	conn, err := linkOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	books, err := engine.Books(c, conn)
	if err != nil {
		return engine.Reply{}, err
	}
	from, to := p.Bounds(len(books))
	out := make([]account, 0, to-from)
	for _, b := range books[from:to] {
		out = append(out, newAccount(c, conn, b))
	}
	return engine.JSON(http.StatusOK, out, pageHeaders(p, c, len(books))...), nil
}

func getAccount(c *engine.Call) (engine.Reply, error) {
	conn, err := linkOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	b, err := bookOf(c, conn)
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, newAccount(c, conn, b)), nil
}
