package statement_test

import (
	"bytes"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/statement"
)

func sample(rows int) statement.Statement {
	s := statement.Statement{
		Bank: "Banque du Lac Ambré", Title: "Chequing Account", Number: "0001234", Currency: "CAD",
		Holder: bank.Profile{Name: "Océane Gagnon-Leduc", Street: "12, rue du Harfang", City: "Val-Tilleul", Zip: "H0H 0H0"},
		From:   bank.Date(2026, 2, 1), Until: bank.Date(2026, 2, 28), Opening: 100_00, Closing: 100_00, French: true,
	}
	for i := range rows {
		s.Rows = append(s.Rows, bank.Transaction{Posted: s.From + bank.Day(i%28), Amount: int64(5_00 - i), Description: "ACHAT ÉPICERIE", Balance: 100_00})
	}
	return s
}

func TestPDF(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ rows, pages int }{{0, 1}, {10, 1}, {200, 5}} {
		one, err := statement.PDF(sample(tt.rows))
		if err != nil {
			t.Fatal(err)
		}
		two, _ := statement.PDF(sample(tt.rows))
		if !bytes.Equal(one, two) {
			t.Errorf("%d rows: the same statement gives other bytes", tt.rows)
		}
		if !bytes.HasPrefix(one, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(one), []byte("%%EOF")) {
			t.Errorf("%d rows: no PDF: %.20q", tt.rows, one)
		}
		if n := bytes.Count(one, []byte("/Type /Page\n")); n != tt.pages {
			t.Errorf("%d rows are on %d pages, want %d", tt.rows, n, tt.pages)
		}
		if !bytes.Contains(one, []byte("stuntbank")) || len(one) > 40_000 {
			t.Errorf("%d rows: %d bytes, producer named: %v", tt.rows, len(one), bytes.Contains(one, []byte("stuntbank")))
		}
	}
	other := sample(10)
	other.French = false
	one, _ := statement.PDF(sample(10))
	if two, _ := statement.PDF(other); bytes.Equal(one, two) {
		t.Error("both languages print the same")
	}
}
