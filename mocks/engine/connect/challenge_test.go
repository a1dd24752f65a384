package connect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

var (
	passed  = ended{step: connect.Accounts}
	refused = ended{connect.Challenging, problem.ChallengeInvalid, "answer"}
	empty   = ended{connect.Challenging, problem.InvalidRequest, "answer"}
	tooLate = ended{connect.Challenging, problem.ChallengeExpired, "answer"}
	asked   = ended{step: connect.Challenging}
	locked  = ended{connect.Failed, problem.LoginLocked, ""}
	// outOfTries is locked by answers.
	outOfTries = ended{connect.Failed, problem.LoginLocked, "answer"}
)

// usual is a challenge of a kind as most banks put it.
func usual(k connect.Kind) connect.Challenge {
	c := connect.Challenge{Kind: k, Prompt: "to +56 9 •••• 1234", MaxTries: 3, Expires: 5 * time.Minute, ResendMax: 2, ResendAfter: 30 * time.Second}
	switch k {
	case connect.MethodSelection:
		c.Options = []string{"sms", "email"}
	case connect.Choice, connect.MultiChoice, connect.Image:
		c.Options, c.Answers = []string{"red", "blue", "green"}, [][]string{{"blue"}}
	case connect.CoordinateCard:
		c.Cells, c.Answers = []string{"A1", "B2", "C3"}, [][]string{{"11", "22", "33"}}
	case connect.Question:
		c.Answers = [][]string{{"Montreal"}}
	}
	return c
}

func rightAnswer(c connect.Challenge) act {
	switch {
	case c.Kind.Decoupled():
		return approve
	case c.Kind == connect.MethodSelection:
		return answer(c.Options[0])
	case len(c.Answers) > 0:
		return answer(c.Answers[0]...)
	}
	return typeCode
}

func TestEveryKind(t *testing.T) {
	t.Parallel()
	for _, k := range connect.Kinds() {
		c := usual(k)
		ok := rightAnswer(c)
		bad := answer("no such thing")
		stories := []story{
			{"shown", asking(c), acts(toChallenge), asked},
			{"right", asking(c), acts(toChallenge, ok), passed},
			{"twice", asking(c, c), acts(toChallenge, ok, ok), passed},
			{"one of two", asking(c, c), acts(toChallenge, ok), asked},
			{"just in time", asking(c), acts(toChallenge, wait(c.Expires-1), ok), passed},
			{"back to the login", asking(c), acts(toChallenge, back), ended{step: connect.Credentials}},
			{"resend gives time", asking(c), acts(toChallenge, wait(c.Expires), resend, ok), passed},
			{"a shorter script asks nothing more", asking(c, c), acts(toChallenge, ok, becomes(asking(c)), poll), passed},
		}
		exhausted := acts(toChallenge, wait(c.Expires), resend, wait(c.Expires), resend, wait(c.Expires), resend)
		if k.Sent() || k.Decoupled() {
			stories = append(stories, story{"expired and no resend is left", asking(c), exhausted, ended{connect.Failed, problem.ChallengeExpired, ""}})
		} else { // what is merely shown may be put again
			stories = append(stories,
				story{"expired and put again", asking(c), append(exhausted, ok), passed},
				story{"not put again before it expires", asking(c), acts(toChallenge, resend, ok), passed})
		}
		if k.Decoupled() {
			expired := ended{connect.Challenging, problem.ChallengeExpired, ""}
			stories = append(stories,
				story{"denied by hand", asking(c), acts(toChallenge, deny), ended{connect.Failed, problem.UserCancelled, ""}},
				story{"nothing to type", asking(c), acts(toChallenge, answer("approve"), answer("")), asked},
				story{"approved too late", asking(c), acts(toChallenge, wait(c.Expires), approve), expired},
				story{"denied too late", asking(c), acts(toChallenge, wait(c.Expires), deny), expired},
				story{"timeout is seen by the page", asking(c), acts(toChallenge, wait(c.Expires), poll), expired},
			)
		} else {
			stories = append(stories,
				story{"wrong", asking(c), acts(toChallenge, bad), refused},
				story{"no answer", asking(c), acts(toChallenge, answer(), answer(" ", ""), answer("")), empty},
				story{"no answer is no attempt", asking(c), acts(toChallenge, answer(), answer(""), answer(), bad, bad, ok), passed},
				story{"no answer, too late", asking(c), acts(toChallenge, wait(c.Expires), answer()), tooLate},
				story{"one answer too many", asking(c), acts(toChallenge, answer("a", "b", "c", "d")), refused},
				story{"wrong, then right", asking(c), acts(toChallenge, bad, bad, ok), passed},
				story{"too many", asking(c), acts(toChallenge, bad, bad, bad), outOfTries},
				story{"too many, with resends", asking(c), acts(toChallenge, bad, wait(time.Minute), resend, bad, wait(time.Minute), resend, bad), outOfTries},
				story{"too late", asking(c), acts(toChallenge, wait(c.Expires), ok), tooLate},
				story{"nobody approves here", asking(c), acts(toChallenge, approve, deny, poll), asked},
				story{"timeout is seen by a poll", asking(c), acts(toChallenge, wait(c.Expires), poll), ended{connect.Challenging, problem.ChallengeExpired, ""}},
			)
		}
		t.Run(string(k), func(t *testing.T) { tell(t, stories) })
	}
}

