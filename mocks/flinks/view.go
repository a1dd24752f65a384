package flinks

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// kind is how Flinks files an account.
type kind struct{ category, typ string }

var kinds = map[bank.AccountType]kind{
	bank.Checking: {"Operations", "Chequing"}, bank.Sight: {"Operations", "Chequing"}, bank.Savings: {"Operations", "Savings"},
	bank.CreditLine: {"Credits", "LineOfCredit"}, bank.CreditCard: {"Credits", "CreditCard"}, bank.Loan: {"Credits", "Loan"},
}

// kindOf files an account; what Flinks has no word for is Other, Unknown.
func kindOf(a bank.Account) kind {
	if k, ok := kinds[a.Type]; ok {
		return k
	}
	return kind{"Other", "Unknown"}
}

// money is an amount in cents as JSON writes it, with two digits.
type money int64

// MarshalJSON writes the amount.
func (m money) MarshalJSON() ([]byte, error) { return appendMoney(nil, int64(m)), nil }

// appendMoney writes dollars; no card has another currency.
func appendMoney(dst []byte, cents int64) []byte { return bank.AppendAmount(dst, cents, "CAD") }

// AppendJSON renders a payload in the key order of the documented examples.
func (p payload) AppendJSON(dst []byte) []byte {
	if p.webhook != "" {
		dst = append(engine.AppendString(append(dst, `{"ResponseType":`...), p.webhook), `,"HttpStatusCode":200,"Accounts":[`...)
	} else {
		dst = append(dst, `{"HttpStatusCode":200,`...)
		if p.code != "" {
			dst = append(engine.AppendString(append(dst, `"FlinksCode":`...), p.code), ',')
		}
		dst = append(dst, `"Accounts":[`...)
	}
	for i, b := range p.books {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = p.appendAccount(dst, b)
	}
	dst = append(dst, ']')
	if p.summary && p.webhook == "" {
		dst = appendValue(append(dst, `,"Links":`...), links("GetAccountsDetail", "GetStatements"))
	}
	if p.statements != nil {
		dst = appendValue(append(dst, `,"StatementsByAccount":`...), p.statements)
	}
	tag := p.session.Params[paramTag]
	if p.webhook == "" {
		dst = appendMember(appendMember(dst, "Tag", tag), "InstitutionName", p.name)
	}
	if l := loginOf(p.conn); l != nil {
		dst = appendValue(append(dst, `,"Login":`...), l)
	}
	if p.webhook == "" {
		dst = strconv.AppendInt(append(dst, `,"InstitutionId":`...), int64(numberOf(p.name)), 10)
	}
	dst = appendMember(dst, "Institution", p.name)
	dst = appendMember(dst, "RequestId", p.session.ID)
	if p.webhook != "" { // whose samples have it last
		dst = appendMember(dst, "Tag", tag)
	}
	return append(dst, '}')
}

// appendMember adds a text that is not empty.
func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return engine.AppendString(dst, value)
}

// appendValue adds what is small enough for the encoder.
func appendValue(dst []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, text...)
}

