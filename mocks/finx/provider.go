package finx

import (
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// Provider is finX as the engine takes it.
type Provider struct{}

// The engine finds these by type assertion: a method with another name would be lost without
// a word.
var _ interface {
	engine.Directory
	engine.HandBack
	engine.Messenger
	engine.Pager
	engine.Authenticator
	engine.ConnectionIdentifier
	engine.Claimer
	engine.AccountChooser
	engine.Herald
	engine.EventPreparer
	engine.Revealer
	engine.DirectStarter
} = Provider{}

// New makes the provider.
func New() Provider { return Provider{} }

// Handlers serve the operations of the document that are imitated.
func (Provider) Handlers() map[string]engine.Handler {
	return map[string]engine.Handler{
		"createOnetimeAccess":              startFlow(flowAccess),
		"createOngoingAccess":              startFlow(flowOngoing),
		"createOnetimeIncomeReport":        startFlow(flowIncome),
		"createOnetimeRiskReport":          startFlow(flowRisk),
		"createOnetimeAccountVerification": startFlow(flowVerification),

		"createAccessToken": createAccessToken,
		"revokeToken":       revokeToken,
		"revokeTokenByPost": revokeToken,

		"listAccounts":  scoped(scopeAccounts, listAccounts),
		"getAccount":    scoped(scopeAccounts, getAccount),
		"deleteAccount": scoped(scopeAccounts, deleteAccount),
		"getBalance":    scoped(scopeBalance, getBalance),

		"listTransactions":        scoped(scopeTransactions, listTransactions),
		"getTransaction":          scoped(scopeTransactions, getTransaction),
		"listAccountTransactions": scoped(scopeTransactions, listTransactions),
		"getAccountTransaction":   scoped(scopeTransactions, getTransaction),

		"getIncomeReport":        getIncomeReport,
		"getRiskReport":          getRiskReport,
		"getAccountVerification": getAccountVerification,

		"listCatalog":         listCatalog(true, true),
		"listCatalogBanks":    listCatalog(true, false),
		"listCatalogServices": listCatalog(false, true),
		"listUserCatalog":     withToken(listCatalog(true, true)),

		"listAccesses": listAccesses,
		"createAccess": createAccess,
		"getAccess":    getAccess,
		"removePin":    removePin,
		"deleteAccess": deleteAccess,

		"createSync":      createSync,
		"getSync":         getSync,
		"listChallenges":  listChallenges,
		"getChallenge":    getChallenge,
		"answerChallenge": answerChallenge,

		"createNotification": createNotification,
		"listNotifications":  listNotifications,
		"getNotification":    getNotification,
		"updateNotification": updateNotification,
		"deleteNotification": deleteNotification,

		"getUser":    scoped(scopeUser, getUser),
		"deleteUser": scoped(scopeUser, deleteUser),
		"getVersion": getVersion,
	}
}

// declined are the operations that the document has and the simulator does not imitate, by
// reason. They answer as an unknown path does.
var declined = map[string][]string{
	"payments are another product than Access and Income Report": {
		"createOnetimePayment", "getPaymentReceipt", "listPayments", "createPayment",
	},
	"uploads and their enrichment are another product than Access and Income Report":                {"createUpload", "getUpload", "categorize"},
	"standing orders are no part of what a flow shares":                                             {"listStandingOrders"},
	"securities are no part of what a flow shares: no test user has a depot":                        {"listSecurities"},
	"RegShield was the widget before finX; its starts are those of /ongoing/access":                 {"createRegShieldAccount", "createRegShieldSync"},
	"tasks belong to the API before version 4; a flow or a sync does the same":                      {"createTask", "getTaskProgress"},
	"only accounts of the provider's own users have a password; a flow connects a user without one": {"createFigoUser"},
}

// Declined gives the reason for every operation that is not imitated.
func (Provider) Declined() map[string]string { return engine.ByOperation(declined) }

func itoa(n int) string { return strconv.Itoa(n) }
