package flinks_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// wire is one call as a published client was seen to send it, and what it needs back.
type wire struct {
	method, path string
	headers      []string
	body         string
	status       int
	code         string
}

// The traces of three clients, replayed byte for byte but for the ids.
func TestWireTraces(t *testing.T) {
	t.Parallel()
	const prompt = `"What city were you born in?"`
	for name, c := range map[string]struct {
		options []string
		wires   []wire
	}{
		"rizwannur/flinks 0.2.0": {nil, []wire{
			{"POST", "GenerateAuthorizeToken", []string{"flinks-auth-key", secret}, "", 200, ""},
			{"POST", "Authorize", []string{"flinks-auth-key", "${token}"}, `{"MostRecentCached":false,"Language":"en","Save":true,"Username":"Greatday","Password":"Everyday","Institution":"FlinksCapital"}`, 203, ""},
			{"POST", "Authorize", []string{"flinks-auth-key", "${token}"}, `{"MostRecentCached":true,"Language":"en","Save":true,"RequestId":"${request}","SecurityResponses":{` + prompt + `:["Montreal"]}}`, 200, ""},
			{"POST", "GetAccountsDetail", []string{"x-api-key", apiKey}, `{"RequestId":"${request}","WithTransactions":true,"WithKyc":true}`, 202, "OPERATION_PENDING"},
			{"GET", "GetAccountsDetailAsync/${request}", []string{"x-api-key", apiKey}, "", 200, ""},
			{"POST", "/insight/login/${login}/attributes/${request}", []string{"x-api-key", apiKey}, `{"Attributes":{"Card":["nbr_nsf"]},"Filters":{"AccountCategory":["Operations"]},"LimitDays":90}`, 200, ""},
			{"POST", "FieldMatch", []string{"x-api-key", apiKey}, `{"LoginId":"${login}","FullName":"A B","Threshold":"0.5"}`, 200, ""},
			{"POST", "Authorize", []string{"flinks-auth-key", "${token}"}, `{"MostRecentCached":true,"Language":"en","Save":true,"Username":"Greatday","Password":"x","Institution":"OtterBay"}`, 401, "ACCESS_DENIED"},
			{"POST", "GenerateAuthorizeToken", []string{"flinks-auth-key", secret}, "", 200, ""},
			{"POST", "Authorize", []string{"flinks-auth-key", "${token}"}, `{"MostRecentCached":true,"Language":"en","Save":true,"Username":"Greatday","Password":"x","Institution":"OtterBay"}`, 401, "INVALID_PASSWORD"},
			{"PATCH", "SetScheduledRefresh", []string{"x-api-key", apiKey}, `{"LoginId":"${login}","IsActivated":true}`, 200, ""},
			{"GET", "Institutions", []string{"x-api-key", apiKey}, "", 200, ""},
			{"DELETE", "DeleteCard/${login}", []string{"x-api-key", apiKey}, "", 200, ""},
		}},
		"node-flinks 0.6.0": {nil, []wire{
			{"POST", "Token/?demoObe=true", nil, `{"client_id":"c","secret":"s"}`, 200, ""},
			{"POST", "Authorize", []string{"Authorization", "Bearer AT"}, `{"MostRecentCached":false,"Save":false,"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday","AccessToken":"AT","Tag":"t"}`, 200, ""},
			{"POST", "GetAccountsDetail", []string{"Authorization", "Bearer AT"}, `{"MostRecentCached":true,"RequestId":"${request}","WithKyc":true,"AccessToken":"AT"}`, 202, "OPERATION_PENDING"},
			{"POST", "GetAccountsDetailAsync/${request}", []string{"Authorization", "Bearer AT"}, "", 200, ""},
			{"POST", "GetAccountsSummaryAsync/${request}", []string{"Authorization", "Bearer AT"}, "", 200, ""},
			{"POST", "GetStatementsAsync/${request}", []string{"Authorization", "Bearer AT"}, "", 200, ""},
		}},
		"flinks-python": {[]string{"auth", "none"}, []wire{
			{"POST", "Authorize", nil, `{"MostRecentCached": false, "Institution": "FlinksCapital", "Username": "Greatday", "Password": "Everyday"}`, 203, ""},
			{"POST", "Authorize", nil, `{"MostRecentCached": false, "RequestId": "${request}", "SecurityResponses": {` + prompt + `: ["Montreal"]}}`, 200, ""},
			{"POST", "GetAccountsDetail", nil, `{"RequestId": "${request}", "WithAccountIdentity": false, "WithTransactions": true, "DaysOfTransactions": "Days90"}`, 202, "OPERATION_PENDING"},
			{"GET", "GetAccountsDetailAsync/${request}", nil, "", 200, ""},
			{"POST", "AuthorizeMultiple", nil, `{"LoginIds": ["${login}", "${login}"]}`, 200, ""},
			{"GET", "GetMFAQuestions/${login}", nil, "", 401, "INVALID_REQUEST"},
		}},
		"flinks-demo (.NET 2018), which does not poll": {[]string{"auth", "none", "first_details", "ready"}, []wire{
			{"POST", "Authorize", []string{"Content-Type", "text/plain; charset=utf-8"}, `{"Institution":"FlinksCapital","Username":"Greatday","Password":"Everyday","MostRecentCached":false}`, 203, ""},
			{"POST", "Authorize", []string{"Content-Type", "text/plain; charset=utf-8"}, `{"Institution":"FlinksCapital","Username":"Greatday","Password":"Everyday","RequestId":"${request}","SecurityResponses":{` + prompt + `:["Montreal"]}}`, 200, ""},
			{"POST", "GetAccountsDetail", []string{"Content-Type", "text/plain; charset=utf-8"}, `{"RequestId":"${request}","DaysOfTransactions":"Days360"}`, 200, ""},
		}},
		"curl, which calls a body a form": {nil, []wire{
			{"POST", "Authorize", []string{"x-api-key", apiKey, "Content-Type", "application/x-www-form-urlencoded"}, `{"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday","MostRecentCached":false}`, 200, ""},
			{"POST", "GetAccountsDetail", []string{"x-api-key", apiKey, "Content-Type", "application/x-www-form-urlencoded"}, `{"RequestId":"${request}"}`, 202, "OPERATION_PENDING"},
			{"POST", "GetAccountsDetail", []string{"x-api-key", apiKey, "Content-Type", "application/x-www-form-urlencoded"}, `RequestId=${request}`, 401, "INVALID_REQUEST"},
		}},
		"flinks gem (2019)": {[]string{"auth", "none"}, []wire{
			{"POST", "Authorize", nil, `{"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday","MostRecentCached":false,"WithKyc":true}`, 200, ""},
			{"GET", "GetAccountsDetailAsync/${request}", nil, "{}", 202, "OPERATION_PENDING"},
			{"GET", "GetAccountsDetailAsync/${request}", nil, "{}", 200, ""},
			{"PATCH", "SetScheduledRefresh?login_id=${login}&is_activated=true", nil, "{}", 200, ""},
			{"DELETE", "DeleteCard/${login}", nil, "{}", 200, ""},
		}},
		"an app that authorizes by api key and a token in the body": {nil, []wire{
			{"POST", "GenerateAuthorizeToken", []string{"flinks-auth-key", secret}, "", 200, ""},
			{"POST", "Authorize", []string{"x-api-key", apiKey}, `{"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday","AuthToken":"${token}"}`, 200, ""},
			{"POST", "Authorize", []string{"x-api-key", apiKey}, `{"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday","AuthToken":"${token}"}`, 401, "ACCESS_DENIED"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, with(c.options...))
			vars := map[string]string{}
			fill := func(s string) string {
				for name, v := range vars {
					s = strings.ReplaceAll(s, "${"+name+"}", v)
				}
				return s
			}
			for i, w := range c.wires {
				headers := []string{"x-api-key", ""}
				for _, h := range w.headers {
					headers = append(headers, fill(h))
				}
				var body any
				if w.body != "" {
					body = fill(w.body)
				}
				a := k.call(w.method, fill(w.path), body, headers...)
				if a.Status != w.status || a.Text("FlinksCode") != w.code {
					t.Fatalf("call %d, %s %s: %d %.400s", i+1, w.method, w.path, a.Status, a.Raw)
				}
				if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") || !json.Valid([]byte(a.Raw)) {
					t.Errorf("call %d answers no JSON: %.100s", i+1, a.Raw)
				}
				if strings.Contains(a.Raw, `"SecurityChallenges":null`) {
					t.Errorf("call %d has empty challenges", i+1)
				}
				for name, path := range map[string]string{"token": "Token", "request": "RequestId", "login": "Login.Id"} {
					if v := a.Text(path); v != "" {
						if vars[name] = v; !guid.MatchString(v) {
							t.Errorf("call %d: %s is %q", i+1, path, v)
						}
					}
				}
			}
		})
	}
}

