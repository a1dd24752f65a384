package flinks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/mocks/flinks"
	"github.com/stuntbank/stuntbank/openapi"
)

// A published test of a client: its body, and the signature under the secret "secret".
const (
	vectorBody = `{"ResponseType":"GetAccountsDetail","HttpStatusCode":200,"Accounts":[{"TransitNumber":"77777","InstitutionNumber":"777","OverdraftLimit":0,"Title":"Chequing CAD","AccountNumber":"1111000","Category":"Operations","Type":"Chequing","Currency":"CAD","Id":"ae1dac72-70da-4626-fed8-08d682e1ff4a"}],"Login":{"Username":"Greatday","IsScheduledRefresh":false,"LastRefresh":"2019-05-09T13:47:46.5227901","Type":"Personal","Id":"5e115eac-1209-4f19-641c-08d6d484e2fe"},"Institution":"FlinksCapital","RequestId":"1243c283-e0ca-4fda-a5e4-343068430190"}`
	vectorSum  = "nLYJnRna62Xi08IQQfeKjkR1avL8c947yXsBXUDbjTY="
)

func TestSign(t *testing.T) {
	t.Parallel()
	for option, want := range map[string][]string{
		"flinks-authenticity-key": {"flinks-authenticity-key"}, "X-Flinks-Signature": {"X-Flinks-Signature"},
		"both": {"flinks-authenticity-key", "X-Flinks-Signature"},
	} {
		got := flinks.New().Sign(engine.Signing{Secret: "secret", Body: []byte(vectorBody), Option: func(string) string { return option }})
		if len(got) != len(want) {
			t.Fatalf("%s: %v", option, got)
		}
		for i, h := range got {
			if h.Name != want[i] || h.Value != vectorSum {
				t.Errorf("%s: %v, want %s: %s", option, h, want[i], vectorSum)
			}
		}
	}
}

// The holders come first, then the details; the body is the answer with its type in
// front, signed as it is sent.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	h := enginetest.Listen(t)
	k := newKit(t, with("webhook_url", h.URL, "webhook_secret", "s3cret"))
	auth := k.login("greatday_nomfa", "Tag", "t1")
	id := auth.Text("RequestId")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id, "WithTransactions": false}), 202, "OPERATION_PENDING")
	if n := len(h.Bodies()); n != 0 {
		t.Fatalf("%d webhooks before the data is there", n)
	}
	k.drain()
	got := h.Bodies()
	if len(got) != 2 {
		t.Fatalf("%d webhooks", len(got))
	}
	data := k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
	var kyc, details map[string]any
	if json.Unmarshal([]byte(got[0]), &kyc) != nil || json.Unmarshal([]byte(got[1]), &details) != nil {
		t.Fatalf("no JSON: %q", got)
	}
	if kyc["ResponseType"] != "KYC" || kyc["RequestId"] != id || kyc["Tag"] != "t1" || kyc["Login"].(map[string]any)["LastRefresh"] != "2026-03-31T12:00:00.0000000Z" {
		t.Errorf("first came %s", got[0])
	}
	if !strings.HasPrefix(got[1], `{"ResponseType":"GetAccountsDetail","HttpStatusCode":200,"Accounts":[{"Transactions":[],`) || details["RequestId"] != id || details["Tag"] != "t1" {
		t.Errorf("then came %.300s", got[1])
	}
	whole := func(s string) string { return s[strings.Index(s, `"Accounts"`):strings.Index(s, `}],"`)] }
	if whole(got[1]) != whole(data.Raw) {
		t.Errorf("the webhook has other accounts than the answer:\n%.300s\n%.300s", got[1], data.Raw)
	}
	spec, err := openapi.Load("flinks")
	if err != nil {
		t.Fatal(err)
	}
	for i, schema := range []string{"KYCWebhook", "GetAccountsDetailWebhook"} {
		if err := spec.CheckJSON(schema, []byte(got[i])); err != nil {
			t.Error(err)
		}
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write([]byte(got[i]))
		if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Got()[i].Header.Get("flinks-authenticity-key") != want {
			t.Errorf("the signature is %q, want %q", h.Got()[i].Header.Get("flinks-authenticity-key"), want)
		}
	}
	// Summary and statements have hooks of their own.
	for path, kind := range map[string]string{"GetAccountsSummary": "GetAccountsSummary", "GetStatements": "GetStatements"} {
		before := len(h.Bodies())
		id := k.login("greatday_nomfa").Text("RequestId")
		k.want(k.post(path, fields{"RequestId": id}), 202, "OPERATION_PENDING")
		k.drain()
		k.want(k.get(path+"Async/"+id), 200, "")
		if got := h.Bodies(); len(got) != before+1 || !strings.HasPrefix(got[before], `{"ResponseType":"`+kind+`"`) {
			t.Errorf("%s: %d hooks, %.200s", path, len(got)-before, got[len(got)-1])
		} else if err := spec.CheckJSON(kind+"Webhook", []byte(got[before])); err != nil {
			t.Error(err)
		}
	}
	// A failure is not told.
	before := len(h.Bodies())
	k.want(k.post("GetAccountsDetail", fields{"RequestId": k.login("greatday_nomfa+extraction-fails").Text("RequestId")}), 202, "OPERATION_PENDING")
	k.advance(time.Minute)
	if n := len(h.Bodies()); n != before {
		t.Errorf("a failure was told: %s", h.Bodies()[n-1])
	}
}

