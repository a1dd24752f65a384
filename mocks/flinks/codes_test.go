package flinks_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/flinks"
	"github.com/stuntbank/stuntbank/openapi"
)

// meeting is how a code is met: with a scenario, by a call.
type meeting struct {
	scenario string
	do       func(*kit) answer
	status   int
	adjust   func(*engine.Config)
}

// meetings are by the code that they lead to.
func meetings() map[string]meeting {
	const unknown = "1243c283-0000-4fda-8000-343068430190"
	login := func(k *kit) string {
		return k.want(k.post("Authorize", creds("greatday_nomfa")), 200, "").Text("RequestId")
	}
	data := func(k *kit) answer { return k.post("GetAccountsDetail", fields{"RequestId": login(k)}) }
	asked := func(k *kit) string { return k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId") }
	enter := func(user string, more ...any) func(*kit) answer {
		return func(k *kit) answer { return k.post("Authorize", creds(user, more...)) }
	}
	report := func(k *kit) answer {
		a, _ := k.collected("greatday_nomfa")
		return k.get("/insight/login/" + a.Text("Login.Id") + "/attributes/" + a.Text("RequestId") + "/GetAllAttributes")
	}
	legacy := func(c *engine.Config) { with("edition", "legacy")(c) }
	return map[string]meeting{
		"OPERATION_PENDING":    {"happy", data, 202, nil},
		"OPERATION_DISPATCHED": {"pending-long", data, 202, nil},
		"SESSION_NONEXISTENT":  {"happy", func(k *kit) answer { return k.get("GetAccountsDetailAsync/" + unknown) }, 400, nil},
		"CARD_IN_USE": {"pending-long", func(k *kit) answer {
			a := k.login("greatday_nomfa")
			k.post("GetAccountsDetail", fields{"RequestId": a.Text("RequestId")})
			return k.call("DELETE", "DeleteCard/"+a.Text("Login.Id"), nil)
		}, 400, nil},
		"INVALID_LOGIN":                      {"happy", func(k *kit) answer { return k.post("Authorize", fields{"LoginId": unknown}) }, 401, nil},
		"INVALID_REQUEST":                    {"happy", func(k *kit) answer { return k.post("Authorize", fields{}) }, 401, nil},
		"ACCESS_DENIED":                      {"happy", func(k *kit) answer { return k.post("Authorize", creds("greatday_nomfa"), "x-api-key", "") }, 401, nil},
		"INVALID_USERNAME":                   {"happy", enter("nobody"), 401, nil},
		"INVALID_PASSWORD":                   {"wrong-password", enter("greatday_nomfa"), 401, nil},
		"INVALID_SECURITY_RESPONSE":          {"mfa-question", func(k *kit) answer { return k.reply(asked(k), city, "x") }, 401, nil},
		"INVALID_SECURITY_RESPONSE_NO_RETRY": {"mfa-question", func(k *kit) answer { return k.reply(asked(k), city, "x") }, 401, legacy},
		"QUESTION_NOT_FOUND":                 {"question-without-answer", enter("greatday_nomfa"), 401, nil},
		"UNKNOWN_CHALLENGE_KEY":              {"mfa-question", func(k *kit) answer { return k.reply(asked(k), "x", "x") }, 401, nil},
		"SECURITYRESPONSES_INCOMPLETE": {"mfa-coordinate-card", func(k *kit) answer {
			a := k.want(k.post("Authorize", creds("greatday_nomfa")), 203, "")
			return k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), "00")
		}, 401, nil},
		"RETRY_LATER":    {"bank-down-before-login", enter("greatday_nomfa"), 401, nil},
		"UNAUTHORIZED":   {"insufficient-permissions", enter("greatday_nomfa"), 401, nil},
		"DISABLED_LOGIN": {"locked", enter("greatday_nomfa"), 401, nil},
		"NEW_ACCOUNT":    {"action-required", enter("greatday_nomfa"), 401, nil},
		"SESSION_EXPIRED": {"mfa-question", func(k *kit) answer {
			id := asked(k)
			k.advance(8 * time.Minute)
			return k.reply(id, city, "Montreal")
		}, 401, nil},
		"ALREADY_AUTHORIZED":   {"happy", func(k *kit) answer { return k.post("Authorize", fields{"RequestId": login(k)}) }, 401, nil},
		"CONCURRENT_SESSION":   {"login-in-progress", enter("greatday_nomfa"), 401, nil},
		"TOO_MANY_REQUESTS":    {"rate-limited", data, 401, nil},
		"DISABLED_INSTITUTION": {"institution-disabled", enter("greatday_nomfa"), 405, nil},
		"AGGREGATION_ERROR": {"extraction-fails", func(k *kit) answer {
			id := login(k)
			k.post("GetAccountsDetail", fields{"RequestId": id})
			return k.get("GetAccountsDetailAsync/" + id)
		}, 500, nil},
		"NO_TRANSACTION":               {"empty-history", report, 400, nil},
		"METHOD_NOT_AVAILABLE":         {"report-not-enabled", report, 401, nil},
		"BANK_MAINTENANCE_RETRY_LATER": {"maintenance", data, 401, nil},
	}
}

// Every FlinksCode of the document is met by a bundled scenario, or by a mistake that
// needs none. CREATED is listed by the provider, but no answer of it is known.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	met := meetings()
	spec, err := openapi.Load("flinks")
	if err != nil {
		t.Fatal(err)
	}
	for code, c := range met {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, func(cfg *engine.Config) {
				if c.adjust != nil {
					c.adjust(cfg)
				}
				cfg.Scenario = c.scenario
			})
			a := k.want(c.do(k), c.status, code)
			if err := spec.CheckJSON("Error", []byte(a.Raw)); err != nil || a.Text("Message") == "" {
				t.Errorf("%v: %s", err, a.Raw)
			}
		})
	}
	document, err := os.ReadFile("../../openapi/flinks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`(?m)^            - ([A-Z_]+)$`).FindAllStringSubmatch(string(document), -1)
	if len(listed) != len(met) {
		t.Errorf("the document lists %d codes, and %d are met", len(listed), len(met))
	}
	for _, code := range listed {
		if met[code[1]].do == nil {
			t.Errorf("nothing leads to %s", code[1])
		}
	}
	// And each canonical problem has a code of the document.
	for _, code := range problem.Codes() {
		if word := flinks.New().Code(code); met[word].do == nil {
			t.Errorf("%s is said as %q", code, word)
		}
	}
	k := newKit(t, with("too_many_requests_status", "403"), func(cfg *engine.Config) { cfg.Scenario = "rate-limited" })
	k.want(met["TOO_MANY_REQUESTS"].do(k), 403, "TOO_MANY_REQUESTS")
}
