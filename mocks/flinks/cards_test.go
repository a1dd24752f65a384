package flinks_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/store/memory"
)

// After DeleteCard nothing of the card is left: no answer, and no record of the sandbox
// that names it.
func TestDeleteCard(t *testing.T) {
	t.Parallel()
	kept := &spy{Store: memory.New()}
	h := enginetest.Listen(t)
	h.Answer(500) // so that webhooks stay queued
	k := newKit(t, with("webhook_url", h.URL), func(c *engine.Config) { c.Store = kept })
	asked := k.want(k.post("Authorize", creds("Greatday", "ScheduleRefresh", true, "WithMfaQuestions", true, "Tag", "precious")), 203, "")
	id := asked.Text("RequestId")
	login := k.want(k.reply(id, city, "Montreal"), 200, "").Text("Login.Id")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	if a := k.want(k.call("DELETE", "DeleteCard/"+login, nil), 400, "CARD_IN_USE"); a.Text("Message") == "" {
		t.Errorf("%s", a.Raw)
	}
	k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
	k.want(k.post("GetStatements", fields{"RequestId": id}), 200, "")
	k.want(k.call("PATCH", "AnswerMFAQuestions", fields{"LoginId": login, "Questions": []fields{{"Question": city, "Answer": "Montreal"}}}), 200, "")
	k.post("Authorize", creds("Greatday"))        // a login that waits
	k.post("Authorize", fields{"LoginId": login}) // a session that reads
	k.advance(time.Second)                        // the webhooks fail once
	if sent, err := k.srv.Deliveries(t.Context(), k.sandbox); err != nil || len(sent) != 2 {
		t.Fatalf("%d deliveries, %v", len(sent), err)
	}
	before := len(h.Bodies())
	if found := kept.names(t, k.sandbox, login, "Greatday", "precious"); len(found) < 5 {
		t.Fatalf("before the deletion %v name the card", found)
	}

	a := k.call("DELETE", "DeleteCard/"+strings.ToUpper(login), nil)
	if a.Status != 200 || a.Number("StatusCode") != 200 || a.At("HttpStatusCode") != nil || a.Text("Message") != "All of the information about LoginId "+login+" has been removed" {
		t.Fatalf("%d %s", a.Status, a.Raw)
	}
	k.want(k.get("GetAccountsDetailAsync/"+id), 400, "SESSION_NONEXISTENT")
	k.want(k.post("GetStatements", fields{"RequestId": id}), 400, "SESSION_NONEXISTENT")
	k.want(k.get("/insight/login/"+login+"/attributes/"+id+"/GetAllAttributes"), 401, "INVALID_LOGIN")
	k.want(k.get("GetMFAQuestions/"+login), 401, "INVALID_LOGIN")
	k.want(k.call("PATCH", "SetScheduledRefresh", fields{"LoginId": login, "IsActivated": true}), 401, "INVALID_LOGIN")
	k.want(k.post("Authorize", fields{"LoginId": login}), 401, "INVALID_LOGIN")
	k.want(k.call("DELETE", "DeleteCard/"+login, nil), 401, "INVALID_LOGIN")
	k.advance(48 * time.Hour)
	if n := len(h.Bodies()); n != before {
		t.Errorf("%d webhooks came after the deletion", n-before)
	}
	if found := kept.names(t, k.sandbox, login, "Greatday", "precious", id); len(found) > 0 {
		t.Errorf("after the deletion %v still name the card", found)
	}
	k.want(k.post("Authorize", creds("Greatday", "MostRecentCached", true)), 203, "") // nothing is cached
	legacy := newKit(t, with("edition", "legacy"))
	legacy.want(legacy.call("DELETE", "DeleteCard/"+login, nil), 400, "INVALID_LOGIN")
}

// spy looks into a store.
type spy struct{ store.Store }

