package finx_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// cents are a JSON number with two decimals, whole.
func cents(v any) int64 {
	f, _ := v.(float64)
	return int64(math.Round(f * 100))
}

func dayOf(t *testing.T, v any) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.000Z", fmt.Sprint(v))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// sync_period bounds the data, and the data reaches as far back as it says.
func TestSyncPeriod(t *testing.T) {
	t.Parallel()
	for _, days := range []int{0, 30, 90, 365} {
		t.Run(fmt.Sprint(days), func(t *testing.T) {
			t.Parallel()
			k := newKit(t, nil)
			body, want := map[string]any{}, 90
			if days > 0 {
				body["sync_period"], want = days, days
			}
			k.connect("/onetime/access", "demo", body)
			rows := k.ok("/rest/transactions?sort=asc&count=1").List("transactions")
			bound := time.Date(2026, time.March, 31, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -want)
			if oldest := dayOf(t, rows[0].(map[string]any)["booked_at"]); oldest.Before(bound) || oldest.After(bound.AddDate(0, 0, 7)) {
				t.Errorf("the oldest row is of %s, the bound is %s", oldest, bound)
			}
		})
	}
}

// A report is made of what the transactions say.
func TestReportSums(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		user string
		days int
	}{{"demo", 90}, {"demo", 180}, {"oneacct", 365}, {"student", 100}} {
		t.Run(fmt.Sprint(tt.user, tt.days), func(t *testing.T) {
			t.Parallel()
			k := newKit(t, map[string]string{"scopes": allScopes})
			id := k.connect("/onetime/income-report", tt.user, map[string]any{"sync_period": tt.days})
			sums, counts := map[float64]int64{}, map[float64]int{}
			for offset := 0; ; offset += 1000 {
				rows := k.ok(fmt.Sprintf("/rest/transactions?offset=%d", offset)).List("transactions")
				for _, r := range rows {
					tree := r.(map[string]any)["categories"].([]any)
					leaf := tree[len(tree)-1].(map[string]any)["id"].(float64)
					sums[leaf] += cents(r.(map[string]any)["amount"])
					counts[leaf]++
				}
				if len(rows) < 1000 {
					break
				}
			}
			r := k.ok("/rest/income-reports/" + id)
			if want := float64((tt.days + 29) / 30); r.At("period") != want {
				t.Errorf("the period is %v, want %v", r.At("period"), want)
			}
			income := int64(0)
			for _, leaf := range []float64{2, 3, 4, 5, 6, 7} {
				income += sums[leaf]
			}
			if got := cents(r.At("income.summary.total")); got != income || income == 0 {
				t.Errorf("the income is %d, the transactions have %d", got, income)
			}
			spent := map[string]int64{}
			for _, part := range []string{"regular_expenses", "variable_expenses"} {
				for i := range r.List(part) {
					at := fmt.Sprintf("%s.%d.", part, i)
					leaf := r.At(at + "streams.0.category.id").(float64)
					total := cents(r.At(at + "summary.total"))
					if total != -sums[leaf] || r.At(at+"summary.count") != float64(counts[leaf]) {
						t.Errorf("%s is %d of %v, the transactions have %d of %d", r.At(at+"streams.0.category.name"), total, r.At(at+"summary.count"), -sums[leaf], counts[leaf])
					}
					spent[part] += total
				}
			}
			if got := cents(r.At("disposable_income.total")); got != income-spent["regular_expenses"] {
				t.Errorf("disposable are %d", got)
			}
			if got := cents(r.At("discretionary_income.total")); got != income-spent["regular_expenses"]-spent["variable_expenses"] {
				t.Errorf("discretionary are %d", got)
			}
		})
	}
}

// A report belongs to its own flow and kind.
func TestReportsOfOthers(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	access := k.connect("/onetime/access", "demo", map[string]any{})
	k.get("/rest/income-reports/"+access).want(t, 404, 1002)
	report := k.connect("/onetime/income-report", "demo", map[string]any{})
	k.ok("/rest/income-reports/" + report)
	k.get("/rest/risk-reports/"+report).want(t, 404, 1002)
	k.connect("/onetime/access", "demo", map[string]any{})
	k.get("/rest/income-reports/"+report).want(t, 404, 1002)
}

