package finx_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// A direct debit says who collects it, by which mandate and with which reference, in fields
// and in the tags of its purpose; a purchase names the shop and no account.
func TestSEPAFieldsOfTransactions(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{"sync_period": 90})
	var debits, purchases, salaries int
	for _, r := range k.ok("/rest/transactions?count=500").List("transactions") {
		row := answer{}
		row.Body = r
		switch {
		case row.Text("mandate_reference") != "":
			debits++
			purpose := "EREF+" + row.Text("end_to_end_reference") + " MREF+" + row.Text("mandate_reference") + " CRED+" + row.Text("creditor_id") + " SVWZ+" + row.Text("sepa_remittance_info")
			if bank.CheckCreditorID(row.Text("creditor_id")) != nil || bank.CheckIBAN(row.Text("iban")) != nil || row.Text("bic") == "" || row.Text("purpose") != purpose ||
				row.Text("name") == "" || strings.ToUpper(row.Text("name")) == row.Text("name") || row.Text("payment_partner.name") != row.Text("name") {
				t.Errorf("a debit is %v", r)
			}
		case row.Text("sepa_purpose_code") == "CDBL":
			purchases++
			if row.Text("name") == "" || row.Text("iban")+row.Text("creditor_id") != "" {
				t.Errorf("a purchase is %v", r)
			}
		case row.Text("sepa_purpose_code") == "SALA":
			salaries++
			if _, codes := bank.IBANCodes(row.Text("iban")); codes.Bank == "" || codes.Bank != row.Text("bank_code") || row.Text("bic") == "" {
				t.Errorf("a salary is %v", r)
			}
		}
	}
	if debits == 0 || purchases == 0 || salaries == 0 {
		t.Errorf("%d debits, %d purchases, %d salaries", debits, purchases, salaries)
	}
}

// The page finds a bank by its name, its bank code, its BIC and an IBAN, also without script.
func TestBankSearchOfThePage(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	p := k.open(k.start("/onetime/access", map[string]any{}))
	for p.State() == "consent" {
		p = p.Click("consent-accept")
	}
	for query, want := range map[string]string{
		"nordheim": "Sandbank Nordheim eG", "90090042": "Demobank", "DEMODE01": "Demobank", "DE82 9009 4815 0000 0028 81": "Testbank", "nirgendwo": "",
	} {
		found := enginetest.NewBrowser(t, k.srv.URL).Open(p.URL+"?q="+url.QueryEscape(query)).Want("institutions", "")
		var names []string
		found.Doc.Find("[data-testid=institution-list] .label").Each(func(_ int, s *goquery.Selection) { names = append(names, s.Text()) })
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
}
