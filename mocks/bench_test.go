package mocks_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/control"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
	"github.com/stuntbank/stuntbank/mocks/engine/widget"
	"github.com/stuntbank/stuntbank/openapi"
)

// connections is how many clients are at work at a time.
const connections = 16

// server is the product as serve builds it.
func server(b *testing.B) (*engine.Server, string) {
	b.Helper()
	s, err := engine.New(engine.Config{Providers: append(mocks.All(), control.New()), Store: memory.New(), Contract: openapi.Request})
	if err != nil {
		b.Fatal(err)
	}
	widget.Mount(s)
	ts := httptest.NewServer(s)
	b.Cleanup(ts.Close)
	return s, ts.URL
}

// bare is gin alone: a handler that reads the body and writes ready bytes.
func bare(b *testing.B, method, path string, status int, body []byte) string {
	b.Helper()
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	length := []string{strconv.Itoa(len(body))}
	e.Handle(method, path, func(c *gin.Context) {
		if method == http.MethodPost {
			if _, err := io.ReadAll(c.Request.Body); err != nil {
				c.AbortWithStatus(http.StatusBadRequest)
				return
			}
		}
		h := c.Writer.Header()
		h["Content-Type"] = []string{"application/json; charset=utf-8"}
		h["Content-Length"] = length
		c.Writer.WriteHeader(status)
		c.Writer.Write(body)
	})
	ts := httptest.NewServer(e)
	b.Cleanup(ts.Close)
	return ts.URL
}

// load sends n raw requests over the connections and gives the time that it took. The
// client does as little as it can, so that the server's work is what is measured.
func load(b *testing.B, addr, request string, status, n int) time.Duration {
	b.Helper()
	var wg sync.WaitGroup
	begin := time.Now()
	for c := range connections {
		wg.Add(1)
		go func() {
			defer wg.Done()
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			r, want := bufio.NewReaderSize(conn, 32<<10), fmt.Appendf(nil, "HTTP/1.1 %d ", status)
			for range share(n, c) {
				if _, err := io.WriteString(conn, request); err != nil {
					b.Error(err)
					return
				}
				if err := answered(r, want); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	return time.Since(begin)
}

func share(n, c int) int { return (n + connections - 1 - c) / connections }

// answered reads one answer with a Content-Length.
func answered(r *bufio.Reader, status []byte) error {
	length := -1
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, status) {
			return fmt.Errorf("answered %s", line)
		}
		if len(line) == len("\r\n") {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return err
			}
		}
	}
	_, err := r.Discard(length)
	return err
}

// versus measures two servers in turns, and reports requests a second, the median of
// the turns' ratios, and the ratio of the processor time that both took. That one holds
// still on a machine that others use too.
func versus(b *testing.B, status int, ours, ourRequest, bareURL, bareRequest string) {
	b.Helper()
	rounds(b, 4000, status, ours, ourRequest, bareURL, bareRequest)
}

// rounds is versus with so many requests in a turn.
func rounds(b *testing.B, round, status int, ours, ourRequest, bareURL, bareRequest string) {
	b.Helper()
	turn := func(url, request string) (took, used time.Duration) {
		used = processorTime()
		took = load(b, strings.TrimPrefix(url, "http://"), request, status, round)
		return took, processorTime() - used
	}
	turn(ours, ourRequest) // warm up
	turn(bareURL, bareRequest)
	var ratios []float64
	var a, z, usedA, usedZ time.Duration
	for b.Loop() {
		took, used := turn(ours, ourRequest)
		tookBare, usedBare := turn(bareURL, bareRequest)
		a, z, usedA, usedZ = a+took, z+tookBare, usedA+used, usedZ+usedBare
		ratios = append(ratios, float64(tookBare)/float64(took))
	}
	slices.Sort(ratios)
	n := float64(round * len(ratios))
	b.ReportMetric(n/a.Seconds(), "ours/s")
	b.ReportMetric(n/z.Seconds(), "bare/s")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	if usedA > 0 {
		b.ReportMetric(float64(usedZ)/float64(usedA), "cpu-ratio")
		b.ReportMetric(usedA.Seconds()*1e6/n, "cpu-us/call")
	}
}

// A list of thirty transactions through the whole pipeline, beside a bare handler that
// writes the same body.
func BenchmarkList30(b *testing.B) { beside(b, "transactions.list") }

// A POST that starts a session, checked and stored. From the ten thousandth on each one
// also forgets the oldest.
func BenchmarkStartSession(b *testing.B) { beside(b, "session.create") }

