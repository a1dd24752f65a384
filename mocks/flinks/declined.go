package flinks

// declined are the operations that the document has and the simulator does not imitate,
// by reason.
var declined = []struct {
	reason     string
	operations []string
}{
	{"business attributes are another product, and their names are not published", []string{
		"getBusinessAnalysisAttributes", "getAllBusinessAttributes", "listBusinessAttributes",
	}},
	{"no source shows the answer of payment optimisation", []string{"optimizePayments"}},
	{"the upload add-ons work on an app's own data, not on a connected card", []string{
		"uploadAttributes", "uploadCategorization", "getFraudAnalysis",
	}},
	{"partner data is another product, and the names of its token's fields are not published", []string{
		"createAuthSecret", "disableAuthSecret", "enableAuthSecret", "createPartnerToken", "readPartnerData",
	}},
	{"outbound open banking (FDX) is another product", []string{
		"outboundAuthorize", "outboundToken", "outboundProviders", "outboundRevoke", "fdxCustomer", "fdxAccounts", "fdxTransactions",
	}},
	{"the product was retired in April 2026", []string{"createInvestments", "deleteInvestments"}},
	{"the name is quoted, but no evidence of such an operation was found", []string{
		"getScheduledRefresh", "editScheduledRefresh", "getInstitutionFields", "getScore",
	}},
}

// Declined gives the reason for every operation that is not imitated.
func (Provider) Declined() map[string]string {
	out := map[string]string{}
	for _, d := range declined {
		for _, id := range d.operations {
			out[id] = d.reason
		}
	}
	return out
}
