package bank

import (
	"strings"
	"testing"
)

// at opens a persona at a bank of a country.
func at(t *testing.T, country string, i Institution, accounts ...AccountSpec) *World {
	t.Helper()
	holder, _, err := SampleHolder("power-user", country, 3)
	if err != nil {
		t.Fatal(err)
	}
	s := Source{Seed: 3, Persona: "power-user", Country: country, Institution: i, Holder: holder, Opened: opened}
	if len(accounts) > 0 {
		s.Script = NewScript(&Spec{Name: "fixed", Accounts: accounts})
	}
	w, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Account numbers, IBANs and codes are those of the bank that was chosen, whichever it is.
func TestAccountsAreOfTheirBank(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		country string
		bank    Institution
	}{
		{"DE", Institution{ID: "demo", Name: "Demobank", Codes: Codes{Bank: "90090042", BIC: "DEMOBANKXXX"}}},
		{"DE", Institution{ID: "nameless", Name: "of a scenario"}},
		{"DE", locales["DE"]().banks[1]},
		{"ES", Institution{ID: "demo", Name: "Demobank", Codes: Codes{Bank: "9999", Branch: "0001", BIC: "DEMOESM0XXX"}}},
		{"ES", Institution{ID: "nameless", Name: "of a scenario"}},
		{"CA", Institution{ID: "demo", Name: "Demobank", Codes: Codes{Bank: "777", Branch: "77777"}}},
		{"CA-FR", Institution{ID: "nameless", Name: "of a scenario"}},
		{"CL", Institution{ID: "nameless", Name: "of a scenario"}},
	} {
		w := at(t, c.country, c.bank)
		codes := CodesOf(Institution{ID: c.bank.ID, Country: c.country, Codes: c.bank.Codes})
		numbers := map[string]bool{}
		for _, a := range w.Accounts() {
			if a.Type == CreditCard {
				if a.IBAN+a.BIC+a.Bank+a.Transit != "" {
					t.Errorf("%s: a card has the codes of an account: %+v", c.country, a)
				}
				continue
			}
			if codes.Branch == "" {
				codes.Branch = a.Transit // one for all accounts of a customer
			}
			if got := (Codes{a.Bank, a.Transit, a.BIC}); got != codes || numbers[a.Number] {
				t.Errorf("%s: %s has %+v, want %+v", c.country, a.Number, got, codes)
			}
			numbers[a.Number] = true
			switch c.country {
			case "DE", "ES":
				if err := CheckIBAN(a.IBAN); err != nil {
					t.Error(err)
				}
				country, inside := IBANCodes(a.IBAN)
				if country != c.country || inside.Bank != codes.Bank || inside.Branch != codes.Branch || a.Number != a.IBAN || len(a.LocalNumber()) != 10 || !strings.HasSuffix(a.IBAN, a.LocalNumber()) {
					t.Errorf("%s at the bank %+v", a.IBAN, codes)
				}
			default:
				if a.IBAN+a.BIC != "" || a.LocalNumber() != a.Number {
					t.Errorf("%s: %+v", c.country, a)
				}
			}
		}
		if c.bank.Codes == (Codes{}) { // numbers that nobody has
			if c.country != "CL" && codes.Bank[0] != '9' || codes.BIC != "" && codes.BIC[7] != '0' {
				t.Errorf("%s: codes %+v were drawn", c.country, codes)
			}
		}
	}
}

// The other side of a transfer has an account at the bank that it is said to have.
func TestPartiesAreOfTheirBank(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"DE", "ES"} {
		b := book(t, at(t, country, locales[country]().banks[0]), "main")
		seen := 0
		for _, r := range all(b, noon) {
			p := r.Counterparty
			if p == nil {
				continue
			}
			_, inside := IBANCodes(p.Account)
			if CheckIBAN(p.Account) != nil || inside.Bank != p.Institution.Codes.Bank || p.Institution.Codes.BIC == "" {
				t.Fatalf("%s: %+v", country, p)
			}
			seen++
		}
		if seen == 0 {
			t.Errorf("%s: no transfer", country)
		}
	}
}

// A persona may fix its number: an IBAN, or in a country that has those the number at its bank alone.
func TestFixedNumbers(t *testing.T) {
	t.Parallel()
	demo := Institution{ID: "demo", Codes: Codes{Bank: "90090042", BIC: "DEMOBANKXXX"}}
	for _, c := range []struct {
		country, number, want string
	}{
		{"DE", "DE82900948150000002881", "DE82900948150000002881"},
		{"DE", "4711951500", "DE67900900424711951500"},
		{"DE", "2881", "DE" + iban("DE", "900900420000002881")[2:]},
		{"CA", "0001234", "0001234"},
	} {
		i := demo
		if c.country == "CA" {
			i = Institution{ID: "ca", Codes: Codes{Bank: "777", Branch: "77777"}}
		}
		a := at(t, c.country, i, AccountSpec{Key: "main", Number: Number{Account: c.number}}).Accounts()[0]
		if a.Number != c.want {
			t.Errorf("%s becomes %s, want %s", c.number, a.Number, c.want)
		}
		if _, inside := IBANCodes(a.IBAN); a.IBAN != "" && (inside.Bank != a.Bank || CheckIBAN(a.IBAN) != nil) || a.IBAN == "" && (a.Bank != "777" || a.Transit != "77777") {
			t.Errorf("%+v", a)
		}
	}
	for _, wrong := range []string{"DE82900948150000002882", "12345678901", "ES1399990001000000000017"} {
		holder, _, _ := SampleHolder("salaried", "DE", 3)
		if _, err := Open(Source{Persona: "salaried", Country: "DE", Institution: demo, Holder: holder, Opened: opened,
			Script: NewScript(&Spec{Name: "x", Accounts: []AccountSpec{{Key: "main", Number: Number{Account: wrong}}}})}); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

func TestCheckPAN(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"4111111111111111", "9999990000000014", "378282246310005"} {
		if err := CheckPAN(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "4111111111111112", "41111111111", "4111 1111 1111 1111"} {
		if CheckPAN(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
