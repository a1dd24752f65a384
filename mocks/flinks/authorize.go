package flinks

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// authorizeBody is what Authorize takes. WithTransactions and WithBalance are hints that
// change nothing.
type authorizeBody struct {
	LoginID, Institution, Username, Password, Language, Tag, RequestID word
	DaysOfTransactions                                                 word
	MostRecentCached, Save, ScheduleRefresh, WithMfaQuestions          flag
	DirectRefresh                                                      flag
	SecurityResponses                                                  map[string]words
	LoginIDs                                                           words
}

// Parameters of a session and its connection.
const (
	paramTag      = "tag"      // echoed
	paramCustomer = "customer" // whose card it is
	paramDays     = "days"     // DaysOfTransactions, a hint
	paramWithMFA  = "with_mfa" // the security questions are collected
	paramAsync    = "async"    // AuthorizeAsync has not told yet how far it is
	paramDirect   = "direct"   // DirectRefresh: the data is collected straight away
	paramDetails  = "details"  // options of the data call, JSON
	paramRead     = "read"     // the data was handed out
	paramOwed     = "owed"     // of a card: the live request whose data nobody has read yet
)

// login is the documented object of a card.
type login struct {
	Username           string `json:"Username"`
	IsScheduledRefresh bool   `json:"IsScheduledRefresh"`
	LastRefresh        string `json:"LastRefresh"`
	Type               string `json:"Type"`
	ID                 string `json:"Id"`
}

type link struct {
	Rel     string  `json:"rel"`
	Href    string  `json:"href"`
	Example *string `json:"example"`
}

func links(names ...string) []link {
	out := make([]link, len(names))
	for i, name := range names {
		rel, _ := strings.CutPrefix(name, "Get")
		out[i] = link{Rel: rel, Href: "/" + name}
	}
	return out
}

// authorized is the answer of Authorize. The keys are in the documented order.
type authorized struct {
	Links              []link              `json:"Links"`
	HTTPStatusCode     int                 `json:"HttpStatusCode"`
	FlinksCode         string              `json:"FlinksCode,omitempty"`
	Message            string              `json:"Message,omitempty"`
	SecurityChallenges []securityChallenge `json:"SecurityChallenges,omitempty"`
	InstitutionName    string              `json:"InstitutionName,omitempty"`
	Login              *login              `json:"Login,omitempty"`
	InstitutionID      int                 `json:"InstitutionId,omitempty"`
	Institution        string              `json:"Institution,omitempty"`
	Tag                string              `json:"Tag,omitempty"`
	RequestID          string              `json:"RequestId"`
}

func authorize(c *engine.Call) (engine.Reply, error)      { return authorizeAs(c, false) }
func authorizeAsync(c *engine.Call) (engine.Reply, error) { return authorizeAs(c, true) }

func authorizeAs(c *engine.Call, async bool) (engine.Reply, error) {
	var body authorizeBody
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	if err := body.check(); err != nil {
		return engine.Reply{}, err
	}
	answer := logIn
	if body.RequestID != "" {
		answer = resume
	}
	var reply engine.Reply
	err := c.Do(func(tx engine.Tx) (err error) { // one for the whole answer: nothing of it is ever half done
		reply, err = answer(c, tx, body, async)
		return err
	})
	return reply, err
}

// check says what is missing or cannot be.
func (b authorizeBody) check() error {
	if lang := string(b.Language); lang != "" && lang != "en" && lang != "fr" {
		return problem.Invalid("Language", problem.NotAllowed, "Language is %.20q: send en or fr", lang)
	}
	if b.DaysOfTransactions != "" {
		if _, err := days(string(b.DaysOfTransactions)); err != nil {
			return err
		}
	}
	if b.RequestID != "" || b.LoginID != "" {
		return nil
	}
	for _, f := range []struct {
		name  string
		value word
	}{{"Institution", b.Institution}, {"Username", b.Username}, {"Password", b.Password}} {
		if f.value == "" {
			return problem.Invalid(f.name, problem.Missing,
				"%s is missing: send a LoginId, or Institution, Username and Password, or RequestId and SecurityResponses", f.name)
		}
	}
	return nil
}

// logIn answers a call that begins a session.
func logIn(c *engine.Call, tx engine.Tx, body authorizeBody, async bool) (engine.Reply, error) {
	s, err := begin(c, tx, body, async)
	if err == nil && body.LoginID != "" {
		s, err = withStored(tx, s)
	}
	if err != nil {
		return engine.Reply{}, err
	}
	return outcome(c, tx, s)
}

