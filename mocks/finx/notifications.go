package finx

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// notification is what an app wants to be told of. Its observe key is the path of what is
// observed, with a filter as its query.
type notification struct {
	ID    string `json:"notification_id"`
	Key   string `json:"observe_key"`
	URI   string `json:"notify_uri"`
	State string `json:"state,omitempty"`
	Seen  seen   `json:"seen,omitempty"` // as of when the app knows the data of each access
}

type seen map[string]time.Time

var notifications = engine.Records[notification]{Kind: "notification"}

// mostNotifications is how many a user can have (invented).
const mostNotifications = 50

// notificationView is the documented object. Clients read the address by either name.
type notificationView struct {
	ID    string `json:"notification_id"`
	Key   string `json:"observe_key"`
	URI   string `json:"notify_uri"`
	State string `json:"state,omitempty"`
}

func (n notification) view() notificationView { return notificationView{n.ID, n.Key, n.URI, n.State} }

// notificationBody is what a call may say of a notification.
type notificationBody struct {
	Key   *string `json:"observe_key"`
	URI   *string `json:"notify_uri"`
	State *string `json:"state"`
}

// observed is what an observe key means.
type observed struct {
	account string // its id; empty: all
	balance bool   // else the transactions
	query   url.Values
}

// keyShape are the documented observe keys.
var keyShape = regexp.MustCompile(`^/rest(?:/accounts/(A\d+\.\d+))?/(transactions|balance)(?:\?(.*))?$`)

// observe reads an observe key; the error says what is wrong with it.
func observe(key string) (o observed, err error) {
	m := keyShape.FindStringSubmatch(key)
	if m == nil || m[2] == "balance" && m[1] == "" {
		return o, problem.Invalid("observe_key", problem.Format,
			"Must be /rest/transactions, /rest/accounts/{account_id}/transactions or /rest/accounts/{account_id}/balance, with a filter as its query.")
	}
	o.account, o.balance = m[1], m[2] == "balance"
	if o.query, err = url.ParseQuery(m[3]); err != nil {
		return o, problem.Invalid("observe_key", problem.Format, "The query cannot be read.")
	}
	if _, err := strconv.Atoi(o.query.Get("inferior_limit")); o.balance && err != nil {
		return o, problem.Invalid("observe_key", problem.Format, "A balance needs inferior_limit, a whole number.")
	}
	if !o.balance {
		if _, err := newFilter(o.query.Get, "booked", time.Time{}, nil, rowView{}); err != nil {
			return o, problem.Invalid("observe_key", problem.Format, "The filter of the transactions cannot be read: %s", problem.From(err).Detail)
		}
	}
	return o, nil
}

// scope is what a token must have for it.
func (o observed) scope() string {
	if o.balance {
		return scopeBalance
	}
	return scopeTransactions
}

// apply puts what a call says into a notification.
func (b notificationBody) apply(n *notification, scopes []string) error {
	if b.Key != nil {
		n.Key = *b.Key
	}
	if b.URI != nil {
		n.URI = *b.URI
	}
	if b.State != nil {
		n.State = *b.State
	}
	for name, value := range map[string]string{"observe_key": n.Key, "notify_uri": n.URI} {
		if value == "" {
			return problem.Invalid(name, problem.Missing, "")
		}
	}
	if webhook.CheckURL(n.URI) != nil {
		return problem.Invalid("notify_uri", problem.Format, "Not a valid URL.")
	}
	o, err := observe(n.Key)
	if err == nil && !mayRead(scopes, o.scope()) {
		err = problem.New(problem.InsufficientScope, "the token lacks the scope %s", o.scope())
	}
	return err
}

func createNotification(c *engine.Call) (engine.Reply, error) {
	var body notificationBody
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	own, g, err := bearer(c)
	if err != nil {
		return engine.Reply{}, err
	}
	n := notification{Seen: seen{}}
	if err := body.apply(&n, g.Scopes); err != nil {
		return engine.Reply{}, err
	}
	user := userOf(own)
	err = c.Do(func(tx engine.Tx) error {
		all, err := notifications.List(tx, user)
		if err != nil {
			return err
		}
		if len(all) >= mostNotifications {
			return problem.Invalid("observe_key", problem.TooLarge, "There are %d notifications: remove some.", mostNotifications)
		}
		known, err := connectionsOf(tx, own)
		if err != nil {
			return err
		}
		for _, conn := range known {
			n.Seen[conn.ID] = conn.AsOf(tx.Now)
		}
		number, err := nextOf(tx, user, "notification")
		if err != nil {
			return err
		}
		n.ID = notificationID(user, number)
		return notifications.Put(tx, n.ID, n, engine.RecordOptions{Group: user})
	})
	return engine.JSON(http.StatusOK, n.view()), err
}

