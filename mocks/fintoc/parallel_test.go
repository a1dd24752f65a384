package fintoc_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
	"github.com/stuntbank/stuntbank/scenarios"
)

// contradictions are scenarios of which no two can both hold, from one folder that all
// sandboxes share.
var contradictions = fstest.MapFS{
	"s0.yaml": {Data: []byte("scenario: s0\ntitle: Works\nabout: For the test.\nlogin: {credentials: [accept]}\n")},
	"s1.yaml": {Data: []byte("scenario: s1\ntitle: Never lets in\nabout: For the test.\nlogin: {credentials: [lock]}\n")},
	"s2.yaml": {Data: []byte("scenario: s2\ntitle: Asks for a code\nabout: For the test.\nlogin: {mfa: [{kind: otp_sms}]}\n")},
	"s3.yaml": {Data: []byte("scenario: s3\ntitle: Fails the third list\nabout: For the test.\nrules:\n  - on: transactions.list\n    where: {call: 3}\n    then: {problem: rate_limited}\n")},
}

func TestSandboxesInParallel(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *engine.Config) {
		bundled, err := scenarios.Bundled(engine.Vocabulary(c.Providers))
		if err != nil {
			t.Fatal(err)
		}
		if c.Scenarios, err = bundled.LoadDir(contradictions, "shared"); err != nil {
			t.Fatal(err)
		}
	})
	man := fintoc.New().Manifest()
	var wg sync.WaitGroup
	gate := make(chan struct{}, 16)
	for i := range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			gate <- struct{}{}
			defer func() { <-gate }()
			if err := oneSandbox(k, man, fmt.Sprintf("par-%d", i), i%4); err != nil {
				t.Errorf("sandbox %d: %v", i, err)
			}
		}()
	}
	wg.Wait()
}

// oneSandbox walks through a sandbox whose scenario is number kind, and says where it
// met another's.
func oneSandbox(k *kit, man engine.Manifest, name string, kind int) error {
	d := engine.NewDriver(k.srv.URL, name, man)
	d.Headers["Stunt-Scenario"] = fmt.Sprintf("s%d", kind)
	if _, err := d.Begin(context.Background()); err != nil {
		return err
	}
	delete(d.Headers, "Stunt-Scenario") // the session keeps its layers
	handle, err := d.Open(context.Background())
	if err != nil {
		return err
	}
	if err := d.Finish(context.Background(), handle); err != nil {
		return err
	}
	connected := d.Vars["exchange_token"] != ""
	if connected != (kind != 1) {
		return fmt.Errorf("connected is %t under scenario s%d", connected, kind)
	}
	if !connected {
		return nil
	}
	codes, err := k.srv.Inbox(context.Background(), name)
	if err != nil || (len(codes) > 0) != (kind == 2) {
		return fmt.Errorf("%d codes were sent under scenario s%d (%v)", len(codes), kind, err)
	}
	for call := 1; call <= 4; call++ {
		a, err := d.Call(context.Background(), "listMovements")
		if err != nil {
			return err
		}
		if limited := a.Status == 429; limited != (kind == 3 && call == 3) {
			return fmt.Errorf("call %d answers %d under scenario s%d", call, a.Status, kind)
		}
		if want := fmt.Sprintf("%s-", name); len(a.Header.Get(engine.RequestHeader)) <= len(want) || a.Header.Get(engine.RequestHeader)[:len(want)] != want {
			return fmt.Errorf("answered by %s", a.Header.Get(engine.RequestHeader))
		}
	}
	return nil
}
