package bank

import (
	"strings"
	"testing"
)

// Rows of a SEPA country say who, for what and under which permission; other countries say
// who alone. Each row names its other side once.
func TestStructuredFields(t *testing.T) {
	t.Parallel()
	kinds := map[Kind]int{}
	for _, country := range countries {
		sepa := country == "DE" || country == "ES"
		mandates := map[string]string{} // by creditor
		for _, persona := range []string{"salaried", "overdrawn", "pensioner", "freelancer"} {
			w, _ := sampleOf(t, 11, persona, country)
			for _, b := range w.books {
				for _, r := range all(b, noon) {
					kinds[r.Kind]++
					p := r.OtherSide()
					switch {
					case r.Counterparty != nil && r.Merchant != nil, r.Kind.IsTransfer() != (r.Counterparty != nil):
						t.Fatalf("%s: %s is with %+v and %+v", country, r.Kind, r.Counterparty, r.Merchant)
					case r.Kind.trades() && (p == nil || p.Name == ""):
						t.Fatalf("%s: %s %q is with nobody", country, r.Kind, r.Description)
					case r.Kind == KindCard && p.Account != "":
						t.Fatalf("%s: a shop shows its account: %+v", country, p)
					case !sepa && (r.Mandate+r.PurposeCode != "" || p != nil && p.CreditorID != ""):
						t.Fatalf("%s is no SEPA country: %+v", country, r)
					}
					if !sepa || p == nil {
						continue
					}
					if p.CreditorID != "" {
						if err := CheckCreditorID(p.CreditorID); err != nil || p.CreditorID[:2] != country {
							t.Fatalf("%s: %v", p.CreditorID, err)
						}
					}
					collects := r.Kind.collected() || r.Kind == KindReturned
					if collects != (r.Mandate != "") || collects && (r.EndToEnd == "" || CheckIBAN(p.Account) != nil || p.CreditorID == "" || p.Institution.Codes.BIC == "") {
						t.Fatalf("%s: %s %q with the mandate %q is with %+v", country, r.Kind, r.Description, r.Mandate, p)
					}
					if collects {
						if known, ok := mandates[w.holder.NationalID+p.Name]; ok && known != r.Mandate {
							t.Fatalf("%s has the mandates %s and %s of one holder", p.Name, known, r.Mandate)
						}
						mandates[w.holder.NationalID+p.Name] = r.Mandate
						want := "EREF+" + r.EndToEnd + " MREF+" + r.Mandate + " CRED+" + p.CreditorID + " SVWZ+" + r.Purpose()
						if got := r.Remittance(); got != want {
							t.Fatalf("the text is %q, want %q", got, want)
						}
					} else if r.EndToEnd == "" && r.Remittance() != r.Description {
						t.Fatalf("the text is %q", r.Remittance())
					}
					if text := r.Purpose(); text == "" || strings.Contains(text, "+") {
						t.Fatalf("%q is for %q", r.Description, text)
					}
					if r.Kind == KindSalary && (r.PurposeCode != "SALA" && r.PurposeCode != "BONU") || r.Category == "rent" && r.PurposeCode != "RENT" || len(r.PurposeCode) != 0 && len(r.PurposeCode) != 4 {
						t.Fatalf("%s %s has the purpose %q", r.Kind, r.Category, r.PurposeCode)
					}
				}
			}
		}
		names := map[string]string{}
		for of, m := range mandates {
			if other, ok := names[m]; ok {
				t.Errorf("%s and %s share the mandate %s", of, other, m)
			}
			names[m] = of
		}
	}
	for _, k := range []Kind{KindCard, KindDirectDebit, KindBill, KindSalary, KindReturned, KindRefund} {
		if kinds[k] == 0 {
			t.Errorf("no row of the kind %s was looked at", k)
		}
	}
}

// What a return gives back is told in the words of the debit: creditor, mandate, reference.
func TestReturnsRepeatTheDebit(t *testing.T) {
	t.Parallel()
	w, _ := sampleOf(t, 11, "overdrawn", "DE")
	debits := map[string]Transaction{}
	returns := 0
	rows := all(book(t, w, "main"), noon)
	for i := len(rows) - 1; i >= 0; i-- {
		switch r := rows[i]; {
		case r.Kind.collected():
			debits[r.EndToEnd] = r
		case r.Kind == KindReturned:
			d, ok := debits[r.EndToEnd]
			if !ok || d.Mandate != r.Mandate || d.Merchant != r.Merchant || d.Amount != -r.Amount {
				t.Errorf("%+v gives back %+v", r, d)
			}
			returns++
		}
	}
	if returns == 0 {
		t.Error("nothing was given back")
	}
}

// A row that a scenario writes names its other side as its kind does.
func TestPartyOfAWrittenRow(t *testing.T) {
	t.Parallel()
	holder, i, _ := SampleHolder("salaried", "DE", 1)
	row := func(kind Kind, amount int64) Change {
		return Change{Account: "main", Do: Insert, Row: Row{Posted: DayOf(noon) - 3, Amount: amount, Kind: kind, Party: "Wohnbau Lindenhof eG", Description: string(kind)}}
	}
	w, err := Open(Source{Persona: "empty", Country: "DE", Institution: i, Holder: holder, Opened: opened, Born: DayOf(noon),
		Script: NewScript(nil, row(KindDirectDebit, -5_00), row(KindCard, -6_00), row(KindTransferOut, -7_00))})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all(book(t, w, "main"), noon) {
		p := r.OtherSide()
		if r.Kind == KindFee {
			continue
		}
		if p == nil || p.Name != "Wohnbau Lindenhof eG" || (r.Counterparty != nil) != r.Kind.IsTransfer() ||
			r.Kind.collected() != (r.Mandate != "") || (r.Kind == KindCard) != (p.Account == "") {
			t.Errorf("%+v with %+v", r, p)
		}
	}
}
