package flinks_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every kind of challenge: its type, what it offers, a wrong answer and the right one.
func TestChallengeTypes(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		typ     string
		prompts int
		options int
		right   []string
	}{
		"question":         {"QuestionAndAnswer", 1, 0, []string{"Montreal"}},
		"choice":           {"MultipleChoice", 1, 3, []string{"Old Mill"}},
		"multi_choice":     {"MultipleChoiceMultipleAnswers", 1, 4, []string{"blue", "green"}},
		"image":            {"ImageSelection", 1, 4, nil},
		"otp_sms":          {"QuestionAndAnswer", 1, 0, []string{"0000"}},
		"otp_email":        {"QuestionAndAnswer", 1, 0, []string{"0000"}},
		"otp_call":         {"QuestionAndAnswer", 1, 0, []string{"0000"}},
		"hardware_token":   {"QuestionAndAnswer", 1, 0, []string{"000000"}},
		"method_selection": {"TextOrCall", 1, 2, nil},
		"coordinate_card":  {"QuestionAndAnswer", 3, 0, []string{"00", "11", "22"}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, with("wrong_mfa", "retry"), scripted(map[string]string{"ask": "login: {mfa: [{kind: " + kind + "}]}\n"}))
			a := k.want(k.post("Authorize", creds("greatday_nomfa+ask")), 203, "")
			asked := a.List("SecurityChallenges")
			if len(asked) != c.prompts || a.Text("SecurityChallenges.0.Type") != c.typ || len(a.List("SecurityChallenges.0.Iterables")) != c.options {
				t.Fatalf("the bank asks %s", a.Raw)
			}
			right := slices.Clone(c.right)
			if len(right) == 0 { // one of what is offered
				right = []string{a.List("SecurityChallenges.0.Iterables")[min(2, c.options-1)].(string)}
			}
			if kind == "image" {
				if b, err := base64.StdEncoding.DecodeString(right[0]); err != nil || !strings.HasPrefix(string(b), "\xff\xd8\xff") {
					t.Errorf("a picture is no JPEG: %v %.10q", err, b)
				}
			}
			give := func(answers []string) fields {
				out := map[string][]string{}
				for i := range asked {
					prompt := asked[i].(map[string]any)["Prompt"].(string)
					if out[prompt] = answers; len(asked) > 1 {
						out[prompt] = answers[i : i+1]
					}
				}
				return fields{"RequestId": a.Text("RequestId"), "SecurityResponses": out}
			}
			wrong := k.want(k.post("Authorize", give([]string{"no", "no", "no"})), 401, "INVALID_SECURITY_RESPONSE")
			if wrong.Text("RequestId") != a.Text("RequestId") || len(wrong.List("SecurityChallenges")) != c.prompts {
				t.Errorf("a 401 that may be retried says %s", wrong.Raw)
			}
			if kind == "method_selection" { // the code of the method that was chosen is asked for next
				a = k.want(k.post("Authorize", give([]string{a.List("SecurityChallenges.0.Iterables")[1].(string)})), 203, "")
				if prompt := a.Text("SecurityChallenges.0.Prompt"); prompt != "Enter the code that you are told by phone" {
					t.Errorf("who wants a call is asked %q", prompt)
				}
				k.want(k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), "0000"), 200, "")
				return
			}
			k.want(k.post("Authorize", give(right)), 200, "")
		})
	}
}

