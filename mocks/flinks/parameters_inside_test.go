package flinks

import (
	"maps"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Queries as apps write them, and what they ask for.
func TestParseQuery(t *testing.T) {
	t.Parallel()
	done := map[string]string{"demo": "true", "redirectUrl": "https://app.example/done"}
	for _, c := range []struct {
		query string
		want  map[string]string
		note  string // part of the first note; empty: none
	}{
		{"", map[string]string{}, ""},
		{"demo=true&redirectUrl=https://app.example/done", done, ""},
		{"demo=true&redirectUrl=https%3A%2F%2Fapp.example%2Fdone", done, ""},
		{"demo=true&redirectURL=https://app.example/done", done, ""},
		{"demo=true&redirectUri=https://app.example/done", done, ""},
		{"demo=true&redirectURI=https://app.example/done", done, ""},
		{"demo=true&redirect_uri=https://app.example/done", done, ""},
		{"demo=true?redirectUrl=https://app.example/done", done, "second ?"},
		{"demo?redirectUrl=https://app.example/done", done, "second ?"},
		{"?demo=true&redirectUrl=https://app.example/done", done, ""},
		{"demo=true&amp;redirectUrl=https://app.example/done", done, "write a plain &"},
		{"demo=true&?redirectUrl=https://app.example/done", done, "write a plain &"},
		{"&&demo=true&&redirectUrl=https://app.example/done&", done, ""},
		{"demo=true&redirectUrl=https%253A%252F%252Fapp.example%252Fdone", done, "encoded twice"},
		{"demo=TRUE&redirectUrl=+https://app.example/done+", done, ""},
		{"demo=1&redirectUrl=https://app.example/done&redirectUrl=https://other.example", done, "more than once"},
		{"toolbox=true&redirectUrl=https://app.example/done", done, ""},
		// A query that is on the redirect address stays there.
		{"redirectUrl=https://app.example/done?state=abc", map[string]string{"redirectUrl": "https://app.example/done?state=abc"}, ""},
		{"redirectUrl=https%3A%2F%2Fapp.example%2Fdone%3Fstate%3Da%26x%3D1", map[string]string{"redirectUrl": "https://app.example/done?state=a&x=1"}, ""},
		{"redirectUrl=https://app.example/done?a=1&b=2", map[string]string{"redirectUrl": "https://app.example/done?a=1"}, "encodeURIComponent"},
		{"redirectUrl=myapp://callback", map[string]string{"redirectUrl": "myapp://callback"}, ""},
		{"redirectUrl=com.example.app:/callback", map[string]string{"redirectUrl": "com.example.app:/callback"}, ""},
		// Without a value.
		{"withMFAQuestions", map[string]string{"enhancedMFA": "true"}, ""},
		{"demo&withMFAQuestions&jsRedirect", map[string]string{"demo": "true", "enhancedMFA": "true", "jsRedirect": "true"}, ""},
		{"jsRedirect=", map[string]string{}, "pass true or false; false holds"},
		{"redirectUrl=&tag=&language=", map[string]string{}, ""},
		// Values that are none.
		{"demo=maybe", map[string]string{}, `demo is "maybe"`},
		{"language=de", map[string]string{}, "pass en or fr"},
		{"language=FR", map[string]string{"language": "fr"}, ""},
		{"theme=Dark&accountSelectorCurrency=CAD&daysOfTransactions=days90", map[string]string{"theme": "dark", "accountSelectorCurrency": "cad", "daysOfTransactions": "Days90"}, ""},
		{"backgroundColor=%23ABC&foregroundColor1=0b6e5b", map[string]string{"backgroundColor": "aabbcc", "foregroundColor1": "0b6e5b"}, ""},
		{"backgroundColor=red", map[string]string{}, "six hex digits"},
		{"eftEligibleRatio=0.5", map[string]string{"eftEligibleRatio": "0.5"}, ""},
		{"eftEligibleRatio=80", map[string]string{}, "from 0 to 1"},
		{"eftEligibleRatio=NaN", map[string]string{}, "from 0 to 1"},
		{"maximumRetry=3", map[string]string{"maximumRetry": "3"}, ""},
		{"maximumRetry=0", map[string]string{}, "from 1"},
		{"tag=a+b%20c", map[string]string{"tag": "a b c"}, ""},
		{"tag=100%", map[string]string{"tag": "100%"}, "not encoded well"},
		// Of apps that are at large.
		{
			"customerId=43387ca6-0391-4c82-857d-70d95f087ecb&monthsOfStatements=MostRecent&detailsAndStatementEnable=true&features=TransactionHistory,AccountNumber",
			map[string]string{
				"customerId": "43387ca6-0391-4c82-857d-70d95f087ecb", "monthsOfStatements": "MostRecent", "detailsAndStatementEnable": "true",
				"features": "TransactionHistory,AccountNumber",
			}, "",
		},
		{"stunt_scenario=locked&STUNT_HINTS=0", map[string]string{}, ""},
		{"fiList=1&jobSignature=2", map[string]string{}, `"fiList" is no parameter`},
	} {
		got, err := parseQuery(c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if !maps.Equal(got.values, c.want) {
			t.Errorf("%s asks for %v, want %v", c.query, got.values, c.want)
		}
		if first := strings.Join(got.notes[:min(1, len(got.notes))], ""); (c.note == "") != (first == "") || !strings.Contains(first, c.note) {
			t.Errorf("%s notes %q, want %q", c.query, got.notes, c.note)
		}
	}
}

// No browser is sent to an address that it would run, or that leads nowhere.
func TestParseQueryRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "java%09script:alert(1)", "%01javascript:alert(1)", "data:text/html,x", "vbscript:x", "blob:x",
		"/done", "done", "app.example/done", "localhost:3000/done", "//app.example/done", "https://", "http:done", "https%253A%252F%252F",
	} {
		for _, name := range []string{"redirectUrl", "redirectURI", "termsUrl"} {
			got, err := parseQuery(name + "=" + address)
			p := problem.From(err)
			if err == nil || p.Code != problem.InvalidRequest || !strings.Contains(p.Detail, "pass") {
				t.Errorf("%s=%s is taken as %v: %v", name, address, got.values, err)
			}
		}
	}
}

// What holds where a parameter is not sent is a value of it.
func TestParameters(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range parameters {
		for _, name := range append([]string{p.name}, p.also...) {
			if folded := strings.ToLower(name); seen[folded] {
				t.Errorf("%s is there twice", name)
			} else {
				seen[folded] = true
			}
		}
		if p.help == "" || p.fidelity == "" {
			t.Errorf("%s says not what it does, or who says so", p.name)
		}
		if p.otherwise == "" {
			continue
		}
		got, err := parseQuery(p.name + "=" + p.otherwise)
		if err != nil || got.values[p.name] != p.otherwise || len(got.notes) > 0 {
			t.Errorf("%s=%s is %v %q %v", p.name, p.otherwise, got.values, got.notes, err)
		}
		if empty, _ := parseQuery(""); empty.get(p.name) != p.otherwise {
			t.Errorf("without %s it is %q", p.name, empty.get(p.name))
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"demo=true?redirectUrl=https://a.b/c?d=e&f", "?&amp;&&=&?=", "redirectUrl=%25%", "a?b?c=d?e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := parseQuery(raw)
		if err != nil {
			return
		}
		for name, v := range got.values {
			if byFolded[strings.ToLower(name)].kind == address && (strings.HasPrefix(strings.ToLower(v), "javascript:") || strings.HasPrefix(strings.ToLower(v), "data:")) {
				t.Errorf("%q lets %s=%q through", raw, name, v)
			}
		}
	})
}