// names lists the kinds of records of a sandbox that hold one of the texts.
func (s *spy) names(t *testing.T, sandbox string, texts ...string) (out []string) {
	t.Helper()
	err := s.View(t.Context(), sandbox, func(tx store.Tx) error {
		for _, kind := range engine.Kinds() {
			rows, err := tx.List(store.Query{Kind: kind.Name()})
			if err != nil {
				return err
			}
			for _, row := range rows {
				text := row.ID + " " + row.Group + " " + printed(row.Value)
				for _, want := range texts {
					if strings.Contains(text, want) {
						out = append(out, kind.Name()+" "+row.ID+" "+want)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSetScheduledRefresh(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	auth, _ := k.collected("greatday_nomfa")
	login := auth.Text("Login.Id")
	set := func(path string, body any, want string) {
		t.Helper()
		if a := k.call("PATCH", path, body); a.Status != 200 || a.Body != "LoginId "+login+" has now been "+want+" for automatic refresh" {
			t.Errorf("%s %v: %d %s", path, body, a.Status, a.Raw)
		}
	}
	scheduled := func() any { return k.post("Authorize", fields{"LoginId": login}).At("Login.IsScheduledRefresh") }
	if scheduled() != false {
		t.Error("a card is refreshed at night without being asked")
	}
	set("SetScheduledRefresh", fields{"loginId": login, "isActivated": true}, "activated")
	if scheduled() != true {
		t.Error("it is not shown")
	}
	set("SetScheduledRefresh", fields{"LoginId": login, "IsActivated": "FALSE"}, "deactivated")
	set("SetScheduledRefresh?login_id="+login+"&is_activated=true", fields{}, "activated")
	k.want(k.call("PATCH", "SetScheduledRefresh", fields{"LoginId": login}), 401, "INVALID_REQUEST")
	k.want(k.call("PATCH", "SetScheduledRefresh", fields{"IsActivated": true}), 401, "INVALID_REQUEST")
	k.want(k.call("PATCH", "SetScheduledRefresh", fields{"LoginId": "x", "IsActivated": true}), 401, "INVALID_LOGIN")
	if a := k.login("multiple_employers", "ScheduleRefresh", true); a.At("Login.IsScheduledRefresh") != true {
		t.Errorf("asked for at the login: %s", a.Raw)
	}
}

// At night LastRefresh moves and the webhooks come, as long as the card is eligible.
func TestNightlyRefresh(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	last := func(k *kit, login string) string { // the day, of a refresh at night
		t.Helper()
		at := k.post("Authorize", fields{"LoginId": login}).Text("Login.LastRefresh")
		date, clock, _ := strings.Cut(at, "T")
		if clock < "03:00" || clock >= "09:00" {
			t.Errorf("refreshed at %s, which is not at night", at)
		}
		return date
	}
	start := func(k *kit, user string, more ...any) string {
		a := k.post("Authorize", creds(user, append([]any{"ScheduleRefresh", true}, more...)...))
		if a.Status == 203 {
			a = k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), "Montreal")
		}
		id := k.want(a, 200, "").Text("RequestId")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
		k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
		return a.Text("Login.Id")
	}
	ineligible := func(k *kit) answer { return k.want(k.get("GetNightlyRefreshStatus"), 200, "") }

	k := newKit(t)
	login := start(k, "greatday_nomfa")
	k.advance(14 * time.Hour) // noon is behind it, the night before it
	if at := k.post("Authorize", fields{"LoginId": login}).Text("Login.LastRefresh"); at != "2026-03-31T12:00:00.0000000" {
		t.Errorf("before the night it was refreshed at %s", at)
	}
	k.advance(10 * time.Hour)
	if got := last(k, login); got != "2026-04-01" {
		t.Errorf("a day later the last refresh is %s", got)
	}
	if a := ineligible(k); len(a.List("IneligibleCards")) != 0 {
		t.Errorf("%s", a.Raw)
	}
	k.call("PATCH", "SetScheduledRefresh", fields{"LoginId": login, "IsActivated": false})
	k.advance(day)
	if got := last(k, login); got != "2026-04-01" {
		t.Errorf("switched off, the last refresh is %s", got)
	}

	// Nobody reads the card: after a week it is left alone, unless there is a webhook.
	for name, hooked := range map[string]bool{"unread": false, "unread with a webhook": true} {
		h := enginetest.Listen(t)
		k := newKit(t)
		if hooked {
			k = newKit(t, with("webhook_url", h.URL))
		}
		start(k, "greatday_nomfa")
		k.advance(9 * day)
		a := ineligible(k)
		if n := len(a.List("IneligibleCards")); n != map[bool]int{false: 1, true: 0}[hooked] {
			t.Errorf("%s: %s", name, a.Raw)
		}
		if n := len(h.Bodies()); hooked && n < 18 {
			t.Errorf("%s: %d webhooks in nine nights", name, n)
		}
	}

	// A question without a stored answer stops it; the right one lets it go on.
	k = newKit(t)
	login = start(k, "Greatday", "WithMfaQuestions", true)
	k.advance(day)
	a := ineligible(k)
	if a.Text("IneligibleCards.0.LastRefreshState") != "AnsweringSecurityChallenge" || a.At("IneligibleCards.0.LastRefreshErrorCode") != nil || a.Text("IneligibleCards.0.LoginId") != login {
		t.Errorf("%s", a.Raw)
	}
	if q := k.want(k.get("GetMFAQuestions/"+login), 200, ""); len(q.List("Questions")) != 3 || q.Text("Message") != "SUCCESS" {
		t.Errorf("%s", q.Raw)
	}
	store := func(answer string) {
		t.Helper()
		var all []fields
		for q, right := range map[string]string{city: answer, "What is the best country on earth?": "Canada", "What shape do people like most?": "Triangle"} {
			all = append(all, fields{"Question": q, "Answer": right})
		}
		if a := k.want(k.call("PATCH", "AnswerMFAQuestions", fields{"LoginId": login, "Questions": all}), 200, ""); a.Text("Message") != "Answers updated" {
			t.Errorf("%s", a.Raw)
		}
	}
	store("Toronto")
	if q := k.get("GetMFAQuestions/" + login); len(q.List("Questions")) != 0 {
		t.Errorf("all are answered, but %s", q.Raw)
	}
	k.advance(day)
	if q := k.get("GetMFAQuestions/" + login); len(q.List("Questions")) != 1 || q.Text("Questions.0.Question") != city {
		t.Errorf("a wrong answer is erased at its use: %s", q.Raw)
	}
	store("montreal")
	k.advance(day)
	if got := last(k, login); got != "2026-04-03" {
		t.Errorf("with answers the last refresh is %s", got)
	}

	// An error that is not worth another night ends it, one that is does not.
	for script, c := range map[string]struct {
		code string
		n    int
	}{"password": {"INVALID_PASSWORD", 1}, "down": {"RETRY_LATER", 0}} {
		k := newKit(t, scripted(map[string]string{
			"password": "login: {credentials: [accept, reject]}\n", "down": "login: {credentials: [accept, unavailable]}\n",
		}))
		start(k, "greatday_nomfa+"+script)
		k.advance(day)
		a := ineligible(k)
		if len(a.List("IneligibleCards")) != c.n || c.n > 0 && a.Text("IneligibleCards.0.LastRefreshErrorCode") != c.code {
			t.Errorf("%s: %s", script, a.Raw)
		}
	}
	if a := k.want(k.get("GetNightlyRefreshStatus?loginId=x"), 401, "INVALID_REQUEST"); a.Text("Message") != "The login 'x' is invalid." {
		t.Errorf("%s", a.Raw)
	}
	plain := newKit(t)
	plain.want(plain.get("GetMFAQuestions/"+plain.login("greatday_nomfa").Text("Login.Id")), 401, "INVALID_REQUEST")
}

// Each live login that succeeds may agree to have the questions stored, also to a card
// that there was before; nothing else does.
func TestQuestionsOfKnownCard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more []any
		code string
	}{
		"agreed":       {[]any{"WithMfaQuestions", true, "Save", true}, ""},
		"not saved":    {[]any{"WithMfaQuestions", true, "Save", false}, "INVALID_REQUEST"},
		"only read":    {[]any{"WithMfaQuestions", true, "MostRecentCached", true}, "INVALID_REQUEST"},
		"not asked":    {nil, "INVALID_REQUEST"},
		"wrong answer": {[]any{"WithMfaQuestions", true}, "INVALID_REQUEST"},
	} {
		for _, byLogin := range []bool{false, true} {
			k := newKit(t)
			first := k.want(k.post("Authorize", creds("Greatday")), 203, "").Text("RequestId")
			login := k.want(k.reply(first, city, "Montreal"), 200, "").Text("Login.Id")
			k.want(k.post("GetAccountsDetail", fields{"RequestId": first}), 202, "OPERATION_PENDING")
			k.want(k.get("GetAccountsDetailAsync/"+first), 200, "")
			body := creds("Greatday", c.more...)
			if byLogin {
				body = fields{"LoginId": login, "MostRecentCached": false}
				for i := 0; i+1 < len(c.more); i += 2 {
					body[c.more[i].(string)] = c.more[i+1]
				}
			}
			answer := map[bool]string{false: "Montreal", true: "Toronto"}[name == "wrong answer"]
			if a := k.post("Authorize", body); a.Status == 203 {
				k.reply(a.Text("RequestId"), city, answer)
			}
			a := k.get("GetMFAQuestions/" + login)
			if a.Text("FlinksCode") != c.code || c.code == "" && len(a.List("Questions")) != 3 {
				t.Errorf("%s, by LoginId %t: %s", name, byLogin, a.Raw)
			}
		}
	}
}

// A card is in use from the first 202 until its data was there, also where the bank had it
// at once; a request that nobody asks again does not hold it for ever.
func TestDeleteCardInUse(t *testing.T) {
	t.Parallel()
	for name, until := range map[string]func(k *kit, id string){
		"polled":    func(k *kit, id string) { k.want(k.get("GetAccountsDetailAsync/"+id), 200, "") },
		"called":    func(k *kit, id string) { k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 200, "") },
		"abandoned": func(k *kit, _ string) { k.advance(30 * time.Minute) },
	} {
		k := newKit(t)
		for range 2 { // the card's first data, and what a later login fetches
			a := k.login("greatday_nomfa")
			id, remove := a.Text("RequestId"), "DeleteCard/"+a.Text("Login.Id")
			k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
			k.want(k.call("DELETE", remove, nil), 400, "CARD_IN_USE")
			k.drain() // the bank is done, and nobody has heard of it
			k.want(k.call("DELETE", remove, nil), 400, "CARD_IN_USE")
			until(k, id)
			if name == "called" {
				continue // the second round is of a card that has data
			}
			if a := k.call("DELETE", remove, nil); a.Status != 200 {
				t.Errorf("%s: %s", name, a.Raw)
			}
		}
	}
}

// From a live login until its data was read, or its time is over, a card is in use; what is
// only read is not, nor does a login that waits or has failed hold it. The other reading of
// the documentation is an option.
func TestDeleteCardAfterAuthorize(t *testing.T) {
	t.Parallel()
	for option, first := range map[string]int{"after_authorize": 400, "while_collecting": 200} {
		for name, c := range map[string]struct {
			do     func(k *kit, login string) // with a card whose data was read
			status int
		}{
			"read": {func(*kit, string) {}, 200},
			"live": {func(k *kit, _ string) { k.login("greatday_nomfa") }, first},
			"by LoginId": {func(k *kit, login string) {
				k.want(k.post("Authorize", fields{"LoginId": login, "MostRecentCached": false}), 200, "")
			}, first},
			"cached": {func(k *kit, login string) { k.want(k.post("Authorize", fields{"LoginId": login}), 200, "") }, 200},
			"failed": {func(k *kit, _ string) {
				k.want(k.post("Authorize", creds("greatday_nomfa", "Password", "x")), 401, "INVALID_PASSWORD")
			}, 200},
			"waiting": {func(k *kit, _ string) {
				k.want(k.post("Authorize", creds("greatday_nomfa"), "Stunt-Scenario", "mfa-question"), 203, "")
			}, 200},
			"over": {func(k *kit, _ string) {
				k.login("greatday_nomfa")
				k.advance(8 * time.Minute)
			}, 200},
			"two logins, one read": {func(k *kit, _ string) {
				id := k.login("greatday_nomfa").Text("RequestId")
				k.login("greatday_nomfa")
				k.want(k.post("GetAccountsSummary", fields{"RequestId": id}), 202, "OPERATION_PENDING")
				k.want(k.get("GetAccountsSummaryAsync/"+id), 200, "")
			}, 200},
			"data that failed": {func(k *kit, _ string) {
				id := k.login("greatday_nomfa").Text("RequestId")
				k.post("GetAccountsDetail", fields{"RequestId": id})
				k.want(k.get("GetAccountsDetailAsync/"+id), 500, "AGGREGATION_ERROR")
			}, 200},
		} {
			k := newKit(t, with("delete_card", option))
			auth, _ := k.collected("greatday_nomfa")
			login := auth.Text("Login.Id")
			if name == "data that failed" {
				k = newKit(t, with("delete_card", option), func(c *engine.Config) { c.Scenario = "extraction-fails" })
				login = k.login("greatday_nomfa").Text("Login.Id")
			}
			c.do(k, login)
			if a := k.call("DELETE", "DeleteCard/"+login, nil); a.Status != c.status {
				t.Errorf("%s, %s: %d %s", option, name, a.Status, a.Raw)
			}
		}
		k := newKit(t, with("delete_card", option))
		login := k.login("greatday_nomfa").Text("Login.Id") // no data was there ever
		if a := k.call("DELETE", "DeleteCard/"+login, nil); a.Status != first {
			t.Errorf("%s: right after the first login: %d %s", option, a.Status, a.Raw)
		}
	}
}

// A card that has stopped working takes nothing that is stored of it, is not refreshed at night and says
// so, until its user logs in again; what is kept is read as before, unless the consent has ended.
func TestStoppedCard(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for state, c := range map[string]struct {
		code, feed string
		kept       int
	}{
		"login_required": {"INVALID_LOGIN", "InvalidLogin", 200}, "revoked": {"UNAUTHORIZED", "NotCompleted", 401}, "consent_expired": {"UNAUTHORIZED", "NotCompleted", 401},
	} {
		k := newKit(t)
		auth := k.login("greatday_nomfa", "ScheduleRefresh", true)
		login := auth.Text("Login.Id")
		k.post("GetAccountsDetail", fields{"RequestId": auth.Text("RequestId")})
		k.want(k.get("GetAccountsDetailAsync/"+auth.Text("RequestId")), 200, "")
		k.advance(day)
		if a := k.call("PUT", k.srv.URL+"/~"+k.sandbox+"/_stunt/v1/connections/"+login+"/state", fields{"state": state}); a.Status != 200 {
			t.Fatal(a.Raw)
		}
		k.advance(2 * day)
		night := k.want(k.get("GetNightlyRefreshStatus"), 200, "")
		if len(night.List("IneligibleCards")) != 1 || night.Text("IneligibleCards.0.LastRefreshErrorCode") != c.code ||
			night.Text("IneligibleCards.0.LastRefreshState") != c.feed || !strings.HasPrefix(night.Text("IneligibleCards.0.LastRefreshDate"), "2026-04-01T0") {
			t.Errorf("%s: %s", state, night.Raw)
		}
		live := fields{"LoginId": login, "MostRecentCached": false}
		a := k.want(k.post("Authorize", live), 401, c.code)
		if !strings.Contains(a.Text("Message"), "with Institution, Username and Password") || !guid.MatchString(a.Text("RequestId")) {
			t.Errorf("%s: %s", state, a.Raw)
		}
		k.want(k.post("GetAccountsDetail", fields{"RequestId": a.Text("RequestId")}), 401, c.code)
		slow := k.want(k.post("AuthorizeAsync", live), 202, "OPERATION_PENDING").Text("RequestId")
		k.want(k.post("AuthorizeAsync", fields{"RequestId": slow}), 401, c.code)
		kept := k.want(k.post("Authorize", fields{"LoginId": login}), 200, "").Text("RequestId")
		if a := k.post("GetAccountsDetail", fields{"RequestId": kept}); a.Status != c.kept {
			t.Errorf("%s: what is kept is %d %.200s", state, a.Status, a.Raw)
		}
		again := k.login("greatday_nomfa")
		if again.Text("Login.Id") != login {
			t.Errorf("%s: the login has another card: %s", state, again.Raw)
		}
		k.want(k.post("GetAccountsDetail", fields{"RequestId": again.Text("RequestId")}), 202, "OPERATION_PENDING")
		k.want(k.get("GetAccountsDetailAsync/"+again.Text("RequestId")), 200, "")
		k.want(k.post("Authorize", live), 200, "")
		k.advance(day)
		if night := k.get("GetNightlyRefreshStatus"); len(night.List("IneligibleCards")) != 0 {
			t.Errorf("%s: logged in again, it is left out: %s", state, night.Raw)
		}
	}
}

// A card that nobody reads rests without an error, and goes on when it is read again.
func TestNightlyRest(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, read := range map[string]func(k *kit, login string) answer{
		"Authorize": func(k *kit, login string) answer { return k.post("Authorize", fields{"LoginId": login}) },
		"AuthorizeMultiple": func(k *kit, login string) answer {
			return k.post("AuthorizeMultiple", fields{"LoginIds": []string{login}})
		},
	} {
		k := newKit(t)
		a := k.login("greatday_nomfa", "ScheduleRefresh", true)
		id, login := a.Text("RequestId"), a.Text("Login.Id")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
		k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
		k.advance(10 * day)
		rests := k.want(k.get("GetNightlyRefreshStatus"), 200, "")
		if rests.Text("IneligibleCards.0.LastRefreshState") != "Completed" || rests.At("IneligibleCards.0.LastRefreshErrorCode") != nil ||
			!strings.HasPrefix(rests.Text("IneligibleCards.0.LastRefreshDate"), "2026-04-07T0") {
			t.Errorf("unread for ten days: %s", rests.Raw)
		}
		k.want(read(k, login), 200, "")
		if a := k.get("GetNightlyRefreshStatus"); len(a.List("IneligibleCards")) != 0 {
			t.Errorf("%s: read again, it is left out: %s", name, a.Raw)
		}
		k.advance(day)
		if last := k.post("Authorize", fields{"LoginId": login}).Text("Login.LastRefresh"); !strings.HasPrefix(last, "2026-04-11T0") {
			t.Errorf("%s: read again, the last refresh is %s", name, last)
		}
	}
	// Each card has an instant of its own, the same in every run.
	at := func() (out []string) {
		k := newKit(t)
		for _, user := range []string{"greatday_nomfa", "multiple_employers", "chat_gpt"} {
			a := k.login(user, "ScheduleRefresh", true)
			k.post("GetAccountsDetail", fields{"RequestId": a.Text("RequestId")})
			k.want(k.get("GetAccountsDetailAsync/"+a.Text("RequestId")), 200, "")
			k.advance(day)
			out = append(out, k.post("Authorize", fields{"LoginId": a.Text("Login.Id")}).Text("Login.LastRefresh")[11:])
		}
		return out
	}
	if first, again := at(), at(); !slices.Equal(first, again) || first[0] == first[1] || first[1] == first[2] {
		t.Errorf("the cards are refreshed at %v, and then at %v", first, again)
	}
	k := newKit(t) // authorized, and never collected
	k.login("greatday_nomfa", "ScheduleRefresh", true)
	k.advance(day)
	if a := k.get("GetNightlyRefreshStatus"); a.Text("IneligibleCards.0.LastRefreshState") != "PartiallyCompleted" {
		t.Errorf("%s", a.Raw)
	}
}