// begin starts a session: reading what is kept, or logging in at the bank.
func begin(c *engine.Call, tx engine.Tx, body authorizeBody, async bool) (s connect.Session, err error) {
	cached := body.MostRecentCached.or(c.Option(optCached) == "true") && !async
	params := map[string]string{
		paramCustomer: customer(c), paramTag: string(body.Tag), paramDays: string(body.DaysOfTransactions),
	}
	if body.WithMfaQuestions.or(false) && body.Save.or(true) {
		params[paramWithMFA] = "true"
	}
	if body.DirectRefresh.or(false) {
		params[paramDirect] = "true"
	}
	if async {
		params[paramAsync] = "true"
	}
	l := engine.LogIn{Ephemeral: !body.Save.or(true), AutoRefresh: body.ScheduleRefresh.or(false), Lang: cmp.Or(string(body.Language), "en"), Params: params}
	conn, err := cardOf(c, tx, body, &l)
	if err != nil {
		return s, err
	}
	known := conn.ID != ""
	if known {
		tx = tx.Under(conn)
	}
	if cached && known && (body.LoginID != "" || !conn.RefreshedAt.IsZero()) {
		if err := checkKept(tx, conn, body); err != nil {
			return s, err
		}
		s, err = readKept(tx, conn, params)
	} else {
		open, busy, err := openSession(tx, conn, l.Connection)
		if err != nil {
			return s, err
		}
		if busy && tx.Option(optConcurrent) == "refuse" {
			return s, ofRequest(problem.InProgress, open.ID, "answer its SecurityChallenges and read its data, or wait until its time is over")
		}
		if known && conn.Params[paramOAuth] != "" && body.LoginID != "" {
			s, err = readAtBank(tx, conn, params)
			return s, firstOf(err, spend(c, tx, s.ID))
		}
		if s, err = tx.LogIn(l); err != nil {
			return s, err
		}
		if s, err = entered(tx, s); err != nil {
			return s, err
		}
	}
	return s, firstOf(err, spend(c, tx, s.ID), unknownBank(s, string(body.Institution)))
}

// openSession is the session in which the bank has the user of a card: from the login on until the
// data was read or its time is over. The card need not exist yet.
func openSession(tx engine.Tx, conn connect.Connection, id string) (connect.Session, bool, error) {
	if s, busy, err := tx.OpenLogin(id); busy || err != nil {
		return s, busy, err
	}
	return owing(tx, conn)
}

// unknownBank refuses a login to an institution that does not exist. It is a mistake in
// the call, which opens no session and costs no token.
func unknownBank(s connect.Session, name string) error {
	if s.Trouble == nil || s.Trouble.Field != "institution" || s.Trouble.Code != problem.InvalidRequest {
		return nil
	}
	return problem.Invalid("Institution", problem.NotAllowed,
		"no institution is called %.60q: send %s, or another one that GET Institutions lists", name, capital)
}

// cardOf finds the card that a call is about, and what a login to it needs. The zero
// connection is a card that does not exist yet.
func cardOf(c *engine.Call, tx engine.Tx, body authorizeBody, l *engine.LogIn) (connect.Connection, error) {
	if body.LoginID != "" {
		conn, err := cardByLogin(c, tx, string(body.LoginID))
		if err != nil {
			return conn, err
		}
		user, err := tx.UserOf(conn)
		if err != nil {
			return conn, err
		}
		l.Connection, l.Ephemeral, l.Stored = conn.ID, false, true
		l.Lang = conn.Lang
		l.Answers = connect.Answers{Institution: conn.Institution, Suffix: conn.Suffix, Fields: connect.Login(conn.Username, user.Password)}
		return conn, nil
	}
	institution := institutionNamed(c, string(body.Institution))
	l.Connection = tx.ConnectionID(cardKey(customer(c), institution, string(body.Username)))
	l.Answers = connect.Answers{Institution: institution, Fields: connect.Login(string(body.Username), string(body.Password))}
	conn, err := tx.Connection(l.Connection)
	return conn, absent(err)
}

// cardKey tells the cards of a customer apart, whichever way their user logs in. The language is no
// part of it: pages and calls may have another one, and mean one card.
func cardKey(customer, institution, username string) string {
	return strings.Join([]string{customer, strings.ToLower(institution), spelling(username)}, "\x00")
}

