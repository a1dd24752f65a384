package grant_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

var born = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func issue(r grant.Rules) grant.Grant {
	return grant.Issue(grant.Access, "p", "link_1", 0, r, born)
}

// step is one use of a grant: when, by which session, and what comes of it.
type step struct {
	at      time.Duration
	session string
	want    problem.Code // empty: it works
}

func TestUse(t *testing.T) {
	t.Parallel()
	const reused, expired = problem.ReusedGrant, problem.ExpiredGrant
	hour := time.Hour
	for _, tt := range []struct {
		name  string
		rules grant.Rules
		steps []step
	}{
		{"no rules", grant.Rules{}, []step{{0, "", ""}, {1e6 * hour, "", ""}}},
		{"ttl", grant.Rules{TTL: hour}, []step{{0, "", ""}, {hour - 1, "", ""}, {hour, "", expired}, {hour + 1, "", expired}}},
		{"ttl does not slide", grant.Rules{TTL: hour}, []step{{50 * time.Minute, "", ""}, {hour, "", expired}}},
		{"idle", grant.Rules{Idle: hour}, []step{{hour - 1, "", ""}, {2*hour - 2, "", ""}, {3*hour - 2, "", expired}}},
		{"idle from the issue", grant.Rules{Idle: hour}, []step{{hour, "", expired}}},
		{"a refused use does not slide", grant.Rules{Idle: hour}, []step{{hour, "", expired}, {hour - 1, "", ""}}},
		{"idle below ttl", grant.Rules{Idle: hour, TTL: 2 * hour}, []step{{hour - 1, "", ""}, {2*hour - 2, "", ""}, {2 * hour, "", expired}}},
		{"absolute", grant.Rules{Absolute: hour}, []step{{hour - 1, "", ""}, {hour, "", expired}}},
		{"once", grant.Rules{Uses: 1}, []step{{0, "", ""}, {0, "", reused}, {hour, "", reused}}},
		{"three uses", grant.Rules{Uses: 3}, []step{{0, "", ""}, {1, "", ""}, {2, "", ""}, {3, "", reused}}},
		{"expired before it is reused", grant.Rules{Uses: 1, TTL: hour}, []step{{0, "", ""}, {hour, "", expired}}},
		{"rotation", grant.Rules{Rotate: true}, []step{{0, "", ""}, {0, "", reused}}},
		{"grace", grant.Rules{Rotate: true, Grace: time.Minute}, []step{{0, "", ""}, {time.Minute - 1, "", ""}, {time.Minute, "", reused}}},
		{"grace counts from the first use", grant.Rules{Uses: 1, Grace: time.Minute}, []step{{0, "", ""}, {40 * time.Second, "", ""}, {80 * time.Second, "", reused}}},
		{"reuse allowed", grant.Rules{Uses: 1, Reuse: grant.AllowReuse}, []step{{0, "", ""}, {0, "", ""}, {hour, "", ""}}},
		{"reuse allowed, still a ttl", grant.Rules{Uses: 1, Reuse: grant.AllowReuse, TTL: hour}, []step{{0, "", ""}, {hour, "", expired}}},
		{"reuse refused", grant.Rules{Uses: 1, Reuse: grant.RefuseReuse}, []step{{0, "", ""}, {0, "", reused}}},
		{"reuse revokes the family", grant.Rules{Uses: 1, Reuse: grant.RevokeFamily}, []step{{0, "", ""}, {0, "", reused}}},
		{"one session", grant.Rules{Uses: 1, PerSession: true}, []step{{0, "a", ""}, {1, "a", ""}, {2, "b", reused}, {3, "a", ""}}},
		{"two sessions", grant.Rules{Uses: 2, PerSession: true}, []step{{0, "a", ""}, {1, "b", ""}, {2, "a", ""}, {3, "c", reused}, {4, "b", ""}}},
		{"nobody is no session", grant.Rules{Uses: 1, PerSession: true}, []step{{0, "", ""}, {1, "", reused}, {1, "a", reused}}},
		{"a session's grant expires too", grant.Rules{Uses: 1, PerSession: true, TTL: hour}, []step{{0, "a", ""}, {hour, "a", expired}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := issue(tt.rules)
			for i, s := range tt.steps {
				next, err := g.Use(born.Add(s.at), s.session)
				if code(err) != s.want {
					t.Fatalf("use %d at +%v by %q: %v, want %q", i+1, s.at, s.session, err, s.want)
				}
				if err != nil && !reflect.DeepEqual(next, g) {
					t.Fatalf("use %d was refused and counted: %+v", i+1, next)
				}
				g = next
			}
		})
	}
}

