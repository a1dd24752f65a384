package specimen_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest/specimen"
)

// carded is the provider as one that tells connections apart by user and bank, and whose
// apps may log a user in by a call.
type carded struct{ specimen.Provider }

// ConnectionKey is the card of a user at a bank.
func (carded) ConnectionKey(s connect.Session, u engine.User) string {
	return u.Username + "/" + s.Institution
}

// Pages has the call of an app that logs in, and one that tells what the connections show.
func (p carded) Pages() []engine.Page {
	return append(p.Provider.Pages(),
		engine.Page{Method: http.MethodPost, Path: "/login", Handler: func(c *engine.Call) (engine.Reply, error) {
			var s connect.Session
			err := c.Do(func(tx engine.Tx) (err error) {
				s, err = tx.LogIn(engine.LogIn{Connection: tx.ConnectionID("ada/north"), Product: "accounts", Answers: connect.Answers{
					Institution: "north", Fields: map[string]string{"username": "ada", "password": "correct"}, Right: true,
				}})
				return err
			})
			return engine.JSON(http.StatusOK, map[string]any{"step": s.Step, "connection": s.Connection}), err
		}},
		engine.Page{Method: http.MethodGet, Path: "/shown", Handler: shown})
}

// shown is what each connection shows: its id, and the ids of an account and of its newest row.
func shown(c *engine.Call) (engine.Reply, error) {
	out := [][]string{}
	err := c.View(func(tx engine.Tx) error {
		list, err := tx.Connections()
		for _, conn := range list {
			w, err := tx.Bank(conn)
			if err != nil {
				return err
			}
			b, _ := w.Book("main")
			out = append(out, []string{conn.ID, b.Account().ID.Text(), b.Page(c.Now, bank.Range{}, 0, 1, nil)[0].ID.Text(), b.Account().IBAN})
		}
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// link connects a user by the document's own calls, and gives the ids that the API shows.
func link(t *testing.T, srv *enginetest.Server, user string) (d *engine.Driver, accounts, rows string) {
	t.Helper()
	d = engine.NewDriver(srv.URL, "test", specimen.New().Manifest())
	d.Vars["username"] = user
	if _, err := d.Call(context.Background(), "exchangeCode"); err != nil {
		t.Fatal(err)
	}
	srv.Advance(t, "test", 5*time.Minute) // the data comes in the background
	a, err := d.Call(context.Background(), "listAccounts")
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Call(context.Background(), "listTransactions")
	if err != nil {
		t.Fatal(err)
	}
	return d, string(a.Body), string(r.Body)
}

// values are those of a member of a JSON text.
func values(text, name string) (out []string) {
	for _, part := range strings.Split(text, `"`+name+`":"`)[1:] {
		value, _, _ := strings.Cut(part, `"`)
		out = append(out, value)
	}
	return out
}

func meet(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// The links of two users, and two links of one user, have ids of their own; the numbers of
// one user's accounts are the bank's, and the token of one link reads nothing by the ids of the other.
func TestIDsBelongToTheConnection(t *testing.T) {
	t.Parallel()
	srv := enginetest.StartAtNoon(t, specimen.New())
	one, accounts, rows := link(t, srv, "ada")
	two, others, otherRows := link(t, srv, "ada")
	_, bens, bensRows := link(t, srv, "ben")
	if a, b := values(accounts, "iban"), values(others, "iban"); len(a) == 0 || strings.Join(a, " ") != strings.Join(b, " ") || meet(a, values(bens, "iban")[:1]) {
		t.Errorf("the numbers are %v, %v and %v", a, b, values(bens, "iban"))
	}
	for _, pair := range [][2]string{{accounts, others}, {accounts, bens}, {others, bens}, {rows, otherRows}, {rows, bensRows}} {
		if a, b := values(pair[0], "id"), values(pair[1], "id"); len(a) == 0 || len(b) == 0 || meet(a, b) {
			t.Errorf("two links share ids: %v and %v", a, b)
		}
	}
	if a, b := values(rows, "text"), values(otherRows, "text"); strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("two links of one user read %v and %v", a, b)
	}
	two.Vars["account_id"] = one.Vars["account_id"]
	if a, err := two.Call(context.Background(), "listTransactions"); a.Status != http.StatusNotFound {
		t.Errorf("a link reads another's account: %s %v", a.Body, err)
	}
}

// The option ids gives all links of a user to a bank the same.
func TestIDsOfTheBank(t *testing.T) {
	t.Parallel()
	srv := enginetest.StartAtNoon(t, specimen.New(), func(cfg *engine.Config) { cfg.Options = map[string]string{"specimen.ids": "bank"} })
	_, accounts, rows := link(t, srv, "ada")
	_, others, otherRows := link(t, srv, "ada")
	for _, pair := range [][2]string{{accounts, others}, {rows, otherRows}} {
		if a, b := values(pair[0], "id"), values(pair[1], "id"); len(a) == 0 || strings.Join(a, " ") != strings.Join(b, " ") {
			t.Errorf("the ids are %v and %v", a, b)
		}
	}
}

// A login on a page and one by a call are one card where the provider says so: one
// connection, and the same ids before and after.
func TestPageAndCallAreOneCard(t *testing.T) {
	t.Parallel()
	srv := enginetest.StartAtNoon(t, carded{})
	read := func() enginetest.Received {
		return enginetest.Send(t, http.MethodGet, srv.URL+"/~test/specimen/shown", nil)
	}
	if p := toAccounts(t, srv); p.State() != "accounts" {
		t.Fatalf("the page is at %s", p.State())
	} else if p = p.Click("accounts-submit", "account", "main"); p.State() != "success" {
		t.Fatalf("the page is at %s", p.State())
	}
	page := read()
	if len(values(strings.ReplaceAll(page.Raw, "con_", `"c":"con_`), "c")) != 1 {
		t.Fatalf("the page makes %s", page.Raw)
	}
	login := enginetest.Send(t, http.MethodPost, srv.URL+"/~test/specimen/login", "{}")
	if enginetest.At(login.Body, "step") != "succeeded" || enginetest.At(login.Body, "connection") != enginetest.At(page.Body, "0.0") {
		t.Fatalf("the call answers %s, the page made %s", login.Raw, page.Raw)
	}
	if again := read(); again.Raw != page.Raw {
		t.Errorf("after a login by a call %s, after that on a page %s", again.Raw, page.Raw)
	}
	if p := toAccounts(t, srv); p.State() != "accounts" {
		t.Fatalf("the page is at %s", p.State())
	} else if p = p.Click("accounts-submit", "account", "main"); p.State() != "success" {
		t.Fatalf("the page is at %s", p.State())
	}
	if again := read(); again.Raw != page.Raw {
		t.Errorf("after a second login on a page %s, after the first %s", again.Raw, page.Raw)
	}
}
