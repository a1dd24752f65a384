package flinks_test

import (
	"net/http"
	"testing"
)

// A connection that the control API makes is the card that the API and the pages make of the
// same user, and its RequestId reads the data without another login.
func TestDirectConnection(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	connections := k.srv.URL + "/~test/_stunt/v1/connections"
	made := k.call(http.MethodPost, connections, fields{"provider": "flinks", "params": fields{"tag": "t1"}}, "x-api-key", "")
	if made.Status != http.StatusCreated || made.Text("secrets.login_id") == "" || made.Text("secrets.login_id") != made.Text("id") {
		t.Fatalf("%d: %.600s", made.Status, made.Raw)
	}
	data := k.want(k.get("GetAccountsDetailAsync/"+made.Text("secrets.request_id")), 200, "")
	if data.Text("Tag") != "t1" || len(data.List("Accounts")) == 0 {
		t.Errorf("the data is %.300s", data.Raw)
	}
	cached := k.want(k.post("Authorize", fields{"LoginId": made.Text("secrets.login_id"), "MostRecentCached": true}), 200, "")
	if cached.Text("Login.Id") != made.Text("id") {
		t.Errorf("the card of the LoginId is %s, not %s", cached.Text("Login.Id"), made.Text("id"))
	}
	if again := k.login("greatday_nomfa"); again.Text("Login.Id") != made.Text("id") {
		t.Errorf("the API makes the card %s of the same user, not %s", again.Text("Login.Id"), made.Text("id"))
	}
	other := k.call(http.MethodPost, connections, fields{"provider": "flinks", "params": fields{"customerId": "11111111-2222-3333-4444-555555555555"}}, "x-api-key", "")
	if other.Status != http.StatusCreated || other.Text("id") == made.Text("id") {
		t.Errorf("another customer's card: %d %s", other.Status, other.Text("id"))
	}
	if wrong := k.call(http.MethodPost, connections, fields{"provider": "flinks", "params": fields{"customerId": "nobody"}}, "x-api-key", ""); wrong.Status != http.StatusBadRequest {
		t.Errorf("a customer that is no GUID: %d %s", wrong.Status, wrong.Raw)
	}
}