// appendAccount renders one account. A summary has no transactions and no overdraft, and
// the two ratios, which are invented: one figure for what moves money and none for a
// credit.
func (p payload) appendAccount(dst []byte, b *bank.Book) []byte {
	a := b.Account()
	dst = append(dst, '{')
	if p.summary {
		ratio := eligibleRatio(a)
		dst = append(append(append(append(dst, `"EftEligibleRatio":`...), ratio...), `,"ETransferEligibleRatio":`...), ratio...)
		dst = append(dst, ',')
	} else {
		dst = p.appendRows(append(dst, `"Transactions":`...), b)
		dst = append(dst, ',')
	}
	dst = p.appendIdentity(append(dst, `"TransitNumber":`...), a.Transit)
	dst = p.appendIdentity(append(dst, `,"InstitutionNumber":`...), a.Bank)
	if !p.summary {
		dst = append(dst, `,"OverdraftLimit":`...)
		limit := int64(0)
		if kindOf(a).category == operations {
			limit = a.Limit
		}
		dst = appendMoney(dst, limit)
	}
	dst = engine.AppendString(append(dst, `,"Title":`...), a.Name+" "+a.Currency)
	dst = p.appendIdentity(append(dst, `,"AccountNumber":`...), a.Number)
	dst = append(dst, `,"LastFourDigits":`...)
	if a.Type == bank.CreditCard && p.options.Identity && len(a.Number) >= 4 {
		dst = engine.AppendString(dst, a.Number[len(a.Number)-4:])
	} else {
		dst = append(dst, "null"...)
	}
	dst = p.appendBalance(append(dst, `,"Balance":`...), b)
	k := kindOf(a)
	if p.swapped {
		k.category, k.typ = k.typ, k.category
	}
	dst = engine.AppendString(append(dst, `,"Category":`...), k.category)
	dst = engine.AppendString(append(dst, `,"Type":`...), k.typ)
	dst = engine.AppendString(append(dst, `,"Currency":`...), a.Currency)
	dst = append(dst, `,"Holder":`...)
	if p.options.KYC {
		dst = appendValue(dst, holderOf(p.profile, p.name))
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"AccountType":null,"Id":"`...)
	return append(appendGUID(dst, a.ID), '"', '}')
}

// appendIdentity adds what identifies an account, or null where that is not wanted.
func (p payload) appendIdentity(dst []byte, s string) []byte {
	if s == "" || !p.options.Identity {
		return append(dst, "null"...)
	}
	return engine.AppendString(dst, s)
}

// appendBalance adds the balance; what is available of a credit is what is left of it.
func (p payload) appendBalance(dst []byte, b *bank.Book) []byte {
	if !p.options.Balance {
		return append(dst, `{"Available":null,"Current":null,"Limit":null}`...)
	}
	bal := b.Balance(p.asOf)
	if kindOf(b.Account()).category == "Credits" {
		bal.Available += bal.Limit
	}
	dst = appendMoney(append(dst, `{"Available":`...), bal.Available)
	dst = appendMoney(append(dst, `,"Current":`...), bal.Current)
	return append(appendMoney(append(dst, `,"Limit":`...), bal.Limit), '}')
}

// appendRows adds the transactions, newest first; to a webhook as many as there is room for,
// of which each account has as much as it has of the rows.
func (p payload) appendRows(dst []byte, b *bank.Book) []byte {
	dst = append(dst, '[')
	if !p.options.Rows {
		return append(dst, ']')
	}
	from, room := len(dst), math.MaxInt
	if p.cut != nil {
		r := p.options.rangeAt(p.today)
		rows := 0
		for _, b := range p.books {
			rows += b.Count(p.asOf, r)
		}
		room = longestHook / max(rows, 1) * b.Count(p.asOf, r)
	}
	left := p.eachRow(b, func(t *bank.Transaction) bool {
		if len(dst) > from {
			dst = append(dst, ',')
		}
		dst = p.appendRow(dst, t)
		return len(dst)-from < room
	})
	if left > 0 {
		*p.cut += left
	}
	return append(dst, ']')
}

func (p payload) appendRow(dst []byte, t *bank.Transaction) []byte {
	dst = append(t.Posted.Append(append(dst, `{"Date":"`...)), `","Code":null,"Description":`...)
	dst = engine.AppendString(dst, t.Description)
	if t.Amount < 0 {
		dst = append(appendMoney(append(dst, `,"Debit":`...), -t.Amount), `,"Credit":null`...)
	} else {
		dst = appendMoney(append(dst, `,"Debit":null,"Credit":`...), t.Amount)
	}
	dst = appendMoney(append(dst, `,"Balance":`...), t.Balance)
	return append(appendGUID(append(dst, `,"Id":"`...), t.ID), '"', '}')
}

// holder is the documented object.
type holder struct {
	Name    string `json:"Name"`
	Address struct {
		CivicAddress string  `json:"CivicAddress"`
		City         string  `json:"City"`
		Province     string  `json:"Province"`
		PostalCode   string  `json:"PostalCode"`
		POBox        *string `json:"POBox"`
		Country      string  `json:"Country"`
	} `json:"Address"`
	Email       string `json:"Email"`
	PhoneNumber string `json:"PhoneNumber"`
}

// holderOf renders the profile that a bank has. Its towns are invented, and so is the
// province that they are put in.
func holderOf(p bank.Profile, institution string) holder {
	province := "ON"
	if french(institution) {
		province = "QC"
	}
	h := holder{Name: p.Name, Email: p.Email, PhoneNumber: digitsOf(p.Phone)}
	h.Address.CivicAddress, h.Address.City, h.Address.Province = p.Street, p.City, province
	h.Address.PostalCode, h.Address.Country = p.Zip, p.Country
	return h
}

// digitsOf is a phone number of ten digits, as the examples have it.
func digitsOf(phone string) string {
	var out []byte
	for _, c := range []byte(phone) {
		if c >= '0' && c <= '9' {
			out = append(out, c)
		}
	}
	return string(out[max(0, len(out)-10):])
}