// ConnectionKey is the card that a login on a page makes: the one that the API makes of it.
func (Provider) ConnectionKey(s connect.Session, u engine.User) string {
	name := u.Username
	if s.Suffix != "" {
		name += "+" + s.Suffix
	}
	return cardKey(s.Params[paramCustomer], s.Institution, name)
}

// readKept begins a session that reads what is kept of a card, and notes that it was read.
func readKept(tx engine.Tx, conn connect.Connection, params map[string]string) (connect.Session, error) {
	s, err := tx.Read(conn, params)
	if err != nil {
		return s, err
	}
	_, err = tx.ChangeConnection(conn.ID, func(conn *connect.Connection) error {
		conn.ReadAt = tx.Now
		return nil
	})
	return s, err
}

// checkKept holds the password of a call that only reads against the one of the card: no
// bank is there to refuse it.
func checkKept(tx engine.Tx, conn connect.Connection, body authorizeBody) error {
	if body.LoginID != "" {
		return nil
	}
	user, err := tx.UserOf(conn)
	if err == nil && !samePassword(string(body.Password), user.Password) {
		err = &problem.Error{Code: problem.LoginInvalid, Param: "Password", Detail: "it is not the password of this card"}
	}
	return err
}

// cardByLogin finds a card of the customer by its LoginId. One that was not to be saved
// cannot be found.
func cardByLogin(c *engine.Call, tx engine.Tx, id string) (connect.Connection, error) {
	conn, err := tx.Connection(strings.ToLower(id))
	if err == nil && !conn.Ephemeral && conn.Params[paramCustomer] == customer(c) {
		return conn, nil
	}
	if absent(err) != nil {
		return conn, err
	}
	return connect.Connection{}, noLogin()
}

// noLogin is the documented refusal of a LoginId.
func noLogin() error {
	return &problem.Error{Code: problem.NotFound, Subject: loginSubject, Param: "LoginId",
		Detail: "no such LoginId of this customer in this sandbox: authorize anew with Institution, Username and Password"}
}

