package engine

import (
	"context"
	"testing"
)

// Of equal calls one is let through at a time; who has left does not go on.
func TestTwins(t *testing.T) {
	t.Parallel()
	var tw twins
	leave, err := tw.enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := tw.enter(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	other()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tw.enter(gone, "a"); err == nil {
		t.Error("a client that has left was let in")
	}
	in := make(chan func())
	go func() {
		leave, err := tw.enter(context.Background(), "a")
		if err != nil {
			t.Error(err)
		}
		in <- leave
	}()
	select {
	case <-in:
		t.Fatal("two twins are in")
	default:
	}
	leave()
	(<-in)()
	if len(tw.busy) != 0 {
		t.Errorf("%d names are left behind", len(tw.busy))
	}
}
