package flinks_test

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// The shape of the data: what strict clients assert.
func TestDetails(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.collected("greatday_nomfa", "DaysOfTransactions", "Days365")
	ids, total := map[string]bool{}, 0
	types := map[string]bool{}
	for i, acc := range a.List("Accounts") {
		at := func(path string) any { return a.At(fmt.Sprintf("Accounts.%d.%s", i, path)) }
		types[at("Category").(string)+"/"+at("Type").(string)] = true
		if cur := at("Currency"); cur != "CAD" && cur != "USD" {
			t.Errorf("account %d is in %v", i, cur)
		}
		if !guid.MatchString(at("Id").(string)) || at("AccountType") != nil {
			t.Errorf("account %d: %.200v", i, acc)
		}
		rows := a.List(fmt.Sprintf("Accounts.%d.Transactions", i))
		last := "9999-12-31"
		for _, r := range rows {
			row := r.(map[string]any)
			date, id := row["Date"].(string), row["Id"].(string)
			if date > last || date < "2025-03-31" {
				t.Fatalf("account %d: %s behind %s", i, date, last)
			}
			last = date
			if ids[id] || !guid.MatchString(id) {
				t.Fatalf("the id %s comes twice, or is none", id)
			}
			ids[id] = true
			debit, credit := row["Debit"], row["Credit"]
			if (debit == nil) == (credit == nil) {
				t.Fatalf("neither or both: %v", row)
			}
			for _, v := range []any{debit, credit, row["Balance"]} {
				if n, ok := v.(float64); ok && math.Abs(n*100-math.Round(n*100)) > 1e-6 {
					t.Errorf("more than two decimals: %v", n)
				}
			}
		}
		total += len(rows)
		if len(rows) > 0 && at("Category") == "Operations" {
			if newest := rows[0].(map[string]any)["Balance"]; newest != at("Balance.Current") {
				t.Errorf("account %d: the newest row leaves %v, the balance is %v", i, newest, at("Balance.Current"))
			}
		}
	}
	if total < 900 {
		t.Errorf("a year has %d rows", total)
	}
	for _, want := range []string{"Operations/Chequing", "Operations/Savings", "Credits/CreditCard", "Credits/LineOfCredit"} {
		if !types[want] {
			t.Errorf("no %s among %v", want, types)
		}
	}
	if a.Text("Accounts.0.TransitNumber") != "77777" || a.Text("Accounts.0.InstitutionNumber") != "777" || a.Text("Accounts.0.Holder.Name") != "John Flinkyfoot" {
		t.Errorf("the first account is %.400v", a.At("Accounts.0"))
	}
}

