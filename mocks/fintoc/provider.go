package fintoc

import "github.com/stuntbank/stuntbank/mocks/engine"

// Handlers serve the data aggregation operations.
func (Provider) Handlers() map[string]engine.Handler {
	return map[string]engine.Handler{
		"createLinkIntent": createLinkIntent,
		"exchangeLink":     exchangeLink,
		"listLinks":        listLinks,
		"getLink":          getLink,
		"updateLink":       updateLink,
		"deleteLink":       deleteLink,
		"listAccounts":     listAccounts,
		"getAccount":       getAccount,
		"listMovements":    listMovements,
		"getMovement":      getMovement,
		"listInstitutions": listInstitutions,
	}
}