func code(err *problem.Error) problem.Code {
	if err == nil {
		return ""
	}
	return err.Code
}

func TestReuseSaysSpent(t *testing.T) {
	t.Parallel()
	g, _ := issue(grant.Rules{Uses: 1}).Use(born, "")
	_, err := g.Use(born, "")
	if err == nil || err.Reason != problem.Spent {
		t.Errorf("the reason is %+v", err)
	}
	if !g.SpentAt.Equal(born) || g.Uses != 1 {
		t.Errorf("spent at %v after %d uses", g.SpentAt, g.Uses)
	}
}

func TestCheckUsesNothing(t *testing.T) {
	t.Parallel()
	g := issue(grant.Rules{Uses: 1, TTL: time.Hour})
	for range 3 {
		if err := g.Check(born); err != nil {
			t.Fatal(err)
		}
	}
	spent, _ := g.Use(born, "")
	if got := code(spent.Check(born)); got != problem.ReusedGrant {
		t.Errorf("a spent grant checks as %q", got)
	}
	if got := code(g.Check(born.Add(time.Hour))); got != problem.ExpiredGrant {
		t.Errorf("an expired grant checks as %q", got)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	g := issue(grant.Rules{TTL: time.Hour})
	r := g.Revoke(born.Add(time.Minute))
	for at, want := range map[time.Duration]problem.Code{
		time.Minute - 1: "", time.Minute: problem.InvalidGrant, time.Hour: problem.InvalidGrant,
	} {
		if got := code(r.Check(born.Add(at))); got != want {
			t.Errorf("at +%v: %q, want %q", at, got, want)
		}
	}
	if !g.Revoked.IsZero() {
		t.Error("Revoke changed its receiver")
	}
	if again := r.Revoke(born.Add(time.Hour)); !again.Revoked.Equal(r.Revoked) {
		t.Error("a second revocation moved the first")
	}
}

func TestRotationKeepsTheFamily(t *testing.T) {
	t.Parallel()
	rules := grant.Rules{TTL: 30 * time.Minute, Absolute: time.Hour, Rotate: true}
	g := issue(rules)
	g.Scopes = []string{"accounts"}
	end := born.Add(time.Hour)
	var last grant.Grant
	now := born
	for n := range 3 {
		used, next, again, err := g.Rotate(now)
		if err != nil || again {
			t.Fatalf("rotation %d: %v %v", n, again, err)
		}
		last, g = used, next
		if g.N != 0 || g.Gen != n+1 || g.Family != last.Family || !g.Born.Equal(born) || !g.Issued.Equal(now) || g.Uses != 0 || !g.SpentAt.IsZero() {
			t.Fatalf("successor %d is %+v", n+1, g)
		}
		if got := code(last.Check(now)); got != problem.ReusedGrant {
			t.Fatalf("the rotated grant checks as %q", got)
		}
		now = now.Add(20 * time.Minute)
	}
	if !g.ExpiresAt().Equal(end) {
		t.Errorf("the third successor ends at %v, want %v: rotation does not extend the family", g.ExpiresAt(), end)
	}
	if g.Check(end.Add(-1)) != nil || code(g.Check(end)) != problem.ExpiredGrant {
		t.Error("the family does not end exactly at its absolute end")
	}
	g.Scopes[0] = "x"
	if last.Scopes[0] != "accounts" {
		t.Error("a successor shares its scopes")
	}
	if _, _, _, err := last.Revoke(now).Rotate(now); code(err) != problem.InvalidGrant {
		t.Errorf("a revoked grant is rotated: %v", err)
	}
}

// Within the grace the old grant gives the same successor; it never moves it.
func TestRotationWithGrace(t *testing.T) {
	t.Parallel()
	g := issue(grant.Rules{Idle: time.Hour, Absolute: 3 * time.Hour, Rotate: true, Grace: time.Minute})
	at := born.Add(time.Minute)
	used, next, _, err := g.Rotate(at)
	if err != nil || used.Key() != "link_1/access/0" || next.Key() != "link_1/access/0.1" {
		t.Fatalf("%s gives %s: %v", used.Key(), next.Key(), err)
	}
	same, once, again, err := used.Rotate(at.Add(time.Minute - 1))
	if err != nil || !again || !reflect.DeepEqual(once, next) || !reflect.DeepEqual(same, used) {
		t.Errorf("within the grace it gives %+v %v %v", once, again, err)
	}
	if _, _, _, err := used.Rotate(at.Add(time.Minute)); code(err) != problem.ReusedGrant {
		t.Errorf("after the grace: %v", err)
	}
	now := at
	for range 5 { // each within the idle time, none beyond the absolute end
		now = now.Add(59 * time.Minute)
		if _, next, _, err = next.Rotate(now); err != nil {
			break
		}
	}
	if code(err) != problem.ExpiredGrant || now.Before(born.Add(3*time.Hour)) {
		t.Errorf("the chain ended with %v at +%v", err, now.Sub(born))
	}
}

func TestWithoutRotationTheSameGoesOn(t *testing.T) {
	t.Parallel()
	used, next, again, err := issue(grant.Rules{Idle: time.Hour}).Rotate(born.Add(time.Minute))
	if err != nil || again || next.Gen != 0 || next.Uses != 1 || !reflect.DeepEqual(used, next) {
		t.Errorf("%+v %+v %v %v", used, next, again, err)
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	have := []string{"read", "write"}
	for _, tt := range []struct{ asked, want []string }{
		{nil, have}, {[]string{"read"}, []string{"read"}}, {[]string{"write", "read"}, []string{"write", "read"}}, {[]string{"read", "delete"}, nil},
	} {
		got, err := grant.Narrow(have, tt.asked)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
			t.Errorf("of %v asked for %v: %v %v", have, tt.asked, got, err)
		}
		if err != nil && (err.Code != problem.InsufficientScope || err.Param != "delete") {
			t.Errorf("the error is %+v", err)
		}
	}
	got, _ := grant.Narrow(have, nil)
	if got[0] = "x"; have[0] != "read" {
		t.Error("the scopes are shared")
	}
}

func TestExpiresAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rules grant.Rules
		want  time.Duration // 0: never
	}{
		{grant.Rules{}, 0},
		{grant.Rules{TTL: 3}, 3},
		{grant.Rules{Idle: 2}, 2},
		{grant.Rules{Absolute: 1}, 1},
		{grant.Rules{TTL: 3, Idle: 2, Absolute: 1}, 1},
		{grant.Rules{TTL: 1, Idle: 2, Absolute: 3}, 1},
		{grant.Rules{TTL: 2, Idle: 1, Absolute: 3}, 1},
	} {
		want := born.Add(tt.want)
		if tt.want == 0 {
			want = time.Time{}
		}
		if got := issue(tt.rules).ExpiresAt(); !got.Equal(want) {
			t.Errorf("%+v ends at %v, want %v", tt.rules, got, want)
		}
	}
}

