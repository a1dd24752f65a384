package bank

import (
	"strings"
	"testing"
)

var checks = map[string]func(string) error{
	"cl.rut":      func(s string) error { _, err := ParseRUT(s); return err },
	"ca.sin":      CheckSIN,
	"de.iban":     CheckIBAN,
	"es.iban":     CheckIBAN,
	"de.idnr":     CheckSteuerID,
	"de.creditor": CheckCreditorID,
	"es.dni":      CheckNIF,
	"es.cif":      CheckNIF,
}

// The ranges that belong to nobody, by the beginning of what is served.
var nobodys = map[string][]string{
	"cl.rut": {"40", "41", "42", "43", "44", "45", "46", "47", "48", "49"}, "ca.sin": {"8"}, "ca.bn": {"0000"}, "de.idnr": {"0"},
	"de.creditor": {"DE"}, "es.dni": {"99999"}, "es.cif": {"B00"}, "rf": {"RF"},
}

func TestServedIdentifiers(t *testing.T) {
	t.Parallel()
	n := 0
	SampleIdentifiers(10_000, func(kind, text string) {
		n++
		if check := checks[kind]; check != nil {
			if err := check(text); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		safe := strings.HasSuffix(kind, ".iban") && (text[4:6] == "99" || text[4:8] == "9999")
		for _, start := range nobodys[kind] {
			safe = safe || strings.HasPrefix(text, start)
		}
		if !safe {
			t.Errorf("%s %s may be somebody's", kind, text)
		}
	})
	if n != 110_000 {
		t.Errorf("%d identifiers", n)
	}
}

// Published examples that are right, and what a client should refuse.
func TestPublishedIdentifiers(t *testing.T) {
	t.Parallel()
	for kind, list := range map[string][]string{
		"cl.rut":      {"41.614.850-3", "41000013-K", "41000004-0"},
		"ca.sin":      {"046454286", "800000010", "812345676"},
		"de.iban":     {"DE41500105170123456789", "DE82900948150000002881", "DE47990000010000000017"},
		"es.iban":     {"ES9121000418450200051332", "ES7712341234161234567890", "ES9099990001410000000017"},
		"de.idnr":     {"01234567896"},
		"de.creditor": {"DE98ZZZ09999999999", "DE94ZZZ09999000001", "ES39000B00000174", "ES23ZZZ47690558N"},
		"es.dni":      {"99999999R", "00000000T", "89890001K", "X0000000T", "Z9999999H"},
		"es.cif":      {"B58378431", "J99216582", "B00000174", "B0000017D"},
	} {
		for _, text := range list {
			if err := checks[kind](text); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
	for kind, list := range map[string][]string{
		"cl.rut":      {"41614850-4", "41000013-1", "", "4161485X-3", "123"},
		"ca.sin":      {"046454287", "04645428", "O46454286", ""},
		"de.iban":     {"DE42500105170123456789", "DE4150010517012345678", "FR7630006000011234567890189", "", "D", "DE41 5001 0517 0123 4567 89"},
		"es.iban":     {"ES1399990001000000000017", "ES2121000418450200051331", "ES9121000418450200051333"},
		"de.idnr":     {"01234567895", "1234567896", ""},
		"de.creditor": {"DE99ZZZ09999999999", "DE98", ""},
		"es.dni":      {"99999999S", "X0000000R", "9999999R", ""},
		"es.cif":      {"B58378432", "I58378431", "B5837843?"},
	} {
		for _, text := range list {
			if err := checks[kind](text); err == nil {
				t.Errorf("%s: %q passes", kind, text)
			}
		}
	}
	if got := creditorReference("SBX20260001"); got != "RF55SBX20260001" {
		t.Errorf("reference %s", got)
	}
}
