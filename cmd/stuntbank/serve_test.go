package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

// settings are those of a server on a free port, with some flags.
func settings(t *testing.T, args ...string) *config {
	t.Helper()
	var c config
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c.flags(f)
	if err := f.Parse(append([]string{"--listen", "127.0.0.1:0"}, args...)); err != nil {
		t.Fatal(err)
	}
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	return &c
}

// A client that sends its call a byte at a time, or none at all, does not keep a
// connection.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	s, err := build(settings(t), memory.New(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if usual := newHTTPServer(s, usualPatience); usual.ReadHeaderTimeout <= 0 || usual.ReadHeaderTimeout > 30*time.Second ||
		usual.IdleTimeout <= 0 || usual.IdleTimeout > 5*time.Minute || usual.MaxHeaderBytes <= 0 || usual.MaxHeaderBytes > 1<<20 {
		t.Errorf("the listener waits for ever or takes all: %+v", usual)
	}
	const soon, late = time.Millisecond, time.Hour
	for name, tt := range map[string]struct {
		patience patience
		sent     string
		answered bool
	}{
		"nothing":             {patience{soon, late}, "", false},
		"half a line":         {patience{soon, late}, "GET /_stunt/v1/hea", false},
		"a head that trails":  {patience{soon, late}, "GET /_stunt/v1/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: a", false},
		"one call, then idle": {patience{late, soon}, "GET /_stunt/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", true},
	} {
		srv := newHTTPServer(s, tt.patience)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go srv.Serve(l)
		t.Cleanup(func() { srv.Close() })
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, tt.sent)               // fails where it was cut off already
		answer, err := io.ReadAll(conn)             // returns when it is cut off
		reset := errors.Is(err, syscall.ECONNRESET) // what was sent was not even read
		if err != nil && !reset || tt.answered != bytes.HasPrefix(answer, []byte("HTTP/1.1 200")) {
			t.Errorf("%s: %q, %v", name, answer, err)
		}
	}
}

// serve prints with every credential where it travels.
func TestWelcomeNamesTheHeaders(t *testing.T) {
	t.Parallel()
	s, err := build(settings(t), memory.New(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	welcome(t.Context(), &out, s, "http://127.0.0.1:1")
	for _, line := range []string{
		"x_api_key    3d5266a8-b697-48d4-8de6-52e2e2662acc   in the header x-api-key, of every call for data",
		"secret_key   c4569c54-e167-4d34-8de6-f4113bc82414   in the header flinks-auth-key, of GenerateAuthorizeToken",
		"api_secret   c4569c54-e167-4d34-8de6-f4113bc82414   in the header Authorization, behind the word Bearer",
		"secret_key   sk_test_stuntbank   in the header Authorization\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("it lacks %q:\n%s", line, &out)
		}
	}
}

// What --webhook names hears of data that was collected, signed as the verifier of the
// documentation wants it: the HMAC of the exact body under the secret of the option.
func TestWebhookFlag(t *testing.T) {
	t.Parallel()
	type arrival struct{ signature, body string }
	arrived := make(chan arrival, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- arrival{r.Header.Get("flinks-authenticity-key"), string(body)}
	}))
	t.Cleanup(receiver.Close)
	sum := func(secret, body string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	// The published test of a client pins the verifier.
	if got := sum("secret", flinksVector); got != "nLYJnRna62Xi08IQQfeKjkR1avL8c947yXsBXUDbjTY=" {
		t.Fatalf("this test verifies wrongly: %s", got)
	}
	for secret, flags := range map[string][]string{"secret": nil, "s3cret": {"--set", "flinks.webhook_secret=s3cret"}} {
		base := started(t, append(flags, "--webhook", "flinks="+receiver.URL+"/hooks")...)
		d := engine.NewDriver(base, "hooked", mocks.All()[1].Manifest())
		if _, err := d.Call(context.Background(), "getAccountsDetailAsync"); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"KYC", "GetAccountsDetail"} {
			a := <-arrived // within the patience of the test binary
			var body struct{ ResponseType, RequestId string }
			if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.ResponseType != kind || body.RequestId != d.Vars["request_id"] {
				t.Errorf("%v: want %s of %s, got %.200s", err, kind, d.Vars["request_id"], a.body)
			}
			if a.signature != sum(secret, a.body) || a.signature == sum(secret, a.body+" ") {
				t.Errorf("%s is signed with %q, want %q", kind, a.signature, sum(secret, a.body))
			}
		}
	}
	if len(arrived) > 0 {
		t.Errorf("%d webhooks came twice", len(arrived))
	}
}

