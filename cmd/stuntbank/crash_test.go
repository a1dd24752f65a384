package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// crashed are the facts that a server with --state has told somebody, and that it must
// know after it was killed.
type crashed struct {
	mu    sync.Mutex
	base  string
	facts map[string]func(t *testing.T) // what to ask for, by what it is about
	acks  int
	kill  int    // after so many acknowledged writes
	fire  func() // kills the server

	hook     *httptest.Server
	promised map[string]bool   // events that the server has acknowledged
	received map[string]string // events that it has told the receiver, and of which sandbox they are
}

// hear is the receiver of webhooks, which lives through all crashes.
func (c *crashed) hear(_ http.ResponseWriter, r *http.Request) {
	var event struct {
		ID string `json:"id"`
	}
	json.NewDecoder(r.Body).Decode(&event)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received[event.ID] = strings.TrimPrefix(r.URL.Path, "/")
}

// checkDelivered looks whether the server knows of every event that it told somebody.
func (c *crashed) checkDelivered(t *testing.T, writers int) {
	t.Helper()
	known := map[string]bool{}
	for w := range writers {
		_, answer, err := c.call(http.MethodGet, fmt.Sprintf("/~crash-%d/_stunt/v1/deliveries", w), nil)
		if err != nil {
			t.Fatal(err)
		}
		list, _ := answer["deliveries"].([]any)
		for _, d := range list {
			known[fmt.Sprint(d.(map[string]any)["event_id"])] = true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, sandbox := range c.received {
		if !known[id] {
			t.Errorf("the event %s of %s was delivered, and the server knows nothing of it", id, sandbox)
		}
	}
}

// told notes a fact that the server has acknowledged; at the chosen one the server dies,
// under the hands of the other writers.
func (c *crashed) told(about string, check func(t *testing.T)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.facts[about] = check
	if c.acks++; c.acks == c.kill {
		c.fire()
	}
}

// call makes a call; an error means that the server is dead.
func (c *crashed) call(method, path string, body any) (status int, answer map[string]any, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequest(method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "sk_test_crash")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && len(raw) > 0 && raw[0] == '{' {
		err = json.Unmarshal(raw, &answer)
	}
	return res.StatusCode, answer, err
}

// status is a check that a call is answered with a status.
func (c *crashed) status(path string, want ...int) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		got, answer, err := c.call(http.MethodGet, path, nil)
		for _, s := range want {
			if s == got {
				return
			}
		}
		t.Errorf("%s was acknowledged and now answers %d %v %v, want %v", path, got, answer, err, want)
	}
}

// write does what apps and tests do, one after the other, until the server dies. Sandbox
// and clock are this writer's own.
func (c *crashed) write(t *testing.T, w int) {
	root := fmt.Sprintf("/~crash-%d", w)
	links := []string{}
	for i := 0; ; i++ {
		switch i % 6 {
		case 0, 1:
			status, li, err := c.call(http.MethodPost, root+"/fintoc/v1/link_intents", map[string]any{"product": "movements", "country": "cl", "holder_type": "individual"})
			if err != nil {
				return
			}
			id, _ := li["id"].(string)
			if status/100 != 2 || id == "" {
				t.Errorf("link intent: %d %v", status, li)
				return
			}
			c.mu.Lock()
			_, twice := c.facts[id]
			c.mu.Unlock()
			if twice {
				t.Errorf("the id %s was given twice: a sequence was lost", id)
			}
			c.told(id, c.status(root+fmt.Sprintf("/fintoc/webview/widget.html?public_key=pk_test_crash&widget_token=%s", li["widget_token"]), 200))
		case 2:
			status, conn, err := c.call(http.MethodPost, root+"/_stunt/v1/connections", map[string]any{"provider": "fintoc", "params": map[string]any{"holder_type": "individual"}})
			if err != nil {
				return
			}
			secrets, _ := conn["secrets"].(map[string]any)
			token, _ := secrets["link_token"].(string)
			if status/100 != 2 || token == "" {
				t.Errorf("connection: %d %v", status, conn)
				return
			}
			links = append(links, token)
			c.told(token, c.status(root+"/fintoc/v1/accounts?link_token="+token, 200))
		case 3:
			status, moved, err := c.call(http.MethodPost, root+"/_stunt/v1/clock", map[string]any{"advance": "1s"})
			if err != nil {
				return
			}
			now, e := time.Parse(time.RFC3339, fmt.Sprint(moved["now"]))
			if status != 200 || e != nil {
				t.Errorf("clock: %d %v", status, moved)
				return
			}
			c.told(root+" clock", func(t *testing.T) {
				_, clock, err := c.call(http.MethodGet, root+"/_stunt/v1/clock", nil)
				at, e := time.Parse(time.RFC3339, fmt.Sprint(clock["now"]))
				// A move that was on its way may have arrived.
				if err != nil || e != nil || at.Sub(now) != 0 && at.Sub(now) != time.Second {
					t.Errorf("the clock of %s was moved to %s and shows %s: %v", root, now, clock["now"], err)
				}
			})
		case 5:
			status, event, err := c.call(http.MethodPost, root+"/fintoc/v1/events/trigger", map[string]any{"type": "account.refresh_intent.succeeded"})
			if err != nil {
				return
			}
			id, _ := event["id"].(string)
			if status != 201 || id == "" {
				t.Errorf("event: %d %v", status, event)
				return
			}
			c.mu.Lock()
			c.promised[id] = true
			c.mu.Unlock()
			c.told("an event of "+root, func(*testing.T) {})
		case 4:
			if len(links) < 3 {
				continue
			}
			token := links[0]
			links = links[1:]
			id, _, _ := bytes.Cut([]byte(token), []byte("_token_"))
			// While it is being deleted, nobody knows.
			c.mu.Lock()
			c.facts[token] = c.status(root+"/fintoc/v1/accounts?link_token="+token, 200, 403, 404)
			c.mu.Unlock()
			status, answer, err := c.call(http.MethodDelete, root+"/fintoc/v1/links/"+string(id), nil)
			if err != nil {
				return
			}
			if status/100 != 2 {
				t.Errorf("delete: %d %v", status, answer)
				return
			}
			c.told(token, c.status(root+"/fintoc/v1/accounts?link_token="+token, 403, 404))
		}
	}
}