func TestCounted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rules grant.Rules
		want  bool
	}{
		{grant.Rules{}, false},
		{grant.Rules{TTL: 1, Absolute: 1}, false},
		{grant.Rules{Idle: 1}, true},
		{grant.Rules{Uses: 1}, true},
		{grant.Rules{Rotate: true}, true},
	} {
		if got := tt.rules.Counted(); got != tt.want {
			t.Errorf("%+v counted: %v", tt.rules, got)
		}
	}
}

// Use is a function: whatever the rules and the calls, its receiver stays as it was and
// equal calls have equal results.
func TestUseIsAFunction(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	span := func() time.Duration { return time.Duration(r.IntN(4)) * time.Minute }
	for range 2000 {
		g := issue(grant.Rules{
			TTL: 5 * span(), Idle: span(), Absolute: 9 * span(), Uses: r.IntN(4), PerSession: r.IntN(2) == 0, Rotate: r.IntN(4) == 0,
			Reuse: []grant.Reuse{"", grant.RefuseReuse, grant.RevokeFamily, grant.AllowReuse}[r.IntN(4)], Grace: span(),
		})
		g.Scopes, g.UsedBy = []string{"a"}, make([]string, 0, 8) // room that an append could write into
		now := born
		for range 8 {
			now = now.Add(span())
			by, other := []string{"", "a", "b", "c"}[r.IntN(4)], "z"
			before := g.Clone()
			next, err := g.Use(now, by)
			keep := next.Clone()
			again, againErr := g.Use(now, by)
			if !reflect.DeepEqual(again, next) || code(againErr) != code(err) {
				t.Fatalf("equal uses of %+v differ: %+v and %+v", g, next, again)
			}
			g.Use(now, other)
			if !reflect.DeepEqual(g.Clone(), before) || !reflect.DeepEqual(next.Clone(), keep) {
				t.Fatalf("a use of %+v reached further than its result", before)
			}
			if err == nil && next.Uses > g.Uses+1 {
				t.Fatalf("one use counted as %d", next.Uses-g.Uses)
			}
			if limit := g.Rules.Uses; limit > 0 && g.Rules.Reuse != grant.AllowReuse && g.Rules.Grace == 0 && next.Uses > limit {
				t.Fatalf("%d uses of %d", next.Uses, limit)
			}
			g = next
		}
	}
}
