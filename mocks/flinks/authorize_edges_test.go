package flinks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAuthorizeMultiple(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	one, _ := k.collected("greatday_nomfa")
	two, _ := k.collected("multiple_employers")
	a := k.want(k.post("AuthorizeMultiple", fields{"LoginIds": []string{one.Text("Login.Id"), two.Text("Login.Id")}}), 200, "")
	if len(a.List("AuthorizedLogins")) != 2 {
		t.Fatalf("%s", a.Raw)
	}
	for i := range 2 {
		k.want(k.post("GetAccountsDetail", fields{"RequestId": a.Text(fmt.Sprintf("AuthorizedLogins.%d.RequestId", i))}), 200, "")
	}
	k.want(k.post("AuthorizeMultiple", fields{"LoginIds": []string{}}), 401, "INVALID_REQUEST")
	k.want(k.post("AuthorizeMultiple", fields{"LoginIds": []string{one.Text("Login.Id"), "x"}}), 401, "INVALID_LOGIN")
}

// The users whose data takes its time: Authorize answers 202 until it is there.
func TestPendingUsers(t *testing.T) {
	t.Parallel()
	for user, c := range map[string]struct {
		code string
		wait time.Duration
	}{"test_pending": {"OPERATION_PENDING", time.Minute}, "test_dispatched": {"OPERATION_DISPATCHED", 5 * time.Minute}} {
		k := newKit(t)
		id := k.want(k.post("Authorize", creds(user)), 203, "").Text("RequestId")
		k.want(k.reply(id, city, "Montreal"), 202, c.code)
		k.want(k.post("Authorize", fields{"RequestId": id}), 202, c.code)
		k.want(k.get("GetAccountsDetailAsync/"+id), 202, "OPERATION_PENDING")
		k.advance(c.wait)
		k.want(k.post("Authorize", fields{"RequestId": id}), 200, "")
		k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
	}
}

func TestConcurrentSessions(t *testing.T) {
	t.Parallel()
	k := newKit(t, with("concurrent_sessions", "refuse"))
	id := k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
	refused := k.want(k.post("Authorize", creds("Greatday")), 401, "CONCURRENT_SESSION")
	if want := "Another session is open for this LoginId: answer its SecurityChallenges and read its data, or wait until its time is over"; refused.Text("Message") != want || refused.Text("RequestId") != id {
		t.Errorf("%s", refused.Raw)
	}
	login := k.want(k.reply(id, city, "Montreal"), 200, "").Text("Login.Id")
	live := fields{"LoginId": login, "MostRecentCached": false}
	busy := func() {
		t.Helper()
		k.want(k.post("Authorize", creds("Greatday")), 401, "CONCURRENT_SESSION")
		k.want(k.post("Authorize", live), 401, "CONCURRENT_SESSION")
		k.want(k.post("Authorize", fields{"LoginId": login}), 200, "") // the bank has no part in it
		k.want(k.post("Authorize", creds("chat_gpt")), 200, "")        // nor in another user's
		k.advance(8 * time.Minute)
	}
	busy() // at 200 the bank has the user, until the time of the request is over
	id = k.want(k.post("Authorize", live), 203, "").Text("RequestId")
	k.want(k.reply(id, city, "Montreal"), 200, "")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	busy()
	busy() // or its data was read
	k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
	k.want(k.post("Authorize", creds("Greatday")), 203, "")
	k.advance(9 * time.Minute)
	k.want(k.post("Authorize", creds("Greatday")), 203, "")
	calm := newKit(t)
	calm.want(calm.post("Authorize", creds("Greatday")), 203, "")
	calm.want(calm.post("Authorize", creds("Greatday")), 203, "")
}

