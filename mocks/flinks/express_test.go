package flinks_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
)

// dot is a logo: a PNG of one pixel.
const dot = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// express calls a page of Express or the dashboard.
func (k *kit) express(method, path string, form url.Values, headers ...string) answer {
	k.t.Helper()
	var body any
	if form != nil {
		body, headers = form.Encode(), append(headers, "Content-Type", "application/x-www-form-urlencoded")
	}
	r := enginetest.Send(k.t, method, k.srv.URL+"/~"+k.sandbox+"/flinks"+path, body, headers...)
	if r.Status == http.StatusSeeOther {
		r = enginetest.Send(k.t, "GET", k.srv.URL+r.Header.Get("Location"), nil)
	}
	return r
}

// kept calls the control API for the records of Express.
func (k *kit) kept(method, id string, body any) answer {
	k.t.Helper()
	return enginetest.Send(k.t, method, k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/providers/flinks/records/express"+id, body)
}

func north() url.Values {
	return url.Values{
		"company": {"North Shore Loans"}, "logo": {dot}, "background": {"#eef3f8"}, "accent": {"#0a5c8a"}, "title": {"Share your bank with North Shore"},
		"products": {"accounts", "income"}, "language": {"en"}, "tag": {"NS-1"},
	}
}

// A page is asked for, built, previewed, approved and used; its result comes by webhook, on the
// dashboard and by Authorize.
func TestExpress(t *testing.T) {
	t.Parallel()
	h := enginetest.Listen(t)
	k := newKit(t, with("webhook_url", h.URL))
	if r := k.express("GET", "/express", nil); r.Status != 200 || !strings.Contains(r.Raw, "None yet") {
		t.Fatalf("the form is %d %.300s", r.Status, r.Raw)
	}
	b := enginetest.NewBrowser(t, k.srv.URL)
	if r := k.express("POST", "/express", north()); r.Status != 200 || !strings.Contains(r.Raw, "building") {
		t.Fatalf("asked for: %d %.600s", r.Status, r.Raw)
	}
	if r := k.express("GET", "/express/north-shore-loans?preview=true", nil); r.Status != http.StatusServiceUnavailable {
		t.Errorf("while it is built it answers %d", r.Status)
	}
	if r := k.express("POST", "/express/north-shore-loans/approve", url.Values{}); r.Status < 400 {
		t.Errorf("approved while it is built: %d", r.Status)
	}
	k.advance(time.Minute)
	if r := k.express("GET", "/express/north-shore-loans/setup", nil); !strings.Contains(r.Raw, ">preview<") {
		t.Errorf("built: %.600s", r.Raw)
	}
	if r := k.express("GET", "/express/north-shore-loans", nil); r.Status != 400 || !strings.Contains(r.Raw, "not approved yet") {
		t.Errorf("before its approval it answers %d", r.Status)
	}
	if r := k.express("GET", "/express/north-shore-loans?preview=true", nil); r.Status != 200 {
		t.Errorf("the preview answers %d", r.Status)
	}
	for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		if r := k.express("POST", "/express/north-shore-loans/approve", url.Values{}, foreign...); r.Status < 400 {
			t.Errorf("the form of another website approves (%v): %d", foreign, r.Status)
		}
	}
	if r := k.express("POST", "/express/north-shore-loans/approve", url.Values{}); r.Status != 200 || !strings.Contains(r.Raw, ">live<") || !strings.Contains(r.Raw, "webhook") {
		t.Fatalf("approved: %d", r.Status)
	}
	p := b.Open("/~test/flinks/express/north-shore-loans?demo=true")
	if !strings.Contains(p.Doc.Text(), "North Shore Loans") {
		t.Errorf("the first screen does not say whose it is")
	}
	css := k.express("GET", "/express/north-shore-loans/look.css", nil)
	if !strings.Contains(css.Raw, "#0a5c8a") || !strings.Contains(css.Raw, "data:image/png") {
		t.Errorf("the style sheet is %.300s", css.Raw)
	}
	p.URL = k.srv.URL + "/~test/flinks/express/north-shore-loans?demo=true"
	if again := p.Post(url.Values{"name": {"Jo"}, "email": {"nobody"}}); !strings.Contains(again.Doc.Text(), "Fill in your name and an email") {
		t.Error("a wrong address is taken")
	}
	p.URL = k.srv.URL + "/~test/flinks/express/north-shore-loans?demo=true"
	p = p.Post(url.Values{"name": {"Jo Flinks"}, "email": {"jo@example.test"}}).Want("consent", "")
	for _, words := range []string{"Share your bank with North Shore", "Your income and recurring payments", "North Shore Loans wants to see"} {
		if !strings.Contains(p.Doc.Text(), words) {
			t.Errorf("the scope screen lacks %q", words)
		}
	}
	p = p.Click("consent-accept").Want("institutions", "").Click("institution-FlinksCapital").Want("credentials", "")
	p = p.Click("credentials-submit", "username", "Greatday", "password", "Everyday").Want("mfa_question", "")
	feed := k.express("GET", "/dashboard", nil)
	if !strings.Contains(feed.Raw, "Answering Security Challenge") {
		t.Error("the feed does not show the question")
	}
	p = p.Click("mfa-submit", "answer", "Montreal")
	for p.State() == "connecting" {
		p = p.Click("connecting-check")
	}
	p = p.Want("accounts", "")
	p = p.Click("accounts-submit", "account", p.Doc.Find("input[name=account]").First().AttrOr("value", ""))
	if p.State() == "success" {
		p = p.Want("success", "")
	}
	k.drain()
	feed = k.express("GET", "/dashboard", nil)
	for _, words := range []string{"Completed", "Jo Flinks &lt;jo@example.test&gt;", "NS-1", "Express (north-shore-loans)", h.URL, "••••"} {
		if !strings.Contains(feed.Raw, words) {
			t.Errorf("the dashboard lacks %q", words)
		}
	}
	for _, key := range []string{secret, apiKey} {
		if strings.Contains(feed.Raw, key) {
			t.Error("the dashboard shows a key")
		}
	}
	got := strings.Join(h.Bodies(), "\n")
	if !strings.Contains(got, `"KYC"`) || !strings.Contains(got, `"NS-1"`) {
		t.Errorf("the webhook got %.300s", got)
	}
	_, rest, _ := strings.Cut(got, `"Id":"`)
	for !strings.Contains(rest[:min(len(rest), 40)], "-4f19-") && rest != "" {
		_, rest, _ = strings.Cut(rest, `"Id":"`)
	}
	login, _, _ := strings.Cut(rest, `"`)
	cached := k.want(k.post("Authorize", fields{"LoginId": login, "MostRecentCached": true}), 200, "")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": cached.Text("RequestId")}), 200, "")
}

