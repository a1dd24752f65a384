package finx

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Accesses and syncs are the widget's work done by calls: an access names the bank and the
// credentials, a sync logs in with them and fetches the data, its challenges are those of the
// bank. A sync is a session of the engine.
//
//	POST /rest/accesses ──> POST …/syncs ──> GET …/syncs/{id}  QUEUED, RUNNING, AWAIT_AUTH, COMPLETED, ERROR
//	                                             └─ GET …/challenges, POST …/challenges/{id}/response

// flowSync is the kind of a flow that a call goes through, see flowAccess.
const flowSync = "sync"

// login is an access that was made by a call. It has no data before its first sync.
type login struct {
	ID          string            `json:"id"`
	Institution string            `json:"institution"`
	Method      string            `json:"method"`
	Fields      map[string]string `json:"fields"` // the credentials: of the next sync, and of all where they are saved
	Save        bool              `json:"save"`
	Recurring   bool              `json:"recurring"`
	Period      int               `json:"period"`
	Created     string            `json:"created"`
}

var logins = engine.Records[login]{Kind: "access"}

// userOf names whose a connection is: the app's own user, or the one that a one-time flow made.
func userOf(conn connect.Connection) string {
	if user := conn.Params["user"]; user != "" { // a call of that user has made it
		return user
	}
	if conn.UserKey != "" {
		return "user/" + conn.Owner + "/" + conn.UserKey
	}
	return "flow/" + conn.Session
}

// accessBody is what a call may say of a new access.
type accessBody struct {
	Method      string            `json:"access_method_id"`
	Credentials map[string]string `json:"credentials"`
	Save        bool              `json:"save_credentials"`
	Consent     struct {
		Recurring bool `json:"recurring"`
		Period    int  `json:"period"`
	} `json:"consent"`
}

// createAccess makes an access. The bank hears of it with the first sync.
func createAccess(c *engine.Call) (engine.Reply, error) {
	var body accessBody
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	conn, _, err := bearer(c)
	if err != nil {
		return engine.Reply{}, err
	}
	at, method, ok := methodNamed(c, body.Method)
	if !ok {
		return engine.Reply{}, problem.Invalid("access_method_id", problem.NotAllowed, "Unknown method identifier.")
	}
	if body.Credentials != nil {
		if err := checkCredentials(method, body.Credentials); err != nil {
			return engine.Reply{}, err
		}
	}
	if p := body.Consent.Period; p < 0 || p > longestSync {
		return engine.Reply{}, problem.Invalid("consent", problem.TooLarge, "The period must be between 1 and %d days.", longestSync)
	}
	l := login{
		Institution: at.ID, Method: method.ID, Fields: body.Credentials, Save: body.Save,
		Recurring: body.Consent.Recurring, Period: cmp.Or(body.Consent.Period, defaultSync), Created: instant(c.Now),
	}
	err = c.Do(func(tx engine.Tx) error {
		n, err := nextOf(tx, userOf(conn), "access")
		if err != nil {
			return err
		}
		l.ID = tx.ConnectionID(userOf(conn) + "/access/" + strconv.Itoa(n))
		return logins.Put(tx, l.ID, l, engine.RecordOptions{Group: userOf(conn)})
	})
	return engine.JSON(http.StatusOK, unsynced(l)), err
}

// checkCredentials says which credential of a way into a bank is missing.
func checkCredentials(m engine.AccessMethod, given map[string]string) error {
	for _, f := range m.Fields {
		if !f.Optional && given[f.Name] == "" {
			return problem.Invalid(credentialsField, problem.Format, "The credential %s is missing.", f.Name)
		}
	}
	return nil
}

// unsynced is an access without data.
func unsynced(l login) access {
	return access{
		ID: l.ID, MethodID: l.Method, Methods: []string{}, SavePin: l.Save, AutoSync: false, Created: l.Created,
		Consent: consent{Recurring: l.Recurring, Period: l.Period, Accounts: []string{}, Scopes: accessScopes},
	}
}

// counter counts what a user has made, for ids.
type counter struct {
	N int `json:"n"`
}

var counters = engine.Records[counter]{Kind: "counter"}

// nextOf is the next number of a kind of things of a user, from 1.
func nextOf(tx engine.Tx, user, kind string) (int, error) {
	n, err := counters.Get(tx, user+"/"+kind)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return 0, err
	}
	n.N++
	return n.N, counters.Put(tx, user+"/"+kind, n)
}

