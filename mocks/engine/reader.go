package engine

import (
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
)

// Reader is what a provider may look at while it says what happened: the data behind an
// event at its instant. It writes nothing.
type Reader struct{ tx Tx }

// Reader is the transaction for who must not write.
func (t Tx) Reader() Reader { return Reader{t} }

// Instant is when it happens, virtual.
func (r Reader) Instant() time.Time { return r.tx.Now }

// Option gives the value of one of the provider's options, as the scenarios of the event's
// connection have it.
func (r Reader) Option(name string) string { return r.tx.Option(name) }

// Bank opens the data of a connection.
func (r Reader) Bank(conn connect.Connection) (*bank.World, error) { return r.tx.Bank(conn) }

// InstitutionOf names the bank of a connection.
func (r Reader) InstitutionOf(conn connect.Connection) Institution { return r.tx.InstitutionOf(conn) }

// Secret gives the text of a grant, which must have been issued.
func (r Reader) Secret(kind grant.Kind, subject string, n int) (string, error) {
	return r.tx.Secret(kind, subject, n)
}
