package flinks

import "github.com/stuntbank/stuntbank/mocks/engine"

// declined are the operations that the document has and the simulator does not imitate,
// by reason.
var declined = map[string][]string{
	"business attributes are another product, and their names are not published": {
		"getBusinessAnalysisAttributes", "getAllBusinessAttributes", "listBusinessAttributes",
	},
	"no source shows the answer of payment optimisation": {"optimizePayments"},
	"the upload add-ons work on an app's own data, not on a connected card": {
		"uploadAttributes", "uploadCategorization", "getFraudAnalysis",
	},
	"partner data is another product, and the names of its token's fields are not published": {
		"createAuthSecret", "disableAuthSecret", "enableAuthSecret", "createPartnerToken", "readPartnerData",
	},
	"outbound open banking (FDX) is another product": {
		"outboundAuthorize", "outboundToken", "outboundProviders", "outboundRevoke", "fdxCustomer", "fdxAccounts", "fdxTransactions",
	},
	"the product was retired in April 2026": {"createInvestments", "deleteInvestments"},
	"the name is quoted, but no evidence of such an operation was found": {
		"getScheduledRefresh", "editScheduledRefresh", "getInstitutionFields", "getScore",
	},
}

// Declined gives the reason for every operation that is not imitated.
func (Provider) Declined() map[string]string { return engine.ByOperation(declined) }