// A webhook carries as many transactions as it has room for, and the journal says how many
// it lacks; what a sandbox keeps of webhooks is bounded by bytes.
func TestLongWebhooks(t *testing.T) {
	t.Parallel()
	const rows = 30_000
	k := newKit(t, func(c *engine.Config) { c.Contract = openapi.Off }, scripted(map[string]string{"busy": fmt.Sprintf(
		"persona: {use: salaried, accounts: {main: {count: %d, between: [2026-01-10, 2026-03-30]}}}\n", rows)}))
	kept := func() (all []webhook.Delivery, bytes int) {
		t.Helper()
		all, err := k.srv.Deliveries(t.Context(), k.sandbox)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			bytes += len(d.Body)
		}
		return all, bytes
	}
	said := func() string {
		return k.call("GET", k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/journal?kind=notice", nil).Raw
	}
	collect := func() (id, login string) {
		t.Helper()
		a := k.login("greatday_nomfa+busy")
		id = a.Text("RequestId")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
		k.drain()
		k.want(k.get("GetAccountsSummaryAsync/"+id), 200, "")
		return id, a.Text("Login.Id")
	}
	id, login := collect()
	all, _ := kept()
	var hook struct {
		Accounts []struct{ Transactions []json.RawMessage }
	}
	if err := json.Unmarshal(all[1].Body, &hook); err != nil {
		t.Fatal(err)
	}
	sent := len(hook.Accounts[0].Transactions)
	data := k.want(k.get("GetAccountsDetailAsync/"+id), 200, "").List("Accounts.0.Transactions")
	if len(data) < rows || sent < 1000 || sent >= len(data) || len(all[1].Body) > 5<<20 {
		t.Errorf("the webhook has %d of %d rows in %d bytes", sent, len(data), len(all[1].Body))
	}
	if !strings.Contains(said(), fmt.Sprintf("lacks the %d oldest transactions", len(data)-sent)) {
		t.Errorf("the journal says %s", said())
	}
	const fit = 32 << 20
	each := len(all[0].Body) + len(all[1].Body)
	for range fit/each + 2 {
		collect()
		if all, bytes := kept(); bytes > fit {
			t.Fatalf("%d webhooks of %d bytes are kept", len(all), bytes)
		}
	}
	if all, bytes := kept(); bytes < fit-each {
		t.Errorf("%d webhooks of %d bytes are kept", len(all), bytes)
	}
	if a := k.call("DELETE", "DeleteCard/"+login, nil); a.Status != 200 {
		t.Fatal(a.Raw)
	}
	if all, _ := kept(); len(all) != 0 {
		t.Errorf("%d webhooks outlive their card", len(all))
	}
	for range fit / each { // what was deleted leaves its room
		collect()
	}
	if all, _ := kept(); len(all) != 2*(fit/each) {
		t.Errorf("%d webhooks are kept where %d have room", len(all), 2*(fit/each))
	}
}

