package bank

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	_ "embed"
)

// The promise: the same seed, persona and data version give the same bytes, on every
// machine and in every release. golden.txt holds the hash of each persona in each country;
// stuntbank verify recomputes them. A change of one is a change of Version.

//go:embed golden.txt
var goldenText string

// GoldenEntry is the published hash of a persona's rows, ids, texts and balances.
type GoldenEntry struct{ Persona, Country, Hash string }

// Golden lists the published hashes.
func Golden() (list []GoldenEntry) {
	for line := range strings.Lines(goldenText) {
		if f := strings.Fields(line); len(f) == 3 {
			list = append(list, GoldenEntry{f[0], f[1], f[2]})
		}
	}
	return list
}

// Recompute hashes what this build serves: the accounts with their numbers, all rows of
// fifteen months and what is pending. What a word list of another project chose, a name
// or a mail address, is no part of it.
func (g GoldenEntry) Recompute() (string, error) {
	now := time.Date(2026, time.March, 31, 15, 0, 0, 0, time.UTC)
	holder, institution, err := SampleHolder(g.Persona, g.Country, 20260115)
	if err != nil {
		return "", err
	}
	holder.Name = "Sample Holder"
	opened := Date(2025, time.January, 1)
	if g.Persona == "business" {
		opened = Date(2026, time.March, 23)
	}
	w, err := Open(Source{Seed: 20260115, Persona: g.Persona, Country: g.Country, Institution: institution, Holder: holder, Opened: opened, Born: Date(2026, time.March, 31)})
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, a := range w.AccountsAt(now) {
		b, _ := w.Book(a.Key)
		fmt.Fprintln(h, a.Key, a.ID.Text(), a.Type, a.Number, a.IBAN, a.BIC, a.Bank, a.Transit, a.Currency, a.Limit, a.Opened, a.Closed, b.Balance(now))
		for _, t := range append(b.Pending(now), b.Page(now, Range{}, 0, 1<<30, nil)...) {
			t.digest(h)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:32], nil
}

// digest writes everything that is served of a row.
func (t *Transaction) digest(w io.Writer) {
	var b []byte
	for _, n := range []int64{int64(t.ID), t.Amount, t.Balance, int64(t.Posted), t.At.Unix()} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, s := range []string{t.Currency, string(t.Kind), t.Category, t.Description, t.Booking, t.Code, t.Reference, t.Comment, t.EndToEnd, t.Mandate, t.PurposeCode} {
		b = append(append(b, s...), 0)
	}
	if p := t.OtherSide(); p != nil {
		for _, s := range []string{p.Name, p.NationalID, p.Account, p.Institution.Codes.BIC, p.CreditorID} {
			b = append(append(b, s...), 0)
		}
	}
	if o := t.Original; o != nil {
		b = append(binary.BigEndian.AppendUint64(b, uint64(o.Amount)), o.Rate...)
	}
	w.Write(b)
}

// SampleIdentifiers calls f with n identifiers of every kind that is served, for a
// validator to judge.
func SampleIdentifiers(n int, f func(kind, text string)) {
	for i := range n {
		k := rootKey(99).at(i)
		cl, ca, de, es := locales["CL"](), locales["CA"](), locales["DE"](), locales["ES"]()
		f("cl.rut", cl.personID(k.word(0)))
		f("cl.rut", cl.companyID(k.word(1)))
		f("ca.sin", ca.personID(k.word(2)))
		f("ca.bn", ca.companyID(k.word(3)))
		f("de.iban", de.number(k, de.bank(k).Codes).iban)
		f("de.idnr", de.personID(k.word(4)))
		f("de.creditor", creditorID("DE", "0999"+digitsOf(k.word(5), 7)))
		f("es.iban", es.number(k, es.bank(k).Codes).iban)
		f("es.dni", es.personID(k.word(6)))
		f("es.cif", es.companyID(k.word(7)))
		f("rf", creditorReference("SBX"+digitsOf(k.word(8), 8)))
	}
}
