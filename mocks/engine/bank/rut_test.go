package bank

import (
	"strings"
	"testing"
)

func TestParseRUT(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"41.614.850-3": "416148503", "41614850-3": "416148503", "416148503": "416148503", " 041614850-3 ": "416148503",
		"41000013-K": "41000013K", "41.000.013-k": "41000013K", "41000004-0": "410000040", "45111222-8": "451112228",
		"41000017-2": "410000172", "43987654-9": "439876549", "41000027k": "41000027K", "7.654.321-6": "76543216",
	} {
		if got, err := ParseRUT(in); err != nil || got != want {
			t.Errorf("ParseRUT(%q) = %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"41614850-4": `verifier must be '3'`, "41000013-0": `verifier must be 'K'`, "": "0 digits", "12-3": "3 digits",
		"4161485031": "10 digits", "4161485a-3": "no digit", "jonsnow": "no digit",
	} {
		if _, err := ParseRUT(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseRUT(%q): %v, want %q", in, err, want)
		}
	}
}

func TestFormatRUT(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"416148503": "41.614.850-3", "41000013K": "41.000.013-K", "76543216": "7.654.321-6", "": "", "1": "1"} {
		if got := FormatRUT(in); got != want {
			t.Errorf("FormatRUT(%q) = %q, want %q", in, got, want)
		}
	}
	for body := uint64(40_000_000); body < 40_003_000; body++ {
		if got, err := ParseRUT(FormatRUT(rut(body))); err != nil || got != rut(body) {
			t.Fatalf("%d: %q, %v", body, got, err)
		}
	}
}

func TestGeneratedIdentifiersAreNobodys(t *testing.T) {
	t.Parallel()
	l := locales["CL"]()
	for i := range 2000 {
		k := rootKey(1).at(i)
		person, company := l.personID(k.word(0)), l.companyID(k.word(1))
		for id, band := range map[string][2]string{person: {"40000000", "44999999"}, company: {"45000000", "49999999"}} {
			if _, err := ParseRUT(id); err != nil || id[:8] < band[0] || id[:8] > band[1] {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	if n := l.number(rootKey(1), Codes{}).number; len(n) != 10 || n[:4] != "0000" {
		t.Errorf("account number %q", n)
	}
}