// The server is killed again and again while several apps write and are told of it. After
// each start it knows all that it had acknowledged or told, and nothing that it had
// forgotten; in the end everything that it promised was told.
func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	const rounds, writers = 6, 4
	state := filepath.Join(t.TempDir(), "state")
	chance := rand.New(rand.NewPCG(1, 2))
	c := &crashed{facts: map[string]func(*testing.T){}, promised: map[string]bool{}, received: map[string]string{}}
	c.hook = httptest.NewServer(http.HandlerFunc(c.hear))
	defer c.hook.Close()
	for round := range rounds {
		cmd, base := launched(t, "--state", state)
		c.base = base
		if round == 0 {
			for w := range writers {
				name := fmt.Sprintf("crash-%d", w)
				if status, answer, err := c.call(http.MethodPost, "/_stunt/v1/sandboxes", map[string]any{"name": name, "clock": "2026-03-31T10:00:00Z"}); status != 201 {
					t.Fatalf("%d %v %v", status, answer, err)
				}
				status, answer, err := c.call(http.MethodPost, "/~"+name+"/fintoc/v1/webhook_endpoints", map[string]any{
					"url": c.hook.URL + "/" + name, "enabled_events": []string{"account.refresh_intent.succeeded"}})
				if status != 201 {
					t.Fatalf("%d %v %v", status, answer, err)
				}
			}
		}
		c.checkDelivered(t, writers)
		for _, check := range c.facts {
			check(t)
		}
		c.mu.Lock()
		c.kill = c.acks + 20 + chance.IntN(80)
		c.fire = func() { cmd.Process.Kill() }
		c.mu.Unlock()
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() { c.write(t, w) })
		}
		wg.Wait()
		cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || t.Failed() {
			t.Fatalf("round %d: the server ended with %v", round, err)
		}
	}
	cmd, base := launched(t, "--state", state)
	c.base = base
	for _, check := range c.facts {
		check(t)
	}
	c.checkDelivered(t, writers)
	for w := range writers {
		if status, answer, err := c.call(http.MethodPost, fmt.Sprintf("/~crash-%d/_stunt/v1/deliveries/drain", w), map[string]any{}); status != 200 {
			t.Errorf("drain: %d %v %v", status, answer, err)
		}
	}
	stopped(t, cmd)
	for id := range c.promised {
		if c.received[id] == "" {
			t.Errorf("the event %s was acknowledged and never delivered", id)
		}
	}
	t.Logf("%d acknowledged writes, %d facts, %d events promised, %d delivered", c.acks, len(c.facts), len(c.promised), len(c.received))
}
