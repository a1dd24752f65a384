package finx

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// rowView is how a call wants its transactions.
type rowView struct {
	cents      bool
	language   string
	categories bool // the token's scope has categories=ro
}

func newRowView(c *engine.Call) (rowView, error) {
	language, err := languageOf(c)
	if err != nil {
		return rowView{}, err
	}
	scopes, err := scopesOf(c)
	return rowView{cents: inCents(c), language: language, categories: slices.Contains(scopes, scopeCategories)}, err
}

// transactions is the answer of a list.
type transactions struct {
	view       rowView
	rows       []row
	status     syncStatus
	statistics *statistics
}

// AppendJSON renders the list.
func (l transactions) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"transactions":[`...)
	for i := range l.rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = l.view.append(dst, &l.rows[i])
	}
	status, _ := json.Marshal(l.status) // texts always encode
	dst = append(append(dst, `],"deleted":[],"status":`...), status...)
	if s := l.statistics; s != nil {
		amount := func(name string, minor int64) {
			dst = money{minor, s.currency, l.view.cents}.append(append(append(append(dst, '"'), name...), '"', ':'))
		}
		dst = append(dst, `,"statistics":{`...)
		amount("deposit_sum", s.depositSum)
		dst = append(dst, ',')
		amount("deposit_max", s.depositMax)
		dst = append(dst, ',')
		amount("expense_max", s.expenseLeast)
		dst = append(dst, ',')
		amount("expense_sum", s.expenseSum)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

// oneRow is the answer for one transaction.
type oneRow struct {
	view rowView
	row  row
}

// AppendJSON renders the transaction.
func (o oneRow) AppendJSON(dst []byte) []byte { return o.view.append(dst, &o.row) }

// types are the documented types of what happened on an account. What is paid by card has no
// word of its own.
var types = map[bank.Kind]string{
	bank.KindSalary: "Salary or rent", bank.KindPension: "Salary or rent", bank.KindBenefit: "Salary or rent",
	bank.KindTransferIn: "Transfer", bank.KindTransferOut: "Transfer", bank.KindOwnTransfer: "Transfer", bank.KindRefund: "Transfer",
	bank.KindSettlement: "Transfer", bank.KindLoan: "Transfer", bank.KindDirectDebit: "Direct debit", bank.KindBill: "Direct debit",
	bank.KindReturned: "Direct debit", bank.KindFee: "Charges or interest", bank.KindInterest: "Charges or interest",
}

func typeOf(t *bank.Transaction) string {
	if t.Category == "rent" || t.Category == "room" || t.Category == "premises" {
		return "Standing order"
	}
	if word := types[t.Kind]; word != "" {
		return word
	}
	return "Unknown"
}

// append renders a row. What is not known is left out.
func (v rowView) append(dst []byte, r *row) []byte {
	t := &r.Transaction
	text := func(name, value string) {
		if value != "" {
			dst = append(append(append(dst, ',', '"'), name...), '"', ':')
			dst = engine.AppendString(dst, value)
		}
	}
	day := func(name string) {
		dst = append(append(append(dst, ',', '"'), name...), '"', ':', '"')
		dst = append(t.Posted.Append(dst), `T00:00:00.000Z"`...)
	}
	dst = appendID(append(dst, `{"account_id":"`...), 'A', r.book.Account().ID)
	dst = appendID(append(dst, `","transaction_id":"`...), 'T', t.ID)
	dst = money{t.Amount, t.Currency, v.cents}.append(append(dst, `","amount":`...))
	text("currency", t.Currency)
	other := t.OtherSide()
	if p := other; p != nil {
		if isGerman(p.Account) {
			text("account_number", ownNumber(p.Account))
			text("bank_code", bankCode(p.Account))
			text("iban", p.Account)
			text("bic", p.Institution.Codes.BIC)
		}
		text("bank_name", p.Institution.Name)
	}
	if t.Pending {
		dst = append(dst, `,"booked":false`...)
	} else {
		dst = append(dst, `,"booked":true`...)
	}
	day("booked_at")
	day("settled_at")
	text("booking_text", t.Booking)
	if v.categories {
		tree, _ := json.Marshal(path(categoryOf(t), v.language)) // plain data always encodes
		dst = append(append(dst, `,"categories":`...), tree...)
	}
	name := partyOf(t)
	if t.Mandate != "" && other != nil {
		text("creditor_id", other.CreditorID)
	}
	text("end_to_end_reference", cmp.Or(t.EndToEnd, t.Reference))
	text("mandate_reference", t.Mandate)
	text("name", name)
	text("prima_nota_number", primaNota(t))
	text("purpose", t.Remittance())
	text("sepa_purpose_code", t.PurposeCode)
	text("sepa_remittance_info", t.Purpose())
	if t.Code != "" {
		dst = append(append(dst, `,"transaction_code":`...), trimZeros(t.Code)...)
	}
	if t.Merchant != nil {
		dst = append(append(dst, `,"payment_partner":{"id":"`...), uuid("partner/"+name)...)
		dst = append(engine.AppendString(append(dst, `","name":`...), name), '}')
	}
	text("type", typeOf(t))
	if o := t.Original; o != nil {
		dst = append(dst, `,"additional_info":{"original_amount":`...)
		dst = append(engine.AppendString(dst, bank.FormatAmount(o.Amount, o.Currency)+" "+o.Currency), '}')
	}
	at := instant(r.came.at)
	text("created_at", at)
	text("modified_at", at)
	return append(dst, '}')
}

// trimZeros makes a number of digits that may begin with zeros.
func trimZeros(digits string) string {
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	return digits
}