// syncBody is what a call may say of a sync.
type syncBody struct {
	Credentials map[string]string `json:"credentials"`
	Save        *bool             `json:"save_secrets"`
	Silent      bool              `json:"disable_notifications"`
	RedirectURI string            `json:"redirect_uri"`
	State       string            `json:"state"`
}

// syncObject is a sync as the API shows it.
type syncObject struct {
	ID        string       `json:"id"`
	Status    string       `json:"status"`
	State     string       `json:"state,omitempty"`
	Challenge *challenge   `json:"challenge,omitempty"`
	Error     *errorObject `json:"error,omitempty"`
	Created   string       `json:"created_at"`
	Started   string       `json:"started_at,omitempty"`
	Ended     string       `json:"ended_at,omitempty"`
}

// statuses of a sync.
const (
	queued    = "QUEUED"
	running   = "RUNNING"
	awaiting  = "AWAIT_AUTH"
	completed = "COMPLETED"
	failed    = "ERROR"
)

// createSync logs in to the bank of an access: with the credentials of the call, else with
// those that were saved. The answer is always QUEUED.
func createSync(c *engine.Call) (engine.Reply, error) {
	var body syncBody
	if len(c.Body) > 0 { // it may be left out
		if err := c.Decode(&body); err != nil {
			return engine.Reply{}, err
		}
	}
	if body.RedirectURI != "" && !isURL(body.RedirectURI) {
		return engine.Reply{}, problem.Invalid("redirect_uri", problem.Format, "Not a valid URL.")
	}
	of, err := accessOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	var out syncObject
	err = c.Do(func(tx engine.Tx) error {
		s, open, err := tx.OpenLogin(of.id())
		if err != nil {
			return err
		}
		if open {
			return &problem.Error{Code: problem.InProgress, Subject: "sync", ID: s.ID}
		}
		in, err := loginOf(c, tx, of, body)
		if err != nil {
			return err
		}
		if s, err = tx.LogIn(in); err != nil {
			return err
		}
		if err := keepLogin(tx, of, body); err != nil {
			return err
		}
		out = syncObject{ID: s.ID, Status: queued, State: body.State, Created: instant(s.StartedAt)}
		return nil
	})
	return engine.JSON(http.StatusOK, out), err
}

// loginOf is the login of a sync.
func loginOf(c *engine.Call, tx engine.Tx, of target, body syncBody) (engine.LogIn, error) {
	conn, l := of.conn, of.login
	in := engine.LogIn{
		Connection: of.id(), Product: flowAccess, Lang: c.Manifest().Languages[0],
		Params: map[string]string{"flow": flowSync, "redirect_uri": body.RedirectURI, "state": body.State, "user": of.user, "sync_period": strconv.Itoa(cmp.Or(l.Period, syncPeriod(conn)))},
	}
	if body.Silent {
		in.Params["silent"] = "true"
	}
	in.Answers.Institution, in.Answers.Method = cmp.Or(conn.Institution, l.Institution), cmp.Or(conn.Method, l.Method)
	method := wayInto(c, in.Answers.Institution, in.Answers.Method)
	switch {
	case body.Credentials != nil:
		in.Answers.Fields = body.Credentials
	case l.Fields != nil:
		in.Answers.Fields = l.Fields
	case conn.ID != "" && !conn.Paused:
		u, err := tx.UserOf(conn)
		if err != nil {
			return in, err
		}
		in.Stored, in.Answers.Suffix, in.Answers.Fields = true, conn.Suffix, map[string]string{}
		for _, f := range method.Fields {
			in.Answers.Fields[f.Name] = cmp.Or(u.Fields[f.Name], u.Username)
			if f.Role == connect.Secret {
				in.Answers.Fields[f.Name] = cmp.Or(u.Password, "any")
			}
		}
	}
	return in, checkCredentials(method, in.Answers.Fields)
}

// wayInto is an access method of a bank; without an id, or with one that is gone, the first.
func wayInto(c *engine.Call, institution, id string) engine.AccessMethod {
	all := methodsOf(c.InstitutionOf(connect.Connection{Provider: c.Manifest().Name, Institution: institution}))
	if at := slices.IndexFunc(all, func(m engine.AccessMethod) bool { return m.ID == id }); at >= 0 {
		return all[at]
	}
	return all[0]
}

