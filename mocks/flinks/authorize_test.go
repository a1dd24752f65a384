package flinks_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

var guid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// The whole way of a user whose bank asks one question, with the published values.
func TestJourney(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	token := k.want(k.post("GenerateAuthorizeToken", nil, "flinks-auth-key", secret, "x-api-key", ""), 200, "").Text("Token")
	if !guid.MatchString(token) {
		t.Fatalf("the token is %q", token)
	}
	by := []string{"flinks-auth-key", token, "x-api-key", ""}
	asked := k.want(k.post("Authorize", creds("Greatday", "Tag", "t1"), by...), 203, "")
	id := asked.Text("RequestId")
	if asked.Text("SecurityChallenges.0.Prompt") != city || asked.Text("SecurityChallenges.0.Type") != "QuestionAndAnswer" || asked.Text("Tag") != "t1" ||
		asked.Text("Links.0.rel") != "Authorization" || asked.Text("Links.0.href") != "/Authorize" {
		t.Errorf("the bank asks %s", asked.Raw)
	}
	k.want(k.get("GetAccountsDetailAsync/"+id), 401, "UNAUTHORIZED")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 401, "UNAUTHORIZED")
	done := k.want(k.post("Authorize", fields{"RequestId": id, "SecurityResponses": map[string]any{city: []string{"montreal"}}}, by...), 200, "")
	if done.Text("RequestId") != id || strings.Contains(done.Raw, "SecurityChallenges") {
		t.Errorf("the login ended with %s", done.Raw)
	}
	for path, want := range map[string]any{
		"Login.Username": "Greatday", "Login.Type": "Personal", "Login.IsScheduledRefresh": false, "Login.LastRefresh": "2026-03-31T12:00:00.0000000",
		"Institution": "FlinksCapital", "InstitutionName": "FlinksCapital", "InstitutionId": 14.0,
		"Links.0.rel": "AccountsDetail", "Links.1.href": "/GetAccountsSummary", "Links.2.rel": "Statements",
	} {
		if got := done.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	data := k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
	if data.Text("Login.Id") != done.Text("Login.Id") || data.Text("Tag") != "t1" || len(data.List("Accounts")) < 3 {
		t.Errorf("the data is %.300s", data.Raw)
	}
	k.want(k.post("Authorize", fields{"RequestId": id}, by...), 401, "ALREADY_AUTHORIZED")
}

