package finx

import (
	"net/http"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// access is the login of a user at a bank, as the API shows it.
type access struct {
	ID       string       `json:"id"`
	MethodID string       `json:"access_method_id"`
	Consent  consent      `json:"consent"`
	Methods  []string     `json:"auth_methods"`
	Status   accessStatus `json:"status"`
	SavePin  bool         `json:"save_pin"`
	AutoSync bool         `json:"auto_sync"`
	Created  string       `json:"created_at"`
}

type consent struct {
	Recurring bool     `json:"recurring"`
	Period    int      `json:"period"`
	Scopes    []string `json:"scopes"`
	Accounts  []string `json:"accounts"`
}

type accessStatus struct {
	SyncedAt    string `json:"synced_at,omitempty"` // left out before the first sync
	SucceededAt string `json:"succeeded_at,omitempty"`
	Message     string `json:"message"`
}

// accessScopes are what every access reads.
var accessScopes = []string{"ACCOUNTS", "BALANCES", "TRANSACTIONS"}

func newAccess(c *engine.Call, conn connect.Connection) access {
	method := conn.Method
	if method == "" {
		method = methodsOf(c.InstitutionOf(conn))[0].ID
	}
	at := instant(conn.AsOf(c.Now))
	return access{
		ID: conn.ID, MethodID: method, Methods: []string{},
		Consent: consent{
			Recurring: conn.UserKey != "", Period: syncPeriod(conn), Accounts: []string{},
			Scopes: accessScopes,
		},
		Status: accessStatus{SyncedAt: at, SucceededAt: at}, SavePin: !conn.Paused, AutoSync: !conn.Paused, Created: instant(conn.CreatedAt),
	}
}

// listAccesses answers a bare array, as most clients want it.
func listAccesses(c *engine.Call) (engine.Reply, error) {
	own, _, err := bearer(c)
	if err != nil {
		return engine.Reply{}, err
	}
	all, err := accessesOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	made, err := loginsOf(c, userOf(own))
	if err != nil {
		return engine.Reply{}, err
	}
	out := make([]access, 0, len(all))
	for _, conn := range all {
		out = append(out, newAccess(c, conn))
	}
	for _, l := range made {
		if !slices.ContainsFunc(all, func(conn connect.Connection) bool { return conn.ID == l.ID }) {
			out = append(out, unsynced(l))
		}
	}
	return engine.JSON(http.StatusOK, out), nil
}

// shown is the access of a path as the API shows it.
func (of target) shown(c *engine.Call) access {
	if of.conn.ID == "" {
		return unsynced(of.login)
	}
	out := newAccess(c, of.conn)
	out.SavePin, out.Consent.Recurring = out.SavePin || of.login.Save, out.Consent.Recurring || of.login.Recurring
	return out
}

func getAccess(c *engine.Call) (engine.Reply, error) {
	of, err := accessOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, of.shown(c)), nil
}

func deleteAccess(c *engine.Call) (engine.Reply, error) {
	of, err := accessOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) error {
		if of.login.ID != "" {
			if err := logins.Delete(tx, of.login.ID); err != nil {
				return err
			}
		}
		if of.conn.ID == "" {
			return nil
		}
		return tx.DeleteConnection(of.conn.ID)
	})
	return engine.JSON(http.StatusOK, struct{}{}), err
}

// removePin lets the credentials be forgotten: from then on nothing is renewed by itself.
func removePin(c *engine.Call) (engine.Reply, error) {
	of, err := accessOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) (err error) {
		if of.login.ID != "" {
			no := false
			if err := keepLogin(tx, of, syncBody{Save: &no}); err != nil {
				return err
			}
			of.login.Save, of.login.Fields = false, nil
		}
		if of.conn.ID != "" {
			of.conn, err = tx.SetAutoRefresh(of.conn.ID, false)
		}
		return err
	})
	return engine.JSON(http.StatusOK, of.shown(c)), err
}

// user is whose the accesses are.
type user struct {
	ID       string `json:"id"`
	FullName string `json:"full_name"`
	Email    string `json:"email"`
	Language string `json:"language"`
	Created  string `json:"created_at"`
}

// getUser shows the user of a token: with an ongoing flow the one of user_id, else one that the
// flow has made.
func getUser(c *engine.Call) (engine.Reply, error) {
	all, err := accessesOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	world, err := c.Bank(all[0])
	if err != nil {
		return engine.Reply{}, err
	}
	who := world.Identity()
	return engine.JSON(http.StatusOK, user{
		ID: "U" + itoa(int(number(userOf(all[0]))%10_000_000)), FullName: who.Name, Email: who.Email, Language: "de", Created: instant(all[0].CreatedAt),
	}), nil
}

// deleteUser removes the user with all accesses.
func deleteUser(c *engine.Call) (engine.Reply, error) {
	all, err := accessesOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) error {
		for _, conn := range all {
			if err := tx.DeleteConnection(conn.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return engine.JSON(http.StatusOK, struct{}{}), err
}
