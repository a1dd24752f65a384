package engine

import (
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// RenderContext is what a provider's objects are rendered from: a call, or the transaction of
// what happened.
type RenderContext interface {
	Instant() time.Time // virtual
	Bank(connect.Connection) (*bank.World, error)
	InstitutionOf(connect.Connection) Institution
	Option(name string) string
}

// Books are the accounts that the user of a connection agreed to and that the bank shows at
// the context's instant, in the bank's order.
func Books(c RenderContext, conn connect.Connection) ([]*bank.Book, error) {
	return BooksAt(c, conn, c.Instant())
}

// BooksAt are the accounts that the user of a connection agreed to and that the bank shows at
// an instant: that of the last refresh (AsOf), say.
func BooksAt(c RenderContext, conn connect.Connection, at time.Time) ([]*bank.Book, error) {
	world, err := c.Bank(conn)
	if err != nil {
		return nil, err
	}
	var out []*bank.Book
	for _, a := range world.AccountsAt(at) {
		if b, ok := world.Book(a.Key); ok && conn.Consents(a.Key) {
			out = append(out, b)
		}
	}
	return out, nil
}