// One token is one session: it goes on there, and is spent for every other.
func TestAuthorizeToken(t *testing.T) {
	t.Parallel()
	mint := func(k *kit) []string {
		return []string{"flinks-auth-key", k.want(k.post("GenerateAuthorizeToken", "{}", "flinks-auth-key", secret), 200, "").Text("Token"), "x-api-key", ""}
	}
	const bad = "You must provide a valid authorize token"
	for _, mode := range []string{"lenient", "strict"} {
		k := newKit(t, with("auth", mode)).in("token-" + mode)
		one, two := mint(k), mint(k)
		id := k.want(k.post("Authorize", creds("Greatday"), one...), 203, "").Text("RequestId")
		if a := k.want(k.post("Authorize", creds("greatday_nomfa"), one...), 401, "ACCESS_DENIED"); !strings.HasPrefix(a.Text("Message"), bad) {
			t.Errorf("a spent token: %s", a.Raw)
		}
		right := fields{"RequestId": id, "SecurityResponses": map[string][]string{city: {"Montreal"}}}
		if mode == "strict" {
			k.want(k.post("Authorize", right, two...), 401, "ACCESS_DENIED")
			two = one
		}
		k.want(k.post("Authorize", right, two...), 200, "")
		if mode == "lenient" { // the second token is of that session now
			k.want(k.post("Authorize", creds("greatday_nomfa"), two...), 401, "ACCESS_DENIED")
		}
		k.want(k.post("Authorize", creds("greatday_nomfa"), "flinks-auth-key", "2f6a2ef0-6b3c-4d4f-9d3a-1c9f3e1f0a77"), 401, "ACCESS_DENIED")
	}
	// A failed login has used the token, too: who repeats the call needs a new one.
	k := newKit(t)
	by := mint(k)
	k.want(k.post("Authorize", creds("greatday_nomfa", "Password", "x"), by...), 401, "INVALID_PASSWORD")
	k.want(k.post("Authorize", creds("greatday_nomfa", "Password", "x"), by...), 401, "ACCESS_DENIED")

	for option, life := range map[string]time.Duration{"30m": 30 * time.Minute, "15m": 15 * time.Minute} {
		for wait, ok := range map[time.Duration]bool{life - time.Second: true, life: false} {
			k := newKit(t, with("authorize_token_idle", option))
			by := mint(k)
			k.advance(wait)
			want, code := 200, ""
			if !ok {
				want, code = 401, "ACCESS_DENIED"
			}
			k.want(k.post("Authorize", creds("greatday_nomfa"), by...), want, code)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	login := func(k *kit, headers ...string) answer {
		return k.post("Authorize", creds("greatday_nomfa"), headers...)
	}
	list := func(k *kit, headers ...string) answer { return k.get("Institutions", headers...) }
	categories := func(k *kit, headers ...string) answer { return k.get("Categories/CA", headers...) }
	mint := func(k *kit, headers ...string) answer { return k.post("GenerateAuthorizeToken", nil, headers...) }
	nightly := func(k *kit, headers ...string) answer { return k.get("GetNightlyRefreshStatus", headers...) }
	schedule := func(k *kit, headers ...string) answer { // no page says which credential it takes
		return k.call("PATCH", "SetScheduledRefresh", fields{"LoginId": "x", "IsActivated": true}, headers...)
	}
	none := []string{"x-api-key", ""}
	other := "11111111-2222-4333-8444-555555555555"
	foreign := func(do func(*kit, ...string) answer) func(*kit, ...string) answer {
		return func(k *kit, headers ...string) answer {
			elsewhere := *k
			elsewhere.customer = other
			return do(&elsewhere, headers...)
		}
	}
	for name, c := range map[string]struct {
		options []string
		do      func(*kit, ...string) answer
		headers []string
		status  int
		code    string
	}{
		"none: nothing is asked":            {[]string{"auth", "none"}, login, none, 200, ""},
		"none: the token wants its secret":  {[]string{"auth", "none"}, mint, none, 200, ""},
		"lenient: nothing":                  {nil, login, none, 401, "ACCESS_DENIED"},
		"lenient: nothing on data":          {nil, list, none, 401, "UNAUTHORIZED"},
		"lenient: an api key logs in":       {nil, login, nil, 200, ""},
		"lenient: any api key":              {nil, list, []string{"x-api-key", other}, 200, ""},
		"lenient: no GUID":                  {nil, list, []string{"x-api-key", "sesame"}, 401, "UNAUTHORIZED"},
		"lenient: a bearer":                 {nil, list, []string{"x-api-key", "", "Authorization", "Bearer abc"}, 200, ""},
		"lenient: api key for a utility":    {nil, categories, nil, 200, ""},
		"lenient: a token without secret":   {nil, mint, nil, 401, "UNAUTHORIZED"},
		"lenient: a token with no GUID":     {nil, mint, []string{"flinks-auth-key", "x"}, 401, "UNAUTHORIZED"},
		"exact api key":                     {[]string{"x_api_key", other}, list, nil, 401, "UNAUTHORIZED"},
		"exact api key, sent":               {[]string{"x_api_key", other}, list, []string{"x-api-key", other}, 200, ""},
		"exact secret":                      {[]string{"secret_key", other}, mint, []string{"flinks-auth-key", secret}, 401, "UNAUTHORIZED"},
		"exact secret, sent":                {[]string{"secret_key", other}, mint, []string{"flinks-auth-key", other}, 200, ""},
		"strict: the toolbox's key":         {[]string{"auth", "strict"}, list, nil, 200, ""},
		"strict: another key":               {[]string{"auth", "strict"}, list, []string{"x-api-key", other}, 401, "UNAUTHORIZED"},
		"strict: login by api key":          {[]string{"auth", "strict"}, login, nil, 401, "ACCESS_DENIED"},
		"strict: a utility by api key":      {[]string{"auth", "strict"}, categories, nil, 401, "UNAUTHORIZED"},
		"strict: a utility by bearer":       {[]string{"auth", "strict"}, categories, []string{"Authorization", "Bearer " + secret}, 200, ""},
		"strict: a utility by other bearer": {[]string{"auth", "strict"}, categories, []string{"Authorization", "Bearer x"}, 401, "UNAUTHORIZED"},
		"strict: a bare secret":             {[]string{"auth", "strict"}, categories, []string{"Authorization", secret}, 401, "UNAUTHORIZED"},
		"strict: another bare secret":       {[]string{"auth", "strict", "api_secret", other}, nightly, []string{"Authorization", other}, 401, "UNAUTHORIZED"},
		"strict: another secret":            {[]string{"auth", "strict", "api_secret", other}, nightly, []string{"Authorization", "bearer " + other}, 200, ""},
		"strict: undocumented, another key": {[]string{"auth", "strict"}, schedule, []string{"x-api-key", other}, 401, "UNAUTHORIZED"},
		"strict: undocumented, no key":      {[]string{"auth", "strict"}, schedule, none, 401, "UNAUTHORIZED"},
		"strict: undocumented, other token": {[]string{"auth", "strict"}, schedule, []string{"x-api-key", "", "flinks-auth-key", other}, 401, "UNAUTHORIZED"},
		"strict: undocumented, api key":     {[]string{"auth", "strict"}, schedule, nil, 401, "INVALID_LOGIN"},
		"strict: undocumented, the secret":  {[]string{"auth", "strict"}, schedule, []string{"x-api-key", "", "flinks-auth-key", secret}, 401, "INVALID_LOGIN"},
		"strict: another customer":          {[]string{"auth", "strict"}, foreign(list), nil, 401, "UNAUTHORIZED"},
		"strict: a customer that is set":    {[]string{"auth", "strict", "customer_ids", other}, foreign(list), nil, 200, ""},
		"lenient: any customer":             {nil, foreign(list), nil, 200, ""},
		"lenient: a bare secret":            {nil, categories, []string{"x-api-key", "", "Authorization", secret}, 200, ""},
		"another customer":                  {[]string{"customer_ids", other}, list, nil, 401, "UNAUTHORIZED"},
		"one of the customers":              {[]string{"customer_ids", other + "," + strings.ToUpper(customer)}, list, nil, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, with(c.options...))
			k.want(c.do(k, c.headers...), c.status, c.code)
		})
	}
}

