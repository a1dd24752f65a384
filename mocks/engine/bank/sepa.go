package bank

import "strings"

// What a row says in countries that pay by SEPA (Germany and Spain) beside its text: a
// creditor, a mandate, the creditor's own reference, and a purpose.

// trades reports whether the other side of the kind is a company that is no account of a
// transfer: a shop, a creditor, a lender.
func (k Kind) trades() bool {
	switch k {
	case KindCard, KindRefund, KindDirectDebit, KindBill, KindSettlement, KindLoan:
		return true
	}
	return false
}

// OtherSide is who the row is with: the Counterparty of a transfer, else the Merchant, nil
// where the bank names nobody.
func (t *Transaction) OtherSide() *Party {
	if t.Counterparty != nil {
		return t.Counterparty
	}
	return t.Merchant
}

// Purpose is what the row is for, in the words of its text: what people wrote on a transfer,
// or the text without its tags.
func (t *Transaction) Purpose() string {
	if t.Comment != "" {
		return t.Comment
	}
	_, text, tagged := strings.Cut(t.Description, "SVWZ+")
	if !tagged {
		return t.Description
	}
	return text
}

// Remittance is the text of the row with the tags that German banks write: EREF+ before the
// reference of the creditor, MREF+ before the mandate, CRED+ before the creditor and SVWZ+
// before the purpose. A row with none of the first three has its text alone.
func (t *Transaction) Remittance() string {
	var b strings.Builder
	say := func(tag, text string) {
		if text != "" {
			b.WriteString(tag + text + " ")
		}
	}
	say("EREF+", t.EndToEnd)
	say("MREF+", t.Mandate)
	if t.Merchant != nil && t.Mandate != "" {
		say("CRED+", t.Merchant.CreditorID)
	}
	if b.Len() == 0 {
		return t.Description
	}
	return b.String() + "SVWZ+" + t.Purpose()
}

// sepaPurposes are codes of ISO 20022 by category, and behind them by kind.
var sepaPurposes = map[string]string{
	"bonus": "BONU", "child benefit": "CHAR", "rent": "RENT", "room": "RENT", "premises": "RENT", "power": "ELEC", "gas": "GASB", "water": "WTER",
	"mobile": "PHON", "internet": "PHON", "insurance": "INSU", "health plan": "INSU", "loan": "LOAN", "second loan": "LOAN", "mortgage": "LOAN",
	"tax": "TAXS", "dividend": "DIVD", "invoice": "SUPP", "supplier": "SUPP", "foreign supplier": "SUPP",
}

var sepaPurposesOfKinds = map[Kind]string{
	KindSalary: "SALA", KindPension: "PENS", KindBenefit: "BENE", KindCardPayment: "CCRD", KindInterest: "INTE", KindLoan: "LOAN", KindATM: "CDCD", KindCard: "CDBL",
}

// purpose is the code of a row's purpose, empty in a country without them.
func (l *locale) purpose(category string, kind Kind) string {
	if l.creditor == nil {
		return ""
	}
	if code := sepaPurposes[category]; code != "" {
		return code
	}
	return sepaPurposesOfKinds[kind]
}

// mandate is the reference of the permission that the holder gave a creditor: one for all
// that it collects, at every bank.
func (w *World) mandate(creditor *Party) string {
	if w.locale.creditor == nil {
		return ""
	}
	return "SBX-MND-" + digitsOf(rootKey(w.source.Seed).sub("mandate/"+w.source.Holder.NationalID+"/"+creditor.Name).word(0), 8)
}
