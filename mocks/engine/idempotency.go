package engine

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Idempotency is how a provider lets an app repeat a call without doing it twice.
type Idempotency struct {
	Header  string        // that carries the key
	Longest int           // characters of a key
	Keep    time.Duration // how long an answer is remembered, virtual
}

// remembered is a call with an idempotency key, by the hash of whose it is. The answer is
// sealed with the key that the app sent, which is kept nowhere: answers hold secrets.
type remembered struct {
	Request string `json:"request"` // hash of what was asked
	Status  int    `json:"status"`  // 0: the effect is there, the answer is not
	Answer  []byte `json:"answer,omitempty"`
}

// Clone copies the record.
func (r remembered) Clone() remembered {
	r.Answer = slices.Clone(r.Answer)
	return r
}

// mostKeys is how many keys a sandbox remembers.
const mostKeys = 2000

// idempotent is a call that carries a key, until it is answered.
type idempotent struct {
	id, request string
	seal        cipher.AEAD
	ends        time.Time
	done        func() // lets a twin go on
	replayed    bool
}

// replay looks whether a call is the repetition of one that was answered, and gives the
// same answer then. A twin of a call under way waits for it. Only a POST of a provider
// that has such keys is looked at, and only after it has proved who it is.
func (c *Call) replay() (reply Reply, again bool, err error) {
	how := c.m.man.Idempotency
	if how == nil || c.Request.Method != http.MethodPost || c.rt.page {
		return reply, false, nil
	}
	if key := c.Header(how.Header); key != "" {
		return c.replayOf(key)
	}
	return reply, false, nil
}

func (c *Call) replayOf(key string) (reply Reply, again bool, err error) {
	how := c.m.man.Idempotency
	if len(key) > how.Longest {
		return reply, false, problem.Invalid(how.Header, problem.TooLong, "%s has more than %d characters", how.Header, how.Longest)
	}
	idem, err := c.newIdempotent(key, how.Keep)
	if err != nil {
		return reply, false, err
	}
	if idem.done, err = c.s.twins.enter(c.Context(), c.Sandbox.Name+"\x00"+idem.id); err != nil {
		return reply, false, problem.New(problem.Timeout, "the client left while an equal call was at work")
	}
	c.idem = idem
	var old remembered
	err = c.s.cfg.Store.View(c.Context(), c.Sandbox.Name, func(tx store.Tx) error {
		old, err = keys.Get(tx, idem.id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return reply, false, nil
	}
	idem.replayed = true
	switch {
	case err != nil:
		return reply, false, err
	case old.Request != idem.request:
		return reply, false, &problem.Error{Code: problem.InvalidRequest, Reason: problem.KeyReused, Param: how.Header,
			Detail: "this key came with another request before: use a new key for each request"}
	case old.Status == 0:
		return reply, false, &problem.Error{Code: problem.Conflict, Reason: problem.KeyPending, Param: how.Header,
			Detail: "the call with this key was cut off before its answer was written, but it may have had its effect: look, then use a new key"}
	}
	n := idem.seal.NonceSize()
	body, err := idem.seal.Open(nil, old.Answer[:n], old.Answer[n:], nil)
	if err != nil {
		return reply, false, fmt.Errorf("the remembered answer cannot be read: %w", err)
	}
	c.Note("the idempotency key is known: this is the first call's answer again, and nothing was done")
	return Reply{Status: old.Status, Raw: body}, true, nil
}

func (c *Call) newIdempotent(key string, keep time.Duration) (*idempotent, error) {
	whose := c.s.cfg.Key.Sum(fmt.Appendf(nil, "%s\x00%s\x00%s", c.m.man.Name, c.Credential, key)) // seals the answer; its hash names the record
	block, err := aes.NewCipher(whose)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	asked := sha256.New()
	fmt.Fprintf(asked, "%s\x00%s\x00", c.LocalPath(), c.Request.URL.RawQuery)
	asked.Write(c.Body)
	name := sha256.Sum256(whose)
	return &idempotent{
		id: hex.EncodeToString(name[:]), request: hex.EncodeToString(asked.Sum(nil)), seal: seal, ends: c.Now.Add(keep),
	}, nil
}

// sealed is an answer that only the key opens. Its nonce comes from what it says and
// when it ends, so that runs repeat and no nonce serves two texts.
func (i *idempotent) sealed(body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(i.id+i.request+i.ends.String()))
	mac.Write(body)
	n := mac.Sum(nil)[:i.seal.NonceSize()]
	return i.seal.Seal(slices.Clip(n), n, body, nil)
}

// mark writes, in the transaction of the call's effect, that the key is used.
func (c *Call) mark(tx store.Tx) error {
	if c.idem == nil || c.idem.replayed {
		return nil
	}
	_, err := keys.Get(tx, c.idem.id)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return c.keepKey(tx, remembered{Request: c.idem.request})
}

func (c *Call) keepKey(tx store.Tx, r remembered) error {
	if n, err := keys.Count(tx, ""); err != nil {
		return err
	} else if n >= mostKeys {
		oldest, err := tx.List(store.Query{Kind: kindKey, Limit: 1})
		if err != nil || len(oldest) == 0 {
			return err
		}
		if err := keys.Delete(tx, oldest[0].ID); err != nil {
			return err
		}
	}
	return keys.Create(tx, c.idem.id, r, store.ExpiresAt(c.idem.ends))
}

// remember keeps the answer of a call with a key, whatever its status.
func (c *Call) remember(status int, body []byte) {
	if c.idem == nil || c.idem.replayed {
		return
	}
	r := remembered{Request: c.idem.request, Status: status, Answer: c.idem.sealed(body)}
	err := c.s.do(context.WithoutCancel(c.Context()), c.Sandbox, func(tx store.Tx, _ sandbox.Sandbox) error {
		err := keys.Update(tx, c.idem.id, func(remembered) (remembered, error) { return r, nil })
		if errors.Is(err, store.ErrNotFound) {
			err = c.keepKey(tx, r)
		}
		return err
	})
	if err != nil {
		c.Note("the answer could not be remembered for its idempotency key: %v", err)
		c.s.cfg.Log.Error("idempotency key", "operation", c.entry.OperationID, "sandbox", c.Sandbox.Name, "error", err)
	}
}

// twins lets one call after the other through, of those with one name.
type twins struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

// enter waits until no other call of the name is under way, or ctx is done.
func (t *twins) enter(ctx context.Context, name string) (leave func(), err error) {
	for {
		t.mu.Lock()
		wait := t.busy[name]
		if wait == nil {
			if t.busy == nil {
				t.busy = map[string]chan struct{}{}
			}
			mine := make(chan struct{})
			t.busy[name] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				delete(t.busy, name)
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
