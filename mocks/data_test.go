package mocks_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/rehearsal"
	"github.com/stuntbank/stuntbank/scenarios"
)

// inScenario makes a sandbox of the scenario's name.
func inScenario(t *testing.T, s *rehearsal.Stage, name string) *engine.Driver {
	t.Helper()
	d := engine.NewDriver(s.Base, name, s.Providers[0])
	if _, err := d.Control(context.Background(), http.MethodPost, "/sandboxes", map[string]any{"name": name, "scenario": name, "clock": s.Clock}, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

// answer is the body that an operation answers.
func answer(t *testing.T, d *engine.Driver, operation string) string {
	t.Helper()
	a, err := d.Call(context.Background(), operation)
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Body)
}

func advance(t *testing.T, d *engine.Driver, span string) {
	t.Helper()
	if _, err := d.Control(context.Background(), http.MethodPost, "/clock", map[string]any{"advance": span}, nil); err != nil {
		t.Fatal(err)
	}
}

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
	d := inScenario(t, s, "changed")
	before := answer(t, d, "listMovements")
	if !strings.Contains(before, `"description":"COMPRA GRANDE"`) || !strings.Contains(before, "-350000") || strings.Contains(before, "PREMIO") {
		t.Errorf("the first movements are %s", before)
	}
	advance(t, d, "5d")
	if after := answer(t, d, "listMovements"); !strings.Contains(after, `"description":"PREMIO"`) || !strings.Contains(after, "777000") {
		t.Errorf("five days later the movements are %s", after)
	}

	d = inScenario(t, s, "written")
	if accounts := answer(t, d, "listAccounts"); !strings.Contains(accounts, `"holder_name":"Lena Soto"`) || !strings.Contains(accounts, `"current":5500`) {
		t.Errorf("the accounts are %s", accounts)
	}
	if rows := answer(t, d, "listMovements"); strings.Count(rows, `"object":"movement"`) != 2 || !strings.Contains(rows, "ABONO") {
		t.Errorf("the movements are %s", rows)
	}
}

// tables is a folder with a persona whose rows stand in a file, and one with a million.
func tables(rows string) fstest.MapFS {
	return fstest.MapFS{
		"people/lena.yaml": {Data: []byte(`persona: lena
use: empty
accounts:
  main:
    opening: 1000
    file: lena/main.csv
`)},
		"people/lena/main.csv": {Data: []byte(rows)},
		"people/heavy.yaml": {Data: []byte(`persona: heavy
use: empty
accounts:
  main:
    count: 1000000
    between: [2024-01-01, 2026-01-01]
    spend: {mix: {groceries: 3, transport: 1}}
`)},
		"lena.yaml":  {Data: []byte("scenario: lena\npersona: lena")},
		"heavy.yaml": {Data: []byte("scenario: heavy\npersona: heavy")},
	}
}

func loaded(t *testing.T, folder fstest.MapFS) (*scenarios.Library, error) {
	t.Helper()
	l, err := libraryOf(t).LoadDir(folder, "flows")
	if err != nil {
		t.Fatal(err)
	}
	return l, engine.CheckData(mocks.All(), l)
}

// Rows of a file are what the provider's API answers, to the cent.
func TestRowsOfAFile(t *testing.T) {
	t.Parallel()
	l, err := loaded(t, tables("description,date,amount,balance\nABONO,2026-01-05,5000,6000\n\"CARGO, DOBLE\",2026-01-06,-500,5500\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := stage(t, l, nil)
	d := inScenario(t, s, "lena")
	if accounts := answer(t, d, "listAccounts"); !strings.Contains(accounts, `"current":5500`) {
		t.Errorf("the accounts are %s", accounts)
	}
	if rows := answer(t, d, "listMovements"); strings.Count(rows, `"object":"movement"`) != 2 || !strings.Contains(rows, `"description":"CARGO, DOBLE","amount":-500`) {
		t.Errorf("the movements are %s", rows)
	}
}

// What is wrong in a file of rows is told at load: where the file is named, and its line. That
// the balances do not come out is told of the persona.
func TestWrongRowsOfAFile(t *testing.T) {
	t.Parallel()
	const at = "flows/people/lena.yaml:6:11: SB125: found lena/main.csv, "
	for rows, want := range map[string]string{
		"":                          at + "the file has no header",
		"date,amount\n":             at + "line 1: the column description is missing",
		"date,amount,description,x": at + `line 1: unknown column "x"`,
		"date,amount,description\n2026-01-05,1,A\n2026-01-06,1.5,B": at + `line 3, amount: "1.5" is no amount of CLP`,
		"date,amount,description\n2026-02-30,1,A":                   at + "line 2, date: ",
		"date,amount,description\n2026-01-05,1":                     at + "record on line 2: wrong number of fields",
		"date,amount,description,balance\n2026-01-05,1,A,5":         "flows/lena.yaml:1:11: SB125: found account main: the row of 2026-01-05 leaves 1001, not 5: mend the row or its balance",
	} {
		if _, err := loaded(t, tables(rows)); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q\ngot  %v\nwant %s", rows, err, want)
		}
	}
}

// A volume account has as many rows as it says, and its end is a page like any other.
func TestVolumePages(t *testing.T) {
	t.Parallel()
	l, err := loaded(t, tables("date,amount,description\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := stage(t, l, nil)
	d := inScenario(t, s, "heavy")
	answer(t, d, "listMovements")
	page := func(n, per int) (count int, link, text string) {
		t.Helper()
		res, body := get(t, fmt.Sprintf("%s/~heavy/fintoc/v1/accounts/%s/movements?link_token=%s&since=2024-01-01&until=2026-01-01&per_page=%d&page=%d",
			s.Base, d.Vars["account_id"], d.Vars["link_token"], per, n), "", "Authorization", "sk_test_stuntbank")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("page %d answers %d: %s", n, res.StatusCode, body)
		}
		return strings.Count(body, `"object":"movement"`), res.Header.Get("Link"), body
	}
	for _, tt := range []struct{ page, rows int }{{1, 300}, {1667, 300}, {3333, 300}, {3334, 100}, {3335, 0}} {
		if n, _, _ := page(tt.page, 300); n != tt.rows {
			t.Errorf("page %d has %d rows, want %d", tt.page, n, tt.rows)
		}
	}
	n, link, text := page(3334, 300)
	if !strings.Contains(text, `"post_date":"2024-01-02T`) || // after a holiday
		strings.Contains(link, `rel="next"`) || !strings.Contains(link, "page=3333") {
		t.Errorf("the last page has %d rows, links %s and %.300s", n, link, text)
	}
}