// Paths and keys in any case, bodies of any type, a body on GET (12.9 of the notes on
// clients).
func TestLaxWires(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.login("greatday_nomfa").Text("RequestId")
	small := `{"requestId":"` + id + `","withTransactions":"false","WITHKYC":"False"}`
	for name, a := range map[string]answer{
		"text/plain":    k.post("GetAccountsDetail", small, "Content-Type", "text/plain; charset=utf-8"),
		"no type":       k.post("GetAccountsDetail", small, "Content-Type", ""),
		"case of paths": k.post(k.srv.URL+"/~test/flinks/V3/"+strings.ToUpper(customer)+"/bankingservices/getaccountsDETAIL/", small),
		"a body on GET": k.call(http.MethodGet, "GetAccountsDetailAsync/"+id, "{}"),
		"POST of async": k.post("GetAccountsDetailAsync/"+id, nil),
	} {
		if a.Status != 200 && a.Status != 202 {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
		if ct := a.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
			t.Errorf("%s: answers in %q", name, ct)
		}
	}
	for _, path := range []string{"GetInstitutions", "LiveSession", "GetIncome"} {
		if a := k.post(path, "{}"); a.Status != 404 || a.Number("HttpStatusCode") != 404 {
			t.Errorf("%s: %d %s", path, a.Status, a.Raw)
		}
	}
	if a := k.get("Authorize"); a.Status != 405 {
		t.Errorf("GET Authorize: %d", a.Status)
	}
	// The sandbox may stand behind the customer id.
	url := k.srv.URL + "/flinks/v3/" + customer + "~other/BankingServices/Authorize"
	if a := k.want(k.post(url, creds("greatday_nomfa")), 200, ""); !strings.HasPrefix(a.Header.Get("Stunt-Request"), "other-") {
		t.Errorf("answered by %s", a.Header.Get("Stunt-Request"))
	}
	// And without one the ids say where they belong.
	url = k.srv.URL + "/flinks/v3/" + customer + "/BankingServices/"
	if a := k.want(k.post(url+"GetAccountsDetail", fields{"requestid": id}), 200, ""); !strings.HasPrefix(a.Header.Get("Stunt-Request"), "test-") {
		t.Errorf("answered by %s", a.Header.Get("Stunt-Request"))
	}
}

// A path that lacks a parameter says which one; escapes that need not be and a byte order mark change
// nothing.
func TestPaths(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	root := k.srv.URL + "/~test/flinks"
	own := "/v3/" + customer + "/BankingServices/"
	for call, want := range map[string]string{
		"DELETE " + own + "DeleteCard/":          "{loginId} is missing: call " + own + "DeleteCard/{loginId}",
		"DELETE " + own + "DeleteCard":           "{loginId} is missing: call " + own + "DeleteCard/{loginId}",
		"GET /v3/BankingServices/Institutions":   "{customerId} is missing: call /v3/{customerId}/BankingServices/Institutions",
		"GET /v3//bankingservices/institutions/": "{customerId} is missing: call /v3/{customerId}/bankingservices/institutions",
		"POST /v3/BankingServices/Authorize":     "{customerId} is missing: call /v3/{customerId}/BankingServices/Authorize",
		"GET " + own + "GetAccountsDetailAsync":  "{requestId} is missing: call " + own + "GetAccountsDetailAsync/{requestId}",
		"GET " + own + "Instituttions":           "did you mean " + own + "Institutions?",
		"GET /elsewhere":                         "",
	} {
		method, path, _ := strings.Cut(call, " ")
		a := k.call(method, root+path, nil)
		_, said, _ := strings.Cut(a.Text("Message"), " is no operation of this provider")
		if a.Status != 404 || !strings.HasPrefix(strings.TrimPrefix(said, ": "), want) || want == "" && said != "" {
			t.Errorf("%s: %d %s", call, a.Status, a.Raw)
		}
	}
	for _, path := range []string{"%49nstitutions", "%69nstitutions?take=1", "Institutions/Routing%4Eumber/0000000%318"} {
		if a := k.get(path); a.Status != 200 {
			t.Errorf("%s: %d %s", path, a.Status, a.Raw)
		}
	}
	k.want(k.post("Authorize", "\ufeff"+`{"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday"}`), 200, "")
}

// A call that only reads needs the card's password, too.
func TestCachedPassword(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.collected("greatday_nomfa")
	a := k.want(k.post("Authorize", creds("greatday_nomfa", "MostRecentCached", true, "Password", "wrong")), 401, "INVALID_LOGIN")
	if a.Text("Message") != "The card number (username) or password provided is invalid" {
		t.Errorf("%s", a.Raw)
	}
	k.want(k.post("Authorize", creds("GreatDay_NoMFA", "MostRecentCached", true, "Password", "EVERYDAY")), 200, "")
	k.want(k.post("Authorize", creds("greatday_nomfa", "Password", "wrong")), 401, "INVALID_PASSWORD")
	old := newKit(t, with("edition", "legacy"))
	old.collected("greatday_nomfa")
	old.want(old.post("Authorize", creds("greatday_nomfa", "MostRecentCached", true, "Password", "wrong")), 400, "INVALID_LOGIN")
}

