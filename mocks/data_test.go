package mocks_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// What a scenario says of the bank data is what the provider's API answers.
func TestScenariosChangeBankData(t *testing.T) {
	t.Parallel()
	l := libraryOf(t, `
scenario: changed
data:
  - insert: {account: main, amount: -350000, description: COMPRA GRANDE, date: -1d}
timeline:
  - after: connected + 3d
    do:
      data:
        - insert: {account: main, amount: 777000, description: PREMIO}
        - remove: {account: main, match: {kind: transfer_out, which: last}}
`, `
scenario: written
persona:
  use: empty
  identity: {name: Lena Soto}
  accounts:
    main:
      opening: 1000
      transactions:
        - {date: 2026-01-05, amount: 5000, description: ABONO}
        - {date: 2026-01-06, amount: -500, description: CARGO}
`)
	s := stage(t, l, nil)
	ctx := context.Background()
	begin := func(name string) (d *engine.Driver, call func(op string) string) {
		t.Helper()
		d = engine.NewDriver(s.Base, name, s.Providers[0])
		if _, err := d.Control(ctx, http.MethodPost, "/sandboxes", map[string]any{"name": name, "scenario": name, "clock": s.Clock}, nil); err != nil {
			t.Fatal(err)
		}
		return d, func(op string) string {
			t.Helper()
			a, err := d.Call(ctx, op)
			if err != nil {
				t.Fatal(err)
			}
			return string(a.Body)
		}
	}
	d, call := begin("changed")
	before := call("listMovements")
	if !strings.Contains(before, `"description":"COMPRA GRANDE"`) || !strings.Contains(before, "-350000") || strings.Contains(before, "PREMIO") {
		t.Errorf("the first movements are %s", before)
	}
	if _, err := d.Control(ctx, http.MethodPost, "/clock", map[string]any{"advance": "5d"}, nil); err != nil {
		t.Fatal(err)
	}
	if after := call("listMovements"); !strings.Contains(after, `"description":"PREMIO"`) || !strings.Contains(after, "777000") {
		t.Errorf("five days later the movements are %s", after)
	}

	_, call = begin("written")
	if accounts := call("listAccounts"); !strings.Contains(accounts, `"holder_name":"Lena Soto"`) || !strings.Contains(accounts, `"current":5500`) {
		t.Errorf("the accounts are %s", accounts)
	}
	if rows := call("listMovements"); strings.Count(rows, `"object":"movement"`) != 2 || !strings.Contains(rows, "ABONO") {
		t.Errorf("the movements are %s", rows)
	}
}
