package mockstest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/mockstest"
)

// t stands for the *testing.T of your test.
type exampleT struct{ cleanups []func() }

func (*exampleT) Helper()                   {}
func (*exampleT) Name() string              { return "Example" }
func (*exampleT) Errorf(f string, a ...any) { log.Printf(f, a...) }
func (*exampleT) Fatalf(f string, a ...any) { log.Panicf(f, a...) }
func (t *exampleT) Cleanup(f func())        { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) end() {
	for i := range t.cleanups {
		t.cleanups[len(t.cleanups)-1-i]()
	}
}

// get is the code under test: it reads one field of every object of a list.
func get(url, key, field string) (out []any) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		log.Panic(err)
	}
	req.Header.Set("Authorization", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Panic(err)
	}
	defer res.Body.Close()
	var list []map[string]any
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		log.Panic(err)
	}
	for _, object := range list {
		out = append(out, object[field])
	}
	return out
}

// A connected user in three lines, and a month in one.
func Example() {
	t := &exampleT{}
	defer t.end()

	srv := mockstest.Start(t)
	sb := srv.Sandbox(t)
	sb.Clock().Freeze(time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC))

	link := sb.Connect("fintoc")
	movements := sb.URL("fintoc") + "/v1/accounts?link_token=" + link.Secrets["link_token"]
	fmt.Println("accounts:", len(get(movements, sb.Sample("fintoc", "secret_key"), "id")) > 0)

	sb.Clock().Advance("30d")
	fmt.Println(sb.Clock().Now().Format(time.DateOnly))

	for _, e := range sb.Journal(mockstest.Filter{Operation: "accounts.list"}) {
		fmt.Println(e.Method, e.Path, e.Status)
	}
	// Output:
	// accounts: true
	// 2026-04-30
	// GET /v1/accounts 200
}

// Your receiver hears of a refresh, signed, without a tunnel and without waiting.
func ExampleSandbox_Deliveries() {
	t := &exampleT{}
	defer t.end()

	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println("heard:", strings.Contains(string(body), "link.credentials_changed"), r.Header.Get("Fintoc-Signature") != "")
	}))
	defer app.Close()

	sb := mockstest.Start(t).Sandbox(t)
	sb.Set("fintoc.webhook_url", app.URL)
	link := sb.Connect("fintoc")
	sb.Break(link.ID, "login_required")

	for _, d := range sb.Deliveries() {
		fmt.Println(d.Type, d.State, len(d.Attempts))
	}
	// Output:
	// heard: true true
	// link.credentials_changed delivered 1
}

// The widget, walked through without a browser.
func ExampleSandbox_Drive() {
	t := &exampleT{}
	defer t.end()

	sb := mockstest.Start(t).Sandbox(t)
	sb.UseScenario("mfa-otp-sms")
	widget := sb.URL("fintoc") + "/webview/widget.html?public_key=" + sb.Sample("fintoc", "public_key") +
		"&product=movements&holder_type=individual&country=cl"

	wrong := sb.Drive(widget, mockstest.Login{Answers: []string{"1234"}})
	fmt.Println(wrong.Step, wrong.Problem)
	right := sb.Drive(widget, mockstest.Login{})
	fmt.Println(right.Step, right.Problem)
	// Output:
	// challenge challenge_invalid
	// succeeded
}