// In strict mode the older bearer opens what the one client that has it calls, and only
// the customer with the secret key gets one.
func TestOlderToken(t *testing.T) {
	t.Parallel()
	const other = "11111111-2222-4333-8444-555555555555"
	issue := func(k *kit, client, secret string) answer {
		return k.post("Token/?demoObe=true", fields{"client_id": client, "secret": secret}, "x-api-key", "")
	}
	k := newKit(t, with("auth", "strict"))
	a := issue(k, customer, secret)
	if a.Status != 200 || a.Text("access_token") == "" {
		t.Fatalf("%d %s", a.Status, a.Raw)
	}
	by := []string{"Authorization", "Bearer " + a.Text("access_token"), "x-api-key", ""}
	id := k.want(k.post("Authorize", creds("greatday_nomfa"), by...), 200, "").Text("RequestId")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}, by...), 202, "OPERATION_PENDING")
	k.want(k.call("GET", "GetAccountsDetailAsync/"+id, nil, by...), 200, "")
	if a := k.get("Categories/CA", by...); a.Status != 200 {
		t.Errorf("the token is refused: %s", a.Raw)
	}
	k.want(k.post("GenerateAuthorizeToken", nil, by...), 401, "UNAUTHORIZED")
	k.want(k.post("Token", fields{"client_id": "c"}), 401, "INVALID_REQUEST")
	k.want(issue(k, "c", secret), 401, "UNAUTHORIZED")
	k.want(issue(k, customer, "s"), 401, "UNAUTHORIZED")
	k.advance(time.Hour)
	k.want(k.post("Authorize", creds("greatday_nomfa"), by...), 401, "UNAUTHORIZED")
	k.want(k.get("Institutions", by...), 401, "UNAUTHORIZED")
	k.want(k.get("Institutions", "Authorization", by[1]), 200, "") // beside the right key it does no harm

	two := newKit(t, with("auth", "strict", "customer_ids", customer+","+other, "secret_key", other))
	two.want(issue(two, customer, secret), 401, "UNAUTHORIZED")
	elsewhere := *two
	elsewhere.customer = other
	by[1] = "Bearer " + issue(two, customer, other).Text("access_token")
	two.want(two.post("Authorize", creds("greatday_nomfa"), by...), 200, "")
	elsewhere.want(elsewhere.post("Authorize", creds("greatday_nomfa"), by...), 401, "ACCESS_DENIED")

	loose := newKit(t, with("api_secret", other)) // which an issued token need not be
	by[1] = "Bearer " + issue(loose, "c", "s").Text("access_token")
	loose.want(loose.post("Authorize", creds("greatday_nomfa"), by...), 200, "")
	by[1] = "Bearer x"
	loose.want(loose.get("Institutions", by...), 401, "UNAUTHORIZED")
}

