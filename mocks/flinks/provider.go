package flinks

import "github.com/stuntbank/stuntbank/mocks/engine"

// Handlers serve the data API. The asynchronous paths take both verbs: the documentation
// says GET, a published client posts.
func (Provider) Handlers() map[string]engine.Handler {
	return map[string]engine.Handler{
		"generateAuthorizeToken": generateAuthorizeToken,
		"issueToken":             issueToken,
		"authorize":              authorize,
		"authorizeAsync":         authorizeAsync,
		"authorizeMultiple":      authorizeMultiple,

		"getAccountsSummary":       getAccountsSummary,
		"getAccountsSummaryAsync":  getAccountsSummaryAsync,
		"postAccountsSummaryAsync": getAccountsSummaryAsync,
		"getAccountsDetail":        getAccountsDetail,
		"getAccountsDetailAsync":   getAccountsDetailAsync,
		"postAccountsDetailAsync":  getAccountsDetailAsync,
		"getStatements":            getStatements,
		"getStatementsAsync":       getStatementsAsync,
		"postStatementsAsync":      getStatementsAsync,

		"setScheduledRefresh":     setScheduledRefresh,
		"getNightlyRefreshStatus": getNightlyRefreshStatus,
		"getMFAQuestions":         getMFAQuestions,
		"answerMFAQuestions":      answerMFAQuestions,
		"deleteCard":              deleteCard,

		"listInstitutions": listInstitutions,
		"findInstitution":  findInstitution,
		"matchFields":      matchFields,

		"getIncomeAttributes":       whereEnabled(getIncomeAttributes),
		"getCreditRiskAttributes":   whereEnabled(getCreditRiskAttributes),
		"getLendingAttributes":      whereEnabled(getLendingAttributes),
		"getUserAnalysisAttributes": whereEnabled(getUserAnalysisAttributes),
		"getAllAttributes":          whereEnabled(getAllAttributes),
		"selectAttributes":          whereEnabled(selectAttributes),
		"listAttributes":            whereEnabled(listAttributes),
		"categorize":                whereEnabled(categorize),
		"listCategories":            whereEnabled(listCategories),
	}
}
