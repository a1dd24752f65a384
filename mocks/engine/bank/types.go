package bank

import (
	"time"
)

// HolderKind tells people from companies.
type HolderKind string

// The kinds of holder.
const (
	Individual HolderKind = "individual"
	Business   HolderKind = "business"
)

// Holder owns the accounts of a World. NationalID has no separators, its check
// digit last and in upper case: "416148503".
type Holder struct {
	Kind       HolderKind
	Name       string
	NationalID string
}

// AccountType is the product behind an account.
type AccountType string

// The types of account. A loan is part of the vocabulary; no persona has one yet.
const (
	Checking   AccountType = "checking"
	Sight      AccountType = "sight"
	Savings    AccountType = "savings"
	CreditLine AccountType = "credit_line"
	CreditCard AccountType = "credit_card"
	Loan       AccountType = "loan"
)

// Account describes one account. Key is its name inside the persona (main,
// sight, savings, card, second, line, loan, fx, depot). Limit is the credit limit
// or overdraft line in minor units. A card shows a masked Number; where accounts
// have an IBAN it is the Number too. Bank and Transit are the codes of countries
// that have them. Closed is zero while nobody knows of an end.
type Account struct {
	Key                        string
	ID                         ID
	Type                       AccountType
	Name, OfficialName, Number string
	IBAN, BIC, Bank, Transit   string
	Currency                   string
	Holder                     Holder
	Opened, Closed             Day
	Limit                      int64
}

// Balance is in minor units; debt is negative. Current is the sum of what is
// booked, Available is Current less pending holds, without the credit line, and
// Limit is the credit limit or overdraft line.
type Balance struct{ Current, Available, Limit int64 }

// Kind says what a transaction is, in words no country owns.
type Kind string

// The kinds of transaction.
const (
	KindSalary      Kind = "salary"
	KindTransferIn  Kind = "transfer_in"
	KindTransferOut Kind = "transfer_out"
	KindOwnTransfer Kind = "own_transfer"
	KindCard        Kind = "card"
	KindATM         Kind = "atm"
	KindDirectDebit Kind = "direct_debit"
	KindBill        Kind = "bill"
	KindCardPayment Kind = "card_payment" // the bill of a credit card, on both sides
	KindFee         Kind = "fee"
	KindInterest    Kind = "interest"
	KindCheck       Kind = "check"
	KindRefund      Kind = "refund"
	KindSettlement  Kind = "settlement" // card sales paid out to a business
	KindPension     Kind = "pension"
	KindBenefit     Kind = "benefit"  // public money: for children, between jobs, for students
	KindReturned    Kind = "returned" // a debit that the account could not pay, given back
	KindLoan        Kind = "loan"     // paid out by a lender
)

// kinds lists them all.
var kinds = []Kind{
	KindSalary, KindTransferIn, KindTransferOut, KindOwnTransfer, KindCard, KindATM, KindDirectDebit, KindBill, KindCardPayment,
	KindFee, KindInterest, KindCheck, KindRefund, KindSettlement, KindPension, KindBenefit, KindReturned, KindLoan,
}

// IsTransfer reports whether the kind moves money between two bank accounts.
// Exactly these rows have a Counterparty; a salary is one, since its sender is
// what an income check reads.
func (k Kind) IsTransfer() bool {
	switch k {
	case KindSalary, KindPension, KindBenefit, KindTransferIn, KindTransferOut, KindOwnTransfer:
		return true
	}
	return false
}

// collected reports whether a creditor draws the money: what can be returned.
func (k Kind) collected() bool { return k == KindDirectDebit || k == KindBill }

// holds reports whether the kind is authorised before it books.
func (k Kind) holds() bool { return k == KindCard || k == KindATM }

// signed gives a transfer the direction of its amount.
func (k Kind) signed(amount int64) Kind {
	switch {
	case k == KindTransferOut && amount > 0:
		return KindTransferIn
	case k == KindTransferIn && amount < 0:
		return KindTransferOut
	}
	return k
}

// Institution is a bank of a catalogue.
type Institution struct {
	ID, Name, Country string
	Codes             Codes
}

// Party is the other side of a row. Account is its number at the Institution, an IBAN where
// accounts have one; a shop at which a card was used has neither. CreditorID is by what it
// collects SEPA direct debits.
type Party struct {
	Name, NationalID, Account string
	Institution               Institution
	CreditorID                string
}

// Transaction is one row of an account. Amount and Balance are minor units;
// Balance is the one after the row and zero while Pending. Posted is the booking
// day, At the instant of authorisation, zero where the bank does not tell.
// Counterparty is the sender of a credit and the recipient of a debit; it is
// shared between rows and must not be changed. Category is the habit behind the
// row (groceries, rent). Booking and Code are the bank's own word and number for
// the kind, empty where its country has none. EndToEnd names a collected debit; its
// return repeats it. Merchant is the other side of what is no transfer: the shop, or the
// creditor with its account; it is shared, too. Mandate is the holder's for that creditor,
// and PurposeCode of ISO 20022, both empty outside SEPA. Original is what was paid abroad.
type Transaction struct {
	ID                 ID
	Account            string
	Amount             int64
	Currency           string
	Posted             Day
	At                 time.Time
	Kind               Kind
	Category           string
	Description        string
	Booking, Code      string
	Counterparty       *Party
	Reference, Comment string
	EndToEnd, Mandate  string
	Merchant           *Party
	PurposeCode        string
	Original           *Money
	Pending            bool
	Balance            int64
}

// Money is an amount in the minor unit of a foreign currency. One major unit of it
// cost Rate of the account's.
type Money struct {
	Amount   int64
	Currency string
	Rate     string
}

// Exponent returns the ISO 4217 digits of the minor unit: 0 for CLP, 2 for USD.
func Exponent(currency string) int {
	switch currency {
	case "CLP", "JPY", "PYG":
		return 0
	case "CLF":
		return 4
	case "BHD", "KWD":
		return 3
	}
	return 2
}