// A card has one LoginId for an institution and a user, whatever the case and the language.
func TestLoginID(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first := k.login("GreatDay_NoMFA", "Password", "EveryDay").Text("Login.Id")
	for name, c := range map[string]struct {
		body fields
		same bool
	}{
		"again":               {creds("greatday_nomfa"), true},
		"institution in case": {creds("greatday_nomfa", "Institution", "flinkscapital"), true},
		"French":              {creds("greatday_nomfa", "Language", "fr"), true},
		"another bank":        {creds("greatday_nomfa", "Institution", "OtterBay"), false},
		"another user":        {creds("multiple_employers"), false},
	} {
		if id := k.want(k.post("Authorize", c.body), 200, "").Text("Login.Id"); (id == first) != c.same {
			t.Errorf("%s: LoginId %s, the first was %s", name, id, first)
		}
	}
	a := k.want(k.post("Authorize", fields{"LoginId": first, "MostRecentCached": "TRUE"}), 200, "")
	if a.Text("Login.Id") != first || a.Text("Login.Username") != "greatday_nomfa" {
		t.Errorf("by LoginId: %s", a.Raw)
	}
	k.want(k.post("Authorize", fields{"LoginId": strings.ToUpper(first)}), 200, "")
	foreign := strings.Replace(k.base(), customer, "99999999-0391-4c82-857d-70d95f087ecb", 1)
	k.want(k.post(foreign+"BankingServices/Authorize", fields{"LoginId": first}), 401, "INVALID_LOGIN")
	k.want(k.in("elsewhere").post("Authorize", fields{"LoginId": first}), 401, "INVALID_LOGIN")
}

// The published users are found in any case; those of a scenario as they are written, with
// a LoginId each.
func TestCase(t *testing.T) {
	t.Parallel()
	script := scripted(map[string]string{
		"jane": "persona: {use: salaried, login: {username: JaneDoe, password: S3cret-Word}}\n",
		"john": "persona: {use: salaried, login: {username: janedoe, password: other}}\n",
		"mine": "persona: {use: salaried, login: {username: greatday_nomfa, password: Mine}}\n",
	})
	for name, c := range map[string]struct {
		user, password, scenario string
		status                   int
		code                     string
	}{
		"as published":            {"greatday_nomfa", "Everyday", "", 200, ""},
		"any case":                {"GREATDAY_NoMFA", "eVERYDAY", "", 200, ""},
		"any case, a scenario":    {"GREATDAY_NoMFA+happy", "eVERYDAY", "", 200, ""},
		"as written":              {"JaneDoe", "S3cret-Word", "jane", 200, ""},
		"password in lower case":  {"JaneDoe", "s3cret-word", "jane", 401, "INVALID_PASSWORD"},
		"name in lower case":      {"janedoe", "S3cret-Word", "jane", 401, "INVALID_USERNAME"},
		"a published user's own":  {"Greatday_NoMFA", "Mine", "mine", 200, ""},
		"and the published one":   {"Greatday_NoMFA", "Everyday", "mine", 401, "INVALID_PASSWORD"},
		"in lower case":           {"Greatday_NoMFA", "mine", "mine", 401, "INVALID_PASSWORD"},
		"the published password":  {"JaneDoe", "Everyday", "jane", 401, "INVALID_PASSWORD"},
		"without the scenario":    {"JaneDoe", "S3cret-Word", "", 401, "INVALID_USERNAME"},
		"blanks around the words": {" greatday_nomfa ", " Everyday ", "", 200, ""},
	} {
		for _, cached := range []bool{false, true} {
			k := newKit(t, script)
			a := k.post("Authorize", creds(c.user, "Password", c.password, "MostRecentCached", cached), "Stunt-Scenario", c.scenario)
			if a.Status != c.status || a.Text("FlinksCode") != c.code {
				t.Errorf("%s: %d %s", name, a.Status, a.Raw)
			}
		}
	}
	k := newKit(t, script)
	login := func(user, password, scenario string) (string, answer) {
		a := k.want(k.post("Authorize", creds(user, "Password", password), "Stunt-Scenario", scenario), 200, "")
		id := a.Text("RequestId")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
		k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
		return a.Text("Login.Id"), a
	}
	jane, a := login("JaneDoe", "S3cret-Word", "jane")
	if john, _ := login("janedoe", "other", "john"); john == jane || a.Text("Login.Username") != "JaneDoe" {
		t.Errorf("both have the LoginId %s: %s", jane, a.Raw)
	}
	// What is kept is held to the same measure, also by LoginId.
	kept := creds("JaneDoe", "Password", "s3cret-word", "MostRecentCached", true)
	k.want(k.post("Authorize", kept, "Stunt-Scenario", "jane"), 401, "INVALID_LOGIN")
	kept["Password"] = "S3cret-Word"
	k.want(k.post("Authorize", kept, "Stunt-Scenario", "jane"), 200, "")
	k.want(k.post("Authorize", fields{"LoginId": jane, "MostRecentCached": false}), 200, "")
}

