package enginetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/scenarios"
)

// Noon is where the walls of a provider's own tests stand.
var Noon = time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)

// StartAtNoon runs a server with a provider whose wall stands still at Noon.
func StartAtNoon(t TB, p engine.Provider, adjust ...func(*engine.Config)) *Server {
	t.Helper()
	return Start(t, func(c *engine.Config) {
		c.Wall = func() time.Time { return Noon }
		for _, f := range adjust {
			f(c)
		}
	}, p)
}

// Scripted gives a server scenarios of its own beside the bundled ones, by name.
func Scripted(files map[string]string) func(*engine.Config) {
	return func(c *engine.Config) {
		bundled, err := scenarios.Bundled(engine.Vocabulary(c.Providers))
		if err != nil {
			panic(err)
		}
		dir := fstest.MapFS{}
		for name, text := range files {
			dir[name+".yaml"] = &fstest.MapFile{Data: []byte("scenario: " + name + "\ntitle: Own\nabout: For this test.\n" + text)}
		}
		if c.Scenarios, err = bundled.LoadDir(dir, "own"); err != nil {
			panic(err)
		}
	}
}

// Advance moves the clock of a sandbox and runs what falls due.
func (s *Server) Advance(t testing.TB, sandbox string, d time.Duration) {
	t.Helper()
	sb, err := s.Enter(t.Context(), sandbox)
	if err != nil {
		t.Fatal(err)
	}
	to := sb.Now(s.Wall()).Add(d)
	if _, err := s.MoveClock(t.Context(), sandbox, engine.Move{Set: &to}); err != nil {
		t.Fatal(err)
	}
}

// Received is what an app got: Body is decoded JSON, nil where it is none.
type Received struct {
	Status int
	Header http.Header
	Raw    string
	Body   any
}

// At follows keys and indexes into the body, as the function At does; "" is the body.
func (r Received) At(path string) any { return At(r.Body, path) }

// Text is a text in the body; empty where there is none.
func (r Received) Text(path string) string {
	s, _ := r.At(path).(string)
	return s
}

// Number is a number in the body; 0 where there is none.
func (r Received) Number(path string) float64 {
	n, _ := r.At(path).(float64)
	return n
}

// List is an array in the body; nil where there is none.
func (r Received) List(path string) []any {
	l, _ := r.At(path).([]any)
	return l
}

// Client is the one of these tests. Its transport is its own, because a test server that
// closes hangs up the connections of the default one, on which other tests are sending.
var Client = &http.Client{Transport: &http.Transport{}}

// Send makes a request as an app does. body may be nil, text, or anything JSON; headers come
// in pairs, and an empty value takes one away. The test fails where the answer breaks our own
// document, or is JSON by name only.
func Send(t testing.TB, method, target string, body any, headers ...string) Received {
	t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		r = strings.NewReader(string(text))
	}
	req, err := http.NewRequest(method, target, r)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := Client.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if v := res.Header.Get(engine.ViolationHeader); v != "" {
		t.Errorf("%s %s: our answer breaks our document: %s", method, target, v)
	}
	got := Received{Status: res.StatusCode, Header: res.Header, Raw: ReadAll(t, res)}
	if got.Raw != "" && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(got.Raw), &got.Body); err != nil {
			t.Errorf("%s %s answers no JSON: %s", method, target, got.Raw)
		}
	}
	return got
}

// ReadAll takes the body of an answer.
func ReadAll(t testing.TB, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// JSON decodes an answer; the test fails where it is none.
func JSON(t testing.TB, body []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// At follows keys and indexes into decoded JSON: "accounts.0.id"; nil where that leads
// nowhere, and v itself for "".
func At(v any, path string) any {
	if path == "" {
		return v
	}
	for part := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}