// The mistakes that the documentation warns of answer as it says.
func TestMistakesOfApps(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 401, "UNAUTHORIZED") // data before MFA
	k.want(k.get("GetStatementsAsync/"+id), 401, "UNAUTHORIZED")
	k.want(k.reply(id, city, "Montreal"), 200, "")
	slow := newKit(t, scripted(map[string]string{"slow": "login: {ready: after 30s}\n"}))
	id = slow.login("greatday_nomfa+slow").Text("RequestId")
	slow.want(slow.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	for range 50 { // polling without a pause brings nothing, and breaks nothing
		slow.want(slow.get("GetAccountsDetailAsync/"+id), 202, "OPERATION_PENDING")
	}
}

// A LoginId, a token, a password and an answer are in nothing that is shown.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.post("GenerateAuthorizeToken", nil, "flinks-auth-key", secret).Text("Token")
	id := k.want(k.post("Authorize", creds("Greatday", "Password", "eVeRyDaY", "WithMfaQuestions", true), "flinks-auth-key", token), 203, "").Text("RequestId")
	login := k.want(k.reply(id, city, "mOnTrEaL"), 200, "").Text("Login.Id")
	k.post("GetAccountsDetail", fields{"RequestId": id})
	k.get("GetAccountsDetailAsync/" + id)
	k.get("GetMFAQuestions/" + login)
	k.call("PATCH", "AnswerMFAQuestions", fields{"LoginId": login, "Questions": []fields{{"Question": city, "Answer": "mOnTrEaL"}}})
	k.call("PATCH", "SetScheduledRefresh?login_id="+login+"&is_activated=true", "{}")
	k.post("Authorize", fields{"LoginId": strings.ToUpper(login)})
	k.drain()
	k.call("DELETE", "DeleteCard/"+login, nil)
	k.post("Authorize", fields{"LoginId": login})
	req, err := http.NewRequest(http.MethodGet, k.srv.URL+"/_stunt/v1/journal", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Stunt-Sandbox", k.sandbox)
	res, err := enginetest.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	shown := enginetest.ReadAll(t, res)
	if !strings.Contains(shown, "AnswerMFAQuestions") || !strings.Contains(shown, id) {
		t.Fatalf("the journal lacks the calls: %.600s", shown)
	}
	for name, value := range map[string]string{"LoginId": login, "token": token, "password": "eVeRyDaY", "answer": "mOnTrEaL"} {
		if i := strings.Index(strings.ToLower(shown), strings.ToLower(value)); i >= 0 {
			t.Errorf("the journal shows the %s: …%s…", name, shown[max(0, i-120):i+60])
		}
	}
}
