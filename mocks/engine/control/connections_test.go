package control_test

import (
	"strings"
	"testing"
)

// A connection without a widget shows its token once, and the token works.
func TestCreateConnection(t *testing.T) {
	t.Parallel()
	c := start(t).in("direct")
	made := c.post("/v1/connections", `{"provider":"fintoc","params":{"holder_type":"individual","product":"movements","country":"cl"}}`).ok(201)
	token := made.str("secrets/link_token")
	c.with("Authorization", "sk_test_x").get("/fintoc/v1/accounts?link_token=" + token).ok(200)
	entries := c.get("/v1/journal").ok(200)
	if strings.Contains(entries.text, token) {
		t.Error("the journal shows the token")
	}
	// A scenario behind the name decides; a login that fails leaves nothing behind.
	for user, want := range map[string]struct {
		status int
		code   string
	}{
		"41614850-3+wrong-password": {422, "login_invalid"}, "41614850-3+locked": {422, "login_locked"},
		"43987654-9": {422, "login_invalid"}, "41614850-3+no-accounts": {422, "no_accounts"}, "nobody": {400, "invalid_request"},
		"41614850-3+push-timeout": {422, "challenge_required"},
	} {
		c.in("refused").post("/v1/connections", `{"provider":"fintoc","username":"`+user+`","password":"jonsnow"}`).problem(want.status, want.code)
	}
	left := c.in("refused").with("Authorization", "sk_test_x").get("/fintoc/v1/links").ok(200)
	if left.text != "[]" {
		t.Errorf("refused logins left %s", left.text)
	}
	c.in("mfa").post("/v1/connections", `{"provider":"fintoc","username":"41614850-3+mfa-two-rounds","password":"jonsnow"}`).ok(201)
	c.post("/v1/connections", `{"provider":"nobody"}`).problem(400, "invalid_request", "use one of fintoc")
}
