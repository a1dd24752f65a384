package flinks

import (
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// outcome says how far a session has come, unless that is told by the next call.
func outcome(c *engine.Call, tx engine.Tx, s connect.Session) (engine.Reply, error) {
	if s.Params[paramAsync] != "" {
		return pendingReply(c, s, pendingCode), nil
	}
	switch {
	case s.Step == connect.Challenging && (s.Trouble == nil || s.Trouble.Code != problem.ChallengeInvalid):
		ch, err := asked(tx, s)
		if err != nil {
			return engine.Reply{}, err
		}
		return engine.JSON(http.StatusNonAuthoritativeInfo, authorized{
			Links: []link{{Rel: "Authorization", Href: "/Authorize"}}, HTTPStatusCode: http.StatusNonAuthoritativeInfo, SecurityChallenges: challengesOf(ch),
			Institution: s.Institution, Tag: s.Params[paramTag], RequestID: s.ID,
		}), nil
	case s.Step != connect.Succeeded:
		return engine.Reply{}, engine.CommitWith(troubleOf(tx, s))
	}
	return welcomed(c, tx, s)
}

// welcomed is the answer of a session that is through.
func welcomed(c *engine.Call, tx engine.Tx, s connect.Session) (engine.Reply, error) {
	out := authorized{
		Links: links("GetAccountsDetail", "GetAccountsSummary", "GetStatements"), HTTPStatusCode: http.StatusOK,
		FlinksCode: okCode(c), Institution: s.Institution, Tag: s.Params[paramTag], RequestID: s.ID,
	}
	conn, err := tx.Connection(s.Connection)
	if err != nil {
		return engine.Reply{}, err
	}
	out.InstitutionName, out.InstitutionID = s.Institution, numberOf(s.Institution)
	out.Login = loginOf(conn)
	if s.Refresh != "" && takes(conn.Username) > 0 {
		r, err := tx.Poll(conn, s.Refresh)
		if err != nil {
			return engine.Reply{}, err
		}
		if r.State == connect.RefreshRunning {
			return pendingReply(c, s, slowness(r)), nil
		}
	}
	return engine.JSON(http.StatusOK, out), nil
}

// loginOf is the card of a connection; nothing of one that was not to be saved (a real
// client reads none then).
func loginOf(conn connect.Connection) *login {
	if conn.Ephemeral {
		return nil
	}
	last := conn.RefreshedAt
	if last.IsZero() {
		last = conn.CreatedAt
	}
	kind := "Personal"
	if bank.KindOf(conn.Persona) == bank.Business {
		kind = "Business"
	}
	return &login{Username: conn.Username, IsScheduledRefresh: !conn.Paused, LastRefresh: dotNet(last), Type: kind, ID: conn.ID}
}

// dotNet is an instant with seven digits and no zone, as the service writes it.
func dotNet(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000") }
