package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const chancy = `
scenario: chancy
rules:
  - on: accounts.list
    where: {chance: 5%}
    then: {problem: internal}
  - on: accounts.list
    then: {latency: {p50: 100ms, p99: 1s}}
`

// drawn is everything that a call draws, and what comes of it.
func drawn(c *Compiled, seed uint64, call int64) string {
	d, met := c.Decide(Fact{Operation: "accounts.list", Calls: nth(call), Seed: seed})
	return fmt.Sprint(met, d.Effects.Problem, d.Wait, d.Draws)
}

// The nth call of a seed draws the same for ever, whoever else draws in between.
func TestDrawsRepeat(t *testing.T) {
	t.Parallel()
	c := Compile(Layers{{SourceSandbox, mustParse(t, chancy)}})
	const calls = 20
	var want []string
	for call := range int64(calls) {
		want = append(want, drawn(c, 42, call+1))
	}
	for run := range 1000 {
		again := Compile(Layers{{SourceUsername, mustParse(t, "# moved\n\n"+chancy)}})
		for call := range int64(calls) {
			for range run % 3 { // another sandbox, at its own pace
				drawn(again, 43, call*7)
			}
			got := strings.ReplaceAll(drawn(again, 42, call+1), "test.yaml:6", "test.yaml:4")
			if got = strings.ReplaceAll(got, "test.yaml:9", "test.yaml:7"); got != want[call] {
				t.Fatalf("run %d, call %d: %s\nwant %s", run, call+1, got, want[call])
			}
		}
	}
	if drawn(c, 42, 1) == drawn(c, 43, 1) || drawn(c, 42, 1) == drawn(c, 42, 2) {
		t.Error("another seed or call draws the same")
	}
	// What users have seen once, they see for ever.
	if got, want := drawn(c, 42, 1), goldenDraw; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

const goldenDraw = "true88ms [chance 5% at test.yaml:4: drew 95.69% latency p50 100ms p99 1s at test.yaml:7: drew 88ms]"

func TestChance(t *testing.T) {
	t.Parallel()
	c := Compile(Layers{{SourceSandbox, mustParse(t, chancy)}})
	const n = 20_000
	failed := 0
	for call := range int64(n) {
		d, _ := c.Decide(Fact{Operation: "accounts.list", Calls: nth(call + 1), Seed: 1})
		if d.Effects.Problem != "" {
			failed++
		}
		if len(d.Draws) == 0 || !strings.Contains(d.Draws[0], "chance 5% at test.yaml:4: drew ") {
			t.Fatalf("a draw is not told: %q", d.Draws)
		}
	}
	if share := float64(failed) / n; share < 0.045 || share > 0.055 {
		t.Errorf("%.2f %% failed, want 5", share*100)
	}
	// A rule that was not met all the same tells what it drew.
	only := Compile(Layers{{SourceSandbox, mustParse(t, "scenario: x\nrules: [{on: accounts.list, where: {chance: 0.01%}, then: {problem: internal}}]")}})
	if d, met := only.Decide(Fact{Operation: "accounts.list", Calls: nth(1), Seed: 1}); met || len(d.Draws) != 1 {
		t.Errorf("met %v, drew %q", met, d.Draws)
	}
}

func TestLatencyCurve(t *testing.T) {
	t.Parallel()
	l := Latency{P50: 100 * time.Millisecond, P99: time.Second}
	var waits []time.Duration
	for call := range int64(20_000) {
		waits = append(waits, l.At(unit(9, "rule", "latency", call)))
	}
	slices.Sort(waits)
	near := func(got, want time.Duration) bool { return got > want*95/100 && got < want*105/100 }
	if p50, p99 := waits[len(waits)/2], waits[len(waits)*99/100]; !near(p50, l.P50) || !near(p99, l.P99) {
		t.Errorf("p50 %s, p99 %s", p50, p99)
	}
	if waits[0] < 0 || waits[len(waits)-1] > 3*l.P99 {
		t.Errorf("from %s to %s", waits[0], waits[len(waits)-1])
	}
	if fixed := (Latency{P50: time.Second}); fixed.Drawn() || fixed.At(0.99) != time.Second {
		t.Error("a fixed wait is drawn")
	}
	for _, u := range []float64{0, 1, 0.5} {
		if d := l.At(u); d < 0 || d > 3*l.P99 {
			t.Errorf("At(%v) = %s", u, d)
		}
	}
}

// Every condition alone, met and not met.
func TestConditions(t *testing.T) {
	t.Parallel()
	born := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	header := func(name string) string { return map[string]string{"X-Case": "b"}[name] }
	at := func(d time.Duration) Fact { return Fact{Connected: born, Now: born.Add(d)} }
	const day = 24 * time.Hour
	for where, facts := range map[string][2]Fact{
		"step: consent":                 {{Step: "consent"}, {Step: "credentials"}},
		"page: 2..":                     {{Page: 2}, {Page: 1}},
		"page: 1":                       {{Page: 1}, {}},
		"connection_age: 1d..":          {at(day), at(day - time.Second)},
		"connection_age: ..1h":          {at(time.Minute), at(time.Hour)},
		"connection_age: 1d..2d":        {at(2*day - time.Second), at(2 * day)},
		"connection_age: 1mo..":         {at(28 * day), at(28*day - time.Second)},
		"connection_age: ..2d":          {at(0), {Now: born}},
		"header: {X-Case: b}":           {{Header: header}, {}},
		"header: {X-Case: c}":           {{Header: func(string) string { return "c" }}, {Header: header}},
		"header: {X-Case: b, Other: b}": {{Header: func(string) string { return "b" }}, {Header: header}},
		"chance: 100%":                  {{}, {Operation: "other"}},
	} {
		s := mustParse(t, "scenario: x\nrules: [{on: session.submit, where: {"+where+"}, then: {latency: 1s}}]")
		c := Compile(Layers{{SourceSandbox, s}})
		for i, f := range facts {
			if f.Operation == "" {
				f.Operation = "session.submit"
			}
			if _, met := c.Decide(f); met != (i == 0) {
				t.Errorf("%s: met %v by %+v", where, met, f)
			}
		}
	}
}