// MostRecentCached reads what is kept; without anything kept it logs in.
func TestCached(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	cached := creds("Greatday", "MostRecentCached", true)
	id := k.want(k.post("Authorize", cached), 203, "").Text("RequestId") // nothing is kept yet
	login := k.want(k.reply(id, city, "Montreal"), 200, "").Text("Login.Id")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")

	again := k.want(k.post("Authorize", cached), 200, "")
	if again.Text("RequestId") == id || again.Text("Login.Id") != login {
		t.Errorf("cached: %s", again.Raw)
	}
	k.want(k.post("GetAccountsDetail", fields{"RequestId": again.Text("RequestId")}), 200, "")
	k.want(k.post("Authorize", creds("Greatday")), 203, "") // live asks again
	k.want(k.post("Authorize", fields{"LoginId": login, "MostRecentCached": false}), 203, "")
	k.want(k.post("Authorize", fields{"LoginId": login}), 200, "") // the default reads what is kept
	old := newKit(t, with("most_recent_cached", "false"))
	_, data := old.collected("greatday_nomfa")
	old.advance(time.Hour)
	b := creds("greatday_nomfa")
	delete(b, "MostRecentCached")
	live := old.want(old.post("Authorize", b), 200, "")
	old.want(old.post("GetAccountsDetail", fields{"RequestId": live.Text("RequestId")}), 202, "OPERATION_PENDING")
	if data.Text("Login.LastRefresh") != "2026-03-31T12:00:00.0000000" {
		t.Errorf("LastRefresh is %s", data.Text("Login.LastRefresh"))
	}
}

// Nothing is cached before the data is there, not even while it is being collected.
func TestNotCachedYet(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	cached := creds("test_pending", "MostRecentCached", true)
	id := k.want(k.post("Authorize", cached), 203, "").Text("RequestId")
	k.want(k.reply(id, city, "Montreal"), 202, "OPERATION_PENDING")
	k.want(k.post("Authorize", cached), 203, "")
	k.advance(time.Minute)
	login := k.want(k.post("Authorize", cached), 200, "").Text("Login.Id")
	k.want(k.post("Authorize", fields{"LoginId": login}), 200, "")
}