// What is approved in the bank's app is a pick-one step: saying so only asks whether it
// was.
func TestPush(t *testing.T) {
	t.Parallel()
	k := newKit(t, scripted(map[string]string{
		"app":  "login: {mfa: [{kind: push, approve: after 2 polls}]}\n",
		"deny": "login: {mfa: [{kind: push, approve: denied}]}\n",
	}))
	a := k.want(k.post("Authorize", creds("greatday_nomfa+app")), 203, "")
	if a.Text("SecurityChallenges.0.Type") != "QuestionAndAnswer" || len(a.List("SecurityChallenges.0.Iterables")) != 2 {
		t.Fatalf("%s", a.Raw)
	}
	prompt, approved := a.Text("SecurityChallenges.0.Prompt"), a.Text("SecurityChallenges.0.Iterables.0")
	k.want(k.reply(a.Text("RequestId"), prompt, approved), 200, "")
	k.want(k.post("Authorize", creds("greatday_nomfa+deny")), 401, "INVALID_SECURITY_RESPONSE")

	// Approved in between, the session tells its outcome once.
	a = k.want(k.post("Authorize", creds("greatday_nomfa+mfa-push-by-hand", "WithMfaQuestions", true)), 203, "")
	id, control := a.Text("RequestId"), k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/sessions/"
	k.want(k.reply(id, prompt, approved), 203, "")
	if a := k.call("POST", control+id+"/approve", nil); a.Status != 200 {
		t.Fatal(a.Raw)
	}
	login := k.want(k.reply(id, prompt, approved), 200, "").Text("Login.Id")
	k.want(k.get("GetMFAQuestions/"+login), 200, "")
	k.want(k.reply(id, prompt, approved), 401, "ALREADY_AUTHORIZED")
	id = k.want(k.post("Authorize", creds("greatday_nomfa+mfa-push-by-hand")), 203, "").Text("RequestId")
	if a := k.call("POST", control+id+"/deny", nil); a.Status != 200 {
		t.Fatal(a.Raw)
	}
	k.want(k.reply(id, prompt, approved), 401, "INVALID_SECURITY_RESPONSE")
}

// Several rounds of 203, with one RequestId; in French too.
func TestRounds(t *testing.T) {
	t.Parallel()
	k := newKit(t, scripted(map[string]string{"rounds": "login: {mfa: [{kind: question}, {kind: question}, {kind: choice}]}\n"}))
	a := k.want(k.post("Authorize", creds("greatday_nomfa+rounds")), 203, "")
	id := a.Text("RequestId")
	for _, answer := range []string{"MONTREAL", " canada "} {
		prompt := a.Text("SecurityChallenges.0.Prompt")
		a = k.want(k.reply(id, prompt, answer), 203, "")
		if a.Text("RequestId") != id || a.Text("SecurityChallenges.0.Prompt") == prompt {
			t.Fatalf("the next round is %s", a.Raw)
		}
	}
	k.want(k.reply(id, a.Text("SecurityChallenges.0.Prompt"), "Old Mill"), 200, "")
	for _, word := range []string{"Dans quelle"} {
		if a := k.want(k.post("Authorize", creds("Greatday", "Language", "fr")), 203, ""); !strings.HasPrefix(a.Text("SecurityChallenges.0.Prompt"), word) {
			t.Errorf("in French the bank asks %s", a.Raw)
		}
	}
	us := newKit(t, with("mfa_country", "US"))
	a = us.want(us.post("Authorize", creds("Greatday")), 203, "")
	us.want(us.reply(a.Text("RequestId"), "How much is 2 + 2?", "4"), 200, "")
	for _, four := range []any{4, []any{4}, []string{"4"}, "4"} { // a number is as good as its digits
		a = us.want(us.post("Authorize", creds("Greatday")), 203, "")
		us.want(us.post("Authorize", fields{"RequestId": a.Text("RequestId"), "SecurityResponses": fields{"How much is 2 + 2?": four}}), 200, "")
	}
}

// The question is the same for everybody, unless it is drawn; a draw depends on the
// session alone.
func TestDrawnQuestion(t *testing.T) {
	t.Parallel()
	draw := func(mode string) (out []string) {
		k := newKit(t, with("mfa_question", mode))
		for range 12 {
			out = append(out, k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("SecurityChallenges.0.Prompt"))
		}
		return out
	}
	first, random := draw("first"), draw("random")
	if slices.ContainsFunc(first, func(s string) bool { return s != city }) {
		t.Errorf("the first question is %q", first)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(random)))) < 2 {
		t.Errorf("twelve draws give %q", random)
	}
	if again := draw("random"); !slices.Equal(random, again) {
		t.Errorf("drawn again: %q, then %q", random, again)
	}
}

