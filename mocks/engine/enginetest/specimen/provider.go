package specimen

import (
	"github.com/stuntbank/stuntbank/mocks/engine"
)

// Handlers serve the operations of the document.
func (Provider) Handlers() map[string]engine.Handler {
	return map[string]engine.Handler{
		"listInstitutions":    listInstitutions,
		"putRedirect":         putRedirect,
		"listRedirects":       listRedirects,
		"listKeys":            listKeys,
		"createLink":          createLink,
		"getLink":             getLink,
		"createStatementLink": createStatementLink,
		"refreshConnection":   refreshConnection,
		"getRefresh":          getRefresh,
		"exchangeCode":        exchangeCode,
		"refreshToken":        refreshToken,
		"revokeToken":         revokeToken,
		"listConnections":     listConnections,
		"getConnection":       getConnection,
		"deleteConnection":    deleteConnection,
		"listAccounts":        listAccounts,
		"listTransactions":    listTransactions,
	}
}

// Declined gives the reason for what is not imitated.
func (Provider) Declined() map[string]string {
	return map[string]string{"createPayment": "payments are another product than bank data"}
}

// Authenticate asks for the token of a connection where its data is read, elsewhere for the
// app's key.
func (Provider) Authenticate(c *engine.Call) error {
	switch c.OperationID() {
	case "listAccounts", "listTransactions":
		return nil // the handler uses the token
	}
	return c.Prove(client)
}

// paging is how every list is asked for a page.
var paging = engine.Paging{Number: "page", Size: "size", Usual: 20, Most: 100}