// Save false forgets: no LoginId, no reuse, no attributes.
func TestNotSaved(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.want(k.post("Authorize", creds("greatday_nomfa", "Save", "FALSE", "ScheduleRefresh", true)), 200, "")
	if strings.Contains(a.Raw, `"Login"`) {
		t.Errorf("a card that is not saved has a login: %s", a.Raw)
	}
	id := a.Text("RequestId")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	if data := k.want(k.get("GetAccountsDetailAsync/"+id), 200, ""); len(data.List("Accounts")) == 0 || strings.Contains(data.Raw, `"Login"`) {
		t.Errorf("its data: %.200s", data.Raw)
	}
	k.want(k.post("Authorize", creds("Greatday", "Save", false)), 203, "")
	all, err := k.srv.Connections(t.Context(), k.sandbox)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d connections, %v", len(all), err)
	}
	login := all[0].ID
	k.want(k.post("Authorize", fields{"LoginId": login}), 401, "INVALID_LOGIN")
	k.want(k.get("/insight/login/"+login+"/attributes/"+id+"/GetAllAttributes"), 401, "INVALID_LOGIN")
	if a := k.get("GetNightlyRefreshStatus"); strings.Contains(a.Raw, login) {
		t.Errorf("it is refreshed at night: %s", a.Raw)
	}
	// The same user logs in once more: nothing is cached.
	k.want(k.post("GetAccountsDetail", fields{"RequestId": k.want(k.post("Authorize", creds("greatday_nomfa", "MostRecentCached", true)), 200, "").Text("RequestId")}), 202, "OPERATION_PENDING")
	k.advance(time.Hour + time.Minute)
	if all, _ = k.srv.Connections(t.Context(), k.sandbox); len(all) > 1 {
		for _, conn := range all {
			if conn.ID == login {
				t.Errorf("the card is still there an hour later")
			}
		}
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	const unknown = "1243c283-0000-4fda-8000-343068430190"
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"no body":              {"", 401, "INVALID_REQUEST"},
		"no JSON":              {"{", 401, "INVALID_REQUEST"},
		"a list":               {"[]", 401, "INVALID_REQUEST"},
		"no password":          {fields{"Institution": "FlinksCapital", "Username": "x"}, 401, "INVALID_REQUEST"},
		"no institution":       {fields{"Username": "x", "Password": "y"}, 401, "INVALID_REQUEST"},
		"unknown institution":  {creds("greatday_nomfa", "Institution", "Gringotts"), 401, "INVALID_REQUEST"},
		"unknown language":     {creds("greatday_nomfa", "Language", "de"), 401, "INVALID_REQUEST"},
		"maybe saved":          {creds("greatday_nomfa", "Save", "maybe"), 401, "INVALID_REQUEST"},
		"unknown days":         {creds("greatday_nomfa", "DaysOfTransactions", "Days7"), 401, "INVALID_REQUEST"},
		"unknown user":         {creds("nobody"), 401, "INVALID_USERNAME"},
		"wrong password":       {creds("greatday_nomfa", "Password", "x"), 401, "INVALID_PASSWORD"},
		"unknown LoginId":      {fields{"LoginId": unknown}, 401, "INVALID_LOGIN"},
		"nonsense LoginId":     {fields{"LoginId": "x'; drop table"}, 401, "INVALID_LOGIN"},
		"unknown RequestId":    {fields{"RequestId": unknown}, 400, "SESSION_NONEXISTENT"},
		"disabled account":     {creds("test_disabled_account"), 401, "DISABLED_LOGIN"},
		"bank not available":   {creds("test_service_unavailable"), 401, "RETRY_LATER"},
		"unknown scenario":     {creds("greatday_nomfa+no-such-scenario"), 401, "INVALID_REQUEST"},
		"a scenario by suffix": {creds("greatday_nomfa+action-required"), 401, "NEW_ACCOUNT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := *k
			k.t = t
			a := k.want(k.post("Authorize", c.body), c.status, c.code)
			if a.Text("Message") == "" || a.At("Links") == nil {
				t.Errorf("the error says %s", a.Raw)
			}
		})
	}
	legacy := newKit(t, with("edition", "legacy"))
	legacy.want(legacy.post("Authorize", fields{}), 400, "INVALID_REQUEST")
	legacy.want(legacy.post("Authorize", fields{"LoginId": unknown}), 400, "INVALID_LOGIN")
	legacy.want(legacy.post("Authorize", creds("nobody")), 401, "INVALID_USERNAME")
	// A failed session has one answer for whoever asks again, with its RequestId.
	a := k.post("Authorize", creds("greatday_nomfa", "Password", "x"))
	k.want(k.get("GetAccountsDetailAsync/"+a.Text("RequestId")), 401, "INVALID_PASSWORD")
	k.want(k.post("Authorize", fields{"RequestId": a.Text("RequestId")}), 401, "INVALID_PASSWORD")
	if a.Text("Institution") != "FlinksCapital" {
		t.Errorf("the error names no institution: %s", a.Raw)
	}
}