// What is wrong with SecurityResponses, and what is not (6.2 and 6.3 of the notes).
func TestSecurityResponses(t *testing.T) {
	t.Parallel()
	const other = "What is the best country on earth?"
	for name, c := range map[string]struct {
		options []string
		given   any
		status  int
		code    string
	}{
		"none":               {nil, fields{}, 203, ""},
		"null":               {nil, nil, 203, ""},
		"right":              {nil, fields{city: []string{"Montreal"}}, 200, ""},
		"a bare text":        {nil, fields{city: "montreal"}, 200, ""},
		"all that are known": {nil, fields{city: []string{"Montreal"}, other: []string{"Canada"}}, 200, ""},
		"wrong":              {nil, fields{city: []string{"Toronto"}}, 401, "INVALID_SECURITY_RESPONSE"},
		"wrong, older":       {[]string{"edition", "legacy"}, fields{city: []string{"Toronto"}}, 401, "INVALID_SECURITY_RESPONSE_NO_RETRY"},
		"another key":        {nil, fields{other: []string{"Canada"}}, 401, "UNKNOWN_CHALLENGE_KEY"},
		"key in lower case":  {nil, fields{strings.ToLower(city): []string{"Montreal"}}, 401, "UNKNOWN_CHALLENGE_KEY"},
		"key recased":        {nil, fields{"WhatCityWereYouBornIn?": []string{"Montreal"}}, 401, "UNKNOWN_CHALLENGE_KEY"},
		"key by letters":     {[]string{"mfa_keys", "letters"}, fields{"WhatCityWereYouBornIn?": []string{"Montreal"}}, 200, ""},
		"no answers":         {nil, fields{city: []string{}}, 401, "SECURITYRESPONSES_INCOMPLETE"},
		"a list":             {nil, []string{"Montreal"}, 401, "INVALID_REQUEST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, with(c.options...))
			id := k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
			a := k.want(k.post("Authorize", fields{"RequestId": id, "SecurityResponses": c.given, "MostRecentCached": true, "Username": "Greatday"}), c.status, c.code)
			if a.Text("RequestId") != id && c.code != "INVALID_REQUEST" {
				t.Errorf("the RequestId is now %s", a.Text("RequestId"))
			}
		})
	}
	// Two of three cells are not enough; what was wrong about the keys spends no try.
	k := newKit(t, scripted(map[string]string{"card": "login: {mfa: [{kind: coordinate_card}]}\n"}))
	a := k.want(k.post("Authorize", creds("greatday_nomfa+card")), 203, "")
	prompt := func(i string) string { return a.Text("SecurityChallenges." + i + ".Prompt") }
	part := fields{prompt("0"): "00", prompt("1"): "11"}
	k.want(k.post("Authorize", fields{"RequestId": a.Text("RequestId"), "SecurityResponses": part}), 401, "SECURITYRESPONSES_INCOMPLETE")
	part[prompt("2")] = "22"
	k.want(k.post("Authorize", fields{"RequestId": a.Text("RequestId"), "SecurityResponses": part}), 200, "")
}

