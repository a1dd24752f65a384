package fintoc_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// movementIDs are the ids of a page of an account.
func (k *kit) movementIDs(l linked) (ids []string) {
	k.t.Helper()
	a := k.want(k.get("/v1/accounts/"+l.account+"/movements?per_page=40&link_token="+l.token), 200, "")
	for i := range a.List("") {
		ids = append(ids, a.Text(strconv.Itoa(i)+".id"))
	}
	return ids
}

// Two links of one user at one bank, and those of two tenants, have the same accounts under
// ids of their own: neither reads by the other's. What is kept of one list is not shown in
// the other, and the ids stay while the clock moves.
func TestTwoLinksOfOneUser(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a, z := k.connect(goodUser), k.connect(goodUser)
	if a.account == z.account {
		t.Fatalf("both links have the account %s", a.account)
	}
	account := func(l linked) answer {
		return k.want(k.get("/v1/accounts/"+l.account+"?link_token="+l.token), 200, "")
	}
	if one, two := account(a), account(z); one.Text("number") == "" || one.Text("number") != two.Text("number") || one.At("balance.current") != two.At("balance.current") {
		t.Errorf("the account is %s and %s", one.Raw, two.Raw)
	}
	k.want(k.get("/v1/accounts/"+a.account+"?link_token="+z.token), 404, "missing_resource")
	for range 2 { // as written, and as kept
		first, second := k.movementIDs(a), k.movementIDs(z)
		if len(first) == 0 || len(first) != len(second) {
			t.Fatalf("%d movements and %d", len(first), len(second))
		}
		for i := range first {
			if first[i] == second[i] {
				t.Fatalf("both links have the movement %s", first[i])
			}
		}
		k.want(k.get("/v1/accounts/"+a.account+"/movements/"+first[3]+"?link_token="+a.token), 200, "")
		k.want(k.get("/v1/accounts/"+z.account+"/movements/"+first[3]+"?link_token="+z.token), 404, "missing_resource")
	}
	before := k.movementIDs(a)
	k.advance(26 * time.Hour)
	if after := strings.Join(k.movementIDs(a), " "); !strings.Contains(after, strings.Join(before[:20], " ")) {
		t.Errorf("the ids of %v are others a day later: %s", before[:20], after)
	}
}

// The option ids gives all links of a user to a bank the same ids.
func TestIDsOfTheBank(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	own := k.connect(goodUser)
	if a := k.call("PUT", k.srv.URL+"/_stunt/v1/sandboxes/test/options", map[string]any{"fintoc.ids": "bank"}); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Raw)
	}
	a, z := k.connect(goodUser), k.connect(goodUser)
	if a.account != z.account || a.account == own.account {
		t.Errorf("the accounts are %s, %s and %s", own.account, a.account, z.account)
	}
	if one, two := k.movementIDs(a), k.movementIDs(z); strings.Join(one, " ") != strings.Join(two, " ") {
		t.Errorf("the movements are %v and %v", one, two)
	}
}
