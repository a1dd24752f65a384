package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

// A changed folder is taken over whole, and a broken one not at all.
func TestReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("one.yaml", "scenario: one\nlogin: {credentials: [lock]}")
	var log bytes.Buffer
	c := &config{scenarios: dir, scenario: "happy", contract: "off", sandboxes: 10}
	s, err := build(c, memory.New(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	tick, done := make(chan time.Time), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		reload(ctx, tick, dir, s)
		close(done)
	}()
	look := func() {
		tick <- time.Time{} // the second one is taken when the first has been dealt with
		tick <- time.Time{}
	}
	has := func(name string) bool {
		_, ok := s.Scenarios().Get(name)
		return ok
	}
	look()
	if !has("one") || has("two") {
		t.Fatal("the folder was not loaded")
	}
	write("two.yaml", "scenario: two\nlogin: {credentials: [accept]}")
	if look(); !has("two") {
		t.Error("a new file was not loaded")
	}
	write("three.yaml", "scenario: three\nlogin: {credentials: [accept]}")
	write("two.yaml", "scenario: second\nlogin: {credentials: [acept]}")
	if look(); !has("two") || has("three") || has("second") {
		t.Errorf("a broken folder was loaded in part: %v", s.Scenarios().Names())
	}
	write("two.yaml", "scenario: second\nlogin: {credentials: [reject]}\ntimeline: [{after: connected, do: {connection: revoked}}]")
	if look(); has("two") || !has("three") || !has("second") {
		t.Errorf("the mended folder was not loaded: %v", s.Scenarios().Names())
	}
	write("rows.csv", "date,amount,description\n2026-01-05,1,A")
	write("rows.yaml", "scenario: rows\npersona: {use: empty, accounts: {main: {file: rows.csv}}}")
	look()
	write("rows.csv", "date,amount,description\n2026-01-05,2.5,A")
	look()
	if sc, ok := s.Scenarios().Get("rows"); !ok || !strings.Contains(string(sc.Persona.Accounts[0].Table.Data), ",1,A") || !strings.Contains(log.String(), `rows.csv, line 2, amount: \"2.5\"`) {
		t.Errorf("a broken file of rows was loaded: %v, and the log says %s", ok, log.String())
	}
	write("rows.csv", "date,amount,description\n2026-01-05,25,A")
	look()
	if sc, _ := s.Scenarios().Get("rows"); !strings.Contains(string(sc.Persona.Accounts[0].Table.Data), ",25,A") {
		t.Error("a file of rows that has changed was not loaded")
	}
	cancel()
	<-done
	if !strings.Contains(log.String(), `two.yaml:2:23: SB106`) || !strings.Contains(log.String(), "scenarios loaded anew") || !strings.Contains(log.String(), "two.yaml:3:12: SB202") {
		t.Errorf("the log says %s", log.String())
	}
}