// The scenario that a live login names decides it, ahead of the one with which the card
// was made, and that login alone.
func TestScenarioOfKnownCard(t *testing.T) {
	t.Parallel()
	for made, status := range map[string]int{"happy": 200, "mfa-question": 203} {
		k := newKit(t)
		a := k.post("Authorize", creds("greatday_nomfa"), "Stunt-Scenario", made)
		if a.Status == 203 {
			a = k.reply(a.Text("RequestId"), city, "Montreal")
		}
		login := k.want(a, 200, "").Text("Login.Id")
		for _, body := range []fields{creds("greatday_nomfa"), {"LoginId": login, "MostRecentCached": false}} {
			k.want(k.post("Authorize", body, "Stunt-Scenario", "locked"), 401, "DISABLED_LOGIN")
			k.want(k.post("Authorize", body, "Stunt-Scenario", "bank-down-before-login"), 401, "RETRY_LATER")
			if again := k.post("Authorize", body); again.Status != status {
				t.Errorf("made with %s, the next login is %s", made, again.Raw)
			}
		}
		if a := k.post("Authorize", creds("greatday_nomfa+locked")); a.Text("FlinksCode") != "DISABLED_LOGIN" {
			t.Errorf("by suffix: %s", a.Raw)
		}
	}
}

// What is wrong with a token is said, and how to get another. A mistake in the call costs
// none.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	mint := func(k *kit) string {
		return k.want(k.post("GenerateAuthorizeToken", "{}", "flinks-auth-key", secret), 200, "").Text("Token")
	}
	for _, mode := range []string{"lenient", "strict"} {
		k := newKit(t, with("auth", mode))
		enter := func(token string, more ...any) answer {
			return k.post("Authorize", creds("greatday_nomfa", more...), "flinks-auth-key", token, "x-api-key", "")
		}
		token := mint(k)
		unknown := k.want(enter(token, "Institution", "Gringotts"), 401, "INVALID_REQUEST")
		if want := `no institution is called "Gringotts": send FlinksCapital, or another one that GET Institutions lists`; unknown.Text("Message") != want {
			t.Errorf("%s", unknown.Raw)
		}
		k.want(k.post("AuthorizeAsync", creds("greatday_nomfa", "Institution", "Gringotts"), "flinks-auth-key", token, "x-api-key", ""), 401, "INVALID_REQUEST")
		k.want(enter("2f6a2ef0-6b3c-4d4f-9d3a-1c9f3e1f0a77", "Institution", "Gringotts"), 401, "ACCESS_DENIED")
		k.want(enter(token), 200, "")
		late := mint(k)
		said := func(token, why string) {
			t.Helper()
			a := k.want(enter(token), 401, "ACCESS_DENIED")
			if want := "You must provide a valid authorize token: " + why; !strings.HasPrefix(a.Text("Message"), want) {
				t.Errorf("%s: %s, want %q", mode, a.Raw, want)
			}
		}
		said(token, "it was used by another session")
		said(secret, "this is the secret key, not a token from GenerateAuthorizeToken")
		said("2f6a2ef0-6b3c-4d4f-9d3a-1c9f3e1f0a77", "no such token in this sandbox")
		k.advance(30 * time.Minute)
		said(late, "it has expired")
	}
	own := "11111111-2222-4333-8444-555555555555"
	k := newKit(t, with("secret_key", own))
	if a := k.post("Authorize", creds("greatday_nomfa"), "flinks-auth-key", own, "x-api-key", ""); !strings.Contains(a.Text("Message"), "this is the secret key") || strings.Contains(a.Raw, own) {
		t.Errorf("%s", a.Raw)
	}
}

// A value of the wrong type and a wrong method are told what would be right.
func TestRefusalsNameTheFix(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for want, body := range map[string]fields{
		`body field "Save" must be true or false, got "maybe"`:           creds("greatday_nomfa", "Save", "maybe"),
		`body field "Save" must be true or false, got 3`:                 creds("greatday_nomfa", "Save", 3),
		`body field "Username" must be a string or number, got an array`: creds("greatday_nomfa", "Username", []string{"a"}),
	} {
		if a := k.want(k.post("Authorize", body), 401, "INVALID_REQUEST"); a.Text("Message") != want {
			t.Errorf("%s, want %s", a.Raw, want)
		}
	}
	if a := k.want(k.get("Authorize"), 405, ""); !strings.HasSuffix(a.Text("Message"), "/Authorize is no operation of this provider: use POST") {
		t.Errorf("%s", a.Raw)
	}
	if a := k.want(k.call("PUT", "GetAccountsDetailAsync/x", nil), 405, ""); !strings.HasSuffix(a.Text("Message"), ": use POST or GET or HEAD") {
		t.Errorf("%s", a.Raw)
	}
}
