package webhook_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

var noon = time.Date(2026, time.March, 31, 12, 0, 0, 0, time.UTC)

func TestSchedule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s    webhook.Schedule
		want []time.Duration // pauses, until it gives up
	}{
		"doubling":     {webhook.Schedule{Tries: 4, First: 3 * time.Second, Factor: 2}, []time.Duration{3 * time.Second, 6 * time.Second, 12 * time.Second}},
		"even":         {webhook.Schedule{Tries: 3, First: 30 * time.Minute}, []time.Duration{30 * time.Minute, 30 * time.Minute}},
		"capped":       {webhook.Schedule{Tries: 5, First: time.Second, Factor: 10, Longest: 50 * time.Second}, []time.Duration{time.Second, 10 * time.Second, 50 * time.Second, 50 * time.Second}},
		"one try":      {webhook.Schedule{Tries: 1, First: time.Second}, nil},
		"no schedule":  {webhook.Schedule{}, nil},
		"never so far": {webhook.Schedule{Tries: 70, First: time.Hour, Factor: 2, Longest: 24 * time.Hour}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			last := noon
			for n := 1; ; n++ {
				next, ok := c.s.Next(n, last)
				if !ok {
					if n != max(c.s.Tries, 1) {
						t.Errorf("gave up after %d tries", n)
					}
					break
				}
				if !next.After(last) || next.Sub(last) > 48*time.Hour {
					t.Fatalf("try %d comes %s after the one before", n+1, next.Sub(last))
				}
				if c.want != nil && next.Sub(last) != c.want[n-1] {
					t.Errorf("pause %d is %s, want %s", n, next.Sub(last), c.want[n-1])
				}
				last = next
			}
		})
	}
	if _, ok := (webhook.Schedule{Tries: 3, First: 1}).Next(0, noon); ok {
		t.Error("what was never tried is tried again")
	}
}

func TestTried(t *testing.T) {
	t.Parallel()
	s := webhook.Schedule{Tries: 2, First: time.Minute}
	d := webhook.Delivery{State: webhook.Pending, Due: noon}
	once := d.Tried(webhook.Attempt{At: noon, Status: 503}, s)
	if once.State != webhook.Pending || !once.Due.Equal(noon.Add(time.Minute)) || once.Attempts[0].N != 1 {
		t.Errorf("after a failure: %+v", once)
	}
	if len(d.Attempts) != 0 {
		t.Error("the argument was changed")
	}
	if got := once.Tried(webhook.Attempt{At: noon, Status: 204}, s); got.State != webhook.Delivered || !got.Due.IsZero() || got.Attempts[1].N != 2 {
		t.Errorf("after success: %+v", got)
	}
	exact := webhook.Schedule{Tries: 2, First: time.Minute, Status: 200}
	for status, want := range map[int]webhook.State{200: webhook.Delivered, 204: webhook.Pending, 500: webhook.Pending} {
		if got := d.Tried(webhook.Attempt{At: noon, Status: status}, exact); got.State != want {
			t.Errorf("%d where only a 200 counts: %s", status, got.State)
		}
	}
	if got := once.Tried(webhook.Attempt{At: noon, Status: 302}, s); got.State != webhook.Failed || !got.Due.IsZero() {
		t.Errorf("after the last failure: %+v", got)
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	some, err := webhook.ParseAllow([]string{"Hooks.example.com", "203.0.113.0/24", "2001:db8::1", " "})
	if err != nil {
		t.Fatal(err)
	}
	all, err := webhook.ParseAllow([]string{"*"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ip, host   string
		none, some bool
	}{
		{"127.0.0.1", "localhost", true, true}, {"127.8.9.1", "x", true, true}, {"::1", "x", true, true},
		{"10.1.2.3", "x", true, true}, {"172.18.0.5", "app", true, true}, {"192.168.1.9", "x", true, true}, {"fd00::1", "x", true, true},
		{"::ffff:10.1.2.3", "x", true, true},
		{"8.8.8.8", "x", false, false}, {"8.8.8.8", "hooks.example.com", false, true}, {"8.8.8.8", "HOOKS.example.com", false, true},
		{"8.8.8.8", "evil-hooks.example.com", false, false}, {"::ffff:8.8.8.8", "x", false, false},
		{"203.0.113.77", "x", false, true}, {"203.0.114.1", "x", false, false}, {"2001:db8::1", "x", false, true}, {"2001:db8::2", "x", false, false},
		{"169.254.169.254", "metadata", false, false}, {"fe80::1%eth0", "x", false, false}, {"0.0.0.0", "x", false, false}, {"::", "x", false, false},
		{"224.0.0.1", "x", false, false}, {"100.64.0.1", "x", false, false}, {"255.255.255.255", "x", false, false},
	} {
		ip := netip.MustParseAddr(c.ip)
		if err := (webhook.Allow{}).Address(c.host, ip); (err == nil) != c.none {
			t.Errorf("%s (%s): %v", c.ip, c.host, err)
		}
		if err := some.Address(c.host, ip); (err == nil) != c.some {
			t.Errorf("%s (%s) with a list: %v", c.ip, c.host, err)
		}
		if err := all.Address(c.host, ip); err != nil {
			t.Errorf("%s with *: %v", c.ip, err)
		}
	}
	if err := (webhook.Allow{}).Address("a.example", netip.MustParseAddr("8.8.8.8")); !strings.Contains(err.Error(), "--webhook-allow a.example") {
		t.Errorf("the error names no fix: %v", err)
	}
	for _, bad := range []string{"http://x", "a b", "x/y", "10.0.0.0/99"} {
		if _, err := webhook.ParseAllow([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{"http://127.0.0.1:4000/hooks", "https://example.com", "http://app:8080/x?y=z", "http://[::1]:9/"} {
		if err := webhook.CheckURL(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", "example.com/hook", "ftp://example.com", "javascript:alert(1)", "file:///etc/passwd", "http://", "http:///x",
		"http://user:pass@example.com/", "http://a b/", "http://\x00", "http://example.com/" + strings.Repeat("x", 3000),
	} {
		if err := webhook.CheckURL(bad); err == nil {
			t.Errorf("%.60q is taken", bad)
		}
	}
}
