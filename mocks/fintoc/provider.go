package fintoc

import "github.com/stuntbank/stuntbank/mocks/engine"

// Handlers serve the data aggregation operations.
func (Provider) Handlers() map[string]engine.Handler {
	handlers := map[string]engine.Handler{
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

		"createRefreshIntent": createRefreshIntent,
		"listRefreshIntents":  listRefreshIntents,
		"getRefreshIntent":    getRefreshIntent,

		"createWebhookEndpoint": createWebhookEndpoint,
		"listWebhookEndpoints":  listWebhookEndpoints,
		"getWebhookEndpoint":    getWebhookEndpoint,
		"updateWebhookEndpoint": updateWebhookEndpoint,
		"deleteWebhookEndpoint": deleteWebhookEndpoint,
		"testWebhookEndpoint":   testWebhookEndpoint,

		"triggerEvent": triggerEvent,
		"getWhoami":    getWhoami,
		"listApiKeys":  listAPIKeys,
	}
	for id, h := range handlers {
		handlers[id] = versioned(h)
	}
	return handlers
}

// versioned refuses a version of the API that the account does not know, ahead of
// whatever the call does.
func versioned(h engine.Handler) engine.Handler {
	return func(c *engine.Call) (engine.Reply, error) {
		if err := checkVersion(c); err != nil {
			return engine.Reply{}, err
		}
		return h(c)
	}
}
