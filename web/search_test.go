package web

import "testing"

// The list of banks is searched by name, bank code, BIC and IBAN.
func TestInstitutionSearch(t *testing.T) {
	t.Parallel()
	v := &view{Page: Page{Institutions: []Institution{
		{ID: "a", Name: "Sparverein Köln", Codes: "90094815 SBSKDEM0KLN"}, {ID: "b", Name: "Kreditwerk", Codes: "90090042 DEMOBANKXXX"}, {ID: "c", Name: "Banco sin código"},
	}}}
	for query, want := range map[string]string{
		"": "abc", "KOLN": "a", "codigo": "c", "9009": "ab", "900 900 42": "b", "90": "", "demobank": "b", "sbsk dem0": "a",
		"DE82 9009 4815 0000 0028 81": "a", "de67900900424711951500": "b", "DE41500105170123456789": "", "zzz": "",
	} {
		v.Query = query
		got := ""
		for _, i := range v.Found() {
			got += i.ID
		}
		if got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
}
