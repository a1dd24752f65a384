package openapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func fintoc(t testing.TB) *Spec {
	t.Helper()
	s, err := Load("fintoc")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFintocRequests(t *testing.T) {
	t.Parallel()
	s := fintoc(t)
	const intent = `{"product":"movements","country":"cl","holder_type":"individual"}`
	for _, tc := range []struct {
		name, op, target, contentType, body string
		path                                map[string]string
		want                                *Violation
	}{
		{name: "intent", op: "createLinkIntent", target: "/v1/link_intents", contentType: jsonType, body: intent},
		{name: "intent with extra fields", op: "createLinkIntent", target: "/v1/link_intents", contentType: jsonType,
			body: `{"product":"movements","country":"cl","holder_type":"business","webhook_url":"x","idempotency_key":"k"}`},
		{name: "intent as form", op: "createLinkIntent", target: "/v1/link_intents", contentType: formType,
			body: "product=movements&country=cl&holder_type=individual"},
		{name: "intent without anything", op: "createLinkIntent", target: "/v1/link_intents",
			want: &Violation{"body", "product", Missing, "string", ""}},
		{name: "intent without holder", op: "createLinkIntent", target: "/v1/link_intents", contentType: jsonType,
			body: `{"product":"movements","country":"cl"}`, want: &Violation{"body", "holder_type", Missing, "string", ""}},
		{name: "intent for another product", op: "createLinkIntent", target: "/v1/link_intents", contentType: jsonType,
			body: strings.Replace(intent, "movements", "payments", 1), want: &Violation{"body", "product", Enum, "movements", `"payments"`}},
		{name: "intent for another country", op: "createLinkIntent", target: "/v1/link_intents", contentType: jsonType,
			body: strings.Replace(intent, `"cl"`, `"mx"`, 1), want: &Violation{"body", "country", Enum, "cl", `"mx"`}},

		{name: "exchange", op: "exchangeLink", target: "/v1/links/exchange?exchange_token=x"},
		{name: "exchange without token", op: "exchangeLink", target: "/v1/links/exchange",
			want: &Violation{"query", "exchange_token", Missing, "string", ""}},

		{name: "links of one status", op: "listLinks", target: "/v1/links?status=login_required&per_page=300"},
		{name: "links of an unknown status", op: "listLinks", target: "/v1/links?status=idle",
			want: &Violation{"query", "status", Enum, "active, inactive, login_required", `"idle"`}},

		{name: "movements without token", op: "listMovements", target: "/v1/accounts/a/movements", path: map[string]string{"account_id": "a"}},
		{name: "movements as the Node library asks", op: "listMovements", contentType: jsonType, path: map[string]string{"account_id": "a"},
			target: "/v1/accounts/a/movements?account_id=a&link_token=t&since=2020-01-01&until=2020-01-01T00:00:00Z&confirmed_only=false"},
		{name: "page zero", op: "listMovements", target: "/v1/accounts/a/movements?page=0", path: map[string]string{"account_id": "a"},
			want: &Violation{"query", "page", Minimum, "1", "0"}},
		{name: "page too large", op: "listMovements", target: "/v1/accounts/a/movements?per_page=301", path: map[string]string{"account_id": "a"},
			want: &Violation{"query", "per_page", Maximum, "300", "301"}},
		{name: "page of letters", op: "listMovements", target: "/v1/accounts/a/movements?page=two", path: map[string]string{"account_id": "a"},
			want: &Violation{"query", "page", Type, "integer", `"two"`}},
		{name: "confirmed maybe", op: "listMovements", target: "/v1/accounts/a/movements?confirmed_only=maybe", path: map[string]string{"account_id": "a"},
			want: &Violation{"query", "confirmed_only", Type, "boolean", `"maybe"`}},

		{name: "deactivate", op: "updateLink", target: "/v1/links/l", contentType: jsonType, body: `{"active":false,"link_token":"l"}`, path: map[string]string{"link": "l"}},
		{name: "deactivate by form", op: "updateLink", target: "/v1/links/l", contentType: formType, body: `active=false`, path: map[string]string{"link": "l"}},
		{name: "update nothing", op: "updateLink", target: "/v1/links/l", contentType: jsonType, body: `{}`, path: map[string]string{"link": "l"},
			want: &Violation{"body", "active", Missing, "boolean", ""}},
		{name: "update by word", op: "updateLink", target: "/v1/links/l", contentType: jsonType, body: `{"active":"no"}`, path: map[string]string{"link": "l"},
			want: &Violation{"body", "active", Type, "boolean", "a string"}},
		{name: "delete as the Node library asks", op: "deleteLink", contentType: jsonType, path: map[string]string{"link": "l"},
			target: "/v1/links/l?update=function+()+%7B+%5Bnative+code%5D+%7D&link_token=l"},

		{name: "refresh by query", op: "createRefreshIntent", target: "/v1/refresh_intents?link_token=l&result_status=failed"},
		{name: "refresh by body", op: "createRefreshIntent", target: "/v1/refresh_intents", contentType: jsonType, body: `{"link_token":"l","refresh_type":"historical"}`},
		{name: "refresh of another type", op: "createRefreshIntent", target: "/v1/refresh_intents?refresh_type=all",
			want: &Violation{"query", "refresh_type", Enum, "only_last, historical", `"all"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			op := operation(t, s, tc.op)
			r := httptest.NewRequest(op.Method, tc.target, nil)
			if tc.contentType != "" {
				r.Header.Set("Content-Type", tc.contentType)
			}
			same(t, op.CheckRequest(r, tc.path, []byte(tc.body)), tc.want)
		})
	}
}

const (
	fintocIntent = `{"id":"li_a6WUojQ2SjSSeFjH","object":"link_intent","country":"cl","created_at":"2022-12-01T01:50:12Z",
		"exchange_token":null,"exchange_token_expires_at":null,"holder_type":"individual","mode":"test","product":"movements",
		"status":"created","widget_token":"li_a6WUojQ2SjSSeFjH_sec_Q802GD8ZLmMuK0Atl4ucJuLp"}`
	fintocNested = `{"id":"acc_nMNejK7BT8oGbvO4","object":"account","balance":{"available":500000,"current":500000,"limit":500000},
		"currency":"CLP","holder_id":"134910798","holder_name":"Jon Snow","name":"Cuenta Corriente","number":"9530516286",
		"official_name":"Cuenta Corriente Moneda Local","refreshed_at":null,"type":"checking_account"}`
	fintocAccount = `{"id":"acc_nMNejK7BT8oGbvO4","object":"account","balance":{"available":500000,"current":500000,"limit":500000},
		"currency":"CLP","holder_id":"134910798","holder_name":"Jon Snow","name":"Cuenta Corriente","next_refresh":"2020-11-18T22:43:54.591Z",
		"number":"9530516286","official_name":"Cuenta Corriente Moneda Local","refresh_status":"refreshing",
		"refreshed_at":"2020-11-18T18:43:54.591Z","removed_from_link":false,"type":"checking_account"}`
	fintocLink = `{"id":"link_nMNejK7BT8oGbvO4","object":"link","active":true,"accounts":ACCOUNTS,"created_at":"2020-04-22T21:10:19.254Z",
		"holder_id":"416148503","holder_type":"individual","institution":{"id":"cl_banco_de_chile","country":"cl","name":"Banco de Chile"},
		"last_time_refreshed":"2020-04-22T21:10:19.254Z","link_token":TOKEN,"mode":"test","refresh_status":"idle","status":"active",
		"username":"416148503"}`
	fintocToken    = `"link_nMNejK7BT8oGbvO4_token_GLtktZX5SKphRtJFe_yJTDWT"`
	fintocMovement = `{"id":"mov_BO381oEATXonG6bj","object":"movement","amount":59400,"comment":"Pago factura 198","currency":"CLP",
		"description":"Traspaso","pending":false,"post_date":"2020-04-17T00:00:00.000Z","recipient_account":null,
		"reference_id":"123740123","sender_account":{"holder_id":"771806538","holder_name":"Comercial SpA","number":"1530108000",
		"institution":{"id":"cl_banco_de_chile","name":"Banco de Chile","country":"cl"}},"status":"confirmed",
		"transaction_date":"2020-04-16T11:31:12.000Z","type":"transfer"}`
	fintocRefresh = `{"id":"ri_2dXqkOKkS9mOvnaW","object":"refresh_intent","created_at":"2021-12-07T21:43:54.343Z","mode":"test",
		"new_movements":0,"public_error":null,"refreshed_object":"link","refreshed_object_id":"link_nMNejK7BT8oGbvO4",
		"requires_mfa":null,"status":"created","type":"only_last"}`
	fintocError = `{"error":{"type":"invalid_request_error","code":"missing_parameter","message":"Missing required param: link_token",
		"param":"link_token","doc_url":"https://fintoc.com/docs#invalid-request-error"}}`
	fintocPages = `<https://api.fintoc.com/v1/links?page=1>; rel="first", <https://api.fintoc.com/v1/links?page=1>; rel="last"`
)

func link(accounts, token string) string {
	return strings.NewReplacer("ACCOUNTS", accounts, "TOKEN", token).Replace(fintocLink)
}

func TestFintocResponses(t *testing.T) {
	t.Parallel()
	s := fintoc(t)
	movement := func(old, new string) string { return "[" + strings.Replace(fintocMovement, old, new, 1) + "]" }
	for _, tc := range []struct {
		name, op string
		status   int
		body     string
		want     *Violation
	}{
		{"intent", "createLinkIntent", 201, fintocIntent, nil},
		{"intent, other status", "createLinkIntent", 200, fintocIntent, nil},
		{"exchange", "exchangeLink", 200, link("["+fintocNested+"]", fintocToken), nil},
		{"exchange without token", "exchangeLink", 200, link("[]", "null"), &Violation{"response", "link_token", Type, "string", "null"}},
		{"list", "listLinks", 200, "[" + link("null", "null") + "]", nil},
		{"list with accounts", "listLinks", 200, "[" + link("["+fintocNested+"]", "null") + "]", &Violation{"response", "0/accounts", Enum, "null", "an array"}},
		{"get", "getLink", 200, link("["+fintocAccount+"]", "null"), nil},
		{"get with token", "getLink", 200, link("[]", fintocToken), &Violation{"response", "link_token", MaxLength, "0", "52"}},
		{"get without accounts", "getLink", 200, link("null", "null"), &Violation{"response", "accounts", Type, "array", "null"}},
		{"update", "updateLink", 200, link("null", "null"), nil},
		{"delete", "deleteLink", 204, "", nil},
		{"delete with body", "deleteLink", 200, "{}", nil},
		{"accounts", "listAccounts", 200, "[" + fintocAccount + "]", nil},
		{"account", "getAccount", 200, fintocAccount, nil},
		{"account without refresh", "getAccount", 200, fintocNested, &Violation{"response", "next_refresh", Missing, "string", ""}},
		{"fourth key of a balance", "getAccount", 200, strings.Replace(fintocAccount, `"limit"`, `"more":1,"limit"`, 1),
			&Violation{"response", "balance/more", Other, "", "the document has no such field, only available, current, limit"}},
		{"movements", "listMovements", 200, movement("", ""), nil},
		{"movement", "getMovement", 200, fintocMovement, nil},
		{"movement with later fields", "listMovements", 200, movement(`"amount"`, `"transfer_id":null,"document_number":null,"amount"`), nil},
		{"movement without bank", "listMovements", 200, movement(`{"id":"cl_banco_de_chile","name":"Banco de Chile","country":"cl"}`, "null"), nil},
		{"movement in cents", "listMovements", 200, movement("59400", "594.5"), &Violation{"response", "0/amount", Type, "integer", "a number"}},
		{"movement at a date", "listMovements", 200, movement("2020-04-17T00:00:00.000Z", "2020-04-17"),
			&Violation{"response", "0/post_date", Format, "date-time", `"2020-04-17"`}},
		{"institutions", "listInstitutions", 200, `[{"id":"cl_banco_de_chile","object_name":"institution","country":"cl","name":"Banco de Chile",
			"type":"bank","products":[{"name":"movements","holder_type":"individual"}]}]`, nil},
		{"refresh", "createRefreshIntent", 201, fintocRefresh, nil},
		{"error", "listMovements", 400, fintocError, nil},
		{"error without param", "createRefreshIntent", 422, `{"error":{"type":"link_error","code":"rejected_refresh_intent","message":"No."}}`, nil},
		{"error with an unknown code", "listMovements", 400, strings.Replace(fintocError, "missing_parameter", "missing", 1),
			&Violation{"response", "error/code", Enum, "*", `"missing"`}},
		{"declined", "listRefunds", 501, fintocError, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			op := operation(t, s, tc.op)
			h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Link": {fintocPages}, "X-Total-Count": {"1"}}
			err := op.CheckResponse(httptest.NewRequest(op.Method, "/", nil), nil, tc.status, h, []byte(tc.body))
			if v, ok := err.(*Violation); ok && tc.want != nil && tc.want.Want == "*" {
				v.Want = "*" // the list of all codes
			}
			same(t, err, tc.want)
		})
	}
}

func TestFintocListsNeedPageHeaders(t *testing.T) {
	t.Parallel()
	op := operation(t, fintoc(t), "listLinks")
	r := httptest.NewRequest("GET", "/v1/links", nil)
	h := http.Header{"Content-Type": {jsonType}, "X-Total-Count": {"0"}}
	same(t, op.CheckResponse(r, nil, 200, h, []byte("[]")), &Violation{"header", "Link", Missing, "string", ""})
}

func TestFintocMessages(t *testing.T) {
	t.Parallel()
	s := fintoc(t)
	event := func(kind, data string) []byte {
		return []byte(`{"id":"evt_a0bZeLCz0GjOW5zj","object":"event","type":"` + kind +
			`","mode":"test","created_at":"2021-12-07T21:43:54.343Z","data":` + data + `}`)
	}
	same(t, s.CheckJSON("LinkCreatedEvent", event("link.created", link("["+fintocNested+"]", fintocToken))), nil)
	same(t, s.CheckJSON("LinkChangedEvent", event("link.credentials_changed", link("null", "null"))), nil)
	same(t, s.CheckJSON("RefreshIntentEvent", event("account.refresh_intent.succeeded", fintocRefresh)), nil)
	same(t, s.CheckJSON("Event", event("link.created", "{}")), nil)
	same(t, s.CheckJSON("RefreshIntentEvent", event("account.refresh_intent.failed", "{}")), &Violation{"body", "data/id", Missing, "string", ""})
	same(t, s.CheckJSON("LinkIntentCamel", []byte(`{"id":"li_a6WUojQ2SjSSeFjH","object":"link_intent","country":"cl",
		"createdAt":"2022-12-01T01:50:12Z","exchangeToken":"li_a6WUojQ2SjSSeFjH_exc_Q802GD8ZLmMu",
		"exchangeTokenExpiresAt":"2022-12-01T02:20:12Z","holderType":"individual","mode":"test","product":"movements",
		"status":"succeeded","widgetToken":null}`)), nil)
	done := url.Values{"object": {"link_intent"}, "id": {"li_a6WUojQ2SjSSeFjH"}, "exchange_token": {s.Samples["exchange_token"]}}
	same(t, s.CheckQuery("WebviewSucceeded", done), nil)
	done.Del("id")
	same(t, s.CheckQuery("WebviewSucceeded", done), &Violation{"query", "id", Missing, "string", ""})
}

func BenchmarkCheckRequestList(b *testing.B) {
	op := operation(b, fintoc(b), "listMovements")
	r := httptest.NewRequest("GET", "/v1/accounts/acc_1/movements?link_token=t&per_page=30&page=2", nil)
	path := map[string]string{"account_id": "acc_1"}
	b.ReportAllocs()
	for b.Loop() {
		if err := op.CheckRequest(r, path, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckRequestCreate(b *testing.B) {
	op := operation(b, fintoc(b), "createLinkIntent")
	r := httptest.NewRequest("POST", "/v1/link_intents", nil)
	r.Header.Set("Content-Type", jsonType)
	body := []byte(`{"product":"movements","country":"cl","holder_type":"individual"}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := op.CheckRequest(r, nil, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckResponseList(b *testing.B) {
	op := operation(b, fintoc(b), "listMovements")
	r := httptest.NewRequest("GET", "/v1/accounts/acc_1/movements", nil)
	h := http.Header{"Content-Type": {jsonType}, "Link": {fintocPages}, "X-Total-Count": {"30"}}
	body := []byte("[" + strings.Repeat(fintocMovement+",", 29) + fintocMovement + "]")
	b.ReportAllocs()
	for b.Loop() {
		if err := op.CheckResponse(r, nil, 200, h, body); err != nil {
			b.Fatal(err)
		}
	}
}
