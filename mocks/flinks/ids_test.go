package flinks_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"
)

var anyID = regexp.MustCompile(`"Id":"([^"]+)"`)

// idsIn are the ids of accounts and transactions, without that of the login.
func idsIn(data answer) (out []string) {
	for _, m := range anyID.FindAllStringSubmatch(data.Raw, -1) {
		if m[1] != data.Text("Login.Id") {
			out = append(out, m[1])
		}
	}
	return out
}

// One user has cards at three customers. Their accounts have the numbers of the bank and
// ids of their own, which stay.
func TestIDsAreOfACard(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	read := func(k *kit) answer {
		t.Helper()
		auth := k.login("greatday_nomfa")
		id := auth.Text("RequestId")
		k.want(k.post("GetAccountsDetail", fields{"RequestId": id}), 202, "OPERATION_PENDING")
		return k.want(k.get("GetAccountsDetailAsync/"+id), 200, "")
	}
	at := func(customer string) *kit {
		other := *k
		other.customer = customer
		return &other
	}
	en, second := read(k), read(at("0b0b0b0b-0391-4c82-857d-70d95f087ecb"))
	cards := []answer{en, second, read(at("0c0c0c0c-0391-4c82-857d-70d95f087ecb"))}
	seen := map[string]int{}
	for i, data := range cards {
		for _, id := range idsIn(data) {
			seen[id]++
		}
		for j := range en.List("Accounts") {
			number := fmt.Sprintf("Accounts.%d.AccountNumber", j)
			if data.Text(number) != en.Text(number) {
				t.Errorf("card %d: account %d is numbered %s, not %s", i, j, data.Text(number), en.Text(number))
			}
		}
	}
	if len(idsIn(en)) < 100 || len(seen) != 3*len(idsIn(en)) {
		t.Errorf("three cards have %d ids, each has %d", len(seen), len(idsIn(en)))
	}
	// They are those of the analysis, and no other card's filter takes them.
	auth, _ := k.collected("greatday_nomfa")
	path := "login/" + auth.Text("Login.Id") + "/requestid/" + auth.Text("RequestId")
	filed := k.want(k.get("/categorization/"+path), 200, "")
	if row := filed.Text("Transactions.0.TransactionId"); !slices.Contains(idsIn(en), row) {
		t.Errorf("the analysis knows the newest row as %s", row)
	}
	k.want(k.post("GetAccountsDetail", fields{"RequestId": auth.Text("RequestId"), "AccountsFilter": []string{second.Text("Accounts.0.Id")}}), 401, "INVALID_REQUEST")
	k.want(k.post("GetAccountsDetail", fields{"RequestId": auth.Text("RequestId"), "AccountsFilter": []string{en.Text("Accounts.0.Id")}}), 200, "")
	// Refreshed, and deleted and made anew, the card has them still.
	k.advance(24 * time.Hour)
	for range 2 {
		again := read(k)
		for j := range en.List("Accounts") {
			if id := fmt.Sprintf("Accounts.%d.Id", j); again.Text(id) != en.Text(id) {
				t.Errorf("account %d is %s, and was %s", j, again.Text(id), en.Text(id))
			}
		}
		if row := en.Text("Accounts.0.Transactions.0.Id"); !slices.Contains(idsIn(again), row) {
			t.Errorf("a day later the row %s is gone", row)
		}
		k.call("DELETE", "DeleteCard/"+en.Text("Login.Id"), nil)
	}
}