// entered is what follows when a live login is through: its data is to be read, a card that
// there was before also has its questions stored from now on, and what is asked for right
// away, or what Authorize itself waits for, is collected at once.
func entered(tx engine.Tx, s connect.Session) (connect.Session, error) {
	if s.Step != connect.Succeeded || s.Connection == "" {
		return s, nil
	}
	conn, err := tx.ChangeConnection(s.Connection, func(conn *connect.Connection) error {
		conn.Params[paramOwed] = s.ID
		if s.Params[paramWithMFA] == "true" {
			conn.Params[paramWithMFA] = "true"
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	if s.Params[paramDirect] != "true" && takes(conn.Username) == 0 {
		return s, nil
	}
	_, s, err = collect(tx, s, conn, kindDetails)
	return s, err
}

// resume goes on with a session: with answers, or to hear how far it is. Whatever else a
// client repeats of the first call is ignored.
func resume(c *engine.Call, tx engine.Tx, body authorizeBody, async bool) (engine.Reply, error) {
	s, err := tx.Session(strings.ToLower(string(body.RequestID)))
	if absent(err) != nil {
		return engine.Reply{}, err
	}
	if err != nil || s.Params[paramCustomer] != customer(c) {
		return engine.Reply{}, noRequest(string(body.RequestID))
	}
	if err := spend(c, tx, s.ID); err != nil {
		return engine.Reply{}, err
	}
	if !tx.Now.Before(s.ExpiresAt) || s.Step == connect.Expired {
		return engine.Reply{}, engine.CommitWith(ofRequest(problem.SessionExpired, s.ID, "8 minutes without a call, or 30 in all, have ended this session: authorize anew"))
	}
	if !s.Step.Final() {
		s, err = tx.ChangeSession(s.ID, func(s *connect.Session) error {
			s.Touch(tx.Now) // also where it brings the session no further
			return nil
		})
		if err != nil {
			return engine.Reply{}, err
		}
	}
	answers := len(body.SecurityResponses) > 0
	switch {
	case s.Step == connect.Challenging && answers:
		if s, err = answer(c, tx, s, body.SecurityResponses); err == nil && (async || s.Params[paramAsync] != "") {
			s, err = untold(tx, s, async)
		}
	case s.Params[paramAsync] != "":
		s, err = untold(tx, s, false)
	case s.Step == connect.Succeeded:
		told := true
		if answers && s.Refresh == "" {
			s, told, err = approved(tx, s)
		}
		if err == nil && told {
			err = again(tx, s)
		}
	}
	if err != nil {
		return engine.Reply{}, engine.CommitWith(err)
	}
	return outcome(c, tx, s)
}

// approved goes on with a session whose user has approved the login elsewhere since the
// app asked last; told says that the app knows it already.
func approved(tx engine.Tx, s connect.Session) (_ connect.Session, told bool, err error) {
	b, err := tx.Behaviour(s)
	if last := s.Challenge - 1; err != nil || last < 0 || last >= len(b.Challenges) || !b.Challenges[last].Kind.Decoupled() {
		return s, true, err
	}
	conn, err := tx.Connection(s.Connection)
	if err != nil || conn.Params[paramOwed] == s.ID {
		return s, true, err
	}
	s, err = entered(tx, s)
	return s, false, err
}

// untold notes whether an app has yet to hear, by a call of its own, how far a session is.
func untold(tx engine.Tx, s connect.Session, yes bool) (connect.Session, error) {
	return tx.ChangeSession(s.ID, func(s *connect.Session) error {
		if delete(s.Params, paramAsync); yes {
			s.Params[paramAsync] = "true"
		}
		return nil
	})
}

// again says whether Authorize answers for a session that is through.
func again(tx engine.Tx, s connect.Session) error {
	if s.Refresh != "" && takes(s.Username) > 0 && s.Params[paramRead] == "" || tx.Option(optAgain) == "allow" {
		return nil
	}
	return ofRequest(problem.ReusedGrant, s.ID, "call for its data, or authorize anew without it")
}

// answer gives the responses to the challenge of a session.
func answer(c *engine.Call, tx engine.Tx, s connect.Session, given map[string]words) (connect.Session, error) {
	ch, err := asked(tx, s)
	if err != nil {
		return s, err
	}
	answers, code := answersTo(challengesOf(ch), given, c.Option(optKeys) == "letters")
	if code != "" {
		e := ofRequest(problem.ChallengeInvalid, s.ID, "the keys of SecurityResponses must be the prompts as they were put")
		e.Reason = problem.Reason(code)
		return s, e
	}
	in, resend := inputFor(ch, answers)
	if resend {
		return tx.Advance(s.ID, connect.Input{Verb: connect.DoResend, Rev: connect.AnyRev})
	}
	if s, err = tx.Walk(s.ID, in); err != nil {
		return s, err
	}
	return entered(tx, s)
}

// asked is the challenge that a session waits at.
func asked(tx engine.Tx, s connect.Session) (connect.Challenge, error) {
	b, err := tx.Behaviour(s)
	if err != nil || s.Challenge >= len(b.Challenges) {
		return connect.Challenge{}, err
	}
	return b.Challenges[s.Challenge], nil
}

// authorizeMultiple reads several cards at once. The answer is a guess: none is
// published.
func authorizeMultiple(c *engine.Call) (engine.Reply, error) {
	var body authorizeBody
	if err := read(c, &body); err != nil {
		return engine.Reply{}, err
	}
	if len(body.LoginIDs) == 0 {
		return engine.Reply{}, problem.Invalid("LoginIds", problem.Missing, "send LoginIds, a list of at least one LoginId")
	}
	if len(body.LoginIDs) > maxCards {
		return engine.Reply{}, problem.Invalid("LoginIds", problem.TooLong, "send at most %d LoginIds", maxCards)
	}
	type one struct {
		LoginID   string `json:"LoginId"`
		RequestID string `json:"RequestId"`
	}
	var out struct {
		HTTPStatusCode   int    `json:"HttpStatusCode"`
		FlinksCode       string `json:"FlinksCode,omitempty"`
		AuthorizedLogins []one  `json:"AuthorizedLogins"`
	}
	out.HTTPStatusCode, out.FlinksCode = http.StatusOK, okCode(c)
	err := c.Do(func(tx engine.Tx) error {
		out.AuthorizedLogins = nil
		for _, id := range slices.Compact(slices.Clone(body.LoginIDs)) {
			conn, err := cardByLogin(c, tx, id)
			if err != nil {
				return err
			}
			s, err := readKept(tx.Under(conn), conn, map[string]string{paramCustomer: customer(c), paramTag: string(body.Tag)})
			if err != nil {
				return err
			}
			out.AuthorizedLogins = append(out.AuthorizedLogins, one{conn.ID, s.ID})
		}
		return spend(c, tx, out.AuthorizedLogins[0].RequestID)
	})
	return engine.JSON(http.StatusOK, out), err
}

// maxCards bounds AuthorizeMultiple (invented).
const maxCards = 100