func TestDetailsOptions(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, whole := k.collected("greatday_nomfa", "DaysOfTransactions", "Days365")
	account := whole.Text("Accounts.0.Id")
	rows := whole.List("Accounts.0.Transactions")
	tenth := rows[10].(map[string]any)["Id"].(string)
	ask := func(body fields) answer {
		cached := k.want(k.post("Authorize", creds("greatday_nomfa", "MostRecentCached", true)), 200, "")
		body["RequestId"] = cached.Text("RequestId")
		return k.want(k.post("GetAccountsDetail", body), 200, "")
	}
	count := func(a answer) int { return len(a.List("Accounts.0.Transactions")) }
	between := func(a answer, from, to string) bool {
		for _, r := range a.List("Accounts.0.Transactions") {
			if d := r.(map[string]any)["Date"].(string); d < from || d > to {
				return false
			}
		}
		return count(a) > 0
	}
	for name, c := range map[string]struct {
		body fields
		ok   func(a answer) bool
	}{
		"ninety days": {fields{}, func(a answer) bool { return between(a, "2025-12-31", "2026-03-31") && count(a) < len(rows) }},
		"Days360":     {fields{"DaysOfTransactions": "Days360"}, func(a answer) bool { return count(a) == len(rows) }},
		"a window":    {fields{"DateFrom": "2025-06-01", "DateTo": "2025-06-30"}, func(a answer) bool { return between(a, "2025-06-01", "2025-06-30") }},
		"no rows":     {fields{"WithTransactions": false}, func(a answer) bool { return a.At("Accounts.0.Transactions") != nil && count(a) == 0 }},
		"no identity": {fields{"withaccountidentity": "false"}, func(a answer) bool {
			return a.At("Accounts.0.AccountNumber") == nil && a.At("Accounts.0.TransitNumber") == nil && a.At("Accounts.0.InstitutionNumber") == nil && a.At("Accounts.0.Holder") != nil
		}},
		"no holder": {fields{"WithKyc": false}, func(a answer) bool { return a.At("Accounts.0.Holder") == nil }},
		"no balance": {fields{"WithBalance": false}, func(a answer) bool {
			return a.At("Accounts.0.Balance") != nil && a.At("Accounts.0.Balance.Current") == nil
		}},
		"one account":    {fields{"AccountsFilter": []string{strings.ToUpper(account)}}, func(a answer) bool { return len(a.List("Accounts")) == 1 && a.Text("Accounts.0.Id") == account }},
		"newer rows":     {fields{"RefreshDelta": []fields{{"AccountId": account, "TransactionId": tenth}}}, func(a answer) bool { return count(a) == 10 }},
		"in snake case":  {fields{"RefreshDelta": []fields{{"account_id": account, "transaction_id": tenth}}}, func(a answer) bool { return count(a) == 10 }},
		"statements too": {fields{"WithDetailsAndBankingStatements": true}, func(a answer) bool { return len(a.List("StatementsByAccount.0.Statements")) == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := ask(c.body); !c.ok(a) {
				t.Errorf("%.900s", a.Raw)
			}
		})
	}
	for name, body := range map[string]fields{
		"unknown account": {"AccountsFilter": []string{"1243c283-0000-4fda-8000-343068430190"}},
		"no account":      {"AccountsFilter": []string{"main"}},
		"unknown days":    {"DaysOfTransactions": "Days7"},
		"no date":         {"DateFrom": "yesterday"},
		"upside down":     {"DateFrom": "2026-03-31", "DateTo": "2026-03-01"},
		"half a delta":    {"RefreshDelta": []fields{{"AccountId": account}}},
		"a delta of none": {"RefreshDelta": []fields{{"AccountId": tenth, "TransactionId": tenth}}},
		"statements":      {"WithDetailsAndBankingStatements": true, "NumberOfBankingStatements": "Months7"},
		"maybe":           {"WithTransactions": "perhaps"},
	} {
		cached := k.want(k.post("Authorize", creds("greatday_nomfa", "MostRecentCached", true)), 200, "")
		body["RequestId"] = cached.Text("RequestId")
		if a := k.post("GetAccountsDetail", body); a.Status != 401 || a.Text("FlinksCode") != "INVALID_REQUEST" {
			t.Errorf("%s: %d %.300s", name, a.Status, a.Raw)
		}
	}
	k.want(k.post("GetAccountsDetail", fields{}), 401, "INVALID_REQUEST")
}

