package mocks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
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
    do: {data: {insert: {account: main, amount: 777000, description: PREMIO}}}
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

// booking is a movement as Fintoc tells of it.
type booking struct {
	ID, Description, Status string
	Amount                  int64
	Day                     string `json:"post_date"`
}

// bookings are the movements of the first account, the pending ones as well, by their
// texts. What it has now is the balance.
func bookings(t *testing.T, s *rehearsal.Stage, d *engine.Driver) (all []booking, balance int64) {
	t.Helper()
	var accounts []struct {
		ID      string
		Balance struct{ Current int64 }
	}
	if err := json.Unmarshal([]byte(answer(t, d, "listAccounts")), &accounts); err != nil {
		t.Fatal(err)
	}
	_, body := get(t, fmt.Sprintf("%s/~%s/fintoc/v1/accounts/%s/movements?confirmed_only=false&per_page=300&link_token=%s", s.Base, d.Sandbox, accounts[0].ID, d.Vars["link_token"]),
		"", "Authorization", "sk_test_stuntbank")
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return all, accounts[0].Balance.Current
}

// of are the bookings with a text.
func of(all []booking, text string) (out []booking) {
	for _, b := range all {
		if b.Description == text {
			out = append(out, b)
		}
	}
	return out
}

// What the bank does to a booking, the provider's API tells: same or another id, day,
// amount and balance.
func TestBookingsChange(t *testing.T) {
	t.Parallel()
	s := stage(t, libraryOf(t), nil)
	for name, hold := range map[string]func(t *testing.T, before, after []booking, was, is int64){
		"duplicate-transaction": func(t *testing.T, before, after []booking, was, is int64) {
			one, two := of(before, "RENT PAYMENT"), of(after, "RENT PAYMENT")
			if len(one) != 1 || len(two) != 2 || two[0].ID == two[1].ID || two[0].Amount != two[1].Amount || !slices.Contains(two, one[0]) {
				t.Errorf("%v became %v", one, two)
			}
			if was-is != 1500 || len(after) != len(before)+1 {
				t.Errorf("the balance went from %d to %d, the bookings from %d to %d", was, is, len(before), len(after))
			}
		},
		"correction-and-removal": func(t *testing.T, before, after []booking, was, is int64) {
			wrong, right := of(before, "FOOD MARKET"), of(after, "FARMERS MARKET")
			if len(wrong) != 1 || len(right) != 1 || wrong[0].ID != right[0].ID || wrong[0].Amount != -200 || right[0].Amount != -250 {
				t.Errorf("what is corrected was %v and is %v", wrong, right)
			}
			if gone := of(before, "ONLINE SHOP"); len(gone) != 1 || len(of(after, "ONLINE SHOP")) != 0 || slices.ContainsFunc(after, func(b booking) bool { return b.ID == gone[0].ID }) {
				t.Errorf("what is removed was %v, and all is %v", gone, after)
			}
			from, to := of(before, "PAYROLL"), of(after, "PAYROLL")
			if len(from) != 1 || len(to) != 1 || from[0].ID != to[0].ID || from[0].Day != "2026-03-22T00:00:00Z" || to[0].Day != "2026-03-25T00:00:00Z" {
				t.Errorf("what is moved was %v and is %v", from, to)
			}
			if is-was != 100 {
				t.Errorf("the balance went from %d to %d", was, is)
			}
		},
		"late-posting": func(t *testing.T, before, after []booking, _, _ int64) {
			late := of(after, "LATE PURCHASE")
			if len(of(before, "LATE PURCHASE")) != 0 || len(late) != 1 || late[0].Day >= before[0].Day {
				t.Errorf("%v was booked, the newest before it was %v", late, before[0])
			}
		},
		"pending-then-posted": func(t *testing.T, before, after []booking, _, _ int64) {
			pending, posted := of(before, "PENDING PURCHASE"), of(after, "PENDING PURCHASE")
			if len(pending) != 1 || len(posted) != 1 || pending[0].ID != posted[0].ID || pending[0].Status != "processing" || posted[0].Status != "confirmed" {
				t.Errorf("%v became %v", pending, posted)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := inScenario(t, s, name)
			before, was := bookings(t, s, d)
			advance(t, d, "4d")
			after, is := bookings(t, s, d)
			hold(t, before, after, was, is)
		})
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

// A change names its row by the id that the API shows, from the beginning or later on.
func TestMatchByAnIDOfTheAPI(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`"id":"(mov_\w+)"`)
	plain := inScenario(t, stage(t, libraryOf(t, "\nscenario: named\npersona: salaried\n"), nil), "named")
	ids := id.FindAllStringSubmatch(answer(t, plain, "listMovements"), 3)
	if len(ids) != 3 {
		t.Fatalf("the ids are %v", ids)
	}
	d := inScenario(t, stage(t, libraryOf(t, fmt.Sprintf(`
scenario: named
persona: salaried
data:
  - change: {match: {id: %s}, set: {description: FROM THE BEGINNING}}
timeline:
  - after: connected + 1h
    do: {data: {change: {match: {id: %s}, set: {description: LATER ON}}}}
`, ids[0][1], ids[2][1])), nil), "named")
	has := func(rows, id, text string) bool { return strings.Contains(rows, `"id":"`+id+`","description":"`+text) }
	if rows := answer(t, d, "listMovements"); !has(rows, ids[0][1], "FROM THE BEGINNING") || has(rows, ids[2][1], "LATER ON") {
		t.Errorf("the rows are %.400s", rows)
	}
	advance(t, d, "26h") // the link is refreshed once a day
	if rows := answer(t, d, "listMovements"); !has(rows, ids[2][1], "LATER ON") {
		t.Errorf("a day later the rows are %.900s", rows)
	}
}

// An IBAN of a country in which the provider has no bank is told where it is written.
func TestWrongCountryOfAnIBAN(t *testing.T) {
	t.Parallel()
	const want = "flows/a.yaml:5:29: SB125: found the IBAN DE82900948150000002881 of DE, and the banks of Fintoc are in CL"
	_, err := loaded(t, fstest.MapFS{"a.yaml": {Data: []byte(`scenario: a
providers: [fintoc]
persona:
  use: salaried
  accounts: {main: {number: "DE82900948150000002881"}}
`)}})
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
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
