package flinks_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/flinks"
)

// A call is everything that its answer gives: a rule on any of it meets the call, and each
// rule counts the calls of its own operation, once each.
func TestRulesMeetWhatACallIs(t *testing.T) {
	t.Parallel()
	const (
		summary = "GetAccountsSummary"
		details = "GetAccountsDetail"
		poll    = "GetAccountsDetailAsync"
		login   = "Authorize"
		token   = "Token"
	)
	for name, tt := range map[string]struct {
		rule  string
		calls string // what is called, in turn
		met   string // which of the calls the rule met: a digit is the number that it gave the call, a dot that it met none
	}{
		"accounts.list":             {"{on: accounts.list, then: {problem: internal}}", "Summary Detail Async Authorize", "xxx."},
		"balances.get":              {"{on: balances.get, then: {problem: internal}}", "Summary Detail Async Authorize", "xxx."},
		"transactions.list":         {"{on: transactions.list, then: {problem: internal}}", "Summary Detail Async Authorize", ".xx."},
		"its own operation":         {"{on: flinks.getAccountsDetail, then: {problem: internal}}", "Summary Detail Async", ".x."},
		"the first of all accounts": {"{on: accounts.list, where: {call: 1}, then: {problem: internal}}", "Detail Detail Async Summary", "1..."},
		"the second":                {"{on: accounts.list, where: {call: 2}, then: {problem: internal}}", "Summary Detail Async", ".2."},
		"the second with rows":      {"{on: transactions.list, where: {call: 2}, then: {problem: internal}}", "Summary Detail Async", "..2"},
		"every third":               {"{on: balances.get, where: {every: 3}, then: {problem: internal}}", "Detail Async Summary Detail Async Summary", "..3..6"},
		"its own, counted":          {"{on: flinks.getAccountsDetail, where: {call: 2..}, then: {problem: internal}}", "Summary Detail Async Detail", "...2"},
		"a login":                   {"{on: session.submit, then: {problem: internal}}", "Authorize Token Summary", "x.."},
		"a login by another name":   {"{on: auth.login, then: {problem: internal}}", "Authorize Token Summary", "xx."},
		"the step of a login":       {"{on: session.submit, where: {step: credentials}, then: {problem: internal}}", "Authorize Answer", "x."},
		"another step of it":        {"{on: session.submit, where: {step: challenge}, then: {problem: internal}}", "Authorize Answer", ".x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, scripted(map[string]string{"ruled": "rules:\n  - " + tt.rule + "\n"}))
			session := k.login("greatday_nomfa").Text("RequestId")
			asked := k.want(k.post(login, creds("Greatday")), 203, "").Text("RequestId")
			seen := ""
			for _, call := range strings.Fields(tt.calls) {
				under := []string{"Stunt-Scenario", "ruled"}
				var a answer
				switch call {
				case "Summary":
					a = k.post(summary, fields{"RequestId": session}, under...)
				case "Detail":
					a = k.post(details, fields{"RequestId": session}, under...)
				case "Async":
					a = k.get(poll+"/"+session, under...)
				case "Authorize":
					a = k.post(login, creds("greatday_nomfa"), under...)
				case "Token":
					a = k.post(token, fields{"client_id": customer, "secret": secret}, under...)
				case "Answer":
					a = k.post(login, fields{"RequestId": asked, "SecurityResponses": map[string][]string{city: {"Montreal"}}}, under...)
				}
				seen += k.metBy(a)
			}
			if seen != tt.met {
				t.Errorf("%s met %q of %s, want %q", tt.rule, seen, tt.calls, tt.met)
			}
		})
	}
}

