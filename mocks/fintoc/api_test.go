package fintoc_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// Bad input, each with its answer in the provider's words.
func TestBadInput(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	other := k.in("elsewhere").connect(goodUser)
	good := `{"product":"movements","country":"cl","holder_type":"individual"}`
	movements := "/v1/accounts/" + l.account + "/movements?link_token=" + l.token
	for _, c := range []struct {
		name, method, path string
		body               any
		headers            []string
		status             int
		typ, code, param   string
	}{
		{"malformed JSON", "POST", "/v1/link_intents", `{"product":`, nil, 400, "invalid_request_error", "invalid_json", ""},
		{"JSON that is no object", "POST", "/v1/link_intents", `[1]`, nil, 400, "invalid_request_error", "", ""},
		{"empty body", "POST", "/v1/link_intents", "", nil, 400, "invalid_request_error", "missing_parameter", "product"},
		{"10 MB body", "POST", "/v1/link_intents", `{"x":"` + strings.Repeat("a", 10<<20) + `"}`, nil, 400, "invalid_request_error", "invalid_request", ""},
		{"missing field", "POST", "/v1/link_intents", `{"product":"movements","country":"cl"}`, nil, 400, "invalid_request_error", "missing_parameter", "holder_type"},
		{"bad product", "POST", "/v1/link_intents", strings.Replace(good, "movements", "loans", 1), nil, 400, "invalid_request_error", "invalid_product", "product"},
		{"bad holder", "POST", "/v1/link_intents", strings.Replace(good, "individual", "cat", 1), nil, 400, "invalid_request_error", "invalid_holder_type", "holder_type"},
		{"bad country", "POST", "/v1/link_intents", strings.Replace(good, `"cl"`, `"de"`, 1), nil, 422, "invalid_request_error", "not_supported_country", "country"},
		{"unknown route", "GET", "/v1/nothing", nil, nil, 404, "invalid_request_error", "invalid_url", ""},
		{"declined route", "GET", "/v1/invoices?link_token=" + l.token, nil, nil, 404, "invalid_request_error", "invalid_url", ""},
		{"wrong method", "POST", "/v1/links", good, nil, 405, "invalid_request_error", "operation_not_allowed", ""},
		{"no key", "GET", "/v1/links", nil, []string{"Authorization", ""}, 401, "authentication_error", "invalid_api_key", "secret_key"},
		{"malformed key", "GET", "/v1/links", nil, []string{"Authorization", "hello"}, 401, "authentication_error", "invalid_api_key", "secret_key"},
		{"public key", "GET", "/v1/links", nil, []string{"Authorization", "pk_test_kit"}, 401, "authentication_error", "invalid_api_key", "secret_key"},
		{"live key", "GET", "/v1/links", nil, []string{"Authorization", "sk_live_kit"}, 401, "authentication_error", "invalid_api_key_mode", "secret_key"},
		{"basic auth", "GET", "/v1/links", nil, []string{"Authorization", "Basic c2s6"}, 401, "authentication_error", "invalid_api_key", "secret_key"},
		{"no link token", "GET", "/v1/accounts", nil, nil, 400, "invalid_request_error", "missing_parameter", "link_token"},
		{"malformed token", "GET", "/v1/accounts?link_token=abc", nil, nil, 403, "invalid_request_error", "invalid_link_token", "link_token"},
		{"unknown token", "GET", "/v1/accounts?link_token=" + l.id + "_token_xxxxxxxxxxxxxxxxxxxxxxxx", nil, nil, 403, "invalid_request_error", "invalid_link_token", "link_token"},
		{"foreign token", "GET", "/v1/accounts?link_token=" + other.token, nil, nil, 403, "invalid_request_error", "invalid_link_token", "link_token"},
		{"unknown exchange token", "GET", "/v1/links/exchange?exchange_token=x", nil, nil, 401, "authentication_error", "invalid_exchange_token", "exchange_token"},
		{"no exchange token", "GET", "/v1/links/exchange", nil, nil, 400, "invalid_request_error", "missing_parameter", "exchange_token"},
		{"negative page", "GET", movements + "&page=-1", nil, nil, 400, "invalid_request_error", "invalid_positive_integer", "page"},
		{"page is a word", "GET", movements + "&page=two", nil, nil, 400, "invalid_request_error", "invalid_integer", "page"},
		{"per_page 0", "GET", movements + "&per_page=0", nil, nil, 400, "invalid_request_error", "invalid_positive_integer", "per_page"},
		{"per_page 1000", "GET", movements + "&per_page=1000", nil, nil, 400, "invalid_request_error", "invalid_integer", "per_page"},
		{"impossible since", "GET", movements + "&since=2026-02-30", nil, nil, 400, "invalid_request_error", "invalid_date", "since"},
		{"until is a word", "GET", movements + "&until=tomorrow", nil, nil, 400, "invalid_request_error", "invalid_date", "until"},
		{"confirmed_only is a word", "GET", movements + "&confirmed_only=perhaps", nil, nil, 400, "invalid_request_error", "invalid_boolean", "confirmed_only"},
		{"bad link status", "GET", "/v1/links?status=gone", nil, nil, 400, "invalid_request_error", "invalid_enum", "status"},
		{"not UTF-8 in the query", "GET", "/v1/accounts?link_token=%ff%fe", nil, nil, 400, "invalid_request_error", "invalid_link_token", "link_token"},
		{"not UTF-8 in the path", "GET", "/v1/links/%ff%fe", nil, nil, 400, "invalid_request_error", "invalid_string", "link"},
		{"encoded slash", "GET", "/v1/accounts/acc_x%2Fmovements?link_token=" + l.token, nil, nil, 404, "invalid_request_error", "missing_resource", ""},
		{"upper-case path", "GET", "/V1/LINKS", nil, nil, 404, "invalid_request_error", "invalid_url", ""},
		{"wrong kind of id", "GET", "/v1/accounts/" + l.id + "?link_token=" + l.token, nil, nil, 404, "invalid_request_error", "missing_resource", ""},
		{"unknown account", "GET", "/v1/accounts/acc_0000000000000000?link_token=" + l.token, nil, nil, 404, "invalid_request_error", "missing_resource", ""},
		{"unknown movement", "GET", "/v1/accounts/" + l.account + "/movements/mov_0000000000000000?link_token=" + l.token, nil, nil, 404, "invalid_request_error", "missing_resource", ""},
		{"account of another link", "GET", "/v1/accounts/" + k.in("elsewhere").connect("40427672-7").account + "?link_token=" + l.token, nil, nil, 404, "invalid_request_error", "missing_resource", ""},
		{"active is no boolean", "PATCH", "/v1/links/" + l.token, `{"active":"perhaps"}`, nil, 400, "invalid_request_error", "invalid_boolean", "active"},
		{"unknown scenario", "GET", "/v1/links", nil, []string{"Stunt-Scenario", "hapy"}, 400, "invalid_request_error", "invalid_enum", "Stunt-Scenario"},
		{"bad sandbox name", "GET", "/v1/links", nil, []string{"Authorization", "sk_test_x~UPPER"}, 200, "", "", ""}, // the path names the sandbox first
	} {
		a := k.call(c.method, c.path, c.body, c.headers...)
		ok := a.Status == c.status && a.Text("error.type") == c.typ && (c.code == "" || a.Text("error.code") == c.code) &&
			(c.param == "" || a.Text("error.param") == c.param)
		if !ok {
			t.Errorf("%s: %d %s, want %d %s %s %s", c.name, a.Status, a.Raw, c.status, c.typ, c.code, c.param)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	for path, want := range map[string]string{
		"/v1/accounts":                                    "Missing required param: link_token",
		"/v1/accounts?link_token=abc":                     "Link access tokens are in the format 'LINK_ID_token_LINK_ACCESS_TOKEN'",
		"/v1/accounts/" + l.id + "?link_token=" + l.token: "No such account: " + l.id + ". account objects start with acc prefix",
	} {
		if got := k.get(path).Text("error.message"); got != want {
			t.Errorf("%s says %q, want %q", path, got, want)
		}
	}
}

// Both forms of authorization, and the key's own sandbox.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, v := range []string{"sk_test_a", "Bearer sk_test_a", "bearer sk_test_a", "sk_test_A-b_9"} {
		k.want(k.get("/v1/links", "Authorization", v), 200, "")
	}
	plain := *k
	plain.base = k.srv.URL + "/fintoc"
	a := plain.get("/v1/links", "Authorization", "Bearer sk_test_a~ci42")
	if id := a.Header.Get(engine.RequestHeader); !strings.HasPrefix(id, "ci42-") {
		t.Errorf("the key's suffix names sandbox ci42, the call went to %s", id)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, v := range []string{"2026-02-01", "2025-08-13", "2023-11-15", "1999-01-01"} {
		k.want(k.get("/v1/links", "Fintoc-Version", v), 200, "")
	}
	strict := newKit(t, func(c *engine.Config) { c.Options = map[string]string{"fintoc.version_check": "strict"} })
	strict.want(strict.get("/v1/links", "Fintoc-Version", "2023-11-15"), 200, "")
	strict.want(strict.get("/v1/links", "Fintoc-Version", "1999-01-01"), 403, "invalid_api_version")
}

// A trailing slash is served without a redirect.
func TestTrailingSlashes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	for _, path := range []string{"/v1/links", "/v1/accounts?link_token=" + l.token, "/v1/links/" + l.token} {
		with := path + "/"
		if i := strings.IndexByte(path, '?'); i > 0 {
			with = path[:i] + "/" + path[i:]
		}
		if a, b := k.get(path), k.get(with); a.Status != 200 || a.Raw != b.Raw {
			t.Errorf("%s answers %d, with a slash %d %s", path, a.Status, b.Status, b.Raw)
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	empty := k.want(k.get("/v1/links"), 200, "")
	if len(empty.List("")) != 0 || empty.Raw != "[]" || empty.Header.Get("X-Total-Count") != "0" ||
		!strings.Contains(empty.Header.Get("Link"), `page=1>; rel="first"`) || !strings.Contains(empty.Header.Get("Link"), `page=1>; rel="last"`) {
		t.Errorf("an empty list is %q with Link %q and count %q", empty.Raw, empty.Header.Get("Link"), empty.Header.Get("X-Total-Count"))
	}
	one, two := k.connect(goodUser), k.connect("40427672-7")
	all := k.want(k.get("/v1/links"), 200, "")
	if len(all.List("")) != 2 || all.Text("0.id") != two.id || all.Text("1.id") != one.id {
		t.Errorf("the list is not newest first: %s", all.Raw)
	}
	if all.At("0.link_token") != nil || all.At("0.accounts") != nil {
		t.Errorf("a list shows tokens or accounts: %s", all.Raw)
	}
	got := k.want(k.get("/v1/links/"+one.token), 200, "")
	if got.At("link_token") != nil || len(got.At("accounts").([]any)) == 0 {
		t.Errorf("get shows %s", got.Raw)
	}
	k.want(k.get("/v1/links/"+one.id+"?link_token="+one.token), 200, "")

	paused := k.want(k.call("PATCH", "/v1/links/"+one.token, `{"active":false,"more":1}`), 200, "")
	if paused.At("active") != false || paused.At("accounts") != nil {
		t.Errorf("update answers %s", paused.Raw)
	}
	k.want(k.get("/v1/accounts?link_token="+one.token), 200, "") // inactive: reads go on
	for status, want := range map[string]int{"active": 1, "inactive": 1, "login_required": 0} {
		if n := len(k.get("/v1/links?status=" + status).List("")); n != want {
			t.Errorf("%d links are %s, want %d", n, status, want)
		}
	}
	// The Node client puts functions into the query of a delete.
	junk := "?update=function+()+%7B+%5Bnative+code%5D+%7D&delete=function+()+%7B+%5Bnative+code%5D+%7D"
	if a := k.call("DELETE", "/v1/links/"+one.id+junk, nil); a.Status != 204 || a.Raw != "" {
		t.Errorf("delete answers %d %q", a.Status, a.Raw)
	}
	k.want(k.get("/v1/links/"+one.token), 403, "invalid_link_token")
	k.want(k.get("/v1/links/"+one.id), 404, "missing_resource")
	k.want(k.call("DELETE", "/v1/links/"+one.id, nil), 404, "missing_resource")
	if a := k.call("DELETE", "/v1/links/"+two.token+"?link_token="+two.token, nil); a.Status != 204 {
		t.Errorf("delete by token answers %d %s", a.Status, a.Raw)
	}
}

// The token may travel in the body, as JSON or as a form.
func TestTokenInBody(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	k.want(k.call("GET", "/v1/accounts", map[string]string{"link_token": l.token}), 200, "")
	k.want(k.call("GET", "/v1/accounts", "link_token="+l.token, "Content-Type", "application/x-www-form-urlencoded"), 200, "")
}

// The Link header, exactly as it was recorded.
func TestPagination(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	path := "/v1/accounts/" + l.account + "/movements"
	query := "?link_token=" + l.token + "&since=2025-08-15"
	at := func(n int) string { return fmt.Sprintf("<%s%s%s&page=%d>", k.base, path, query, n) }
	first := k.want(k.get(path+query), 200, "")
	var total, last int
	fmt.Sscan(first.Header.Get("X-Total-Count"), &total)
	if last = (total + 29) / 30; last < 3 || len(first.List("")) != 30 {
		t.Fatalf("%d rows of %d", len(first.List("")), total)
	}
	for page, want := range map[int]string{
		1:    at(1) + `; rel="first", ` + at(2) + `; rel="next", ` + at(last) + `; rel="last"`,
		2:    at(1) + `; rel="first", ` + at(1) + `; rel="prev", ` + at(3) + `; rel="next", ` + at(last) + `; rel="last"`,
		last: at(1) + `; rel="first", ` + at(last-1) + `; rel="prev", ` + at(last) + `; rel="last"`,
	} {
		a := k.get(fmt.Sprintf("%s%s&page=%d", path, query, page))
		if got := a.Header.Get("Link"); got != want || a.Header.Get("X-Total-Count") != first.Header.Get("X-Total-Count") {
			t.Errorf("page %d:\n got %s\nwant %s", page, got, want)
		}
	}
	if a := k.get(path + query + "&page=99"); a.Status != 200 || a.Raw != "[]" {
		t.Errorf("page 99 answers %d %s", a.Status, a.Raw)
	}
	// A page in front of other parameters moves to the end; a comma is escaped, for
	// every official client splits at it.
	a := k.get(path + "?page=2&link_token=" + l.token + "&x=a,b")
	if link := a.Header.Get("Link"); !strings.Contains(link, "?link_token="+l.token+"&x=a%2Cb&page=1>") || strings.Count(link, ",") != 3 {
		t.Errorf("Link is %s", link)
	}
	single := k.get("/v1/accounts?link_token=" + l.token)
	if got, want := single.Header.Get("Link"), fmt.Sprintf(`<%s/v1/accounts?link_token=%s&page=1>; rel="first", <%s/v1/accounts?link_token=%s&page=1>; rel="last"`, k.base, l.token, k.base, l.token); got != want {
		t.Errorf("one page: %s", got)
	}
}

// Following next gives every row once, and as many requests as pages.
func TestFollowNext(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	next, seen, calls := "/v1/accounts/"+l.account+"/movements?link_token="+l.token, map[string]bool{}, 0
	var total int
	for next != "" {
		a := k.want(k.get(next), 200, "")
		calls++
		fmt.Sscan(a.Header.Get("X-Total-Count"), &total)
		for i := range a.List("") {
			id := a.Text(fmt.Sprint(i, ".id"))
			if seen[id] {
				t.Fatalf("%s comes twice", id)
			}
			seen[id] = true
		}
		next = ""
		for part := range strings.SplitSeq(a.Header.Get("Link"), ", ") {
			if target, ok := strings.CutSuffix(part, `; rel="next"`); ok {
				next = strings.Trim(target, "<>")
			}
		}
	}
	if len(seen) != total || calls != (total+29)/30 {
		t.Errorf("%d rows in %d calls of %d", len(seen), calls, total)
	}
}

func TestMovements(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect(goodUser)
	path := "/v1/accounts/" + l.account + "/movements"
	rows := k.want(k.get(path+"?per_page=300&account_id=acc_1&link_token="+l.token), 200, "").List("")
	keys := []string{
		"id", "description", "amount", "currency", "post_date", "transaction_date", "type", "recipient_account", "sender_account",
		"comment", "reference_id", "transfer_id", "document_number", "pending", "status", "object",
	}
	dates := make([]string, 0, len(rows))
	for _, r := range rows {
		row := r.(map[string]any)
		for _, key := range keys {
			if _, ok := row[key]; !ok {
				t.Fatalf("a movement lacks %q", key)
			}
		}
		amount, transfer := row["amount"].(float64), row["type"] == "transfer"
		if (row["sender_account"] != nil) != (transfer && amount > 0) || (row["recipient_account"] != nil) != (transfer && amount < 0) {
			t.Errorf("counterparties of %v", row)
		}
		dates = append(dates, row["post_date"].(string))
	}
	if !slices.IsSortedFunc(dates, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Error("movements are not newest first")
	}
	count := func(query string) int {
		return len(k.want(k.get(path+"?per_page=300&link_token="+l.token+query), 200, "").List(""))
	}
	day := dates[100][:10]
	since, until := count("&since="+day), count("&since=2025-12-01&until="+day)
	if n := slices.IndexFunc(dates, func(d string) bool { return d[:10] < day }); since != n {
		t.Errorf("since %s gives %d rows, want %d", day, since, n)
	}
	if got := count("&since=" + day + "T00:00:00Z"); got != since {
		t.Errorf("since as a date-time gives %d rows, as a date %d", got, since)
	}
	if got := count("&since=" + day + "T00:00:01Z"); got >= since {
		t.Errorf("since behind the day's midnight still has the day: %d of %d", got, since)
	}
	inclusive := newKit(t, func(c *engine.Config) { c.Options = map[string]string{"fintoc.until": "inclusive"} })
	il := inclusive.connect(goodUser)
	ipath := "/v1/accounts/" + il.account + "/movements?per_page=300&since=2025-12-01&link_token=" + il.token + "&until=" + day
	sameDay := len(slices.DeleteFunc(slices.Clone(dates), func(d string) bool { return d[:10] != day }))
	if got := len(inclusive.get(ipath).List("")); got != until+sameDay {
		t.Errorf("until inclusive gives %d rows, exclusive %d with %d on the day", got, until, sameDay)
	}
	one := k.want(k.get(path+"/"+rows[7].(map[string]any)["id"].(string)+"?link_token="+l.token), 200, "")
	if one.Header.Get("Link") != "" || fmt.Sprint(one.Body) != fmt.Sprint(rows[7]) {
		t.Errorf("get shows %v, the list %v", one.Body, rows[7])
	}
}

func TestAccountShapes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.connect("40427672-7")
	list := k.want(k.get("/v1/accounts?link_token="+l.token), 200, "").List("")
	if len(list) < 6 {
		t.Fatalf("%d accounts", len(list))
	}
	types := map[any]bool{}
	for i, a := range list {
		acc := a.(map[string]any)
		types[acc["type"]] = true
		if b := acc["balance"].(map[string]any); len(b) != 3 {
			t.Errorf("balance has %d keys: the Ruby client takes three", len(b))
		}
		one := k.want(k.get("/v1/accounts/"+acc["id"].(string)+"?link_token="+l.token), 200, "")
		if fmt.Sprint(one.Body) != fmt.Sprint(list[i]) {
			t.Errorf("get shows %v, the list %v", one.Body, list[i])
		}
	}
	for _, want := range []string{"checking_account", "sight_account", "savings_account", "line_of_credit", "credit_card"} {
		if !types[want] {
			t.Errorf("no %s among %v", want, types)
		}
	}
}

func TestInstitutions(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	all := k.want(k.get("/v1/institutions"), 200, "")
	movements := k.want(k.get("/v1/institutions?country=cl&product=movements"), 200, "")
	if len(all.List("")) != 23 || len(movements.List("")) == 0 || len(movements.List("")) >= len(all.List("")) || all.Text("0.object_name") != "institution" {
		t.Errorf("%d institutions, %d with movements: %.200s", len(all.List("")), len(movements.List("")), all.Raw)
	}
	if n := len(k.get("/v1/institutions?country=mx").List("")); n != 0 {
		t.Errorf("%d Mexican institutions", n)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	set := func(o map[string]string) *kit { return newKit(t, func(c *engine.Config) { c.Options = o }) }
	k := set(map[string]string{"fintoc.bad_link_token_status": "400", "fintoc.delete_body": "json", "fintoc.exchange_reuse": "allow", "fintoc.create_status": "200"})
	k.want(k.get("/v1/accounts?link_token=abc"), 400, "invalid_link_token")
	intent := k.want(k.call("POST", "/v1/link_intents", map[string]string{"product": "movements", "country": "cl", "holder_type": "individual"}), 200, "")
	token := k.exchangeToken(k.login(k.open("widget_token", intent.Text("widget_token")), goodUser, goodPass))
	first := k.want(k.get("/v1/links/exchange?exchange_token="+url.QueryEscape(token)), 200, "")
	if again := k.want(k.get("/v1/links/exchange?exchange_token="+token), 200, ""); again.Text("link_token") != first.Text("link_token") {
		t.Errorf("the second exchange gives another token")
	}
	if a := k.call("DELETE", "/v1/links/"+first.Text("id"), nil); a.Status != 200 || a.Raw != "{}" {
		t.Errorf("delete answers %d %q", a.Status, a.Raw)
	}
	exact := set(map[string]string{"fintoc.secret_key": "sk_test_only", "fintoc.public_key": "pk_test_only"})
	exact.want(exact.get("/v1/links"), 401, "invalid_api_key")
	exact.want(exact.get("/v1/links", "Authorization", "sk_test_only"), 200, "")
}
