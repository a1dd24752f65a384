package finx

import (
	"fmt"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// isGerman says whether a text is a German IBAN.
func isGerman(iban string) bool { return len(iban) == 22 && strings.HasPrefix(iban, "DE") }

// bankCode is the BLZ in a German IBAN, ownNumber the account number.
func bankCode(iban string) string  { return iban[4:12] }
func ownNumber(iban string) string { return iban[12:] }

// partyOf is the name of the other side, or what the text says where the bank names nobody.
func partyOf(t *bank.Transaction) string {
	if p := t.OtherSide(); p != nil {
		return p.Name
	}
	return t.Purpose()
}

// primaNota is the number of the bank's own journal; what is pending has none yet.
func primaNota(t *bank.Transaction) string {
	if t.Pending {
		return ""
	}
	return fmt.Sprintf("99%04d", uint64(t.ID)%10_000)
}