// flinksVector is the body of a published test of a client.
const flinksVector = `{"ResponseType":"GetAccountsDetail","HttpStatusCode":200,"Accounts":[{"TransitNumber":"77777","InstitutionNumber":"777","OverdraftLimit":0,"Title":"Chequing CAD","AccountNumber":"1111000","Category":"Operations","Type":"Chequing","Currency":"CAD","Id":"ae1dac72-70da-4626-fed8-08d682e1ff4a"}],"Login":{"Username":"Greatday","IsScheduledRefresh":false,"LastRefresh":"2019-05-09T13:47:46.5227901","Type":"Personal","Id":"5e115eac-1209-4f19-641c-08d6d484e2fe"},"Institution":"FlinksCapital","RequestId":"1243c283-e0ca-4fda-a5e4-343068430190"}`

// atWork is a call that the server has begun to read the body of.
type atWork struct {
	conn    net.Conn
	answers *bufio.Reader
	body    string
}

func begun(t *testing.T, addr, line, body string) *atWork {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: sk_test_x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", line, len(body))
	w := &atWork{conn, bufio.NewReader(conn), body}
	if line, err := w.answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	w.answers.ReadString('\n')
	return w
}

// finish sends the body and gives the answer.
func (w *atWork) finish(t *testing.T) (status int, text string) {
	t.Helper()
	io.WriteString(w.conn, w.body)
	res, err := http.ReadResponse(w.answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// A server that is told to stop takes no more calls, tells those who wait, and lets those
// at work finish. Its ready file is there exactly as long as it takes calls.
func TestCleanStop(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ready")
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var log bytes.Buffer
	go func() { done <- serve(ctx, settings(t, "--ready-file", file, "--log-level", "warn"), io.Discard, &log) }()
	base := ""
	for base == "" {
		text, err := os.ReadFile(file)
		if err != nil {
			runtime.Gosched()
			continue
		}
		if !strings.HasSuffix(string(text), "\n") {
			t.Fatalf("half a ready file was seen: %q", text)
		}
		base = strings.TrimSpace(string(text))
	}
	addr := strings.TrimPrefix(base, "http://")

	work := begun(t, addr, "POST /~stop/fintoc/v1/link_intents", `{"product":"movements","country":"cl","holder_type":"individual"}`)

	// One that waits for a session, and one that follows the journal.
	d := engine.NewDriver(base, "wait", mocks.All()[0].Manifest())
	if _, err := d.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	handle, err := d.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := http.Get(base + "/~wait/_stunt/v1/journal/stream?after=0")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	wait := begun(t, addr, "GET /_stunt/v1/sessions/"+handle+"?wait=state:success&timeout=1m", "{}")
	following := bufio.NewReader(stream.Body)
	for line := ""; !strings.HasPrefix(line, "data:"); {
		if line, err = following.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}

	stop()
	for there := error(nil); there == nil; _, there = os.Stat(file) {
		runtime.Gosched()
	}
	if status, text := wait.finish(t); status != http.StatusGatewayTimeout || !strings.Contains(text, "stopping") {
		t.Errorf("who waited was told %d %s", status, text)
	}
	if _, err := io.ReadAll(following); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
	for err = nil; err == nil; runtime.Gosched() { // the listener closes
		var conn net.Conn
		if conn, err = net.Dial("tcp", addr); err == nil {
			conn.Close()
		}
	}
	if status, text := work.finish(t); status != http.StatusCreated {
		t.Errorf("the call at work got %d %s", status, text)
	}
	if err := <-done; err != nil || log.Len() > 0 {
		t.Errorf("serve ended with %v and said %s", err, &log)
	}
}

func TestReadyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "ready")
	gone, err := ready(path, "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	later, err := ready(path, "http://127.0.0.1:2") // another server took over
	if err != nil {
		t.Fatal(err)
	}
	gone()
	if text, err := os.ReadFile(path); err != nil || string(text) != "http://127.0.0.1:2\n" {
		t.Errorf("the other server's file says %q, %v", text, err)
	}
	later()
	later()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if _, err := ready(filepath.Join(dir, "no", "ready"), "x"); err == nil || !strings.Contains(err.Error(), "--ready-file") {
		t.Errorf("a folder that is missing: %v", err)
	}
}

// why speaks of the answer that a person has before him.
func TestWhy(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	base := started(t)
	call := func(method, at, scenario, body string) string {
		t.Helper()
		req, err := http.NewRequest(method, base+at, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "sk_test_why")
		req.Header.Set("Content-Type", "application/json")
		if scenario != "" {
			req.Header.Set("Stunt-Scenario", scenario)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		io.Copy(io.Discard, res.Body)
		return res.Header.Get(engine.RequestHeader)
	}
	why := func(args ...string) (string, error) {
		out, err := exec.Command(path, append([]string{"why"}, args...)...).CombinedOutput()
		return string(out), err
	}
	d := engine.NewDriver(base, "ci42", mocks.All()[0].Manifest())
	if _, err := d.Call(context.Background(), "listAccounts"); err != nil {
		t.Fatal(err)
	}
	list := "/~ci42/fintoc/v1/accounts?link_token=" + d.Vars["link_token"]
	for name, tt := range map[string]struct {
		id   string
		want []string
	}{
		"a scripted fault": {call("GET", list, "flaky-first-call", ""), []string{
			"GET /v1/accounts?link_token=••• -> 500", "sandbox", "ci42", "accounts.list", "a scripted fault",
			"rule on accounts.list (scenarios/flaky-first-call.yaml:", "chosen by the call, at call 1", "problem", "internal"}},
		"a refusal": {call("GET", "/~ci42/fintoc/v1/accounts?link_token=nonsense", "", ""), []string{"no rule of a scenario interfered with this call: the provider would refuse", "link_token"}},
		"an answer": {call("GET", list, "", ""), []string{"-> 200", "the usual answer", "connection"}},
		"a session": {call("POST", "/~ci42/fintoc/v1/link_intents", "", `{"product":"movements","country":"cl","holder_type":"individual"}`), []string{
			"did", "session.started li_", "grant.issued li_"}},
		"a clock": {call("POST", "/~ci42/_stunt/v1/clock", "", `{"advance":"1d"}`), []string{"-> 200", "then", "clock: the clock moved from"}},
	} {
		out, err := why(tt.id, "--url", base)
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
		for _, word := range append(tt.want, tt.id) {
			if !strings.Contains(out, word) {
				t.Errorf("%s lacks %q:\n%s", name, word, out)
			}
		}
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"an entry that is gone": {[]string{"ci42-99999", "--url", base}, `no request "ci42-99999"`},
		"no server":             {[]string{"ci42-1", "--url", "http://127.0.0.1:1"}, "no server answers at http://127.0.0.1:1"},
		"no id":                 {nil, "name one call"},
	} {
		if out, err := why(tt.args...); err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v, %s", name, err, out)
		}
	}
}

// What a hosted server has given out is good after a restart, although nobody can guess it.
func TestHostedServerKeepsItsKey(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state")
	flags := []string{"--state", state, "--hosted", "--control-token", "hush", "--log-level", "warn"}
	token := ""
	for range 2 {
		cmd, base := launched(t, flags...)
		d := engine.NewDriver(base, "ci", mocks.All()[0].Manifest())
		if token == "" {
			if _, err := d.Call(context.Background(), "createLinkIntent"); err != nil {
				t.Fatal(err)
			}
			token = d.Vars["widget_token"]
		}
		d.Vars["widget_token"] = token
		if _, err := d.Open(context.Background()); err != nil || token == "" {
			t.Errorf("the widget token %q: %v", token, err)
		}
		stopped(t, cmd)
	}
	text, err := os.ReadFile(state)
	if err != nil || strings.Contains(string(text), token) || !strings.Contains(string(text), `"in":"ci"`) {
		t.Errorf("the state file holds the token %q, or nothing: %v", token, err)
	}
}

// A variable that is nearly a setting is a slip; what a cluster sets for a service is not.
func TestMisspeltVariables(t *testing.T) {
	t.Parallel()
	var c config
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c.flags(f)
	got := misspelt(f, []string{
		"STUNTBANK_LISTNE=127.0.0.1:1", "STUNTBANK_LISTEN=127.0.0.1:2", "STUNTBANK_SERVICE_HOST=10.0.0.1", "STUNTBANK_PORT=tcp://10.0.0.1:80",
		"STUNTBANK_URL=http://127.0.0.1:1", "STUNTBANK_WEB_HOOK=fintoc=http://127.0.0.1:4000", "PATH=/bin", "STUNTBANK_",
	})
	want := map[string]string{"STUNTBANK_LISTNE": "STUNTBANK_LISTEN", "STUNTBANK_WEB_HOOK": "STUNTBANK_WEBHOOK"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