// A wrong answer ends the session; with the option the third one does.
func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
	dead := k.want(k.reply(id, city, "Toronto"), 401, "INVALID_SECURITY_RESPONSE")
	if strings.Contains(dead.Raw, "SecurityChallenges") {
		t.Errorf("a session that is over asks again: %s", dead.Raw)
	}
	k.want(k.reply(id, city, "Montreal"), 401, "INVALID_SECURITY_RESPONSE")
	k.want(k.get("GetAccountsDetailAsync/"+id), 401, "INVALID_SECURITY_RESPONSE")

	// A scenario that lets the second answer pass has it given.
	id = k.want(k.post("Authorize", creds("greatday_nomfa+mfa-wrong-then-ok")), 203, "").Text("RequestId")
	if a := k.want(k.reply(id, city, "Montreal"), 401, "INVALID_SECURITY_RESPONSE"); len(a.List("SecurityChallenges")) != 1 {
		t.Errorf("the scripted rejection says %s", a.Raw)
	}
	k.want(k.reply(id, city, "Montreal"), 200, "")

	k = newKit(t, with("wrong_mfa", "retry"))
	id = k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
	for range 2 {
		k.want(k.reply(id, city, "Toronto"), 401, "INVALID_SECURITY_RESPONSE")
	}
	k.want(k.reply(id, city, "Montreal"), 200, "")
}

// The states of a RequestId, transition by transition, in virtual time (10.6).
func TestStates(t *testing.T) {
	t.Parallel()
	open := func(k *kit) string { return k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId") }
	through := func(k *kit) string {
		id := open(k)
		k.want(k.reply(id, city, "Montreal"), 200, "")
		return id
	}
	data := func(k *kit, id string) answer { return k.post("GetAccountsDetail", fields{"RequestId": id}) }
	processing := func(k *kit) string {
		id := through(k)
		k.want(data(k, id), 202, "OPERATION_PENDING")
		return id
	}
	completed := func(k *kit) string {
		id := processing(k)
		k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
		return id
	}
	failed := func(k *kit) string {
		return k.want(k.post("Authorize", creds("greatday_nomfa", "Password", "x")), 401, "INVALID_PASSWORD").Text("RequestId")
	}
	authorize := func(k *kit, id string) answer { return k.post("Authorize", fields{"RequestId": id}) }
	answerIt := func(k *kit, id string) answer { return k.reply(id, city, "Montreal") }
	poll := func(k *kit, id string) answer { return k.get("GetAccountsDetailAsync/" + id) }
	const minute = time.Minute
	for name, c := range map[string]struct {
		state  func(*kit) string
		wait   time.Duration
		do     func(*kit, string) answer
		status int
		code   string
	}{
		"awaiting: asked again":              {open, 0, authorize, 203, ""},
		"awaiting: answered":                 {open, 0, answerIt, 200, ""},
		"awaiting: data":                     {open, 0, data, 401, "UNAUTHORIZED"},
		"awaiting: answered in time":         {open, 8*minute - time.Second, answerIt, 200, ""},
		"awaiting: answered after 8 minutes": {open, 8 * minute, answerIt, 401, "SESSION_EXPIRED"},
		"awaiting: asked after 8 minutes":    {open, 8 * minute, authorize, 401, "SESSION_EXPIRED"},
		"awaiting: data after 8 minutes":     {open, 8 * minute, data, 400, "SESSION_NONEXISTENT"},
		"authorized: authorized again":       {through, 0, authorize, 401, "ALREADY_AUTHORIZED"},
		"authorized: data":                   {through, 0, data, 202, "OPERATION_PENDING"},
		"authorized: data in time":           {through, 8*minute - time.Second, data, 202, "OPERATION_PENDING"},
		"authorized: data after 8 minutes":   {through, 8 * minute, data, 400, "SESSION_NONEXISTENT"},
		"authorized: polled at once":         {through, 0, poll, 202, "OPERATION_PENDING"},
		"processing: asked again":            {processing, 0, data, 200, ""},
		"processing: polled":                 {processing, 0, poll, 200, ""},
		"processing: polled in time":         {processing, 30*minute - time.Second, poll, 200, ""},
		"processing: after 30 minutes":       {processing, 30 * minute, poll, 400, "SESSION_NONEXISTENT"},
		"processing: authorized again":       {processing, 0, authorize, 401, "ALREADY_AUTHORIZED"},
		"completed: read again":              {completed, 0, data, 200, ""},
		"completed: polled again":            {completed, 8*minute - time.Second, poll, 200, ""},
		"completed: after 8 minutes":         {completed, 8 * minute, poll, 400, "SESSION_NONEXISTENT"},
		"failed: data":                       {failed, 0, data, 401, "INVALID_PASSWORD"},
		"failed: authorized again":           {failed, 0, authorize, 401, "INVALID_PASSWORD"},
		"failed: after 8 minutes":            {failed, 8 * minute, data, 400, "SESSION_NONEXISTENT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			id := c.state(k)
			if c.wait > 0 {
				k.advance(c.wait)
			}
			k.want(c.do(k, id), c.status, c.code)
		})
	}

	// The idle time begins anew with every call, but thirty minutes are the end.
	k := newKit(t, with("wrong_mfa", "retry"), scripted(map[string]string{
		"long": "login: {mfa: [{kind: question}, {kind: question}, {kind: question}, {kind: question}, {kind: question}, {kind: question}]}\n",
	}))
	a := k.want(k.post("Authorize", creds("greatday_nomfa+long")), 203, "")
	answers := map[string]string{city: "Montreal", "What is the best country on earth?": "Canada", "What shape do people like most?": "Triangle"}
	for range 4 {
		k.advance(7 * minute)
		prompt := a.Text("SecurityChallenges.0.Prompt")
		a = k.want(k.reply(a.Text("RequestId"), prompt, answers[prompt]), 203, "")
	}
	k.advance(2 * minute)
	k.want(k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), "x"), 401, "SESSION_EXPIRED")

	// Also with a call that brings it no further.
	for name, body := range map[string]fields{
		"asked again": {}, "no answers": {"SecurityResponses": fields{}}, "an unknown key": {"SecurityResponses": fields{"What?": "x"}},
		"an empty list": {"SecurityResponses": fields{city: []string{}}},
	} {
		for path, status := range map[string]int{"Authorize": 200, "AuthorizeAsync": 202} {
			k := newKit(t)
			body["RequestId"] = open(k)
			for range 3 {
				k.advance(7 * minute)
				k.post(path, body)
			}
			k.advance(7 * minute)
			if a := k.post(path, fields{"RequestId": body["RequestId"], "SecurityResponses": fields{city: "Montreal"}}); a.Status != status {
				t.Errorf("%s, by %s: %s", name, path, a.Raw)
			}
			k.advance(2 * minute)
			if status == 202 {
				k.want(k.post(path, body), 401, "SESSION_EXPIRED")
			}
		}
	}

	// The other reading of the documentation: the data is read once.
	k = newKit(t, with("request_after_details", "consumed"))
	id := completed(k)
	k.want(poll(k, id), 400, "SESSION_NONEXISTENT")
	k = newKit(t, with("authorize_again", "allow"))
	k.want(authorize(k, through(k)), 200, "")
}