// What a call cannot mean is refused when it is made, not when the data has come; and what
// a delta does not know is never passed over in silence.
func TestImpossibleOptions(t *testing.T) {
	t.Parallel()
	const unknown = "1243c283-0000-4fda-8000-343068430190"
	for option, status := range map[string]int{"all": 200, "refuse": 401} {
		k := newKit(t, with("refresh_delta_unknown", option))
		_, whole := k.collected("greatday_nomfa")
		account, rows := whole.Text("Accounts.0.Id"), len(whole.List("Accounts.0.Transactions"))
		for name, id := range map[string]string{"unknown": unknown, "of another account": whole.Text("Accounts.1.Transactions.0.Id"), "no GUID": "x"} {
			read := k.want(k.post("Authorize", creds("greatday_nomfa", "MostRecentCached", true)), 200, "").Text("RequestId")
			a := k.post("GetAccountsDetail", fields{"RequestId": read, "RefreshDelta": []fields{{"AccountId": account, "TransactionId": id}}})
			if a.Status != status || status == 200 && len(a.List("Accounts.0.Transactions")) != rows {
				t.Errorf("%s, %s: %d %.200s", option, name, a.Status, a.Raw)
			}
			said := k.call("GET", k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/journal?operation=transactions.list", nil).Raw
			if !strings.Contains(said, id) || !strings.Contains(said, "RefreshDelta") {
				t.Errorf("%s, %s: the journal is silent about it", option, name)
			}
		}
	}
	k := newKit(t)
	id := k.login("greatday_nomfa").Text("RequestId")
	for path, bodies := range map[string][]fields{
		"GetAccountsDetail": {{"AccountsFilter": []string{unknown}}, {"RefreshDelta": []fields{{"AccountId": unknown, "TransactionId": unknown}}}},
		"GetStatements":     {{"AccountsFilter": []string{unknown}}},
	} {
		for _, body := range bodies {
			body["RequestId"] = id
			k.want(k.post(path, body), 401, "INVALID_REQUEST")
		}
	}
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
}

// The options of the first call hold for the asynchronous one, which has none.
func TestAsyncKeepsOptions(t *testing.T) {
	t.Parallel()
	_, a := newKit(t).collected("greatday_nomfa", "WithTransactions", false, "WithKYC", false)
	if len(a.List("Accounts.0.Transactions")) != 0 || a.At("Accounts.0.Holder") != nil {
		t.Errorf("%.300s", a.Raw)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.login("greatday_nomfa").Text("RequestId")
	k.want(k.post("GetAccountsSummary", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	a := k.want(k.get("GetAccountsSummaryAsync/"+id), 200, "")
	if a.Number("Accounts.0.EftEligibleRatio") != 0.98 || strings.Contains(a.Raw, "Transactions") || a.Text("Links.0.rel") != "AccountsDetail" {
		t.Errorf("%.500s", a.Raw)
	}
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 200, "") // the data is there
	swapped := newKit(t, with("category_and_type", "swapped"))
	if _, a := swapped.collected("greatday_nomfa"); a.Text("Accounts.0.Type") != "Operations" || a.Text("Accounts.0.Category") != "Chequing" {
		t.Errorf("swapped: %.300s", a.Raw)
	}
	ready := newKit(t, with("first_details", "ready", "success_code", "OK"))
	login := ready.want(ready.post("Authorize", creds("greatday_nomfa")), 200, "OK")
	ready.want(ready.post("GetAccountsDetail", fields{"RequestId": login.Text("RequestId")}), 200, "OK")
}

// What is collected belongs to the card: a client that never polls but logs in again
// comes to its data.
func TestLogsInAgainInsteadOfPolling(t *testing.T) {
	t.Parallel()
	for _, cached := range []bool{false, true} {
		k := newKit(t)
		read := func() answer {
			id := k.want(k.post("Authorize", creds("greatday_nomfa", "MostRecentCached", cached)), 200, "").Text("RequestId")
			return k.post("GetAccountsDetail", fields{"RequestId": id})
		}
		k.want(read(), 202, "OPERATION_PENDING")
		k.want(read(), 200, "")
		k.want(read(), map[bool]int{false: 202, true: 200}[cached], map[bool]string{false: "OPERATION_PENDING", true: ""}[cached])
	}
	// The same where the data came by itself between the calls.
	k := newKit(t)
	id := k.login("greatday_nomfa").Text("RequestId")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	k.advance(time.Second)
	k.want(k.post("GetAccountsDetail", fields{"RequestId": k.login("greatday_nomfa").Text("RequestId")}), 200, "")
}

// A live login fetches anew what nobody read while its request lived, and tells so, also where it asks
// for the data right away.
func TestLiveLoginFetchesAnew(t *testing.T) {
	t.Parallel()
	for name, direct := range map[string]bool{"asked for": false, "DirectRefresh": true} {
		for wait, fresh := range map[time.Duration]bool{29 * time.Minute: false, 31 * time.Minute: true, 240 * time.Hour: true} {
			h := enginetest.Listen(t)
			k := newKit(t, with("webhook_url", h.URL))
			first := k.login("chat_gpt", "DirectRefresh", direct).Text("RequestId")
			if !direct {
				k.want(k.post("GetAccountsDetail", fields{"RequestId": first}), 202, "OPERATION_PENDING")
			}
			k.advance(wait)
			told := len(h.Bodies())
			id := k.login("chat_gpt", "DirectRefresh", direct).Text("RequestId")
			a := k.post("GetAccountsDetail", fields{"RequestId": id})
			if waits := a.Status == 202; waits != (fresh && !direct) {
				t.Errorf("%s, after %s: %d %.200s", name, wait, a.Status, a.Raw)
			}
			a = k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
			want := noon
			if fresh {
				want = noon.Add(wait)
			}
			if got := a.Text("Login.LastRefresh"); got != want.Format("2006-01-02T15:04:05.0000000") {
				t.Errorf("%s, after %s: the data is of %s", name, wait, got)
			}
			k.drain()
			if more := len(h.Bodies()) - told; more != map[bool]int{true: 2, false: 0}[fresh] {
				t.Errorf("%s, after %s: %d webhooks", name, wait, more)
			}
		}
	}
}

// The scenario says when the data is there: after polls, after a time, never.
func TestReadiness(t *testing.T) {
	t.Parallel()
	k := newKit(t, scripted(map[string]string{
		"polls": "login: {ready: after 3 polls}\n", "soon": "login: {ready: after 2m}\n", "late": "login: {ready: after 4m}\n",
		"fails": "login: {ready: fails internal}\n", "down": "login: {ready: fails institution_unavailable}\n",
	}))
	start := func(user, code string) func(status int, code string) {
		id := k.login(user).Text("RequestId")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, code)
		return func(status int, code string) {
			t.Helper()
			k.want(k.get("GetAccountsDetailAsync/"+id), status, code)
		}
	}
	polls := start("greatday_nomfa+polls", "OPERATION_PENDING")
	polls(202, "OPERATION_PENDING")
	polls(202, "OPERATION_PENDING")
	polls(200, "")
	for user, c := range map[string]struct {
		code string
		wait time.Duration
	}{"greatday_nomfa+soon": {"OPERATION_PENDING", 2 * time.Minute}, "greatday_nomfa+late": {"OPERATION_DISPATCHED", 4 * time.Minute}} {
		poll := start(user, c.code)
		poll(202, "OPERATION_PENDING")
		k.advance(c.wait - time.Second)
		poll(202, "OPERATION_PENDING")
		k.advance(time.Second)
		poll(200, "")
	}
	for user, code := range map[string]string{"greatday_nomfa+fails": "AGGREGATION_ERROR", "greatday_nomfa+down": "RETRY_LATER"} {
		poll := start(user, "OPERATION_PENDING")
		status := map[string]int{"AGGREGATION_ERROR": 500}[code]
		if status == 0 {
			status = 401
		}
		poll(status, code)
		poll(status, code)
		start(user, "OPERATION_PENDING") // another login tries again
	}
}

// What a bank prints is in the bank's language, whatever that of the prompts is.
func TestLanguageOfTheBank(t *testing.T) {
	t.Parallel()
	words := map[string]*regexp.Regexp{
		"FlinksCapital": regexp.MustCompile(`^(PAYROLL DEPOSIT|DIR DEP|POS PURCHASE|IDP PURCHASE|CONTACTLESS INTERAC) `),
		"LacAmbre":      regexp.MustCompile(`^(DEPOT DIRECT|PAIE|ACHAT PDV|ACHAT INTERAC|ACHAT SANS CONTACT) `),
	}
	titles := map[string]string{"FlinksCapital": "Chequing Account CAD", "LacAmbre": "Compte chèques CAD"}
	printed := map[string]string{}
	for _, lang := range []string{"en", "fr"} {
		for name := range words {
			k := newKit(t)
			asked := k.want(k.post("Authorize", creds("Greatday", "Institution", name, "Language", lang)), 203, "")
			if french := strings.HasPrefix(asked.Text("SecurityChallenges.0.Prompt"), "Dans quelle"); french != (lang == "fr") {
				t.Errorf("%s in %s asks %s", name, lang, asked.Raw)
			}
			id := asked.Text("RequestId")
			k.want(k.reply(id, asked.Text("SecurityChallenges.0.Prompt"), "Montreal"), 200, "")
			k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
			a := k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
			found := map[string]int{}
			for bank, r := range words {
				for _, row := range a.List("Accounts.0.Transactions") {
					if r.MatchString(row.(map[string]any)["Description"].(string)) {
						found[bank]++
					}
				}
			}
			if found[name] < 10 || len(found) != 1 || a.Text("Accounts.0.Title") != titles[name] {
				t.Errorf("%s in %s: rows of %v, the first account is the %s", name, lang, found, a.Text("Accounts.0.Title"))
			}
			if want := map[string]string{"FlinksCapital": "ON", "LacAmbre": "QC"}[name]; a.Text("Accounts.0.Holder.Address.Province") != want {
				t.Errorf("%s: the holder lives in %s", name, a.Text("Accounts.0.Holder.Address.Province"))
			}
			pdf := k.want(k.post("GetStatements", fields{"RequestId": id}), 200, "").Text("StatementsByAccount.0.Statements.0.Base64Bytes")
			if before := printed[name]; before != "" && before != pdf {
				t.Errorf("%s prints another statement where the prompts are in %s", name, lang)
			}
			printed[name] = pdf
		}
	}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	auth, data := k.collected("greatday_nomfa")
	id, account := auth.Text("RequestId"), data.Text("Accounts.0.Id")
	for number, n := range map[string]int{"": 1, "MostRecent": 1, "months3": 3, "Months12": 12} {
		body := fields{"RequestId": id, "AccountsFilter": []string{account}}
		if number != "" {
			body["NumberOfStatements"] = number
		}
		a := k.want(k.post("GetStatements", body), 200, "")
		list := a.List("StatementsByAccount.0.Statements")
		if len(list) != n || len(a.List("StatementsByAccount")) != 1 {
			t.Fatalf("%s: %d statements", number, len(list))
		}
		seen := map[string]bool{}
		for _, s := range list {
			one := s.(map[string]any)
			seen[one["UniqueId"].(string)] = true
			pdf, err := base64.StdEncoding.DecodeString(one["Base64Bytes"].(string))
			if err != nil || !strings.HasPrefix(string(pdf), "%PDF-1.") || one["FileType"] != "PDF" {
				t.Errorf("%v %.20q", err, pdf)
			}
		}
		if len(seen) != n {
			t.Errorf("%s: the UniqueIds are %v", number, seen)
		}
		if async := k.want(k.get("GetStatementsAsync/"+id), 200, ""); async.Raw != a.Raw {
			t.Errorf("%s: the asynchronous call has other statements", number)
		}
	}
	k.want(k.post("GetStatements", fields{"RequestId": id, "NumberOfStatements": "Months12"}), 401, "INVALID_REQUEST")
	k.want(k.post("GetStatements", fields{"RequestId": id, "NumberOfStatements": "Months5"}), 401, "INVALID_REQUEST")
	live := k.login("greatday_nomfa").Text("RequestId")
	k.want(k.post("GetStatements", fields{"RequestId": live}), 202, "OPERATION_PENDING")
	k.want(k.post("GetStatementsAsync/"+live, nil), 200, "")
}

// Who has no account is logged in and has none; only an analysis needs transactions.
func TestNoAccounts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	auth, data := k.collected("greatday_nomfa+no-accounts")
	if !strings.Contains(data.Raw, `"Accounts":[]`) {
		t.Errorf("%s", data.Raw)
	}
	id, login := auth.Text("RequestId"), auth.Text("Login.Id")
	if a := k.want(k.post("GetAccountsSummary", fields{"RequestId": id}), 200, ""); !strings.Contains(a.Raw, `"Accounts":[]`) {
		t.Errorf("%s", a.Raw)
	}
	k.want(k.post("GetStatements", fields{"RequestId": id}), 200, "")
	k.want(k.get("/insight/login/"+login+"/attributes/"+id+"/GetAllAttributes"), 400, "NO_TRANSACTION")
	k.want(k.get("/categorization/login/"+login+"/requestid/"+id), 400, "NO_TRANSACTION")
	k.want(k.post("FieldMatch", fields{"LoginId": login, "FullName": "John Flinkyfoot"}), 200, "")
}

// An account that is opened later comes with the data that is fetched next: for a live login, and at night.
func TestNewAccount(t *testing.T) {
	t.Parallel()
	for name, nightly := range map[string]bool{"live": false, "nightly": true} {
		k := newKit(t)
		read := func(cached bool) answer {
			id := k.login("chat_gpt+new-account-appears", "ScheduleRefresh", nightly, "MostRecentCached", cached).Text("RequestId")
			if !cached {
				k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
			}
			return k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 200, "")
		}
		before := read(false)
		k.advance(6 * 24 * time.Hour)
		kept, after := read(true), read(nightly)
		if n := len(before.List("Accounts")); len(kept.List("Accounts")) != n+map[bool]int{true: 1}[nightly] || len(after.List("Accounts")) != n+1 {
			t.Errorf("%s: %d accounts, then %d are kept and %d are read", name, n, len(kept.List("Accounts")), len(after.List("Accounts")))
		}
		one := after.Text(fmt.Sprintf("Accounts.%d.Id", len(after.List("Accounts"))-1))
		id := k.login("chat_gpt+new-account-appears", "MostRecentCached", true).Text("RequestId")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id, "AccountsFilter": []string{one}}), 200, "")
	}
	// A login that shows one account shows it alone.
	_, data := newKit(t).collected("greatday_nomfa+partial-accounts")
	if len(data.List("Accounts")) != 1 {
		t.Errorf("%.200s", data.Raw)
	}
}

