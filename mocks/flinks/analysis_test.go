package flinks_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFieldMatch(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	login := k.login("greatday_nomfa").Text("Login.Id")
	k.want(k.post("FieldMatch", fields{"LoginId": login, "FullName": "x"}), 202, "OPERATION_PENDING") // the details come first
	auth, data := k.collected("greatday_nomfa")
	login = auth.Text("Login.Id")
	h := func(path string) string { return data.Text("Accounts.0.Holder." + path) }
	a := k.post("FieldMatch", fields{"loginId": login, "fullName": "john flinkyfoot", "email": h("Email"), "city": h("Address.City"), "phone": "+1 " + h("PhoneNumber")})
	if a.Number("overallMatchRate") != 1 || a.At("overallMatch") != nil || a.Number("fieldLevelMatchRate.email") != 1 {
		t.Errorf("an equal person: %s", a.Raw)
	}
	a = k.post("FieldMatch", fields{"LoginId": login, "FullName": "John Flinkyfood", "City": "Zzzz", "Threshold": "0.9"})
	if a.At("overallMatch") != false || a.At("fieldLevelMatch.fullName") != true || a.At("fieldLevelMatch.city") != false || a.At("fieldLevelMatchRate.email") != nil {
		t.Errorf("nearly: %s", a.Raw)
	}
	if r := a.Number("fieldLevelMatchRate.fullName"); r < 0.9 || r >= 1 {
		t.Errorf("one letter of fifteen gives %v", r)
	}
	k.want(k.post("FieldMatch", fields{"LoginId": login}), 401, "INVALID_REQUEST")
	k.want(k.post("FieldMatch", fields{"LoginId": login, "City": "x", "Threshold": 2}), 401, "INVALID_REQUEST")
	k.want(k.post("FieldMatch", fields{"LoginId": "x", "City": "x"}), 401, "INVALID_LOGIN")
}

