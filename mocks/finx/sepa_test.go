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
	for _, r := range k.ok("/rest/transactions?count=500").list("transactions") {
		row := answer{}
		row.Body = r
		switch {
		case row.text("mandate_reference") != "":
			debits++
			purpose := "EREF+" + row.text("end_to_end_reference") + " MREF+" + row.text("mandate_reference") + " CRED+" + row.text("creditor_id") + " SVWZ+" + row.text("sepa_remittance_info")
			if bank.CheckCreditorID(row.text("creditor_id")) != nil || bank.CheckIBAN(row.text("iban")) != nil || row.text("bic") == "" || row.text("purpose") != purpose ||
				row.text("name") == "" || strings.ToUpper(row.text("name")) == row.text("name") || row.text("payment_partner.name") != row.text("name") {
				t.Errorf("a debit is %v", r)
			}
		case row.text("sepa_purpose_code") == "CDBL":
			purchases++
			if row.text("name") == "" || row.text("iban")+row.text("creditor_id") != "" {
				t.Errorf("a purchase is %v", r)
			}
		case row.text("sepa_purpose_code") == "SALA":
			salaries++
			if _, codes := bank.IBANCodes(row.text("iban")); codes.Bank == "" || codes.Bank != row.text("bank_code") || row.text("bic") == "" {
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