func beside(b *testing.B, op string) {
	each(b, op, func(b *testing.B, _ *engine.Server, base string, c call) {
		b.Logf("%d bytes", len(c.answer))
		versus(b, c.status, base, c.to(c.target), bare(b, c.method, "/bare/:id", c.status, c.answer), c.to("/bare/x?a=b"))
	})
}

// A page of a widget, the first one, through the whole pipeline, beside a bare handler that
// writes the same bytes.
func BenchmarkWidgetPage(b *testing.B) {
	for _, man := range manifests() {
		b.Run(man.Name, func(b *testing.B) {
			if !man.HasPages() {
				b.Skip("it has no pages")
			}
			_, base := server(b)
			entry, err := engine.NewDriver(base, "", man).Begin(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			res, err := client.Get(entry)
			if err != nil {
				b.Fatal(err)
			}
			res.Body.Close()
			c := call{method: http.MethodGet, target: res.Header.Get("Location"), head: "Host: localhost\r\nAccept: text/html\r\n"}
			c.status, c.answer = send(b, base, c.to(c.target))
			b.Logf("%s: %d bytes", c.target, len(c.answer))
			versus(b, c.status, base, c.to(c.target), bare(b, c.method, "/bare/:id", c.status, c.answer), c.to("/bare/x?a=b"))
		})
	}
}

// BenchmarkCall is both without a wire: what the pipeline allocates.
func BenchmarkCall(b *testing.B) {
	for _, op := range []string{"transactions.list", "session.create"} {
		b.Run(op, func(b *testing.B) {
			each(b, op, func(b *testing.B, s *engine.Server, _ string, c call) {
				r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(c.to(c.target))))
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					again, url := *r, *r.URL
					again.URL, again.Body = &url, io.NopCloser(strings.NewReader(c.body))
					w := nowhere{header: http.Header{}}
					if s.ServeHTTP(&w, &again); w.status != c.status {
						b.Fatalf("answered %d", w.status)
					}
				}
			})
		})
	}
}

// BenchmarkPageCall is a page of a widget without a wire.
func BenchmarkPageCall(b *testing.B) {
	for _, man := range manifests() {
		b.Run(man.Name, func(b *testing.B) {
			s, base := server(b)
			entry, err := engine.NewDriver(base, "", man).Begin(context.Background())
			if err != nil {
				b.Skip("it has no pages")
			}
			client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			res, err := client.Get(entry)
			if err != nil {
				b.Fatal(err)
			}
			res.Body.Close()
			text := "GET " + res.Header.Get("Location") + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n"
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				again, url := *r, *r.URL
				again.URL = &url
				w := nowhere{header: http.Header{}}
				if s.ServeHTTP(&w, &again); w.status != http.StatusOK {
					b.Fatalf("answered %d", w.status)
				}
			}
		})
	}
}

// nowhere takes an answer.
type nowhere struct {
	header http.Header
	status int
}

func (w *nowhere) Header() http.Header             { return w.header }
func (w *nowhere) Write(p []byte) (int, error)     { return len(p), nil }
func (w *nowhere) WriteHeader(status int)          { w.status = status }
func (w *nowhere) SetReadDeadline(time.Time) error { return nil }

// call is a call as the document's example has it, and its answer.
type call struct {
	method, target string
	head           string // behind the request line
	body           string
	status         int
	answer         []byte
}

// to is the text of the call to another target.
func (c call) to(target string) string {
	return c.method + " " + target + " HTTP/1.1\r\n" + c.head + "\r\n" + c.body
}

// each makes a server for each provider that has the operation, and calls it once.
func each(b *testing.B, op string, f func(*testing.B, *engine.Server, string, call)) {
	for _, man := range manifests() {
		b.Run(man.Name, func(b *testing.B) {
			s, base := server(b)
			d := engine.NewDriver(base, "", man)
			op := operation(b, man, op)
			if op.Op == "transactions.list" && op.Method != http.MethodGet {
				b.Skip("its transactions are no list, see BenchmarkYearOfACard")
			}
			if _, err := d.Call(context.Background(), op.ID); err != nil {
				b.Fatal(err)
			}
			e, err := op.Example.Expand(d.Vars)
			if err != nil {
				b.Fatal(err)
			}
			delete(e.Query, "per_page")
			c := call{method: op.Method, target: "/" + man.Name + op.Target(e), head: "Host: localhost\r\n"}
			for k, v := range e.Headers {
				c.head += k + ": " + v + "\r\n"
			}
			if e.Body != nil {
				c.body = marshal(b, e.Body)
				c.head += "Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(c.body)) + "\r\n"
			}
			c.status, c.answer = send(b, base, c.to(c.target))
			f(b, s, base, c)
		})
	}
}