func notificationID(user string, n int) string {
	return idOf('N', bank.ID(number(user+"/notification/"+itoa(n))%1_000_000_000_000))
}

func listNotifications(c *engine.Call) (engine.Reply, error) {
	own, _, err := bearer(c)
	if err != nil {
		return engine.Reply{}, err
	}
	out := struct {
		Notifications []notificationView `json:"notifications"`
	}{[]notificationView{}}
	err = c.View(func(tx engine.Tx) error {
		all, err := notifications.List(tx, userOf(own))
		for _, n := range all {
			out.Notifications = append(out.Notifications, n.view())
		}
		return err
	})
	return engine.JSON(http.StatusOK, out), err
}

// notificationNamed runs fn on the notification of the path, if it is the user's.
func notificationNamed(c *engine.Call, fn func(tx engine.Tx, user string, n notification, g grant.Grant) error) error {
	own, g, err := bearer(c)
	if err != nil {
		return err
	}
	id := c.Path("notification_id")
	return c.Do(func(tx engine.Tx) error {
		all, err := notifications.List(tx, userOf(own))
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(n notification) bool { return n.ID == id })
		if at < 0 {
			return problem.Absent("notification", id)
		}
		return fn(tx, userOf(own), all[at], g)
	})
}

func getNotification(c *engine.Call) (engine.Reply, error) {
	var out notificationView
	err := notificationNamed(c, func(_ engine.Tx, _ string, n notification, _ grant.Grant) error {
		out = n.view()
		return nil
	})
	return engine.JSON(http.StatusOK, out), err
}

func updateNotification(c *engine.Call) (engine.Reply, error) {
	var body notificationBody
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	var out notificationView
	err := notificationNamed(c, func(tx engine.Tx, user string, n notification, g grant.Grant) error {
		if err := body.apply(&n, g.Scopes); err != nil {
			return err
		}
		out = n.view()
		return notifications.Put(tx, n.ID, n, engine.RecordOptions{Group: user})
	})
	return engine.JSON(http.StatusOK, out), err
}

func deleteNotification(c *engine.Call) (engine.Reply, error) {
	err := notificationNamed(c, func(tx engine.Tx, _ string, n notification, _ grant.Grant) error {
		return notifications.Delete(tx, n.ID)
	})
	return engine.JSON(http.StatusOK, struct{}{}), err
}

// tells are the events that can bring new data.
var tells = []engine.EventName{engine.ConnectionReady, engine.ConnectionRestored, engine.RefreshSucceeded}

// toldParam carries what BeforeEvent has found to RenderEvent: the notifications as JSON.
const toldParam = "notifications"

// BeforeEvent finds the notifications of the user to whom new data belongs, and remembers that
// they have been told of it.
func (Provider) BeforeEvent(tx engine.Tx, e *engine.Event) (err error) {
	if !slices.Contains(tells, e.Name) {
		return nil
	}
	if e.Name == engine.ConnectionRestored {
		if e.Connection, err = looked(tx, e.Connection, e.Session.ID); err != nil {
			return err
		}
	}
	user := userOf(e.Connection)
	all, err := notifications.List(tx, user)
	if err != nil || len(all) == 0 {
		return err
	}
	told, err := json.Marshal(all)
	if err != nil {
		return err
	}
	silent := e.Session.Params["silent"] != ""
	e.Session.Params = map[string]string{}
	if !silent {
		e.Session.Params[toldParam] = string(told)
	}
	for _, n := range all {
		if n.Seen == nil {
			n.Seen = seen{}
		}
		n.Seen[e.Connection.ID] = e.Connection.AsOf(tx.Now)
		if err := notifications.Put(tx, n.ID, n, engine.RecordOptions{Group: user}); err != nil {
			return err
		}
	}
	return nil
}

// notice is what goes to the address of a notification. The four fields are a client's; data is
// inferred.
type notice struct {
	ID    string     `json:"notification_id"`
	URI   string     `json:"notification_uri"`
	Key   string     `json:"observe_key"`
	State string     `json:"state,omitempty"`
	Data  noticeData `json:"data"`
}