// keepLogin keeps the credentials of a call, or forgets them, as it says.
func keepLogin(tx engine.Tx, of target, body syncBody) error {
	l := of.login
	if l.ID == "" {
		return nil
	}
	if body.Save != nil {
		l.Save = *body.Save
	}
	if body.Credentials != nil {
		l.Fields = body.Credentials
	}
	if !l.Save {
		l.Fields = nil
	}
	return logins.Put(tx, l.ID, l, engine.RecordOptions{Group: of.user})
}

// target is the access that a path names: one with data, one that a call has made, or both.
type target struct {
	user  string
	conn  connect.Connection
	login login
}

func (of target) id() string { return cmp.Or(of.conn.ID, of.login.ID) }

// accessOf is the access of the path, if the token reads it.
func accessOf(c *engine.Call) (of target, err error) {
	own, _, err := bearer(c)
	if err != nil {
		return of, err
	}
	of.user = userOf(own)
	made, err := loginsOf(c, of.user)
	if err != nil {
		return of, err
	}
	id := c.Path("access_id")
	if at := slices.IndexFunc(made, func(l login) bool { return l.ID == id }); at >= 0 {
		of.login = made[at]
	}
	all, err := accessesOf(c)
	if err != nil {
		return of, err
	}
	if at := slices.IndexFunc(all, func(conn connect.Connection) bool { return conn.ID == id }); at >= 0 {
		of.conn = all[at]
	}
	if of.id() == "" {
		return of, problem.Absent("access", id)
	}
	return of, nil
}

// loginsOf are the accesses that a user's calls have made, oldest first.
func loginsOf(c *engine.Call, user string) (made []login, err error) {
	err = c.View(func(tx engine.Tx) (err error) {
		made, err = logins.List(tx, user)
		return err
	})
	return made, err
}

// advanced looks at the sync of the path as an app does that waits for it: what has ended
// elsewhere goes on with the look.
func advanced(c *engine.Call, tx engine.Tx, access string) (connect.Session, error) {
	s, err := syncOf(c, tx, access)
	if err != nil || s.Step.Final() || s.Step == connect.Credentials {
		return s, err
	}
	return tx.Walk(s.ID, connect.Answers{})
}

// syncOf is the sync of the path, if it is of the access.
func syncOf(c *engine.Call, tx engine.Tx, access string) (connect.Session, error) {
	id := c.Path("sync_id")
	s, err := tx.Session(id)
	if problem.Is(err, problem.NotFound) || err == nil && cmp.Or(s.Connection, s.Target) != access {
		return s, problem.Absent("sync", id)
	}
	return s, err
}

func getSync(c *engine.Call) (engine.Reply, error) {
	of, err := accessOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	var out syncObject
	err = c.Do(func(tx engine.Tx) error {
		s, err := advanced(c, tx, of.id())
		if err != nil {
			return err
		}
		out = newSync(c, s)
		out.Challenge, err = challengeOf(c, tx, s)
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// newSync shows a session as a sync.
func newSync(c *engine.Call, s connect.Session) syncObject {
	out := syncObject{ID: s.ID, Status: running, State: s.Params["state"], Created: instant(s.StartedAt), Started: instant(s.StartedAt)}
	switch {
	case s.Step == connect.Succeeded:
		out.Status = completed
	case s.Step.Final(), s.Trouble != nil && s.Step == connect.Credentials:
		out.Status = failed
	case !s.ExpiresAt.IsZero() && !c.Now.Before(s.ExpiresAt):
		out.Status = failed
		s.Trouble = &connect.Trouble{Code: problem.SessionExpired}
	case s.Step == connect.Challenging, s.Step == connect.Approving, s.Step == connect.Credentials:
		out.Status = awaiting
	}
	if !s.EndedAt.IsZero() {
		out.Ended = instant(s.EndedAt)
	}
	if out.Status == failed {
		said := words[problem.Internal]
		if s.Trouble != nil {
			said = words.Of(s.Trouble.Code)
		}
		out.Error = &errorObject{Code: said.code, Data: map[string][]string{}, Description: said.text, Group: said.group}
		if out.Ended == "" {
			out.Ended = out.Started
		}
	}
	return out
}