func TestChallengeOutcomes(t *testing.T) {
	t.Parallel()
	with := func(max int, list ...connect.Outcome) connect.Behaviour {
		c := usual(connect.OTPSMS)
		c.MaxTries, c.Attempts = max, list
		return asking(c)
	}
	tell(t, []story{
		{"reject the right code", with(0, connect.Reject), acts(toChallenge, typeCode, typeCode, typeCode, typeCode), refused},
		{"reject, then accept", with(3, connect.Reject, connect.Reject, connect.Accept), acts(toChallenge, typeCode, typeCode, typeCode), passed},
		{"accept needs the right code", with(3, connect.Accept), acts(toChallenge, answer("no")), refused},
		{"lock", with(0, connect.Lock), acts(toChallenge, typeCode), locked},
		{"expire by script", with(3, connect.Expire, connect.Accept), acts(toChallenge, typeCode), tooLate},
		{"expired by script stays so", with(3, connect.Expire, connect.Accept), acts(toChallenge, typeCode, typeCode), tooLate},
		{"expired by script, sent again", with(3, connect.Expire, connect.Accept), acts(toChallenge, typeCode, resend, typeCode), passed},
		{"expire is one of the tries", with(2, connect.Expire), acts(toChallenge, typeCode, resend, typeCode), outOfTries},
		{"cancel by script", with(3, connect.Cancel), acts(toChallenge, typeCode), ended{connect.Cancelled, problem.UserCancelled, ""}},
		{"cancel at the last try", with(1, connect.Cancel), acts(toChallenge, typeCode), ended{connect.Cancelled, problem.UserCancelled, ""}},
		{"no limit", with(0, connect.Accept), acts(toChallenge, answer("1"), answer("2"), answer("3"), answer("4"), typeCode), passed},
		{"one try", with(1, connect.Accept), acts(toChallenge, answer("1")), outOfTries},
	})
}

func TestResend(t *testing.T) {
	t.Parallel()
	c := usual(connect.OTPSMS)
	never := c
	never.ResendMax = 0
	often := ended{connect.Challenging, problem.RateLimited, ""}
	tell(t, []story{
		{"too early", asking(c), acts(toChallenge, wait(c.ResendAfter-1), resend), often},
		{"at the instant", asking(c), acts(toChallenge, wait(c.ResendAfter), resend), asked},
		{"too early again", asking(c), acts(toChallenge, wait(c.ResendAfter), resend, resend), often},
		{"as often as allowed", asking(c), acts(toChallenge, wait(c.ResendAfter), resend, wait(c.ResendAfter), resend), asked},
		{"the limit", asking(c), acts(toChallenge, wait(c.ResendAfter), resend, wait(c.ResendAfter), resend, wait(c.ResendAfter), resend), often},
		{"the code still works at the limit", asking(never), acts(toChallenge, resend, typeCode), passed},
		{"none allowed", asking(never), acts(toChallenge, wait(time.Minute), resend), often},
		{"expired, none allowed", asking(never), acts(toChallenge, wait(c.Expires), resend), ended{connect.Failed, problem.ChallengeExpired, ""}},
		{"clears the trouble", asking(c), acts(toChallenge, answer("no"), wait(c.ResendAfter), resend), asked},
	})
}

