package fintoc_test

import (
	"fmt"
	"testing"
	"time"
)

// A month moves every balance by exactly the movements that were booked in it, whoever
// the user is, and each of them is found by its id.
func TestMonthMovesBalances(t *testing.T) {
	t.Parallel()
	for _, user := range []string{goodUser, "40427672-7", "41579263-8"} {
		k := newKit(t)
		l := k.connect(user)
		accounts := k.want(k.get("/v1/accounts?link_token="+l.token), 200, "").List("")
		before := map[string]map[string]bool{}
		balance := map[string]float64{}
		for _, a := range accounts {
			id, current := figures(a)
			balance[id] = current
			before[id] = map[string]bool{}
			for _, m := range k.movements(l, id, "2026-03-01") {
				before[id][m["id"].(string)] = true
			}
		}
		k.advance(31 * 24 * time.Hour)
		for _, a := range k.want(k.get("/v1/accounts?link_token="+l.token), 200, "").List("") {
			id, current := figures(a)
			var sum float64
			var fresh int
			for _, m := range k.movements(l, id, "2026-03-01") {
				if before[id][m["id"].(string)] {
					continue
				}
				fresh++
				sum += m["amount"].(float64)
				if got := k.get(fmt.Sprintf("/v1/accounts/%s/movements/%s?link_token=%s", id, m["id"], l.token)); fresh%9 == 0 && got.At("amount") != m["amount"] {
					t.Errorf("%s: %v is found as %s", user, m, got.Raw)
				}
			}
			if fresh == 0 && current != balance[id] || current-balance[id] != sum {
				t.Errorf("%s, %s: the balance went from %.0f to %.0f, %d movements come to %.0f", user, id, balance[id], current, fresh, sum)
			}
		}
	}
}

func figures(account any) (id string, current float64) {
	a := account.(map[string]any)
	return a["id"].(string), a["balance"].(map[string]any)["current"].(float64)
}

// movements are those confirmed since a day, all pages of them.
func (k *kit) movements(l linked, account, since string) (all []map[string]any) {
	k.t.Helper()
	for page := 1; ; page++ {
		list := k.want(k.get(fmt.Sprintf("/v1/accounts/%s/movements?link_token=%s&since=%s&per_page=300&page=%d", account, l.token, since, page)), 200, "").List("")
		for _, m := range list {
			all = append(all, m.(map[string]any))
		}
		if len(list) < 300 {
			return all
		}
	}
}