// A verification says how near the owner's name is to the one that was given, and reads nothing
// that was not asked for.
func TestAccountVerification(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	owner, iban := k.ok("/rest/accounts").Text("accounts.0.owner"), k.ok("/rest/accounts").Text("accounts.0.iban")
	first, last, _ := strings.Cut(owner, " ")
	for name, affinity := range map[string]string{
		owner: "VERY_HIGH", last + ", " + strings.ToUpper(first): "VERY_HIGH", "Dr. " + owner + " Maria": "HIGH", "Anton " + last: "MEDIUM", "Anton Other": "LOW",
	} {
		id := k.connect("/onetime/account-verification", "demo", map[string]any{"name": name, "account": iban, "readout": []string{"ACCOUNTS"}})
		a := k.ok("/rest/account-verifications/" + id)
		if a.Text("matched.affinity") != affinity || a.Text("matched.name") != owner || a.Text("account.iban") != iban || a.Text("provided.name") != name {
			t.Errorf("%s: %s", name, a.Raw)
		}
	}
	if n := len(k.ok("/rest/transactions").List("transactions")); n != 0 {
		t.Errorf("%d transactions were not asked for", n)
	}
	if n := len(k.ok("/rest/accounts").List("accounts")); n == 0 {
		t.Error("the accounts were asked for")
	}
	id := k.connect("/onetime/account-verification", "demo", map[string]any{"name": owner})
	if n := len(k.ok("/rest/accounts").List("accounts")); n != 0 {
		t.Errorf("%d accounts were not asked for", n)
	}
	k.ok("/rest/account-verifications/" + id)
}

// Pages join without gaps, in either order.
func TestPaging(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{"sync_period": 365})
	idsOf := func(path string) (out []string) {
		for _, r := range k.ok(path).List("transactions") {
			out = append(out, r.(map[string]any)["transaction_id"].(string))
		}
		return out
	}
	all := idsOf("/rest/transactions")
	if len(all) < 300 {
		t.Fatalf("%d rows", len(all))
	}
	var joined []string
	for offset := 0; offset < len(all); offset += 70 {
		joined = append(joined, idsOf(fmt.Sprintf("/rest/transactions?count=70&offset=%d", offset))...)
	}
	if strings.Join(joined, " ") != strings.Join(all, " ") {
		t.Error("the pages do not give the whole")
	}
	up := idsOf("/rest/transactions?sort=ASC")
	for i := range up {
		if up[i] != all[len(all)-1-i] {
			t.Fatalf("in the other order row %d is %s", i, up[i])
		}
	}
	for _, at := range []int{0, 1, 57, 260} {
		if newer := idsOf("/rest/transactions?since=" + all[at]); strings.Join(newer, " ") != strings.Join(all[:at], " ") {
			t.Errorf("since row %d there are %d", at, len(newer))
		}
		newer := idsOf("/rest/transactions?sort=asc&since=" + all[at])
		if len(newer) != at || at > 0 && newer[0] != all[at-1] {
			t.Errorf("since row %d there are %d in the other order", at, len(newer))
		}
	}
	k.get("/rest/transactions?since=T1.1").want(t, 400, 1000)
	k.get("/rest/transactions?count=1001").want(t, 400, 1000)
	k.get("/rest/transactions?sort=up").want(t, 400, 1000)
	if n := len(idsOf("/rest/transactions?count=0")); n != 0 {
		t.Errorf("%d rows of none", n)
	}
}

// Each filter keeps what it says, and nothing else.
func TestFilters(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"scopes": allScopes})
	k.connect("/onetime/access", "demo", map[string]any{})
	all := k.ok("/rest/transactions").List("transactions")
	for query, keeps := range map[string]func(map[string]any) bool{
		"types=Direct+debit,Transfer":       func(r map[string]any) bool { return r["type"] == "Direct debit" || r["type"] == "Transfer" },
		"min_amount=100":                    func(r map[string]any) bool { return math.Abs(r["amount"].(float64)) >= 100 },
		"max_amount=9.99":                   func(r map[string]any) bool { return math.Abs(r["amount"].(float64)) <= 9.99 },
		"since=2026-03-01":                  func(r map[string]any) bool { return r["booked_at"].(string) >= "2026-03-01" },
		"since=2026-03-01T10:00:00%2B01:00": func(r map[string]any) bool { return r["booked_at"].(string) >= "2026-03-02" },
		"until=2026-03-01":                  func(r map[string]any) bool { return r["booked_at"].(string) < "2026-03-02" },
		"filter=amount:-12":                 func(r map[string]any) bool { return strings.Contains(fmt.Sprintf("%.2f", r["amount"]), "-12") },
		"filter=date:2026-02":               func(r map[string]any) bool { return strings.HasPrefix(r["booked_at"].(string), "2026-02") },
		"filter=person:stadtwerke": func(r map[string]any) bool {
			return strings.Contains(strings.ToLower(r["name"].(string)), "stadtwerke")
		},
		"filter=purpose:miete": func(r map[string]any) bool { return strings.Contains(strings.ToLower(r["purpose"].(string)), "miete") },
		"categories=31": func(r map[string]any) bool {
			tree := r["categories"].([]any)
			return tree[len(tree)-1].(map[string]any)["id"] == 31.0
		},
		"since=2026-03-01&since_type=created": func(map[string]any) bool { return true }, // all came with the login
		"since=2026-04-01&since_type=created": func(map[string]any) bool { return false },
	} {
		want := 0
		for _, r := range all {
			if keeps(r.(map[string]any)) {
				want++
			}
		}
		got := k.ok("/rest/transactions?" + query).List("transactions")
		if len(got) != want || want == 0 && !strings.Contains(query, "2026-04") {
			t.Errorf("%s keeps %d, want %d", query, len(got), want)
		}
		for _, r := range got {
			if !keeps(r.(map[string]any)) {
				t.Errorf("%s keeps %v", query, r)
				break
			}
		}
	}
	first := k.ok("/rest/accounts").Text("accounts.0.account_id")
	some := k.ok("/rest/transactions?accounts=" + first).Raw
	if other := k.ok("/rest/accounts/" + first + "/transactions").Raw; some != other {
		t.Error("the list of an account is another one than that of all with its id")
	}
}