// A live login by LoginId gives the answers that are stored; a wrong one is forgotten, and
// the user is asked.
func TestStoredAnswers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.want(k.post("Authorize", creds("Greatday", "WithMfaQuestions", true)), 203, "").Text("RequestId")
	login := k.want(k.reply(id, city, "Montreal"), 200, "").Text("Login.Id")
	live := fields{"LoginId": login, "MostRecentCached": false}
	store := func(answer string) {
		t.Helper()
		k.want(k.call("PATCH", "AnswerMFAQuestions", fields{"LoginId": login, "Questions": []fields{{"Question": city, "Answer": answer}}}), 200, "")
	}
	k.want(k.post("Authorize", live), 203, "") // nothing is stored yet
	store("montreal")
	k.want(k.post("Authorize", live), 200, "")
	k.want(k.post("Authorize", live), 200, "") // a right one stays
	k.want(k.post("Authorize", creds("Greatday")), 203, "")
	slow := k.want(k.post("AuthorizeAsync", live), 202, "OPERATION_PENDING").Text("RequestId")
	k.want(k.post("AuthorizeAsync", fields{"RequestId": slow}), 200, "")
	us := newKit(t, with("mfa_country", "US"))
	id = us.want(us.post("Authorize", creds("Greatday", "WithMfaQuestions", true)), 203, "").Text("RequestId")
	american := us.want(us.reply(id, "How much is 2 + 2?", "4"), 200, "").Text("Login.Id")
	us.want(us.call("PATCH", "AnswerMFAQuestions", fields{"LoginId": american, "Questions": []fields{{"Question": "How much is 2 + 2?", "Answer": 4}}}), 200, "")
	us.want(us.post("Authorize", fields{"LoginId": american, "MostRecentCached": false}), 200, "")
	store("Toronto")
	asked := k.want(k.post("Authorize", live), 203, "").Text("RequestId")
	if q := k.get("GetMFAQuestions/" + login); len(q.List("Questions")) != 3 {
		t.Errorf("a wrong answer is still stored: %s", q.Raw)
	}
	k.want(k.reply(asked, city, "Montreal"), 200, "")
}

