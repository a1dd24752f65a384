package fintoc

import "github.com/stuntbank/stuntbank/mocks/engine"

// declined are the operations that the document has and the simulator does not
// imitate, by reason. They answer as an unknown URL does.
var declined = map[string][]string{
	"the fiscal product is another product than data aggregation": {
		"listInvoices", "listTaxReturns", "getTaxReturn",
	},
	"payments and direct debit are other products than data aggregation": {
		"listPaymentIntents", "createPaymentIntent", "checkPaymentIntentEligibility", "getPaymentIntent",
		"expirePaymentIntent", "createCheckoutSession", "getCheckoutSession", "expireCheckoutSession",
		"listCharges", "createCharge", "getCharge", "listSubscriptions", "getSubscription",
		"listSubscriptionIntents", "createSubscriptionIntent", "getSubscriptionIntent", "listRefunds",
		"createRefund", "getRefund", "cancelRefund", "listPaymentLinks", "createPaymentLink", "getPaymentLink",
		"cancelPaymentLink", "listDisputes", "getDispute", "submitDisputeForReview", "createDisputeDocument",
	},
	"version 2 is about accounts that the provider itself issues": {
		"listAccountsV2", "createAccountV2", "getAccountV2", "updateAccountV2", "listMovementsV2", "getMovementV2",
		"listAccountStatementsV2", "listAccountNumbersV2", "createAccountNumberV2", "getAccountNumberV2",
		"updateAccountNumberV2", "deleteAccountNumberV2", "listAccountVerificationsV2",
		"createAccountVerificationV2", "getAccountVerificationV2", "listTransfersV2", "createTransferV2",
		"returnTransferV2", "getTransferV2", "listEntitiesV2", "getEntityV2", "listOnboardingsV2",
		"createOnboardingV2", "getOnboardingV2", "submitOnboardingV2", "uploadOnboardingDocumentV2",
		"uploadShareholderDocumentV2", "listCustomersV2", "createCustomerV2", "getCustomerV2",
		"listCheckoutSessionsV2", "createCheckoutSessionV2", "getCheckoutSessionV2", "expireCheckoutSessionV2",
		"listPaymentIntentsV2", "createPaymentIntentV2", "getPaymentIntentV2", "listPaymentMethodsV2",
		"getPaymentMethodV2", "listProductsV2", "createProductV2", "getProductV2", "listSubscriptionsV2",
		"createSubscriptionV2", "getSubscriptionV2", "updateSubscriptionV2", "cancelSubscriptionV2",
		"createSubscriptionItemV2", "updateSubscriptionItemV2", "listInvoicesV2", "getInvoiceV2",
		"addInvoiceLinesV2", "removeInvoiceLinesV2", "updateInvoiceLineV2", "simulateReceiveTransferV2",
	},
}

// Declined gives the reason for every operation that is not imitated.
func (Provider) Declined() map[string]string { return engine.ByOperation(declined) }