// send sends a request as it is written.
func send(b *testing.B, base, text string) (status int, answer []byte) {
	b.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		b.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		b.Fatal(err)
	}
	answer, err = io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		b.Fatalf("answered %s: %s", res.Status, answer)
	}
	return res.StatusCode, answer
}

// A year of a card, some thousand rows, through the whole pipeline, beside a bare handler
// that writes the same bytes.
func BenchmarkYearOfACard(b *testing.B) {
	_, base := server(b)
	const root = "/flinks/v3/43387ca6-0391-4c82-857d-70d95f087ecb/BankingServices/"
	key := map[string]string{"x-api-key": "3d5266a8-b697-48d4-8de6-52e2e2662acc", "Content-Type": "application/json"}
	post := func(path, body string) (out struct{ RequestId string }) {
		req, err := http.NewRequest(http.MethodPost, base+root+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		for k, v := range key {
			req.Header.Set(k, v)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.RequestId == "" {
			b.Fatalf("%s: %v", path, err)
		}
		return out
	}
	id := post("Authorize", `{"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday","MostRecentCached":false}`).RequestId
	post("GetAccountsDetail", `{"RequestId":"`+id+`","DaysOfTransactions":"Days365"}`)
	target := root + "GetAccountsDetailAsync/" + id
	body := fetch(b, base+target, key)
	b.Logf("%d bytes, %d rows", len(body), strings.Count(string(body), `"Debit":`))
	head := "GET %s HTTP/1.1\r\nHost: localhost\r\nx-api-key: " + key["x-api-key"] + "\r\n\r\n"
	rounds(b, 400, 200, base, fmt.Sprintf(head, target), bare(b, "GET", "/card", 200, body), fmt.Sprintf(head, "/card"))
}

// A sandbox that is named for the first time.
func BenchmarkNewSandbox(b *testing.B) {
	s, err := engine.New(engine.Config{Providers: mocks.All(), Store: memory.New(), Sandboxes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if _, err := s.Enter(context.Background(), "bench-"+strconv.Itoa(i)); err != nil {
			b.Fatal(err)
		}
	}
}

// Building the server: everything that happens before it can listen.
func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		s, err := engine.New(engine.Config{Providers: append(mocks.All(), control.New()), Store: memory.New()})
		if err != nil {
			b.Fatal(err)
		}
		widget.Mount(s)
	}
}

func manifests() []engine.Manifest {
	var out []engine.Manifest
	for _, p := range mocks.All() {
		out = append(out, p.Manifest())
	}
	return out
}

func operation(b testing.TB, man engine.Manifest, op string) *openapi.Operation {
	b.Helper()
	spec, err := man.Spec()
	if err != nil {
		b.Fatal(err)
	}
	for _, o := range spec.Operations() {
		if o.Op == op {
			return o
		}
	}
	b.Fatalf("%s has no %s", man.Name, op)
	return nil
}

func fetch(b *testing.B, url string, headers map[string]string) []byte {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("%s answers %s: %s", url, res.Status, body)
	}
	return body
}

func marshal(b *testing.B, v any) string {
	b.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// BenchmarkAdvance moves a clock by 90 days over 540 due rows: each day six connections
// are refreshed, and nobody listens to what is told of it.
func BenchmarkAdvance(b *testing.B) {
	s, err := engine.New(engine.Config{Providers: append(mocks.All(), control.New()), Store: memory.New(), Contract: openapi.Request})
	if err != nil {
		b.Fatal(err)
	}
	widget.Mount(s)
	client := engine.InProcess(s)
	ctx, rows := context.Background(), 0
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		name := "advance-" + strconv.Itoa(i)
		for range 6 {
			res, err := client.Post("http://localhost/~"+name+"/_stunt/v1/connections", "application/json", strings.NewReader(`{"provider":"fintoc"}`))
			if err != nil || res.StatusCode != http.StatusCreated {
				b.Fatal(err, res)
			}
		}
		sb, err := s.Sandbox(ctx, name)
		if err != nil {
			b.Fatal(err)
		}
		to := sb.Now(s.Wall()).Add(90 * 24 * time.Hour)
		b.StartTimer()
		moved, err := s.MoveClock(ctx, name, engine.Move{Set: &to})
		if err != nil {
			b.Fatal(err)
		}
		rows = moved.Ran
		b.StopTimer()
		if err := s.Delete(ctx, name); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(rows), "rows/op")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/op")
}
