package finx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// isGerman says whether a text is a German IBAN.
func isGerman(iban string) bool { return len(iban) == 22 && strings.HasPrefix(iban, "DE") }

// bankCode is the BLZ in a German IBAN, ownNumber the account number.
func bankCode(iban string) string  { return iban[4:12] }
func ownNumber(iban string) string { return iban[12:] }

// Statement texts of German banks begin and end with words that are no name.
var (
	namePrefix = regexp.MustCompile(`^(?:SVWZ\+)?(?:(?:LOHN/GEHALT|GEHALT|RENTE|LEISTUNG|ABSCHLAG|MIETE(?: WHG \d+| ZIMMER)?|GEWERBEMIETE|HONORAR|RETOURE|ERSTATTUNG|KARTENUMSATZ|AUSZAHLUNG|KREDITAUSZAHLUNG|ENTGELT|RG \d+|UEBERTRAG (?:VON|AUF)|GA NR\d+(?: BLZ\d+)?|SB-EINZAHLUNG) )?`)
	nameSuffix = regexp.MustCompile(`(?://| (?:MREF\+|EREF\+|PNR |RENTNR |KDNR |EINZUG KD |VK |RE-NR |RECHNUNG |TERMINAL |BESTELLUNG |AZ |DANKE)).*$`)
	mandateIn  = regexp.MustCompile(`MREF\+(\S+)`)
	endIn      = regexp.MustCompile(`EREF\+(\S+)`)
)

// partyOf is the name of the other side: the bank's own word for it, or what the statement
// text has between its fixed words.
func partyOf(t *bank.Transaction) string {
	if t.Counterparty != nil {
		return t.Counterparty.Name
	}
	name := nameSuffix.ReplaceAllString(t.Description, "")
	if name = strings.TrimSpace(name[len(namePrefix.FindString(name)):]); name == "" {
		return t.Description
	}
	return name
}

// remittance is a statement text without the mark in front of it.
func remittance(t *bank.Transaction) string { return strings.TrimPrefix(t.Description, "SVWZ+") }

// directDebit is what a creditor proves a debit with.
type directDebit struct{ creditor, mandate string }

// mandateOf gives each creditor an id of its own, with the check digits of the scheme, and
// each mandate the number that its text has, or one of its own (invented).
func mandateOf(t *bank.Transaction, creditor string) directDebit {
	if t.Kind != bank.KindDirectDebit && t.Kind != bank.KindBill {
		return directDebit{}
	}
	d := directDebit{creditor: creditorID(creditor)}
	if m := mandateIn.FindStringSubmatch(t.Description); m != nil {
		d.mandate = m[1]
	} else {
		d.mandate = fmt.Sprintf("SBX-MND-%06d", number("mandate/"+t.Account+"/"+creditor)%1_000_000)
	}
	return d
}

// creditorID is a German creditor identifier, DE, two check digits, ZZZ and eleven digits. The
// check leaves the business code out.
func creditorID(name string) string {
	national := fmt.Sprintf("0999%07d", number("creditor/"+name)%10_000_000)
	rest := 0
	for _, c := range national + "131400" { // DE00 behind it, letters as numbers
		rest = (rest*10 + int(c-'0')) % 97
	}
	return fmt.Sprintf("DE%02dZZZ%s", 98-rest, national)
}

func endToEndOf(t *bank.Transaction) string {
	if m := endIn.FindStringSubmatch(t.Description); t.EndToEnd == "" && m != nil {
		return m[1]
	}
	if t.EndToEnd == "" && t.Reference != "" {
		return t.Reference
	}
	return t.EndToEnd
}

// purposeCodes are those of ISO 20022.
var purposeCodes = map[bank.Kind]string{bank.KindSalary: "SALA", bank.KindPension: "PENS", bank.KindBenefit: "GOVT", bank.KindLoan: "LOAN"}

// primaNota is the number of the bank's own journal; what is pending has none yet.
func primaNota(t *bank.Transaction) string {
	if t.Pending {
		return ""
	}
	return fmt.Sprintf("99%04d", uint64(t.ID)%10_000)
}