// What cannot be shown is refused in the words of the form, and what was typed is still there.
func TestExpressRefuses(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for field, c := range map[string]struct{ value, part string }{
		"company":    {"", "company is missing"},
		"background": {"blue", "background is &#34;blue&#34;: use a colour as #rrggbb"},
		"accent":     {"#12345", "use a colour"},
		"title":      {"<script>alert(1)</script>", "title has markup or a script in it"},
		"note":       {"javascript:alert(1)", "note has markup or a script in it"},
		"logo":       {"https://app.example/logo.png", "logo is no data URI"},
		"products":   {"everything", "products has &#34;everything&#34;"},
		"language":   {"de", "use en or fr"},
		"theme":      {"blue", "use light or dark"},
	} {
		form := north()
		form.Set(field, c.value)
		if r := k.express("POST", "/express", form); r.Status != 400 || !strings.Contains(r.Raw, c.part) || field != "company" && !strings.Contains(r.Raw, "North Shore Loans") {
			t.Errorf("%s %q answers %d without %q", field, c.value, r.Status, c.part)
		}
	}
	huge := north()
	huge.Set("logo", "data:image/png;base64,"+base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n"+strings.Repeat("x", 101<<10))))
	if r := k.express("POST", "/express", huge); r.Status != 400 || !strings.Contains(r.Raw, "use an image of at most 100 KB") {
		t.Errorf("a huge logo answers %d", r.Status)
	}
	bad := north()
	bad.Set("logo", "data:image/svg+xml,"+url.PathEscape(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`))
	if r := k.express("POST", "/express", bad); r.Status != 400 || !strings.Contains(r.Raw, "which does more than draw") {
		t.Errorf("a logo with a script answers %d", r.Status)
	}
	if r := k.express("GET", "/express/nobody", nil); r.Status != 404 || !strings.Contains(r.Raw, "There is no page of Express") {
		t.Errorf("an unknown page answers %d", r.Status)
	}
	// Two companies of one name have two pages.
	k.express("POST", "/express", north())
	if r := k.express("POST", "/express", north()); r.Status != 200 {
		t.Errorf("a second page answers %d", r.Status)
	}
	if r := k.express("GET", "/express/north-shore-loans-2/setup", nil); r.Status != 200 {
		t.Errorf("the second page answers %d", r.Status)
	}
}

// A logo may be uploaded, and a change of the page is built and approved again.
func TestExpressUpload(t *testing.T) {
	t.Parallel()
	k := newKit(t, with("express_build", "0s"))
	png, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(dot, "data:image/png;base64,"))
	body := "--b\r\nContent-Disposition: form-data; name=\"company\"\r\n\r\nÉclair Crédit\r\n--b\r\n" +
		"Content-Disposition: form-data; name=\"language\"\r\n\r\nfr\r\n--b\r\n" +
		"Content-Disposition: form-data; name=\"upload\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n" + string(png) + "\r\n--b--\r\n"
	r := enginetest.Send(t, "POST", k.srv.URL+"/~test/flinks/express", body, "Content-Type", "multipart/form-data; boundary=b")
	r = k.express("GET", strings.TrimPrefix(r.Header.Get("Location"), "/~test/flinks"), nil)
	if r.Status != 200 || !strings.Contains(r.Raw, "image/png;base64,") {
		t.Fatalf("an upload answers %d %.900s", r.Status, r.Raw)
	}
	page := k.kept("GET", "", nil)
	id := page.Text("records.0.id")
	k.express("POST", "/express/"+id+"/approve", url.Values{})
	if p := k.express("GET", "/express/"+id, nil); p.Status != 200 || !strings.Contains(p.Raw, "Qui êtes-vous") || !strings.Contains(p.Raw, `lang="fr"`) {
		t.Errorf("the page is %d %.300s", p.Status, p.Raw)
	}
	if p := k.express("GET", "/express/"+id+"?language=en", nil); !strings.Contains(p.Raw, "Who are you?") {
		t.Errorf("the page speaks no English")
	}
	change := url.Values{"company": {"Éclair"}, "language": {"en"}}
	if r := k.express("POST", "/express/"+id+"/setup", change); r.Status != 200 || !strings.Contains(r.Raw, ">preview<") || !strings.Contains(r.Raw, "image/png;base64,") {
		t.Errorf("a change answers %d, or has lost the logo", r.Status)
	}
}

// The control API and a scenario write the same pages as the form.
func TestExpressRecords(t *testing.T) {
	t.Parallel()
	k := newKit(t, scripted(map[string]string{
		"branded": "records: {flinks: {express: {acme: {company: Acme Credit, accent: \"#7a1f1f\", approved: true, requested_at: 2026-03-01T00:00:00Z}}}}",
		"broken":  "records: {flinks: {express: {acme: {company: Acme Credit, accent: red}}}}",
		"unknown": "records: {flinks: {express: {acme: {compny: Acme Credit}}}}",
	}))
	put := k.kept("PUT", "/acme", fields{"company": "Acme Credit", "accent": "#7a1f1f", "approved": true, "requested_at": "2026-03-01T00:00:00Z"})
	if put.Status != 200 || put.Text("value.company") != "Acme Credit" || put.Text("value.language") != "en" {
		t.Fatalf("PUT answers %d %s", put.Status, put.Raw)
	}
	if r := k.express("GET", "/express/acme", nil); r.Status != 200 || !strings.Contains(r.Raw, "Acme Credit") {
		t.Errorf("the page answers %d", r.Status)
	}
	for body, part := range map[string]string{
		`{"company": "A", "accent": "red"}`: "accent is", `{"compny": "A"}`: "compny", `{}`: "company is missing",
	} {
		if r := k.kept("PUT", "/other", body); r.Status != 400 || !strings.Contains(r.Raw, part) {
			t.Errorf("%s answers %d %s", body, r.Status, r.Raw)
		}
	}
	if r := k.kept("GET", "", nil); r.Text("records.0.id") != "acme" {
		t.Errorf("the list is %s", r.Raw)
	}
	if r := k.kept("DELETE", "/acme", nil); r.Status != 204 {
		t.Errorf("DELETE answers %d", r.Status)
	}
	if r := k.kept("GET", "/acme", nil); r.Status != 404 {
		t.Errorf("a deleted record answers %d", r.Status)
	}
	if r := enginetest.Send(t, "GET", k.srv.URL+"/_stunt/v1/providers/flinks/records/pages", nil); r.Status != 404 || !strings.Contains(r.Raw, "it has express") {
		t.Errorf("an unknown kind answers %d %s", r.Status, r.Raw)
	}
	make := func(scenario string) answer {
		return enginetest.Send(t, "POST", k.srv.URL+"/_stunt/v1/sandboxes", fields{"name": "s-" + scenario, "scenario": scenario})
	}
	if r := make("branded"); r.Status != 201 {
		t.Fatalf("a sandbox with records answers %d %s", r.Status, r.Raw)
	}
	if r := k.in("s-branded").express("GET", "/express/acme", nil); r.Status != 200 || !strings.Contains(r.Raw, "Acme Credit") {
		t.Errorf("the scenario's page answers %d", r.Status)
	}
	for scenario, part := range map[string]string{"broken": "records.flinks.express.acme: accent is", "unknown": "compny"} {
		if r := make(scenario); r.Status != 400 || !strings.Contains(r.Raw, part) {
			t.Errorf("%s answers %d %s", scenario, r.Status, r.Raw)
		}
	}
}

// The feed has the documented states.
func TestDashboardStates(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.login("greatday_nomfa")
	k.post("Authorize", creds("nobody_here"))
	wrong := creds("greatday_nomfa")
	wrong["Password"] = "nothing"
	k.post("Authorize", wrong)
	k.want(k.post("Authorize", creds("Greatday")), 203, "")
	feed := k.express("GET", "/dashboard", nil).Raw
	for _, state := range []string{"Completed", "Invalid Username", "Invalid Password", "Answering Security Challenge"} {
		if !strings.Contains(feed, "<td>"+state+"</td>") {
			t.Errorf("the feed lacks %s", state)
		}
	}
	if strings.Contains(feed, ">nothing<") {
		t.Error("the feed shows a password")
	}
}
