package web

// sample is a page to look at and the test ids that it promises beyond those
// of every page.
type sample struct {
	name string
	page Page
	ids  []string
	post bool // has the form
}

func samplePage(state string) Page {
	return Page{
		State: state, Rev: 7, Action: "/w/wgt_9f2c", CanClose: true,
		App:         "Acme Loans",
		Institution: &Institution{ID: "banco_andino", Name: "Banco Andino"},
		Ribbon: Ribbon{
			Provider: "acme", Sandbox: "ci42", Scenario: "happy", Clock: "2026-01-15 09:00:00Z", Seed: "42", Session: "wgt_9f2c",
		},
	}
}

func with(state string, change func(*Page)) Page {
	p := samplePage(state)
	change(&p)
	return p
}

var someInstitutions = []Institution{
	{ID: "banco_andino", Name: "Banco Andino", Status: "ok"},
	{ID: "banco_puerto", Name: "Banco del Puerto"},
	{ID: "caja_austral", Name: "Caja Austral", Status: "degraded"},
	{ID: "cordillera", Name: "Cordillera", Status: "down"},
	{ID: "norte_sur", Name: "Crédito Norte-Sur", Status: "unsupported"},
	{ID: "union", Name: "Unión Mutual", Status: "disabled"},
}

var someAccounts = []Option{
	{ID: "acc_1", Label: "Cuenta corriente •••• 4321", Detail: "$ 1.204.500", Selected: true},
	{ID: "acc_2", Label: "Cuenta vista •••• 8810", Detail: "$ 88.120"},
	{ID: "acc_3", Label: "Cuenta de ahorro •••• 1177", Detail: "$ 0", Disabled: true},
}

var login = []Field{
	{Name: "username", Value: "41614850-3", Autocomplete: "username"},
	{Name: "password", Type: "password", Value: "jonsnow"},
}

var someHints = []Hint{
	{Name: "ok", Label: "ok", URL: "/w/wgt_9f2c?fill=ok"},
	{Name: "wrong", Label: "wrong", URL: "/w/wgt_9f2c?fill=wrong"},
	{Name: "mfa", Label: "mfa", URL: "/w/wgt_9f2c?fill=mfa"},
	{Name: "locked", Label: "locked", URL: "/w/wgt_9f2c?fill=locked"},
}

