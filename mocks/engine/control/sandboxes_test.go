package control_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestSandboxLife(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.get("/v1/sandboxes/ci42").problem(404, "not_found", `"ci42"`, "POST /_stunt/v1/sandboxes")
	c.post("/v1/sandboxes", `{"name":"ci42","seed":"18446744073709551615","scenario":"mfa-push","clock":"2030-01-02T03:04:05Z"}`).ok(201).
		expect(map[string]any{
			"name": "ci42", "seed": "18446744073709551615", "scenario": "mfa-push", "clock/now": "2030-01-02T03:04:05Z",
			"clock/frozen": true, "born": "2030-01-02T03:04:05Z", "base_url": "http://localhost:8080/~ci42",
		})
	c.post("/v1/sandboxes", `{"name":"ci42"}`).problem(409, "conflict", "reset")
	c.in("ci43").post("/v1/sandboxes", `{"name":"ci43","seed":7}`).ok(201).
		expect(map[string]any{"seed": "7", "scenario": "happy", "clock/following": true, "clock/now": "2026-03-31T12:00:00Z"})

	session := c.in("ci42").intent()
	c.put("/v1/sandboxes/ci42/options", `{"fintoc.until":"inclusive"}`).ok(200)
	c.in("ci42").post("/v1/clock", `{"advance":"1d"}`).ok(200)
	c.post("/v1/sandboxes/ci42/reset", "").ok(200).expect(map[string]any{
		"seed": "18446744073709551615", "scenario": "mfa-push", "options/fintoc.until": "inclusive",
		"clock/frozen": true, "clock/now": "2030-01-02T03:04:05Z", // as it was made
	})
	c.get("/v1/sessions/"+session).problem(404, "not_found", "reset")

	c.get("/v1/sandboxes").ok(200).find("sandboxes", "name", "ci43")
	c.call(http.MethodDelete, "/v1/sandboxes/ci42", "").ok(204)
	c.call(http.MethodDelete, "/v1/sandboxes/ci42", "").problem(404, "not_found", "ci42")
	c.post("/v1/sandboxes/ci42/reset", "").problem(404, "not_found", "ci42")
	if n := len(c.get("/v1/sandboxes").ok(200).list("sandboxes")); n != 1 {
		t.Errorf("%d sandboxes are left, want one", n)
	}
}

func TestSandboxRefusals(t *testing.T) {
	t.Parallel()
	c := start(t)
	for body, words := range map[string]string{
		`{"name":"CI 42"}`:                            "a-z, 0-9 and -",
		`{"name":"x","scenario":"hapy"}`:              `did you mean "happy"`,
		`{"name":"x","seed":-1}`:                      "whole number",
		`{"name":"x","seed":1.5}`:                     "whole number",
		`{"name":"x","seed":"18446744073709551616"}`:  "whole number",
		`{"name":"x","clock":"yesterday"}`:            "date-time",
		`{"name":"x","clock":"1950-01-01T00:00:00Z"}`: "1970",
		`{}`:                         "missing",
		`{"name":"x","color":"red"}`: "no such field",
		`[]`:                         "object",
		`{"name":"` + strings.Repeat("x", 41) + `"}`:          "1 to 40",
		`{"name":"x","scenario":"happy","clock":"2030-13-1"}`: "clock",
	} {
		c.post("/v1/sandboxes", body).problem(400, "invalid_request", words)
	}
	c.get("/v1/sandboxes/x").problem(404, "not_found")
}

func TestScenarioOfASandbox(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.put("/v1/sandboxes/ci42/scenario", `{"scenario":"mfa-push"}`).ok(200).expect(map[string]any{"scenario": "mfa-push"})
	c.get("/v1/sandboxes/ci42").ok(200).expect(map[string]any{"scenario": "mfa-push"})
	c.put("/v1/sandboxes/ci42/scenario", `{"scenario":"mfa-pusch"}`).problem(400, "invalid_request", `did you mean "mfa-push"`)
	c.put("/v1/sandboxes/CI/scenario", `{"scenario":"happy"}`).problem(400, "invalid_request", "a-z")
	c.put("/v1/sandboxes/ci42/scenario", `{"scenario":null}`).ok(200).expect(map[string]any{"scenario": "happy"})
	c.put("/v1/sandboxes/other/scenario", `{"scenario":"nope"}`).problem(400, "invalid_request")
	c.get("/v1/sandboxes/other").problem(404, "not_found")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.get("/v1/sandboxes/ci42/options").problem(404, "not_found", "ci42")
	a := c.put("/v1/sandboxes/ci42/options", `{"fintoc.until":"inclusive","fintoc.secret_key":"sk_test_mine"}`).ok(200).
		expect(map[string]any{"fintoc.until": "inclusive", "fintoc.secret_key": "•••"})
	c.get("/v1/sandboxes/ci42/options").ok(200).expect(map[string]any{"fintoc.until": "inclusive"})
	d := c.in("ci42").get("/v1/providers/fintoc").ok(200)
	d.find("options", "name", "fintoc.until").expect(map[string]any{"value": "inclusive", "default": "exclusive"})
	d.find("options", "name", "fintoc.secret_key").expect(map[string]any{"value": "•••", "secret": true})
	sb := c.get("/v1/sandboxes/ci42").ok(200)
	for _, text := range []string{a.text, d.text, sb.text, c.get("/v1/journal").text} {
		if strings.Contains(text, "sk_test_mine") {
			t.Errorf("the secret key is shown: %s", text)
		}
	}
	c.in("ci42").with("Authorization", "sk_test_mine").get("/fintoc/v1/links").ok(200)
	c.in("ci42").with("Authorization", "sk_test_other").get("/fintoc/v1/links").ok(401)

	c.put("/v1/sandboxes/ci42/options", `{"fintoc.until":null,"fintoc.secret_key":null}`).ok(200).
		expect(map[string]any{"fintoc.until": nil, "fintoc.secret_key": nil})
	for body, words := range map[string]string{
		`{"fintoc.until":"never"}`:              "exclusive, inclusive",
		`{"fintoc.untill":"inclusive"}`:         "it has bad_link_token_status",
		`{"fintoc.untill":null}`:                "it has bad_link_token_status",
		`{"until":"inclusive"}`:                 "<provider>.<option>",
		`{"_stunt.until":"x"}`:                  "the providers are fintoc",
		`{"fintoc.until":true}`:                 "string",
		`{}`:                                    "",
		`{"fintoc.delete_body":"json","x":"y"}`: "<provider>.<option>",
	} {
		c.put("/v1/sandboxes/ci42/options", body).problem(400, "invalid_request", words)
	}
	c.get("/v1/sandboxes/ci42/options").ok(200).expect(map[string]any{"fintoc.delete_body": nil})
}
