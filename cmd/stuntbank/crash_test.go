package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
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
		switch i % 5 {
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

// The server is killed again and again while several apps write. After each start it
// knows all that it had acknowledged, and nothing that it had forgotten.
func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	const rounds, writers = 6, 4
	state := filepath.Join(t.TempDir(), "state")
	chance := rand.New(rand.NewPCG(1, 2))
	c := &crashed{facts: map[string]func(*testing.T){}}
	for round := range rounds {
		cmd, base := launched(t, "--state", state)
		c.base = base
		if round == 0 {
			for w := range writers {
				name := fmt.Sprintf("crash-%d", w)
				if status, answer, err := c.call(http.MethodPost, "/_stunt/v1/sandboxes", map[string]any{"name": name, "clock": "2026-03-31T10:00:00Z"}); status != 201 {
					t.Fatalf("%d %v %v", status, answer, err)
				}
			}
		}
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
	stopped(t, cmd)
	t.Logf("%d acknowledged writes, %d facts", c.acks, len(c.facts))
}