// samples shows every state, and the variants that show other controls.
func samples() []sample {
	mfa := []string{"mfa-submit", "mfa-resend", "back"}
	phone := []string{"mfa-push-approve", "mfa-push-deny", "mfa-push-check", "mfa-push-cancel", "mfa-push-resend"}
	return []sample{
		{"consent", samplePage("consent"), []string{"consent-accept", "consent-deny", "consent-terms", "close"}, true},
		{"consent-terms", with("consent", func(p *Page) { p.TermsURL = "https://app.acme.test/terms" }),
			[]string{"consent-accept", "consent-deny", "consent-terms", "terms-checkbox"}, true},
		{"consent-nobody", with("consent", func(p *Page) { p.App = ""; p.Options = someAccounts; p.CanClose, p.AtBank = false, true }), []string{"consent-accept", "consent-deny"}, true},
		{"institutions", with("institutions", func(p *Page) { p.Institutions = someInstitutions; p.CanBack = true }),
			[]string{"institution-search", "institution-list", "institution-banco_andino", "institution-union", "institution-request", "back"}, true},
		{"institutions-requested", with("institutions", func(p *Page) { p.Institutions = someInstitutions; p.Requested = true }),
			[]string{"institution-search", "institution-list"}, true},
		{"institutions-failed", with("institutions", func(p *Page) { p.ListFailed = true; p.Error, p.Why = "maintenance", "The rule says so." }),
			[]string{"institution-retry", "error", "stunt-why"}, true},
		{"institutions-found", with("institutions", func(p *Page) { p.Institutions = someInstitutions; p.Query = " CREDITO n" }),
			[]string{"institution-search", "institution-list", "institution-norte_sur"}, true},
		{"institutions-empty", with("institutions", func(p *Page) { p.Institutions = someInstitutions; p.Query = "zzz" }),
			[]string{"institution-search", "institution-empty", "institution-clear", "institution-request"}, true},
		{"status-down", with("institution_status", func(p *Page) { p.Institution.Status = "down" }), []string{"status-other"}, true},
		{"status-degraded", with("institution_status", func(p *Page) { p.Institution.Status = "degraded" }), []string{"status-other", "status-continue"}, true},
		{"credentials", with("credentials", func(p *Page) { p.Fields = login; p.CanBack = true; p.Hints = someHints }),
			[]string{"field-username", "field-password", "credentials-submit", "forgot-password", "back", "stunt-fill-ok", "stunt-fill-locked"}, true},
		{"credentials-wrong", with("credentials", func(p *Page) {
			p.Fields, p.Why = login, "A RUT has a check digit."
			p.Error, p.ProviderCode = "login_invalid", "invalid_credentials"
		}), []string{"field-username", "field-password", "credentials-submit", "error", "stunt-why"}, true},
		{"connecting", with("connecting", func(p *Page) { p.Phase, p.Refresh = "verifying", 2 }), []string{"connecting-cancel", "connecting-check"}, true},
		{"connecting-slow", with("connecting", func(p *Page) { p.Phase, p.Refresh, p.Slow = "syncing", 2, true }), []string{"connecting-cancel", "connecting-check"}, true},
		{"code", with("mfa_code", func(p *Page) {
			p.Kind, p.Prompt, p.CanResend, p.CanBack, p.Expires = "otp_sms", "SMS •••• 34", true, true, "4 min"
			p.Hints = []Hint{{Name: "code", Label: "0000"}, {Name: "answer", Label: "0000", URL: "/w/s1?fill=answer"}}
		}), append([]string{"field-otp", "stunt-code", "stunt-fill-answer"}, mfa...), true},
		{"code-wrong", with("mfa_code", func(p *Page) { p.Kind, p.Error = "otp_email", "challenge_invalid" }), []string{"field-otp", "mfa-submit", "error"}, true},
		{"question", with("mfa_question", func(p *Page) { p.Kind, p.Prompt = "question", "¿Cómo se llamaba tu primera mascota?" }),
			[]string{"field-answer", "mfa-submit"}, true},
		{"questions", with("mfa_question", func(p *Page) {
			p.Fields = []Field{{LabelKey: "¿Tu primera mascota?"}, {LabelKey: "¿Tu ciudad natal?", Invalid: true}}
			p.Error = "challenge_invalid"
		}), []string{"field-answer", "field-answer-2", "mfa-submit", "error"}, true},
		{"select", with("mfa_select", func(p *Page) {
			p.Kind, p.Options = "method_selection", []Option{{ID: "sms", Label: "SMS", Detail: "•••• 34", Selected: true}, {ID: "mail", Label: "Correo", Detail: "a•••@acme.test"}}
		}), []string{"mfa-option-sms", "mfa-option-mail", "mfa-submit"}, true},
		{"select-several", with("mfa_select", func(p *Page) {
			p.Kind, p.Prompt, p.Options, p.Error = "multi_choice", "¿Dónde has vivido?", []Option{{ID: "a", Label: "Arica"}, {ID: "b", Label: "Lima"}}, "pick_one"
		}), []string{"mfa-option-a", "mfa-option-b", "mfa-submit", "error"}, true},
		{"image", with("mfa_image", func(p *Page) {
			p.Kind, p.Options = "image", []Option{{ID: "sun", Label: "Sol"}, {ID: "hill", Label: "Cerro"}, {ID: "star", Label: "Estrella"}, {ID: "kite", Label: "Volantín"}, {ID: "leaf", Label: "Hoja"}}
			p.Hints = []Hint{{Name: "answer", Label: "kite"}}
		}), []string{"stunt-answer", "mfa-option-sun", "mfa-option-leaf", "mfa-submit"}, true},
		{"card", with("mfa_card", func(p *Page) {
			p.Kind, p.Cells, p.Answers = "coordinate_card", []string{"A1", "C4", "E7"}, []string{"11", "22", "33"}
		}),
			[]string{"field-card-A1", "field-card-C4", "field-card-E7", "mfa-submit"}, true},
		{"device", with("mfa_device", func(p *Page) { p.Kind = "hardware_token" }), []string{"field-otp", "mfa-submit"}, true},
		{"push", with("mfa_push", func(p *Page) { p.Kind, p.Refresh, p.CanResend, p.Prompt = "push", 2, true, "Pixel de Ana" }), phone, true},
		{"qr", with("mfa_qr", func(p *Page) { p.Kind, p.Refresh, p.CanResend, p.Prompt = "qr", 2, true, "BANK-7F31-22" }), phone, true},
		{"photo-tan", with("mfa_qr", func(p *Page) { p.Kind, p.Prompt = "photo_tan", "TAN-118-903" }), []string{"field-otp", "mfa-submit"}, true},
		{"captcha", with("captcha", func(p *Page) { p.Kind, p.Prompt = "captcha", "x7Kp2" }), []string{"field-answer", "mfa-submit"}, true},
		{"access-methods", with("access_method", func(p *Page) {
			p.Options, p.CanBack = []Option{{ID: "api", Label: "Open banking"}, {ID: "fints", Label: "FinTS"}}, true
		}), []string{"method-list", "method-api", "method-fints", "back"}, true},
		{"credentials-limits", with("credentials", func(p *Page) {
			p.Error, p.Reason = "invalid_request", "too_short"
			p.Fields = []Field{{Name: "username", Value: "ab", MinLength: 3, MaxLength: 12, Invalid: true}, {Name: "branch", Optional: true, LabelKey: "Oficina"}}
		}), []string{"field-username", "field-branch", "error"}, true},
		{"oauth", samplePage("oauth"), []string{"oauth-open", "oauth-cancel"}, true},
		{"oauth-waiting", with("oauth", func(p *Page) { p.Refresh, p.Framed, p.PopUp, p.CanRetry = 2, true, true, true }), []string{"oauth-open", "oauth-retry", "oauth-check", "oauth-cancel"}, true},
		{"bank-login", with("bank", func(p *Page) { p.Fields = login; p.CanClose, p.AtBank = false, true }), []string{"field-username", "field-password", "bank-login", "bank-cancel"}, true},
		{"bank-allow", with("bank", func(p *Page) { p.Options = someAccounts; p.CanClose = false }), []string{"bank-allow", "bank-deny", "bank-cancel", "account-list", "account-acc_1"}, true},
		{"bank-question", with("bank", func(p *Page) { p.CanClose, p.AtBank, p.Institution = false, true, nil }), []string{"bank-allow", "bank-deny", "bank-cancel"}, true},
		{"bank-code", with("mfa_code", func(p *Page) { p.Kind, p.CanClose, p.AtBank, p.Prompt = "otp_sms", false, true, "SMS •••• 34" }), []string{"field-otp", "mfa-submit", "bank-cancel"}, true},
		{"accounts", with("accounts", func(p *Page) { p.Options = someAccounts }), []string{"account-list", "account-acc_1", "account-acc_2", "accounts-submit"}, true},
		{"accounts-one", with("accounts", func(p *Page) { p.Options, p.Single, p.Error = someAccounts, true, "pick_one" }), []string{"account-list", "accounts-submit", "error"}, true},
		{"success", with("success", func(p *Page) { p.AccountCount = 2; p.Hints = []Hint{{Name: "hand-back", Label: "acme://ok?code=1"}} }),
			[]string{"success-finish", "stunt-hand-back"}, true},
		{"error", with("error", func(p *Page) {
			p.Error, p.ProviderCode, p.CanOther, p.CanRetry = "institution_unavailable", "E_BANK_DOWN", true, true
		}), []string{"error", "error-retry", "error-other", "error-close"}, true},
		{"error-locked", with("error", func(p *Page) { p.Error = "login_locked" }), []string{"error", "error-close"}, true},
		{"error-ended", with("error", func(p *Page) { p.Error = "internal" }), []string{"error", "error-close"}, true},
		{"refreshed", with("success", func(p *Page) { p.Refreshes = true }), []string{"success-finish"}, true},
		{"exit-refresh", with("exit_confirm", func(p *Page) { p.Refreshes = true; p.CanClose = false }), []string{"exit-stay", "exit-leave"}, true},
		{"exit", samplePage("exit_confirm"), []string{"exit-stay", "exit-leave"}, true},
		{"expired", with("expired", func(p *Page) { p.DoneURL, p.CanClose = "https://app.acme.test/cb?error=expired", false }), []string{"expired-close"}, false},
		{"done", with("done", func(p *Page) {
			p.DoneURL, p.CanClose, p.Ribbon.Compact = "acmewidget://succeeded?code=1&state=a b", false, true
		}), []string{"done-link"}, false},
	}
}