// A password that the bank refuses once is refused once, although each try is a session.
func TestWrongPasswordThenRight(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := creds("greatday_nomfa+wrong-password-then-ok")
	k.want(k.post("Authorize", user), 401, "INVALID_PASSWORD")
	k.want(k.post("Authorize", user), 200, "")
}

func TestAuthorizeAsync(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first := k.want(k.post("AuthorizeAsync", creds("Greatday")), 202, "OPERATION_PENDING")
	if first.Text("Message") != "Your operation is still processing." {
		t.Errorf("%s", first.Raw)
	}
	id := first.Text("RequestId")
	ask := func() answer { return k.post("AuthorizeAsync", fields{"RequestId": id}) }
	asked := k.want(ask(), 203, "")
	k.want(k.post("AuthorizeAsync", fields{"RequestId": id, "SecurityResponses": fields{asked.Text("SecurityChallenges.0.Prompt"): "Montreal"}}), 202, "OPERATION_PENDING")
	k.want(ask(), 200, "")
	if a := k.want(ask(), 401, "ALREADY_AUTHORIZED"); a.Text("Message") != "This RequestId is already authorized: call for its data, or authorize anew without it" {
		t.Errorf("%s", a.Raw)
	}
	// Until the app has heard 200, or what the bank asks, nothing of it is there.
	for user, told := range map[string]struct {
		status  int
		code    string
		message string // of a call for data, once it is told
	}{
		"greatday_nomfa": {200, "", ""}, "Greatday": {203, "", "the login has not ended yet: answer its SecurityChallenges first"},
		"nobody": {401, "INVALID_USERNAME", "The username"}, "test_disabled_account": {401, "DISABLED_LOGIN", "The institution has locked"},
		"test_service_unavailable": {401, "RETRY_LATER", "The institution cannot be reached"}, "greatday_nomfa+institution-down": {401, "RETRY_LATER", ""},
	} {
		k := newKit(t, scripted(map[string]string{"institution-down": "institutions: [{id: FlinksCapital, status: down}]\n"}))
		id := k.want(k.post("AuthorizeAsync", creds(user)), 202, "OPERATION_PENDING").Text("RequestId")
		early := k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 401, "UNAUTHORIZED")
		if !strings.Contains(early.Text("Message"), "call AuthorizeAsync with this RequestId until it answers 200") {
			t.Errorf("%s: %s", user, early.Raw)
		}
		k.want(k.post("AuthorizeAsync", fields{"RequestId": id}), told.status, told.code)
		if late := k.post("GetAccountsDetail", fields{"RequestId": id}); !strings.HasPrefix(late.Text("Message"), told.message) || told.status == 200 && late.Status != 202 {
			t.Errorf("%s: %s", user, late.Raw)
		}
		if told.status != 203 {
			continue
		}
		answers := fields{"RequestId": id, "SecurityResponses": fields{city: "Montreal"}}
		k.want(k.post("AuthorizeAsync", answers), 202, "OPERATION_PENDING")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 401, "UNAUTHORIZED")
		k.want(k.post("AuthorizeAsync", answers), 200, "") // whatever is sent with it, it asks how far that is
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
	}
	both := k.want(k.post("AuthorizeAsync", creds("Greatday")), 202, "OPERATION_PENDING").Text("RequestId")
	k.want(k.reply(both, city, "Montreal"), 200, "") // Authorize waits for the bank
	wrong := k.want(k.post("AuthorizeAsync", creds("Greatday")), 202, "OPERATION_PENDING").Text("RequestId")
	k.want(k.post("AuthorizeAsync", fields{"RequestId": wrong}), 203, "")
	k.want(k.post("AuthorizeAsync", fields{"RequestId": wrong, "SecurityResponses": fields{city: "Toronto"}}), 202, "OPERATION_PENDING")
	for range 2 {
		k.want(k.post("AuthorizeAsync", fields{"RequestId": wrong}), 401, "INVALID_SECURITY_RESPONSE")
	}
	failed := k.want(k.post("AuthorizeAsync", creds("nobody")), 202, "OPERATION_PENDING").Text("RequestId")
	k.want(k.post("AuthorizeAsync", fields{"RequestId": failed}), 401, "INVALID_USERNAME")
}
