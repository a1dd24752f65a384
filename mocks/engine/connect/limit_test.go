package connect_test

import (
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// An app may allow fewer wrong logins, or some where the provider counts none.
func TestLimitOfTheApp(t *testing.T) {
	t.Parallel()
	for most, wrongs := range map[int]int{1: 1, 2: 2, 0: 3} {
		s := fresh()
		s.MaxLogins = most
		p := open(s, friendly()).run(acts(toLogin))
		for range wrongs - 1 {
			p.run(acts(wrong)).check(t, ended{connect.Credentials, problem.LoginInvalid, "password"})
		}
		p.run(acts(wrong)).check(t, ended{connect.Failed, problem.LoginLocked, ""})
	}
}

// What is noted of a refusal says which institution was refused, and that nobody has the name.
func TestRefusalsSayWhat(t *testing.T) {
	t.Parallel()
	stranger := friendly()
	stranger.Known = false
	p := open(fresh(), stranger).run(acts(toLogin, wrong))
	if e := p.s.Events[len(p.s.Events)-1]; e.Name != connect.EventError+string(problem.LoginInvalid) || e.Data["user"] != "unknown" {
		t.Errorf("noted is %v", e)
	}
	down := friendly()
	down.Institution = connect.Disabled
	p = open(fresh(), down).run(acts(accept, choose("bank")))
	if e := p.s.Events[len(p.s.Events)-1]; e.Data["institution"] != "bank" {
		t.Errorf("noted is %v", e)
	}
}