// Money comes in cents where it is asked for, and the statistics are those of all rows.
func TestCentsAndStatistics(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	whole, parts := k.ok("/rest/accounts?cents=1"), k.ok("/rest/accounts?cents=False")
	if got, want := whole.At("accounts.0.balance.balance").(float64), cents(parts.At("accounts.0.balance.balance")); int64(got) != want {
		t.Errorf("%v cents are %v", got, parts.At("accounts.0.balance.balance"))
	}
	a := k.ok("/rest/transactions?count=1&include_statistics=true&cents=true")
	var in, out, most, least int64
	for _, r := range k.ok("/rest/transactions?cents=true").List("transactions") {
		switch v := int64(r.(map[string]any)["amount"].(float64)); {
		case v > 0:
			in, most = in+v, max(most, v)
		default:
			out, least = out+v, min(least, v)
		}
	}
	for name, want := range map[string]int64{"deposit_sum": in, "deposit_max": most, "expense_sum": out, "expense_max": least} {
		if got := int64(a.At("statistics." + name).(float64)); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
}

// Categories are named in German or English; another language is refused.
func TestCategoriesByLanguage(t *testing.T) {
	t.Parallel()
	k := newKit(t, map[string]string{"scopes": allScopes})
	k.connect("/onetime/access", "demo", map[string]any{})
	for language, want := range map[string]string{"": "Lebenshaltung", "en-GB,en;q=0.9": "Living", "fr,de;q=0.5": "Lebenshaltung", "*": "Lebenshaltung"} {
		a := k.ok("/rest/transactions?categories=150&count=1", "Accept-Language", language)
		if got := a.Text("transactions.0.categories.0.name"); got != want {
			t.Errorf("%q: %q", language, got)
		}
		if tree := a.At("transactions.0.categories.0").(map[string]any); tree["parent_id"] != nil || len(tree) != 3 {
			t.Errorf("the root is %v", tree)
		}
	}
	a := k.get("/rest/transactions", "Accept-Language", "xy").want(t, 406, 1000)
	if a.At("status") != 406.0 || a.Text("error.description") != "Unsupported language" {
		t.Errorf("answered %s", a.Raw)
	}
}

// What is pending comes where it is asked for, in full, whatever since says.
func TestPending(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "manyacct", map[string]any{})
	count := func(query string) (n int) {
		for _, r := range k.ok("/rest/transactions?" + query).List("transactions") {
			if r.(map[string]any)["booked"] == false {
				n++
			}
		}
		return n
	}
	if n := count(""); n != 0 {
		t.Errorf("%d pending rows that nobody asked for", n)
	}
	if n, late := count("include_pending=1"), count("include_pending=true&since=2027-01-01"); n == 0 || n != late {
		t.Errorf("%d pending rows, and since next year %d", n, late)
	}
}

// Rows are as SEPA has them: a debit has creditor, mandate and reference.
func TestSEPA(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.connect("/onetime/access", "demo", map[string]any{})
	debits := k.ok("/rest/transactions?types=Direct+debit").List("transactions")
	if len(debits) == 0 {
		t.Fatal("no direct debit")
	}
	for _, r := range debits {
		r := r.(map[string]any)
		for _, name := range []string{"creditor_id", "mandate_reference", "end_to_end_reference", "name", "booking_text", "transaction_code"} {
			if r[name] == nil && r["amount"].(float64) < 0 {
				t.Errorf("%s is missing: %v", name, r)
			}
		}
	}
	if a := k.ok("/rest/transactions?types=Salary+or+rent&count=1"); a.Text("transactions.0.sepa_purpose_code") != "SALA" || a.Text("transactions.0.iban") == "" {
		t.Errorf("a salary is %v", a.At("transactions.0"))
	}
}
