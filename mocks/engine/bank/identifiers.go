package bank

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Check digits of the identifiers that are served, each in a range that belongs to
// nobody, and the checks that a client may run on them.

// luhn is the check digit of a body (modulus 10, every second digit doubled).
func luhn(body string) byte {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// mod97 is the remainder of ISO 7064 with letters as 10 to 35, -1 for anything else.
func mod97(s string) int {
	r := 0
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			r = (r*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			r = (r*100 + int(c-'A') + 10) % 97
		default:
			return -1
		}
	}
	return r
}

func iban(country, bban string) string {
	return fmt.Sprintf("%s%02d%s", country, 98-mod97(bban+country+"00"), bban)
}

// creditorID names a company that collects direct debits; its business code ZZZ is
// no part of the check.
func creditorID(country, national string) string {
	return fmt.Sprintf("%s%02dZZZ%s", country, 98-mod97(national+country+"00"), national)
}

// creditorReference is an ISO 11649 reference.
func creditorReference(text string) string {
	return fmt.Sprintf("RF%02d%s", 98-mod97(text+"RF00"), text)
}

// cccDigit is one of the two inner check digits of a Spanish account.
func cccDigit(ten string) byte {
	weights := [10]int{1, 2, 4, 8, 5, 10, 9, 7, 3, 6}
	sum := 0
	for i, w := range weights {
		sum += int(ten[i]-'0') * w
	}
	return "01987654321"[sum%11]
}

func spanishIBAN(entity, office, account string) string {
	return iban("ES", entity+office+string(cccDigit("00"+entity+office))+string(cccDigit(account))+account)
}

const nifLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

func dni(n uint64) string { return fmt.Sprintf("%08d%c", n, nifLetters[n%23]) }

// cif is the number of a Spanish company: digits beginning with 00 are no province.
func cif(letter byte, n uint64) string {
	body := fmt.Sprintf("%07d", n)
	return string(letter) + body + string(luhn(body))
}

// steuerID is a German tax number of a person, eleven digits (ISO 7064 modulus 11,10).
// One that begins with 0 is a test number.
func steuerID(body string) string {
	p := 10
	for _, c := range []byte(body) {
		s := (int(c-'0') + p) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	return body + strconv.Itoa((11-p)%10)
}

// CheckIBAN says what is wrong with an IBAN without blanks: its length, its check
// digits or, in Spain, the two that the account has inside.
func CheckIBAN(s string) error {
	length, ok := map[string]int{"DE": 22, "ES": 24}[s[:min(len(s), 2)]]
	switch {
	case !ok:
		return fmt.Errorf("iban %q is of no country that is known here, use DE or ES", s)
	case len(s) != length:
		return fmt.Errorf("iban %q has %d characters, want %d", s, len(s), length)
	case !digitsOnly(s[2:]):
		return fmt.Errorf("iban %q must have nothing but digits after its country", s)
	case mod97(s[4:]+s[:4]) != 1:
		return fmt.Errorf("iban %q does not check, its third and fourth characters must be %s", s, iban(s[:2], s[4:])[2:4])
	}
	if s[:2] == "ES" {
		if want := spanishIBAN(s[4:8], s[8:12], s[14:]); s != want {
			return fmt.Errorf("iban %q checks, the account in it does not: want %s", s, want)
		}
	}
	return nil
}

// CheckPAN says what is wrong with the number of a card, without blanks.
func CheckPAN(s string) error {
	if len(s) < 12 || len(s) > 19 || !digitsOnly(s) {
		return fmt.Errorf("a card number has 12 to 19 digits, not %d characters", len(s))
	}
	if n := len(s) - 1; luhn(s[:n]) != s[n] {
		return errors.New("the card number does not check")
	}
	return nil
}

// CheckSIN says what is wrong with a Canadian social insurance number. Those that
// begin with 8 check and are never given out.
func CheckSIN(s string) error {
	if len(s) != 9 || !digitsOnly(s) {
		return fmt.Errorf("sin %q must have 9 digits", s)
	}
	if want := luhn(s[:8]); s[8] != want {
		return fmt.Errorf("sin %q ends in %q, its check digit must be %q", s, s[8], want)
	}
	return nil
}

// CheckNIF says what is wrong with the tax number of a person in Spain (DNI or NIE)
// or of a company (CIF).
func CheckNIF(s string) error {
	if len(s) != 9 {
		return fmt.Errorf("nif %q must have 9 characters", s)
	}
	number := s[:8]
	if i := strings.IndexByte("XYZ", s[0]); i >= 0 {
		number = strconv.Itoa(i) + s[1:8]
	}
	if digitsOnly(number) {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return err
		}
		if want := nifLetters[n%23]; s[8] != want {
			return fmt.Errorf("nif %q ends in %q, its letter must be %q", s, s[8], want)
		}
		return nil
	}
	if strings.IndexByte("ABCDEFGHJNPQRSUVW", s[0]) < 0 || !digitsOnly(s[1:8]) {
		return fmt.Errorf("nif %q is neither a DNI, a NIE nor a CIF", s)
	}
	digit := luhn(s[1:8])
	if letter := "JABCDEFGHI"[digit-'0']; s[8] != digit && s[8] != letter {
		return fmt.Errorf("nif %q ends in %q, want %q or %q", s, s[8], digit, letter)
	}
	return nil
}

// CheckSteuerID says what is wrong with a German tax number of a person.
func CheckSteuerID(s string) error {
	if len(s) != 11 || !digitsOnly(s) {
		return fmt.Errorf("tax id %q must have 11 digits", s)
	}
	if want := steuerID(s[:10]); s != want {
		return fmt.Errorf("tax id %q does not check, want %s", s, want)
	}
	return nil
}

// CheckCreditorID says what is wrong with a SEPA creditor identifier.
func CheckCreditorID(s string) error {
	if len(s) < 8 {
		return errors.New("a creditor id has at least 8 characters")
	}
	if mod97(s[7:]+s[:4]) != 1 {
		return fmt.Errorf("creditor id %q does not check", s)
	}
	return nil
}

func digitsOnly(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