// What is made of a request's data waits for it, and says the code with which its collecting has failed;
// data that was there before is compared all the same.
func TestAnalysisOfFailedData(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	calls := func(auth answer) (out []answer) {
		login, id := auth.Text("Login.Id"), auth.Text("RequestId")
		path := "/insight/login/" + login + "/attributes/" + id
		return []answer{
			k.get(path + "/GetAllAttributes"), k.post(path, fields{"Attributes": fields{"Card": []string{"nbr_nsf"}}}),
			k.get("/categorization/login/" + login + "/requestid/" + id), k.post("FieldMatch", fields{"LoginId": login, "FullName": "x"}),
		}
	}
	auth := k.login("chat_gpt+extraction-fails")
	id := auth.Text("RequestId")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	for _, a := range calls(auth) {
		k.want(a, 202, "OPERATION_PENDING")
	}
	k.want(k.get("GetAccountsDetailAsync/"+id), 500, "AGGREGATION_ERROR")
	for _, a := range calls(auth) {
		k.want(a, 500, "AGGREGATION_ERROR")
	}
	first, _ := k.collected("chat_gpt")
	late := k.login("chat_gpt")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": late.Text("RequestId")}), 202, "OPERATION_PENDING")
	k.call("PUT", k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/connections/"+late.Text("Login.Id")+"/state", fields{"state": "login_required"})
	k.want(k.get("GetAccountsDetailAsync/"+late.Text("RequestId")), 401, "INVALID_LOGIN")
	for i, a := range calls(late) {
		if want := map[bool]int{true: 200, false: 401}[i == 3]; a.Status != want {
			t.Errorf("call %d: %d %s", i, a.Status, a.Raw)
		}
	}
	k.want(calls(first)[0], 200, "") // the request that has read its data keeps it
}

// Who was told by a webhook that the data is there need not read it before it is analysed.
func TestAnalysisOfUnreadData(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	auth := k.login("chat_gpt")
	login, id := auth.Text("Login.Id"), auth.Text("RequestId")
	figures := "/insight/login/" + login + "/attributes/" + id + "/GetAllAttributes"
	k.want(k.get(figures), 202, "OPERATION_PENDING") // nobody has asked for data yet
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	k.want(k.get(figures), 202, "OPERATION_PENDING")
	k.advance(5 * time.Minute)
	k.want(k.get(figures), 200, "")
	k.want(k.get("/categorization/login/"+login+"/requestid/"+id), 200, "")
}

// The figures are those of the served transactions.
func TestAttributes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	auth, data := k.collected("greatday_nomfa", "DaysOfTransactions", "Days365")
	path := "/insight/login/" + auth.Text("Login.Id") + "/attributes/" + auth.Text("RequestId")
	debits, rows := 0.0, 0
	for i := range data.List("Accounts") {
		if data.Text(fmt.Sprintf("Accounts.%d.Category", i)) != "Operations" || data.Text(fmt.Sprintf("Accounts.%d.Currency", i)) != "CAD" {
			continue
		}
		for _, r := range data.List(fmt.Sprintf("Accounts.%d.Transactions", i)) {
			row := r.(map[string]any)
			if d, ok := row["Debit"].(float64); ok && row["Date"].(string) >= "2026-03-01" {
				debits += d
				rows++
			}
		}
	}
	body := func(more ...any) fields {
		out := fields{"Attributes": fields{"Card": []string{"sum_debits_30_days", "nbr_debits_30_days"}}, "Filters": fields{"AccountCategory": []string{"Operations"}}}
		for i := 0; i+1 < len(more); i += 2 {
			out[more[i].(string)] = more[i+1]
		}
		return out
	}
	a := k.want(k.post(path, body("AttributesDetail", []string{"sum_debits_30_days"})), 200, "")
	if math.Abs(a.Number("Card.sum_debits_30_days")-debits) > 0.005 || a.Number("Card.nbr_debits_30_days") != float64(rows) {
		t.Errorf("%v and %v, the rows have %v and %d", a.At("Card.sum_debits_30_days"), a.At("Card.nbr_debits_30_days"), debits, rows)
	}
	if len(a.List("Card.AttributesDetail.0.Transactions")) != rows || len(a.List("Card.AttributesDetail")) != 1 {
		t.Errorf("the detail has %d rows of %d", len(a.List("Card.AttributesDetail.0.Transactions")), rows)
	}
	for _, spelling := range []string{"AttributeDetails", "AttributesDetails"} {
		if a := k.post(path, body(spelling, []string{"nbr_debits_30_days"})); len(a.List("Card.AttributesDetail")) != 1 {
			t.Errorf("%s: %.300s", spelling, a.Raw)
		}
	}
	for name, n := range map[string]int{"GetIncomeAttributes": 20, "GetCreditRiskAttributes": 20, "GetLendingAttributes": 20, "GetUserAnalysisAttributes": 20, "GetAllAttributes": 100} {
		a := k.want(k.get(path+"/"+name), 200, "")
		if card, _ := a.At("Card").(map[string]any); len(card) < n || a.Text("Login.Id") != auth.Text("Login.Id") {
			t.Errorf("%s has %d figures", name, len(card))
		}
	}
	if a := k.get(path + "/GetIncomeAttributes"); a.Number("Card.average_monthly_payroll_deposits") <= 0 || a.Text("Card.primary_income_frequency") != "Biweekly" {
		t.Errorf("income: %.600s", a.Raw)
	}
	library := k.get("/attributes/library")
	if len(library.List("")) == 0 || library.Text("0.Category") != "Income" || library.Text("0.Attributes.0.Name") == "" {
		t.Errorf("%.300s", library.Raw)
	}
	week := k.want(k.post(path, body(), "limitDays", "20"), 200, "")
	if week.Number("Card.nbr_debits_30_days") >= float64(rows) {
		t.Errorf("twenty days have as many rows as a month: %s", week.Raw)
	}
	if a := k.want(k.post(path, body("LimitDays", 20)), 200, ""); a.Raw != week.Raw {
		t.Errorf("the limit in the body gives %s", a.Raw)
	}
	for name, c := range map[string]struct {
		body    fields
		headers []string
		says    string
	}{
		"unknown name":      {fields{"Attributes": fields{"Card": []string{"luck"}}}, nil, "The attribute name is not valid."},
		"unknown detail":    {body("AttributesDetail", []string{"luck"}), nil, "The attribute name is not valid."},
		"no name":           {fields{"Attributes": fields{}}, nil, "At least a single attribute must be provided."},
		"unknown filter":    {body("Filters", fields{"Foo": []string{"x"}}), nil, "One or more filters are invalid."},
		"unknown category":  {body("Filters", fields{"AccountCategory": []string{"Sport"}}), nil, "One or more filters are invalid."},
		"limit":             {body(), []string{"limitDays", "366"}, "One or more filters are invalid."},
		"unknown account":   {body("AccountFilter", fields{"AccountID": []string{"x"}}), nil, "The AccountId shown is not valid."},
		"no account at all": {body("AccountFilter", fields{"AccountID": []string{}}), nil, "At least one accountId must be provided when AccountFilter is present."},
	} {
		if a := k.want(k.post(path, c.body, c.headers...), 400, "INVALID_REQUEST"); a.Text("Message") != c.says {
			t.Errorf("%s says %q", name, a.Text("Message"))
		}
	}
	one := k.want(k.post(path, body("AccountFilter", fields{"AccountID": []string{data.Text("Accounts.0.Id")}})), 200, "")
	if one.Number("Card.nbr_debits_30_days") >= float64(rows) {
		t.Errorf("one account has all rows")
	}
	if a := k.want(k.get("/insight/login/"+auth.Text("Login.Id")+"/attributes/1243c283-0000-4fda-8000-343068430190/GetAllAttributes"), 400, "SESSION_NONEXISTENT"); a.Text("Message") != "RequestId is invalid or session has ended." {
		t.Errorf("%s", a.Raw)
	}
	// Before the details are read, there is nothing to reckon.
	id := k.login("greatday_nomfa").Text("RequestId")
	k.want(k.get("/insight/login/"+auth.Text("Login.Id")+"/attributes/"+id+"/GetAllAttributes"), 202, "OPERATION_PENDING")
	k.advance(8 * time.Minute)
	k.want(k.get(path+"/GetAllAttributes"), 400, "SESSION_NONEXISTENT")
}