// The keys come in the order of the published samples, the Tag behind them.
func TestWebhookKeys(t *testing.T) {
	t.Parallel()
	for call, want := range map[string][]string{
		"GetAccountsDetail": {
			"ResponseType HttpStatusCode Holders Login Institution RequestId Tag", "ResponseType HttpStatusCode Accounts Login Institution RequestId Tag",
		},
		"GetAccountsSummary": {"ResponseType HttpStatusCode Accounts Login Institution RequestId Tag"},
		"GetStatements":      {"ResponseType HttpStatusCode StatementsByAccount Login Institution RequestId Tag"},
	} {
		h := enginetest.Listen(t)
		k := newKit(t, with("webhook_url", h.URL))
		id := k.login("chat_gpt", "Tag", "t1").Text("RequestId")
		k.want(k.post(call, fields{"RequestId": id}), 202, "OPERATION_PENDING")
		k.drain()
		if len(h.Bodies()) != len(want) {
			t.Fatalf("%s: %d webhooks", call, len(h.Bodies()))
		}
		for i, body := range h.Bodies() {
			if got := strings.Join(keysOf(t, body), " "); got != want[i] {
				t.Errorf("%s: the keys are %s, want %s", call, got, want[i])
			}
		}
	}
}

// keysOf are the keys of a JSON object in their order.
func keysOf(t *testing.T, body string) (keys []string) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		key, err := dec.Token()
		var value json.RawMessage
		if err == nil {
			err = dec.Decode(&value)
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
	}
	return keys
}

// Ten attempts thirty minutes apart, and only a 200 counts.
func TestWebhookAttempts(t *testing.T) {
	t.Parallel()
	for status, tries := range map[int]int{500: 10, 202: 10, 200: 1} {
		h := enginetest.Listen(t)
		h.Answer(status)
		k := newKit(t, with("webhook_url", h.URL))
		k.want(k.post("GetAccountsSummary", fields{"RequestId": k.login("greatday_nomfa").Text("RequestId")}), 202, "OPERATION_PENDING")
		k.drain()
		if n := len(h.Bodies()); n != 1 {
			t.Fatalf("%d: %d attempts at once", status, n)
		}
		k.advance(30*time.Minute - time.Second)
		if n := len(h.Bodies()); n != 1 {
			t.Errorf("%d: %d attempts before half an hour", status, n)
		}
		k.advance(10 * time.Hour)
		sent, err := k.srv.Deliveries(t.Context(), k.sandbox)
		if err != nil || len(sent) != 1 || len(sent[0].Attempts) != tries || len(h.Bodies()) != tries {
			t.Fatalf("%d: %d deliveries, %d attempts, %v", status, len(sent), len(h.Bodies()), err)
		}
		for i, a := range sent[0].Attempts {
			if want := noon.Add(time.Duration(i) * 30 * time.Minute); !a.At.Equal(want) {
				t.Errorf("%d: attempt %d at %s, want %s", status, i+1, a.At, want)
			}
		}
		if done := sent[0].State == webhook.Delivered; done != (status == 200) {
			t.Errorf("%d: the delivery is %s", status, sent[0].State)
		}
	}
}

// The page about webhooks names the headers, the options and the secret that are in force.
func TestWebhookPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../web/docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Flinks\n")
	section, _, _ = strings.Cut(section, "\n## ")
	words := []string{"--webhook flinks=", "ten attempts", "Only a 200"}
	for _, o := range flinks.New().Manifest().Options {
		switch o.Name {
		case "webhook_url":
			words = append(words, "`flinks."+o.Name+"`")
		case "webhook_secret":
			words = append(words, "`flinks."+o.Name+"` as UTF-8, which is `"+o.Default+"`")
		case "signature_header":
			words = append(words, "`flinks."+o.Name+"`", "`"+o.Values[0]+"`", "`"+o.Values[1]+"`")
		}
	}
	for _, word := range words {
		if !strings.Contains(strings.ReplaceAll(section, "\n", " "), word) {
			t.Errorf("the section about Flinks does not say %s", word)
		}
	}
}
