package control_test

import "testing"

// A session moved button by button, as the page moves it.
func TestInput(t *testing.T) {
	t.Parallel()
	c := start(t)
	at := "/v1/sessions/" + c.with("Stunt-Scenario", "mfa-otp-sms").in("buttons").intent()
	do := func(verb string) answer { return c.post(at+"/input", `{"verb":"`+verb+`"}`).ok(200) }

	do("accept").expect(map[string]any{"step": "institution"})
	do("resend").expect(map[string]any{"step": "institution"}) // does not fit, and changes nothing
	c.post(at+"/drive", `{"username":"41614850-3","password":"wrong"}`).ok(200).expect(map[string]any{"session/trouble/code": "login_invalid"})
	do("retry").expect(map[string]any{"step": "credentials", "trouble": nil})
	do("back").expect(map[string]any{"step": "institution"})
	c.post(at+"/input", `{"verb":"submit"}`).problem(400, "invalid_request", "verb")
	c.post(at+"/input", `{}`).problem(400, "invalid_request", "verb")

	other := "/v1/sessions/" + c.in("buttons").intent()
	c.post(other+"/input", `{"verb":"deny"}`).ok(200).expect(map[string]any{"step": "cancelled", "trouble/code": "consent_required"})
	c.post(other+"/input", `{"verb":"accept"}`).problem(409, "conflict", "ended")
	c.post("/v1/sessions/nobody/input", `{"verb":"accept"}`).problem(404, "not_found", "nobody")
}