// A rule on a login is met wherever its scenario is named: at the call, behind the user name, or in
// the sandbox. One that means nothing here is refused behind the name, too.
func TestRulesOfALogin(t *testing.T) {
	t.Parallel()
	for scenario, c := range map[string]struct {
		met    bool
		status int
		code   string
	}{
		"institution-disabled":    {true, 405, "DISABLED_INSTITUTION"},
		"login-in-progress":       {true, 401, "CONCURRENT_SESSION"},
		"question-without-answer": {true, 401, "QUESTION_NOT_FOUND"},
		"report-not-enabled":      {false, 200, ""}, // its rules are of later calls
		"redirect-denied":         {false, 401, "INVALID_REQUEST"},
		"no-such-scenario":        {false, 401, "INVALID_REQUEST"},
	} {
		for _, path := range []string{"Authorize", "AuthorizeAsync"} {
			if path == "AuthorizeAsync" && c.status == 200 {
				c.status, c.code = 202, "OPERATION_PENDING"
			}
			byHeader := newKit(t).post(path, creds("greatday_nomfa"), "Stunt-Scenario", scenario)
			k := newKit(t)
			byName := k.want(k.post(path, creds("greatday_nomfa+"+scenario)), c.status, c.code)
			if byHeader.Status != byName.Status || byHeader.Text("FlinksCode") != byName.Text("FlinksCode") {
				t.Errorf("%s of %s: %s by header, %s behind the name", path, scenario, byHeader.Raw, byName.Raw)
			}
			e, _ := k.srv.Journal().Find(k.sandbox, byName.Header.Get(engine.RequestHeader))
			if got := e.Why.Scenario + " by " + e.Why.Layer; c.met && got != scenario+" by username" {
				t.Errorf("%s of %s: the journal has %s", path, scenario, got)
			}
			k.want(k.post("Authorize", creds("greatday_nomfa")), 200, "") // another user's login does without
		}
	}
	// A card keeps what its user name has named.
	k := newKit(t, scripted(map[string]string{"second": "rules:\n  - {on: auth.login, where: {call: 2}, then: {problem: maintenance}}\n"}))
	login := k.login("greatday_nomfa+second").Text("Login.Id")
	k.want(k.post("Authorize", fields{"LoginId": login, "MostRecentCached": false}), 200, "")
	k.want(k.post("Authorize", fields{"LoginId": login, "MostRecentCached": false}), 401, "BANK_MAINTENANCE_RETRY_LATER")
}

// metBy is how the rule of a test met a call: by its number, x where nothing is counted, or
// a dot if it did not.
func (k *kit) metBy(a answer) string {
	k.t.Helper()
	e, ok := k.srv.Journal().Find(k.sandbox, a.Header.Get(engine.RequestHeader))
	switch {
	case !ok:
		k.t.Fatal("the journal has no such call")
	case (e.Why.Rule != "") != (a.Status == http.StatusInternalServerError):
		k.t.Fatalf("answered %d by %q", a.Status, e.Why.Rule)
	case e.Why.Rule == "":
		return "."
	case e.Why.Call == 0:
		return "x"
	}
	return string(rune('0' + e.Why.Call))
}

// What scenarios may ask of Flinks: logins by calls and on pages, and no call that is about one
// account or one page of a list.
func TestVocabulary(t *testing.T) {
	t.Parallel()
	v := engine.Vocabulary([]engine.Provider{flinks.New()}).Providers["flinks"]
	for name, want := range map[string]bool{
		"session.submit": true, "auth.login": true, "balances.get": true, "getAccountsDetail": true,
		"session.open": true, "session.complete": false, "oauthAuthorize": false, "token.exchange": false,
	} {
		if slices.Contains(v.Operations, name) != want {
			t.Errorf("it has the operation %s: %t", name, !want)
		}
	}
	if got := strings.Join(v.Calls["getAccountsDetailAsync"], " "); got != "transactions.list accounts.list balances.get" {
		t.Errorf("getAccountsDetailAsync is %s", got)
	}
	if !v.Pages || len(v.Conditions) > 0 || !slices.Equal(v.Events, []string{"refresh.succeeded"}) {
		t.Errorf("pages %t, conditions %v, events %v", v.Pages, v.Conditions, v.Events)
	}
}