func TestCodes(t *testing.T) {
	t.Parallel()
	c := usual(connect.OTPSMS)
	p := open(fresh(), asking(c, c)).run(acts(toChallenge, wait(time.Minute), resend, back, right, typeCode))
	codes := p.codes()
	if len(codes) != 4 {
		t.Fatalf("%d codes were sent, want 4: first, resent, after the second login, second challenge", len(codes))
	}
	if len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 4 {
		t.Errorf("a code was sent twice: %v", codes)
	}
	if codes[3] != connect.Code(p.s) {
		t.Errorf("the code in force is %s, the last one sent %s", connect.Code(p.s), codes[3])
	}
	old := open(fresh(), asking(c)).run(acts(toChallenge, wait(time.Minute), resend))
	old.run(acts(answer(old.codes()[0]))).check(t, refused)
	for _, e := range p.effects {
		if e.Kind == connect.CodeSent && (e.Challenge != connect.OTPSMS || e.Prompt != c.Prompt || len(e.Code) != 6) {
			t.Errorf("sent %+v", e)
		}
	}
	for _, k := range connect.Kinds() {
		sent := len(open(fresh(), asking(usual(k))).run(toChallenge).codes())
		if k.Sent() != (sent == 1) {
			t.Errorf("%s sent %d codes", k, sent)
		}
	}
	other := p.s
	other.Key = "another"
	if connect.Code(other) == connect.Code(p.s) {
		t.Error("the code does not depend on the session's key")
	}
}

// The code counts wherever one is sent, shown or made by a device, beside what the bank
// publishes; nowhere else.
func TestWhereCodesCount(t *testing.T) {
	t.Parallel()
	none := []connect.Kind{connect.Question, connect.Choice, connect.MultiChoice, connect.CoordinateCard, connect.MethodSelection}
	for _, k := range connect.Kinds() {
		if k.Decoupled() {
			continue
		}
		c := usual(k)
		if k != connect.MethodSelection {
			c.Answers = [][]string{{"published"}, {"two", "fields"}}
			open(fresh(), asking(c)).run(acts(toChallenge, answer(" Published "))).check(t, passed)
			open(fresh(), asking(c)).run(acts(toChallenge, answer("two", "fields"))).check(t, passed)
		}
		want := passed
		if slices.Contains(none, k) {
			want = refused
		}
		open(fresh(), asking(c)).run(acts(toChallenge, typeCode)).check(t, want)
	}
}

func TestOrderOfAnswers(t *testing.T) {
	t.Parallel()
	kind := func(k connect.Kind, right ...string) connect.Behaviour {
		return asking(connect.Challenge{Kind: k, Options: []string{"SMS", "mail"}, Answers: [][]string{right}})
	}
	multi := kind(connect.MultiChoice, "red", "Blue", "ámbar")
	card := kind(connect.CoordinateCard, "11", "22", "33")
	tell(t, []story{
		{"ticked in the script's order", multi, acts(toChallenge, answer("red", "Blue", "ámbar")), passed},
		{"ticked in another order", multi, acts(toChallenge, answer("Ámbar", "blue", " RED")), passed},
		{"one missing", multi, acts(toChallenge, answer("red", "blue")), refused},
		{"one twice", multi, acts(toChallenge, answer("red", "red", "blue")), refused},
		{"one too many", multi, acts(toChallenge, answer("red", "blue", "ámbar", "green")), refused},
		{"cells in order", card, acts(toChallenge, answer("11", "22", "33")), passed},
		{"cells in another order", card, acts(toChallenge, answer("22", "11", "33")), refused},
		{"a method", kind(connect.MethodSelection), acts(toChallenge, answer("sms")), passed},
		{"two methods", kind(connect.MethodSelection), acts(toChallenge, answer("sms", "mail")), refused},
		{"a method that is not offered", kind(connect.MethodSelection), acts(toChallenge, answer("call")), refused},
	})
}