type noticeData struct {
	Transactions json.RawMessage `json:"transactions,omitempty"`
	Balance      *balance        `json:"balance,omitempty"`
}

// mostTold is how many transactions one notice has at most: what a page of the list has.
const mostTold = 1000

// RenderEvent tells each notification whose observed data has changed. The receiver that the
// option names gets new transactions without a registration.
func (Provider) RenderEvent(r engine.Reader, e engine.Event) (out []webhook.Draft, err error) {
	var all []notification
	if text := e.Session.Params[toldParam]; text != "" {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return nil, err
		}
	}
	books, err := engine.BooksAt(r, e.Connection, e.Connection.AsOf(r.Instant()))
	if err != nil {
		return nil, err
	}
	if uri := r.Option(optNotify); uri != "" {
		any := notification{ID: notificationID("", 0), Key: "/rest/transactions", URI: uri, Seen: seen{}}
		if e.Refresh != nil {
			any.Seen[e.Connection.ID] = e.Refresh.Since
		}
		all = append(all, any)
	}
	for _, n := range all {
		data, changed, err := n.changed(r.Instant(), e.Connection, books)
		if err != nil {
			return nil, err
		}
		if !changed {
			continue
		}
		d := webhook.Draft{Type: n.Key, Schema: "Notice", URL: n.URI, Body: func(string) ([]byte, error) {
			return json.Marshal(notice{n.ID, n.URI, n.Key, n.State, data})
		}}
		if n.URI == r.Option(optNotify) {
			d.URL = ""
		}
		out = append(out, d)
	}
	return out, nil
}

// changed is what a notification has to tell of an access, if anything.
func (n notification) changed(now time.Time, conn connect.Connection, books []*bank.Book) (data noticeData, changed bool, err error) {
	o, err := observe(n.Key)
	if err != nil {
		return data, false, err
	}
	asOf, before := conn.AsOf(now), n.Seen[conn.ID]
	var rows []row
	for _, b := range books {
		s := shared{conn, b}
		if o.account != "" && o.account != s.id() || !readable(conn, readAccounts) {
			continue
		}
		if o.balance {
			limit, _ := strconv.ParseInt(o.query.Get("inferior_limit"), 10, 64)
			below := func(at time.Time) bool { return b.Balance(at).Current < limit*100 }
			if below(asOf) && (before.IsZero() || !below(before)) {
				now := newBalance(now, s, false)
				return noticeData{Balance: &now}, true, nil
			}
			continue
		}
		if !readable(conn, readTransactions) {
			continue
		}
		f, err := newFilter(o.query.Get, "booked", now, []shared{s}, rowView{})
		if err != nil {
			return data, false, err
		}
		known := 0
		if !before.IsZero() {
			known = b.Count(before, bank.Range{})
		}
		fresh := b.Count(asOf, bank.Range{}) - known
		for _, t := range b.Page(asOf, bank.Range{}, 0, max(0, fresh), nil) {
			if one := (row{s, t, look{at: asOf}}); t.Posted >= firstDay(s) && f.lists(&one) {
				rows = append(rows, one)
			}
		}
		if f.pending {
			for _, one := range awaited(now, []shared{s}) {
				if one.At.After(before) && f.lists(&one) {
					rows = append(rows, one)
				}
			}
		}
	}
	if len(rows) == 0 {
		return data, false, nil
	}
	list := []byte{'['}
	for i := range rows[:min(len(rows), mostTold)] {
		if i > 0 {
			list = append(list, ',')
		}
		list = rowView{language: "de"}.append(list, &rows[i])
	}
	data.Transactions = append(list, ']')
	return data, true, nil
}

// Sign names the documented sender. No signature is documented, so there is none.
func (Provider) Sign(engine.Signing) []webhook.Header {
	return []webhook.Header{{Name: "User-Agent", Value: "finx-notification/1.0.0"}}
}

// Verify takes every notice, as none can be told from one of somebody else.
func (Provider) Verify(engine.Signing, func(name string) string) error { return nil }

// mayRead says whether scopes have one, or the same with rw for ro.
func mayRead(scopes []string, scope string) bool {
	return slices.Contains(scopes, scope) || slices.Contains(scopes, strings.TrimSuffix(scope, "ro")+"rw")
}