func TestEnrichSwitches(t *testing.T) {
	t.Parallel()
	for option, check := range map[string]func(*kit, answer){
		"disabled": func(k *kit, a answer) { k.want(a, 401, "METHOD_NOT_AVAILABLE") },
		"html": func(k *kit, a answer) {
			if a.Status != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.HasPrefix(a.Raw, "<!DOCTYPE") {
				t.Errorf("%d %s", a.Status, a.Raw)
			}
		},
	} {
		k := newKit(t, with("enrich", option))
		auth, _ := k.collected("greatday_nomfa")
		ids := auth.Text("Login.Id") + "/attributes/" + auth.Text("RequestId")
		check(k, k.get("/insight/login/"+ids+"/GetAllAttributes"))
		check(k, k.get("/categorization/login/"+strings.Replace(ids, "attributes", "requestid", 1)))
		check(k, k.post("/insight/login/"+ids, fields{"Attributes": fields{"Card": []string{"nbr_nsf"}}}))
		check(k, k.get("/attributes/library"))
		check(k, k.get("Categories/CA"))
	}
	few := newKit(t, scripted(map[string]string{"few": "login: {accounts: [line]}\n"}))
	auth, _ := few.collected("greatday_nomfa+few")
	few.want(few.get("/insight/login/"+auth.Text("Login.Id")+"/attributes/"+auth.Text("RequestId")+"/GetAllAttributes"), 400, "NO_TRANSACTION")
}

func TestCategorization(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	auth, _ := k.collected("greatday_nomfa")
	path := "/categorization/login/" + auth.Text("Login.Id") + "/requestid/" + auth.Text("RequestId")
	a := k.want(k.get(path), 200, "")
	known := map[string]bool{}
	for i := range k.get("Categories/ca").Body.([]any) {
		c := k.get("Categories/CA")
		for j := range c.List(fmt.Sprintf("%d.SubCategories", i)) {
			known[c.Text(fmt.Sprintf("%d.PrimaryCategoryName", i))+"/"+c.Text(fmt.Sprintf("%d.SubCategories.%d.SubCategoryName", i, j))] = true
		}
	}
	used := map[string]int{}
	for _, r := range a.List("Transactions") {
		row := r.(map[string]any)
		name := row["Category"].(string) + "/" + row["SubCategory"].(string)
		if used[name]++; !known[name] {
			t.Errorf("the list does not have %s", name)
		}
	}
	for _, want := range []string{"Income/Payroll", "Housing/Rent", "Living/Groceries", "Debt/Credit card payment", "Transfers/Internal"} {
		if used[want] == 0 {
			t.Errorf("nothing is filed under %s: %v", want, used)
		}
	}
	if len(used) < 10 || !slices.Contains([]string{"2026/03/31", "2026/03/30", "2026/03/29", "2026/03/28", "2026/03/27"}, a.Text("Transactions.0.Date")) {
		t.Errorf("%v %s", used, a.Text("Transactions.0.Date"))
	}
	slip := newKit(t, with("categorization_credit", "credit"))
	auth, _ = slip.collected("greatday_nomfa")
	if a := slip.get("/categorization/login/" + auth.Text("Login.Id") + "/requestid/" + auth.Text("RequestId")); !strings.Contains(a.Raw, `"credit":`) || strings.Contains(a.Raw, `"Credit":`) {
		t.Errorf("%.300s", a.Raw)
	}
	k.want(k.get("Categories/MX"), 401, "INVALID_REQUEST")
}