func TestAnswersAreLeftAlone(t *testing.T) {
	t.Parallel()
	c := connect.Challenge{Kind: connect.MultiChoice, Answers: [][]string{{"Z", "a"}}}
	p := open(fresh(), asking(c)).run(toChallenge)
	given := []string{" z ", "A"}
	p.run(acts(act{in: connect.Input{Verb: connect.DoSubmit, Answers: given}})).check(t, passed)
	if given[0] != " z " || given[1] != "A" || c.Answers[0][0] != "Z" || c.Answers[0][1] != "a" {
		t.Errorf("answers were changed: %q, %q", given, c.Answers)
	}
}

func TestApproval(t *testing.T) {
	t.Parallel()
	with := func(a connect.Approval) connect.Behaviour {
		c := usual(connect.Push)
		c.Approve = a
		return asking(c)
	}
	after := with(connect.Approval{When: connect.After, After: time.Minute})
	polls := with(connect.Approval{When: connect.Polls, Polls: 2})
	byHand, never := with(connect.Approval{}), with(connect.Approval{When: connect.Never})
	denied := ended{connect.Failed, problem.UserCancelled, ""}
	tell(t, []story{
		{"now, at the first poll", with(connect.Approval{When: connect.Now}), acts(toChallenge, poll), passed},
		{"now still waits for a poll", with(connect.Approval{When: connect.Now}), toChallenge, asked},
		{"after, too early", after, acts(toChallenge, wait(time.Minute-1), poll), asked},
		{"after, at the instant", after, acts(toChallenge, wait(time.Minute), poll), passed},
		{"after counts from the resend", after, acts(toChallenge, wait(40*time.Second), resend, wait(40*time.Second), poll), asked},
		{"polls, one missing", polls, acts(toChallenge, poll), asked},
		{"polls", polls, acts(toChallenge, poll, poll), passed},
		{"polls count from the resend", polls, acts(toChallenge, poll, wait(time.Minute), resend, poll), asked},
		{"scripted denial", with(connect.Approval{When: connect.Denied}), acts(toChallenge, poll), denied},
		{"by hand, nobody does", byHand, acts(toChallenge, poll, poll, poll), asked},
		{"by hand", byHand, acts(toChallenge, poll, approve), passed},
		{"never, until it expires", never, acts(toChallenge, poll, wait(5*time.Minute), poll), ended{connect.Challenging, problem.ChallengeExpired, ""}},
		{"never, but a person may", never, acts(toChallenge, approve), passed},
		{"expired, polled twice, still one trouble", never, acts(toChallenge, wait(5*time.Minute), poll, poll), ended{connect.Challenging, problem.ChallengeExpired, ""}},
		{"denied at the second of two", asking(usual(connect.Push), usual(connect.Push)), acts(toChallenge, approve, deny), denied},
	})
	p := open(fresh(), never).run(acts(toChallenge, wait(5*time.Minute), poll))
	rev := p.s.Rev
	if p.run(acts(poll, poll)); p.s.Rev != rev {
		t.Errorf("polling an expired challenge turns the revision from %d to %d", rev, p.s.Rev)
	}
}

// A method is chosen, then the code of that method is asked: two challenges, each with
// its own tries.
func TestMethodThenCode(t *testing.T) {
	t.Parallel()
	b := asking(usual(connect.MethodSelection), usual(connect.OTPSMS))
	tell(t, []story{
		{"through", b, acts(toChallenge, answer("email"), typeCode), passed},
		{"tries start anew", b, acts(toChallenge, answer("x"), answer("y"), answer("sms"), answer("1"), answer("2"), typeCode), passed},
		{"back to the login starts at the method", b, acts(toChallenge, answer("sms"), back, right, answer("sms"), typeCode), passed},
		{"and asks for no code yet", b, acts(toChallenge, answer("sms"), back, right, typeCode), refused},
	})
}

func TestScriptBecameShorter(t *testing.T) {
	t.Parallel()
	two := asking(usual(connect.OTPSMS), usual(connect.OTPSMS))
	for _, v := range []act{poll, typeCode, resend, back, approve, deny, do("")} {
		open(fresh(), two).run(acts(toChallenge, typeCode, becomes(friendly()), v)).check(t, passed)
	}
	p := open(fresh(), two).run(acts(toChallenge, typeCode, becomes(friendly()), cancel))
	p.check(t, ended{connect.Cancelled, problem.UserCancelled, ""})
}
