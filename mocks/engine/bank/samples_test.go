package bank

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// The page of samples that people review (web/docs/bank-data.md) is what is served.
// UPDATE_GOLDEN=1 writes it anew: then read it again.
func TestReviewedSamples(t *testing.T) {
	t.Parallel()
	const page = "../../../web/docs/bank-data.md"
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const start = "## Samples\n"
	intro, _, ok := strings.Cut(string(old), start)
	if !ok {
		t.Fatal("the page has no samples")
	}
	var b strings.Builder
	b.WriteString(intro + start)
	for _, country := range countries {
		b.WriteString("\n## Rows of " + country + "\n\n```\n" + sampleRows(t, country) + "```\n")
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if b.String() != string(old) {
		t.Error("the samples of web/docs/bank-data.md are not what is served: write them with UPDATE_GOLDEN=1 and review them")
	}
}

// sampleRows are sixty rows: of an overdrawn account, a card with purchases abroad and a
// pensioner.
func sampleRows(t *testing.T, country string) string {
	now := time.Date(2026, time.January, 6, 17, 0, 0, 0, time.UTC)
	var b strings.Builder
	for _, p := range []struct{ persona, account string }{{"overdrawn", "main"}, {"freelancer", "card"}, {"pensioner", "main"}} {
		holder, institution, err := SampleHolder(p.persona, country, 20260115)
		if err != nil {
			t.Fatal(err)
		}
		holder.Name = "Sample Holder"
		w := open(t, Source{Seed: 20260115, Persona: p.persona, Country: country, Institution: institution, Holder: holder, Opened: Date(2025, 6, 1), Born: Date(2026, 1, 6)})
		fmt.Fprintf(&b, "%s, %s\n", p.persona, p.account)
		for _, r := range book(t, w, p.account).Page(now, Range{}, 0, 20, nil) {
			text := r.Description
			if r.Booking != "" {
				text = r.Booking + " · " + text
			}
			fmt.Fprintf(&b, "%s  %12s  %12s  %s\n", r.Posted, FormatAmount(r.Amount, r.Currency), FormatAmount(r.Balance, r.Currency), text)
		}
	}
	return b.String()
}
