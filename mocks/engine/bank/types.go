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
// sight, savings, card, second, line, fx). Limit is the credit limit or
// overdraft line in minor units. A card shows a masked Number.
type Account struct {
	Key                        string
	ID                         ID
	Type                       AccountType
	Name, OfficialName, Number string
	Currency                   string
	Holder                     Holder
	Opened                     Day
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
)

// IsTransfer reports whether the kind moves money between two bank accounts.
// Exactly these rows have a Counterparty; a salary is one, since its sender is
// what an income check reads.
func (k Kind) IsTransfer() bool {
	return k == KindSalary || k == KindTransferIn || k == KindTransferOut || k == KindOwnTransfer
}

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
type Institution struct{ ID, Name, Country string }

// Party is the other side of a transfer.
type Party struct {
	Name, NationalID, Account string
	Institution               Institution
}

// Transaction is one row of an account. Amount and Balance are minor units;
// Balance is the one after the row and zero while Pending. Posted is the booking
// day, At the instant of authorisation, zero where the bank does not tell.
// Counterparty is the sender of a credit and the recipient of a debit; it is
// shared between rows and must not be changed.
type Transaction struct {
	ID                 ID
	Account            string
	Amount             int64
	Currency           string
	Posted             Day
	At                 time.Time
	Kind               Kind
	Description        string
	Counterparty       *Party
	Reference, Comment string
	Pending            bool
	Balance            int64
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
