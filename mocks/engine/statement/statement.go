// Package statement prints a month of an account as a PDF, for providers that hand out
// what a bank would have printed. It is a function: equal statements give equal bytes.
package statement

import (
	"bytes"
	"fmt"

	"codeberg.org/go-pdf/fpdf"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

// Statement is what is printed. Amounts are minor units of a currency with two digits;
// Rows come oldest first; Until is the last day.
type Statement struct {
	Bank, Title, Number, Currency string
	Holder                        bank.Profile
	From, Until                   bank.Day
	Opening, Closing              int64
	Rows                          []bank.Transaction
	French                        bool
}

// Widths of the columns in millimetres: date, description, debit, credit, balance.
var widths = [5]float64{24, 82, 28, 28, 28}

// ribbon stands on every page, as on every page of the simulator.
const ribbon = "SIMULATED - no real bank, no real person"

// PDF prints a statement on pages of letter size.
func PDF(s Statement) ([]byte, error) {
	f := fpdf.New("P", "mm", "Letter", "")
	f.SetCreationDate(s.Until.Time())
	f.SetModificationDate(s.Until.Time())
	f.SetCatalogSort(true)
	f.SetProducer("stuntbank", false)
	latin := f.UnicodeTranslatorFromDescriptor("") // the built-in fonts know Latin-1 only
	f.SetTitle(latin(fmt.Sprintf("%s %s", s.Bank, s.From)), false)
	f.SetHeaderFunc(func() {
		f.SetFont("Helvetica", "", 8)
		f.CellFormat(0, 5, ribbon, "", 1, "R", false, 0, "")
	})
	f.AddPage()
	f.SetFont("Helvetica", "B", 15)
	f.CellFormat(0, 9, latin(s.Bank), "", 1, "L", false, 0, "")
	f.SetFont("Helvetica", "", 10)
	words := english
	if s.French {
		words = french
	}
	for _, line := range []string{
		s.Holder.Name, s.Holder.Street, s.Holder.City + "  " + s.Holder.Zip, "",
		fmt.Sprintf("%s  %s  %s", s.Title, s.Number, s.Currency), fmt.Sprintf("%s %s - %s", words.period, s.From, s.Until),
	} {
		f.CellFormat(0, 5, latin(line), "", 1, "L", false, 0, "")
	}
	f.Ln(4)
	f.SetFont("Helvetica", "B", 9)
	row(f, latin, words.columns)
	f.SetFont("Helvetica", "", 9)
	row(f, latin, [5]string{s.From.String(), words.opening, "", "", amount(s.Opening, s.Currency)})
	for i := range s.Rows {
		t := &s.Rows[i]
		debit, credit := "", amount(t.Amount, s.Currency)
		if t.Amount < 0 {
			debit, credit = amount(-t.Amount, s.Currency), ""
		}
		row(f, latin, [5]string{t.Posted.String(), t.Description, debit, credit, amount(t.Balance, s.Currency)})
	}
	row(f, latin, [5]string{s.Until.String(), words.closing, "", "", amount(s.Closing, s.Currency)})
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fmt.Errorf("statement of %s: %w", s.From, err)
	}
	return out.Bytes(), nil
}

// vocabulary is what is printed besides the data.
type vocabulary struct {
	period, opening, closing string
	columns                  [5]string
}

var (
	english = vocabulary{"Period", "Opening balance", "Closing balance", [5]string{"Date", "Description", "Debit", "Credit", "Balance"}}
	french  = vocabulary{"Période", "Solde d'ouverture", "Solde de clôture", [5]string{"Date", "Description", "Débit", "Crédit", "Solde"}}
)

func row(f *fpdf.Fpdf, latin func(string) string, cells [5]string) {
	for i, text := range cells {
		align, next := "R", 0
		if i < 2 {
			align = "L"
		}
		if i == len(cells)-1 {
			next = 1
		}
		f.CellFormat(widths[i], 5, latin(text), "", next, align, false, 0, "")
	}
}

func amount(minor int64, currency string) string { return bank.FormatAmount(minor, currency) }