func TestInstitutions(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.get("Institutions")
	if a.Number("Count") < 2 || a.Number("Data.0.Id") != 14 || a.Text("Data.0.Localizations.0.Name") != "Flinks Capital" {
		t.Errorf("%.400s", a.Raw)
	}
	if a := k.get("Institutions?skip=1&take=2"); len(a.List("Data")) != 2 || a.Number("Data.0.Id") == 14 {
		t.Errorf("a page: %.400s", a.Raw)
	}
	if a := k.get("Institutions?skip=99"); a.Status != 200 || len(a.List("Data")) != 0 {
		t.Errorf("behind the end: %s", a.Raw)
	}
	k.want(k.get("Institutions?take=1001"), 401, "INVALID_REQUEST")
	k.want(k.get("Institutions?take=x"), 401, "INVALID_REQUEST")
	if a := k.get("Institutions/RoutingNumber/000000018"); a.Text("Country") != "CA" || len(a.List("RoutingNumbers")) == 0 {
		t.Errorf("%s", a.Raw)
	}
	k.want(k.get("Institutions/RoutingNumber/1"), 401, "INVALID_REQUEST")
	// A scenario adds some and says how they do; what is listed can be logged in to, or not.
	listed := k.get("Institutions?skip=6", "Stunt-Scenario", "banks-in-trouble")
	if len(listed.List("Data")) != 3 || listed.Number("Count") != 9 {
		t.Errorf("%s", listed.Raw)
	}
	for i, want := range []struct {
		id, name, status, code string
	}{
		{"bank-down", "Down Bank", "Unavailable", "RETRY_LATER"}, {"bank-maintained", "Maintenance Bank", "Unavailable", "RETRY_LATER"},
		{"bank-disabled", "Disabled Bank", "Disabled", "DISABLED_INSTITUTION"},
	} {
		at := fmt.Sprintf("Data.%d.", i)
		if listed.Text(at+"Localizations.1.Name") != want.name || listed.Text(at+"Status") != want.status || listed.Number(at+"Id") < 10_000 {
			t.Errorf("%s is listed as %v", want.id, listed.At(at[:len(at)-1]))
		}
		for _, name := range []any{want.id, want.name, fmt.Sprint(listed.Number(at + "Id"))} {
			if a := k.post("Authorize", creds("greatday_nomfa", "Institution", name), "Stunt-Scenario", "banks-in-trouble"); a.Text("FlinksCode") != want.code {
				t.Errorf("%s: %s", name, a.Raw)
			}
		}
	}
	known := newKit(t, scripted(map[string]string{"us": "institutions: [{id: CedarHollow, status: disabled}, {id: FlinksCapital, status: degraded}]\n"}), func(c *engine.Config) { c.Scenario = "us" })
	if a := known.get("Institutions/RoutingNumber/000000018"); a.Text("Status") != "Disabled" || a.Text("Localizations.0.Name") != "Cedar Hollow Savings" {
		t.Errorf("%s", a.Raw)
	}
	if a := known.get("Institutions"); a.Text("Data.0.Status") != "Enabled" || a.Number("Count") != 6 {
		t.Errorf("%s", a.Raw)
	}
	off := newKit(t, scripted(map[string]string{"off": "institutions: [{id: FlinksCapital, status: disabled}]\n", "down": "institutions: [{id: FlinksCapital, status: down}]\n"}))
	off.want(off.post("Authorize", creds("greatday_nomfa+off")), 405, "DISABLED_INSTITUTION")
	off.want(off.post("Authorize", creds("greatday_nomfa+down")), 401, "RETRY_LATER")
}