// A prompt whose list of answers is empty has no answer; its key is right all the same.
func TestEmptyAnswers(t *testing.T) {
	t.Parallel()
	k := newKit(t, with("wrong_mfa", "retry"))
	id := k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
	k.want(k.reply(id, city), 401, "SECURITYRESPONSES_INCOMPLETE")
	for key, code := range map[string]string{city: "SECURITYRESPONSES_INCOMPLETE", "What?": "UNKNOWN_CHALLENGE_KEY"} {
		body := fields{"RequestId": id, "SecurityResponses": fields{key: []string{}}}
		k.want(k.post("Authorize", body), 401, code)
	}
	k.want(k.reply(id, city, "Montreal"), 200, "")
}

// Only what the bank may ask is stored, in the words in which it asks; else nothing is.
func TestAnswersToStore(t *testing.T) {
	t.Parallel()
	const shape = "What shape do people like most?"
	q := func(pairs ...string) (out []fields) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, fields{"Question": pairs[i], "Answer": pairs[i+1]})
		}
		return out
	}
	for name, c := range map[string]struct {
		user, lang string
		given      []fields
		status     int
		code       string
		left       int // questions that lack an answer
	}{
		"asked":             {"Greatday", "en", q(city, "Montreal"), 200, "", 2},
		"not asked yet":     {"Greatday", "en", q(shape, "Triangle"), 200, "", 2},
		"never asked":       {"Greatday", "en", q(city, "Montreal", "What is your cat called?", "Tom"), 401, "UNKNOWN_CHALLENGE_KEY", 3},
		"recased":           {"Greatday", "en", q(strings.ToUpper(city), "Montreal"), 401, "UNKNOWN_CHALLENGE_KEY", 3},
		"another language":  {"Greatday", "fr", q(city, "Montreal"), 401, "UNKNOWN_CHALLENGE_KEY", 3},
		"another country's": {"Greatday", "en", q("How much is 2 + 2?", "4"), 401, "UNKNOWN_CHALLENGE_KEY", 3},
		"no answer":         {"Greatday", "en", q(city, " "), 401, "INVALID_REQUEST", 3},
		"no question":       {"Greatday", "en", q("", "Montreal"), 401, "INVALID_REQUEST", 3},
		"in French":         {"Greatday", "fr", q("Dans quelle ville êtes-vous né?", "Montreal"), 200, "", 2},
		"nothing is asked":  {"greatday_nomfa", "en", q(city, "Montreal"), 200, "", 0}, // yet it is one of the bank's
		"nor ever will be":  {"greatday_nomfa", "en", q("Why?", "So"), 401, "UNKNOWN_CHALLENGE_KEY", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			a := k.post("Authorize", creds(c.user, "WithMfaQuestions", true, "Language", c.lang))
			if a.Status == 203 {
				a = k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), "Montreal")
			}
			login := k.want(a, 200, "").Text("Login.Id")
			a = k.want(k.call("PATCH", "AnswerMFAQuestions", fields{"LoginId": login, "Questions": c.given}), c.status, c.code)
			if c.code == "UNKNOWN_CHALLENGE_KEY" && !strings.Contains(a.Text("Message"), "GetMFAQuestions") {
				t.Errorf("the error says %q", a.Text("Message"))
			}
			if left := k.get("GetMFAQuestions/" + login).List("Questions"); len(left) != c.left {
				t.Errorf("%d questions lack an answer, want %d", len(left), c.left)
			}
		})
	}
}

