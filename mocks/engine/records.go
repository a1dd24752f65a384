package engine

import (
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// Kinds of records.
const (
	kindSandbox    = "sandbox"
	kindSession    = "session"
	kindGrant      = "grant"
	kindConnection = "connection"
	kindInbox      = "inbox"
	kindRefresh    = "refresh"
	kindUpkeep     = "upkeep"
	kindEndpoint   = "endpoint"
	kindDelivery   = "delivery"
	kindOutbox     = "outbox"
	kindLane       = "lane"
	kindKey        = "key"
	kindWindow     = "window"
	kindAttempted  = "attempted"
	kindFiled      = "filed"
	kindRecord     = "record"
	kindSize       = "record_size"
	kindSigning    = "signing_key"
	kindClient     = "client" // what a grant of a client's belongs to; no record
)

// The collections of a sandbox.
var (
	sandboxes   = collection[sandbox.Sandbox](kindSandbox)
	sessions    = collection[connect.Session](kindSession)
	grants      = collection[grant.Grant](kindGrant)
	connections = collection[connect.Connection](kindConnection)
	inbox       = collection[Message](kindInbox)
	refreshes   = collection[connect.Refresh](kindRefresh)
	upkeeps     = collection[upkeep](kindUpkeep)
	endpoints   = collection[webhook.Endpoint](kindEndpoint)
	deliveries  = collection[webhook.Delivery](kindDelivery)
	outboxes    = collection[outbox](kindOutbox)
	lanes       = collection[webhook.Lane](kindLane)
	keys        = collection[remembered](kindKey)
	windows     = collection[window](kindWindow)
	attempts    = collection[attempted](kindAttempted)
	files       = collection[filed](kindFiled)
	records     = collection[record](kindRecord)
	sizes       = collection[recordSize](kindSize)
	signingKeys = collection[signingKey](kindSigning)
)

var kinds []store.Kind

// collection makes a collection that Kinds lists.
func collection[T store.Value[T]](kind string) store.Collection[T] {
	c := store.Collection[T]{Kind: kind}
	kinds = append(kinds, c)
	return c
}

// Kinds are all collections of a sandbox, for stores that must read their values back.
func Kinds() []store.Kind { return slices.Clone(kinds) }
