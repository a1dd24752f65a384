package finx

import (
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// Provider is finX as the engine takes it.
type Provider struct{}

// New makes the provider.
func New() Provider { return Provider{} }

// Handlers serve the operations of the document that are imitated.
func (Provider) Handlers() map[string]engine.Handler {
	return map[string]engine.Handler{
		"createOnetimeAccess": startFlow(flowAccess),
		"createOngoingAccess": startFlow(flowOngoing),

		"createAccessToken": createAccessToken,

		"listAccounts": listAccounts,
		"getAccount":   getAccount,
		"getBalance":   getBalance,

		"listTransactions":        listTransactions,
		"getTransaction":          getTransaction,
		"listAccountTransactions": listTransactions,
		"getAccountTransaction":   getTransaction,

		"getVersion": getVersion,
	}
}

// Declined gives the reason for every operation that is not imitated.
func (Provider) Declined() map[string]string { return nil }

func itoa(n int) string { return strconv.Itoa(n) }
