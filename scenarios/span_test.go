package scenarios

import (
	"testing"
	"time"
)

func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Span{
		"0s": {}, "250ms": {D: 250 * time.Millisecond}, "30s": {D: 30 * time.Second}, "90m": {D: 90 * time.Minute}, "1h30m": {D: 90 * time.Minute},
		"90d": {Days: 90}, "2w": {Days: 14}, "1w2d3h": {Days: 9, D: 3 * time.Hour}, "24mo": {Months: 24}, "1y6mo": {Months: 18}, "200y": {Months: 2400},
	} {
		got, err := ParseSpan(text)
		if err != nil || got != want {
			t.Errorf("ParseSpan(%q) = %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := ParseSpan(got.String()); err != nil || again != got {
			t.Errorf("%q written as %q reads as %+v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "s", "30", "30 s", "-3d", "1.5h", "3D", "1m1h", "1h1h", "3bd", "201y", "99999999999999999999s", "9999999999w", "200y1mo", "١s"} {
		if got, err := ParseSpan(text); err == nil {
			t.Errorf("ParseSpan(%q) = %+v, want an error", text, got)
		}
	}
}

func TestSpanFollowsTheCalendar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, span, after, before string }{
		{"2026-01-31T10:00:00Z", "1mo", "2026-02-28T10:00:00Z", "2025-12-31T10:00:00Z"},
		{"2024-01-31T10:00:00Z", "1mo", "2024-02-29T10:00:00Z", "2023-12-31T10:00:00Z"},
		{"2024-02-29T10:00:00Z", "1y", "2025-02-28T10:00:00Z", "2023-02-28T10:00:00Z"},
		{"2026-03-31T10:00:00Z", "24mo", "2028-03-31T10:00:00Z", "2024-03-31T10:00:00Z"},
		{"2026-03-31T10:00:00Z", "1d12h", "2026-04-01T22:00:00Z", "2026-03-29T22:00:00Z"},
	} {
		from, _ := time.Parse(time.RFC3339, tt.from)
		span, err := ParseSpan(tt.span)
		if err != nil {
			t.Fatal(err)
		}
		if got := span.AddTo(from).Format(time.RFC3339); got != tt.after {
			t.Errorf("%s + %s = %s, want %s", tt.from, tt.span, got, tt.after)
		}
		if got := span.Before(from).Format(time.RFC3339); got != tt.before {
			t.Errorf("%s - %s = %s, want %s", tt.from, tt.span, got, tt.before)
		}
	}
	if d, exact := (Span{Days: 2, D: time.Hour}).Duration(); !exact || d != 49*time.Hour {
		t.Errorf("2d1h is %v, %v", d, exact)
	}
	if _, exact := (Span{Months: 1}).Duration(); exact {
		t.Error("a month has an exact length")
	}
}
