package finx

import (
	"encoding/json"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// rowView is how a call wants its transactions.
type rowView struct{ cents bool }

func newRowView(c *engine.Call) rowView { return rowView{cents: inCents(c)} }

// transactions is the answer of a list.
type transactions struct {
	view   rowView
	rows   []row
	status syncStatus
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
	return append(append(append(dst, `],"deleted":[],"status":`...), status...), '}')
}

// oneRow is the answer for one transaction.
type oneRow struct {
	view rowView
	row  row
}

// AppendJSON renders the transaction.
func (o oneRow) AppendJSON(dst []byte) []byte { return o.view.append(dst, &o.row) }

// kinds are the documented types of what happened on an account. What is paid by card has no
// word of its own.
var kinds = map[bank.Kind]string{
	bank.KindSalary: "Salary or rent", bank.KindPension: "Salary or rent", bank.KindBenefit: "Salary or rent",
	bank.KindTransferIn: "Transfer", bank.KindTransferOut: "Transfer", bank.KindOwnTransfer: "Transfer", bank.KindRefund: "Transfer",
	bank.KindSettlement: "Transfer", bank.KindLoan: "Transfer", bank.KindDirectDebit: "Direct debit", bank.KindBill: "Direct debit",
	bank.KindReturned: "Direct debit", bank.KindFee: "Charges or interest", bank.KindInterest: "Charges or interest",
}

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
	name := t.Description
	if p := t.Counterparty; p != nil {
		name = p.Name
		if len(p.Account) == 22 {
			text("iban", p.Account)
			text("account_number", ownNumber(p.Account))
			text("bank_code", p.Account[4:12])
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
	if t.Code != "" {
		dst = append(append(dst, `,"transaction_code":`...), trimZeros(t.Code)...)
	}
	text("end_to_end_reference", t.EndToEnd)
	text("name", name)
	text("purpose", t.Description)
	kind := kinds[t.Kind]
	if kind == "" {
		kind = "Unknown"
	}
	text("type", kind)
	at := instant(r.conn.CreatedAt)
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
