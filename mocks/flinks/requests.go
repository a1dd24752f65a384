package flinks

import (
	"net/http"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Lifetimes of a RequestId (documented): eight minutes between the calls of a login and
// after the data was read, thirty minutes of processing.
const (
	idle       = 8 * time.Minute
	processing = 30 * time.Minute
)

// dispatchAfter is when a synchronous call goes on in the background (documented).
const dispatchAfter = 210 * time.Second

// Subjects of problems: what was asked for.
const (
	requestSubject = "request"
	loginSubject   = "login"
)

// What is collected, by the name under which the webhook tells it.
const (
	kindDetails    = "GetAccountsDetail"
	kindSummary    = "GetAccountsSummary"
	kindStatements = "GetStatements"
)

// noRequest is the answer to a RequestId that is unknown, of another customer, or over.
func noRequest(id string) error {
	return &problem.Error{Code: problem.NotFound, Subject: requestSubject, ID: id, Param: "RequestId",
		Detail: "no such RequestId, or its time is over: authorize anew"}
}

// ofRequest is a problem of a session.
func ofRequest(code problem.Code, id, detail string) *problem.Error {
	return &problem.Error{Code: code, Subject: requestSubject, ID: id, Detail: detail}
}

// stopped is what to do about a card that has stopped working.
var stopped = map[problem.Code]string{
	problem.LoginRequired:  "the bank takes what is stored of this card no more: let the user log in again, with Institution, Username and Password",
	problem.ConsentExpired: "the user's consent to this card has ended: let the user connect again, with Institution, Username and Password",
}

// troubleOf is why a session is not through: the stored answer, each time it is asked.
func troubleOf(tx engine.Tx, s connect.Session) error {
	switch {
	case s.Params[paramAsync] != "":
		return ofRequest(problem.Unauthorized, s.ID, "the login is still under way: call AuthorizeAsync with this RequestId until it answers 200")
	case s.Trouble == nil:
		return ofRequest(problem.Unauthorized, s.ID, "the login has not ended yet: answer its SecurityChallenges first")
	case s.Trouble.Code == problem.LoginLocked && s.Trouble.Field == "answer":
		e := ofRequest(problem.ChallengeInvalid, s.ID, "this session takes no other answers: authorize anew")
		e.Reason = problem.Spent
		return e
	case s.Trouble.Code == problem.LoginInvalid:
		e := ofRequest(problem.LoginInvalid, s.ID, "the test users have Everyday")
		who := connect.Connection{Institution: s.Institution, Username: s.Username, Layers: s.Layers, Suffix: s.Suffix, Params: s.Params}
		if _, err := tx.UserOf(who); problem.Ours(err) {
			return err
		} else if err != nil {
			e.Param, e.Detail = "Username", "nobody has this name: the test users Greatday and greatday_nomfa do, and the login of a scenario's persona"
		}
		return e
	}
	e := ofRequest(s.Trouble.Code, s.ID, firstWord(s.Trouble.Detail, stopped[s.Trouble.Code]))
	e.Param = s.Trouble.Field
	return e
}

// card is a request that may read, and what it reads.
type card struct {
	session connect.Session
	conn    connect.Connection
}

// requestOf finds the request that a call names, if it is through and its time is not
// over.
func requestOf(c *engine.Call, tx engine.Tx, id string) (card, error) {
	if id == "" {
		return card{}, problem.Invalid("RequestId", problem.Missing, "RequestId is missing: it is in the answer of Authorize")
	}
	s, err := tx.Session(strings.ToLower(id))
	if absent(err) != nil {
		return card{}, err
	}
	if err != nil || s.Params[paramCustomer] != customer(c) {
		return card{}, noRequest(id)
	}
	switch {
	case !tx.Now.Before(s.ExpiresAt), s.Step == connect.Expired:
		return card{}, noRequest(s.ID)
	case s.Step != connect.Succeeded, s.Params[paramAsync] != "":
		return card{}, troubleOf(tx, s)
	}
	conn, err := tx.Connection(s.Connection)
	if absent(err) != nil {
		return card{}, err
	}
	if err != nil {
		return card{}, noRequest(s.ID)
	}
	switch conn.StateAt(tx.Now) {
	case connect.Revoked, connect.ConsentExpired:
		return card{}, ofRequest(problem.ConsentExpired, s.ID, stopped[problem.ConsentExpired])
	}
	return card{s, conn}, nil
}

// slowness is the code of an answer that is not there yet.
func slowness(r connect.Refresh) string {
	if r.ReadyAt.Sub(r.StartedAt) > dispatchAfter {
		return dispatchedCode
	}
	return pendingCode
}

// collect sees to it that the data of a card is fetched for a session. A session that
// only reads takes what is kept; a live one waits for what is fetched for it, or for another
// request that still lives and has not read it.
// waits is the code of the answer until then, empty when the data is there.
func collect(tx engine.Tx, s connect.Session, conn connect.Connection, kind string) (waits string, _ connect.Session, err error) {
	reads := s.Purpose == connect.Read && s.Params[paramLive] == ""
	began := false
	waited, err := awaited(tx, conn)
	if err != nil {
		return "", s, err
	}
	switch {
	case s.Refresh != "":
	case conn.Refreshing != "":
		s.Refresh = conn.Refreshing
	case reads && !conn.RefreshedAt.IsZero():
		return "", s, nil
	case !reads && waited:
		s.Refresh = conn.Unread
	default:
		r, err := tx.Under(conn).Collect(conn, kind, s.ID, takes(conn.Username))
		if err != nil {
			return "", s, err
		}
		s.Refresh, began = r.ID, true
	}
	until := tx.Now.Add(processing)
	s, err = tx.ChangeSession(s.ID, func(old *connect.Session) error {
		if old.Refresh != s.Refresh {
			old.Refresh, old.ExpiresAt = s.Refresh, until
		}
		return nil
	})
	if err != nil {
		return "", s, err
	}
	r, err := tx.Refresh(conn.ID, s.Refresh)
	if err != nil {
		return "", s, err
	}
	if began && tx.Under(conn).Option(optFirst) == "pending" {
		return slowness(r), s, err
	}
	if r, err = tx.Poll(conn, s.Refresh); err != nil {
		return "", s, err
	}
	if r.State == connect.RefreshRunning {
		return pendingCode, s, nil
	}
	return "", s, nil
}

// awaited says whether what was collected last of a card was read by nobody, while the request
// that asked for it lives.
func awaited(tx engine.Tx, conn connect.Connection) (bool, error) {
	if conn.Unread == "" {
		return false, nil
	}
	r, err := tx.Refresh(conn.ID, conn.Unread)
	if err != nil {
		return false, absent(err)
	}
	s, err := tx.Session(r.Session)
	return err == nil && tx.Now.Before(s.ExpiresAt), absent(err)
}

// delivered notes that a request has read its data: it lives on for a while, or not.
func delivered(tx engine.Tx, k card) error {
	until := tx.Now.Add(idle)
	if tx.Option(optAfter) == "consumed" {
		until = tx.Now
	}
	if k.session.ExpiresAt != until || k.session.Params[paramRead] == "" {
		if _, err := tx.ChangeSession(k.session.ID, func(s *connect.Session) error {
			s.ExpiresAt, s.Params[paramRead] = until, "true"
			return nil
		}); err != nil {
			return err
		}
	}
	return heard(tx, k.conn)
}

// heard notes that somebody knows how the last collecting of a card has ended, so that
// the next live session begins another and nobody's login waits for data any more.
func heard(tx engine.Tx, conn connect.Connection) error {
	if conn.Unread == "" && conn.Params[paramOwed] == "" {
		return nil
	}
	_, err := tx.ChangeConnection(conn.ID, func(conn *connect.Connection) error {
		conn.Unread = ""
		delete(conn.Params, paramOwed)
		return nil
	})
	return err
}

// pending is the answer that the data is not there yet.
type pending struct {
	HTTPStatusCode int    `json:"HttpStatusCode"`
	FlinksCode     string `json:"FlinksCode"`
	Message        string `json:"Message"`
	Links          []link `json:"Links"`
	Tag            string `json:"Tag,omitempty"`
	RequestID      string `json:"RequestId,omitempty"`
}

func pendingReply(c *engine.Call, s connect.Session, code string) engine.Reply {
	return engine.JSON(http.StatusAccepted, pending{
		HTTPStatusCode: http.StatusAccepted, FlinksCode: code, Message: messages[code], Links: []link{},
		Tag: s.Params[paramTag], RequestID: s.ID,
	})
}

// dataOf is the way of every call for data: the request, then the collecting. note writes
// what the call wants of it into its session; nil for a call that wants what the one
// before did. Where the data is not there yet the answer is the second value.
func dataOf(c *engine.Call, id, kind string, note func(engine.Tx, card) (connect.Session, error)) (k card, wait *engine.Reply, err error) {
	var waits string
	err = c.Do(func(tx engine.Tx) error {
		waits = ""
		if k, err = requestOf(c, tx, id); err != nil {
			return err
		}
		if note != nil {
			if k.session, err = note(tx.Under(k.conn), k); err != nil {
				return err
			}
		}
		if waits, k.session, err = collect(tx, k.session, k.conn, kind); err != nil || waits != "" {
			return err
		}
		if k.conn, err = tx.Connection(k.conn.ID); err != nil {
			return err
		}
		if failed := failure(tx, k); failed != nil {
			return firstOf(heard(tx, k.conn), engine.CommitWith(failed))
		}
		return delivered(tx.Under(k.conn), k)
	})
	if err != nil {
		return k, nil, err
	}
	if waits != "" {
		r := pendingReply(c, k.session, waits)
		return k, &r, nil
	}
	return k, nil, nil
}

// failure is why the collecting that a request waited for brought nothing.
func failure(tx engine.Tx, k card) error {
	if k.session.Refresh == "" {
		return nil
	}
	r, err := tx.Refresh(k.conn.ID, k.session.Refresh)
	if err != nil || r.State == connect.RefreshSucceeded || r.State == connect.RefreshRunning {
		return absent(err)
	}
	e := ofRequest(r.Problem, k.session.ID, "")
	e.Injected = true // a refresh fails because a scenario lets it
	return e
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