// A sent code goes to the number or address that the prompt names, else to the holder.
func TestInbox(t *testing.T) {
	t.Parallel()
	for mfa, to := range map[string]string{
		"{kind: otp_sms}": "•••• 34", "{kind: otp_email}": "j•••@example.test", "{kind: otp_call}": "John Flinkyfoot",
		`{kind: otp_sms, prompt: "The code sent to (416) ***-**17, please."}`: "***-**17",
		`{kind: otp_email, prompt: "Was it a.b•••@example.test?"}`:            "a.b•••@example.test",
		`{kind: otp_sms, prompt: "Enter your code"}`:                          "John Flinkyfoot",
	} {
		k := newKit(t, scripted(map[string]string{"ask": "login: {mfa: [" + mfa + "]}\n"}))
		a := k.want(k.post("Authorize", creds("greatday_nomfa+ask")), 203, "")
		sent := k.call("GET", k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/inbox", nil)
		if sent.Text("messages.0.to") != to || len(sent.List("messages")) != 1 {
			t.Errorf("%s: sent to %q, want %q", mfa, sent.Text("messages.0.to"), to)
		}
		k.want(k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), sent.Text("messages.0.code")), 200, "")
	}
}

// In French, what can be chosen is French, and so is what the user says of a message in the
// bank's app. Nothing is left of the English words.
func TestFrenchChoices(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct{ options, right []string }{
		"choice":           {[]string{"Bord-du-Lac", "Vieux-Moulin", "Vieux-Port"}, []string{"vieux-moulin"}},
		"multi_choice":     {[]string{"rouge", "vert", "bleu", "ambre"}, []string{"bleu", "vert"}},
		"method_selection": {[]string{"Message texte au •••• 34", "Appel au •••• 34"}, []string{"Appel au •••• 34"}},
		"push":             {[]string{"Je l'ai approuvée", "Envoyez-la de nouveau"}, []string{"Je l'ai approuvée"}},
		"question":         {nil, []string{"Montréal"}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, scripted(map[string]string{"ask": "login: {mfa: [{kind: " + kind + "}]}\n"}))
			english := k.want(k.post("Authorize", creds("greatday_nomfa+ask")), 203, "")
			a := k.want(k.post("Authorize", creds("greatday_nomfa+ask", "Language", "fr")), 203, "")
			var offered []string
			for _, o := range a.List("SecurityChallenges.0.Iterables") {
				offered = append(offered, o.(string))
			}
			if !slices.Equal(offered, c.options) {
				t.Errorf("the bank offers %q", offered)
			}
			for _, o := range english.List("SecurityChallenges.0.Iterables") {
				if slices.Contains(offered, o.(string)) {
					t.Errorf("%s is English", o)
				}
			}
			if kind == "push" {
				if a := k.call("POST", k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/sessions/"+a.Text("RequestId")+"/approve", nil); a.Status != 200 {
					t.Fatalf("approve: %d %s", a.Status, a.Raw)
				}
			}
			if kind == "method_selection" {
				a = k.want(k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), c.right...), 203, "")
				c.right = []string{"0000"}
				if prompt := a.Text("SecurityChallenges.0.Prompt"); prompt != "Entrez le code qui vous est dicté au téléphone" {
					t.Errorf("behind the choice stands %q", prompt)
				}
			}
			k.want(k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), c.right...), 200, "")
		})
	}
}
