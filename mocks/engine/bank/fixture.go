package bank

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Fixtures: rows as files. What is written can be read again, and gives the same rows.

// columns are the fields of a fixture, the first three in every file.
var columns = []string{"date", "amount", "description", "kind", "category", "party", "reference", "comment", "pending_from", "time", "booking", "code", "id", "balance"}

// maxFixture bounds a file of rows.
const maxFixture = 200_000

// WriteCSV writes rows, oldest first, with their balances as assertions.
func WriteCSV(out io.Writer, rows []Transaction) error {
	w := csv.NewWriter(out)
	if err := w.Write(columns); err != nil {
		return err
	}
	for _, t := range slices.Backward(rows) {
		party := ""
		if t.Counterparty != nil {
			party = t.Counterparty.Name
		}
		if err := w.Write([]string{
			t.Posted.String(), FormatAmount(t.Amount, t.Currency), t.Description, string(t.Kind), t.Category, party, t.Reference, t.Comment,
			"", "", t.Booking, t.Code, t.ID.Text(), FormatAmount(t.Balance, t.Currency),
		}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// ReadCSV reads rows of a currency. The header names the columns, in any order; date,
// amount and description must be among them. An error names the line.
func ReadCSV(in io.Reader, currency string) (rows []Row, err error) {
	r := csv.NewReader(in)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the file has no header: begin it with %s", strings.Join(columns[:3], ","))
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for i, h := range header {
		header[i] = strings.ToLower(strings.TrimSpace(h))
		if !slices.Contains(columns, header[i]) {
			return nil, fmt.Errorf("line 1: unknown column %q, use %s", h, strings.Join(columns, ", "))
		}
	}
	for _, must := range columns[:3] {
		if !slices.Contains(header, must) {
			return nil, fmt.Errorf("line 1: the column %s is missing", must)
		}
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if len(rows) == maxFixture {
			return nil, fmt.Errorf("more than %d rows: ask for a count instead", maxFixture)
		}
		var row Row
		for i, text := range record {
			if err := row.Set(header[i], strings.TrimSpace(text), currency); err != nil {
				line, _ := r.FieldPos(i)
				return nil, fmt.Errorf("line %d, %s: %w", line, header[i], err)
			}
		}
		rows = append(rows, row)
	}
}

// ParseRow reads the compact form DATE | AMOUNT | TEXT.
func ParseRow(text, currency string) (row Row, err error) {
	parts := strings.SplitN(text, "|", 3)
	if len(parts) < 3 {
		return row, fmt.Errorf("the row %q needs three parts: DATE | AMOUNT | TEXT", text)
	}
	for i, part := range parts {
		if err := row.Set(columns[i], strings.TrimSpace(part), currency); err != nil {
			return row, err
		}
	}
	return row, nil
}

// Set reads one field of a row by its column; empty text leaves it alone.
func (r *Row) Set(column, text, currency string) (err error) {
	if text == "" {
		return nil
	}
	switch column {
	case "date":
		r.Posted, err = ParseDay(text)
	case "amount":
		r.Amount, err = ParseAmount(text, currency)
	case "description":
		r.Description = text
	case "kind":
		if r.Kind = Kind(text); !slices.Contains(kinds, r.Kind) {
			err = fmt.Errorf("unknown kind %q, use one of %s", text, kindWords())
		}
	case "category":
		r.Category = text
	case "party":
		r.Party = text
	case "reference":
		r.Reference = text
	case "comment":
		r.Comment = text
	case "pending_from":
		r.Authorised, err = ParseDay(text)
	case "time":
		r.Second, err = parseTime(text)
	case "booking":
		r.Booking = text
	case "code":
		r.Code = text
	case "id":
		r.ID = text
	case "balance":
		var n int64
		n, err = ParseAmount(text, currency)
		r.Balance = &n
	default:
		err = fmt.Errorf("unknown field %q, use %s", column, strings.Join(columns, ", "))
	}
	return err
}

func kindWords() string {
	var words []string
	for _, k := range kinds {
		words = append(words, string(k))
	}
	return strings.Join(words, ", ")
}

func parseTime(text string) (int, error) {
	h, m, ok := strings.Cut(text, ":")
	hours, err := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if !ok || err != nil || err2 != nil || hours < 0 || hours > 22 || minutes < 0 || minutes > 59 {
		return 0, fmt.Errorf("%q is no time of the day: write it as 09:30, up to 22:59", text)
	}
	return max(hours*3600+minutes*60, 1), nil
}

// WriteYAML writes a persona with exact rows, as a scenario takes it. Text that YAML
// would read as a number or a date is quoted.
func WriteYAML(out io.Writer, name string, w *World, rows map[string][]Transaction) error {
	var b strings.Builder
	fmt.Fprintf(&b, "persona: %s\nuse: %s\nidentity:\n  name: %s\naccounts:\n", quoted(name), quoted("empty"), quoted(w.holder.Name))
	for _, book := range w.books {
		a := book.account
		list := rows[a.Key]
		opening := int64(0)
		if n := len(list); n > 0 {
			opening = list[n-1].Balance - list[n-1].Amount
		}
		fmt.Fprintf(&b, "  %s:\n    type: %s\n    currency: %s\n", a.Key, a.Type, a.Currency)
		if a.Type != CreditCard {
			fmt.Fprintf(&b, "    number: {account: %s%s%s}\n", quoted(a.Number), said("bank", a.Bank), said("transit", a.Transit))
		}
		fmt.Fprintf(&b, "    limit: %s\n    opening: %s\n", quoted(FormatAmount(a.Limit, a.Currency)), quoted(FormatAmount(opening, a.Currency)))
		if len(list) == 0 {
			b.WriteString("    transactions: []\n")
			continue
		}
		b.WriteString("    transactions:\n")
		for _, t := range slices.Backward(list) {
			party := ""
			if t.Counterparty != nil {
				party = t.Counterparty.Name
			}
			fmt.Fprintf(&b, "      - {date: %s, amount: %s, description: %s, kind: %s, category: %s, id: %s%s%s}\n",
				quoted(t.Posted.String()), quoted(FormatAmount(t.Amount, t.Currency)), quoted(t.Description), t.Kind, quoted(t.Category), quoted(t.ID.Text()),
				said("party", party), said("code", t.Code))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// said is one more field of a block, nothing if it is empty.
func said(name, value string) string {
	if value == "" {
		return ""
	}
	return ", " + name + ": " + quoted(value)
}

// quoted is a double-quoted YAML scalar: JSON's is one.
func quoted(s string) string { return strconv.QuoteToGraphic(s) }
