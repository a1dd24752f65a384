package fintoc

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Kinds of a refresh intent.
const (
	onlyLast   = "only_last"
	historical = "historical"
)

// refreshEvery is how often an active link is refreshed by itself. The real cadence
// depends on the plan and is not published (invented).
const refreshEvery = 24 * time.Hour

// refreshing has the documented pauses: after success five minutes or an hour, by kind;
// after failure none; after a rejection an hour.
var refreshing = connect.Refreshing{
	Every:    refreshEvery,
	Cooldown: map[string]time.Duration{onlyLast: 5 * time.Minute, historical: time.Hour},
	Rejected: time.Hour,
}

// refreshIntent is the documented object.
type refreshIntent struct {
	ID                string       `json:"id"`
	Object            string       `json:"object"`
	CreatedAt         string       `json:"created_at"`
	Mode              string       `json:"mode"`
	NewMovements      int          `json:"new_movements"`
	PublicError       *string      `json:"public_error"`
	RefreshedObject   string       `json:"refreshed_object"`
	RefreshedObjectID string       `json:"refreshed_object_id"`
	RequiresMFA       *requiresMFA `json:"requires_mfa"`
	Status            string       `json:"status"`
	Type              string       `json:"type"`
}

type requiresMFA struct {
	WidgetToken string `json:"widget_token"`
}

// newRefreshIntent renders a refresh of a whole link; for an account see ofAccount.
func newRefreshIntent(r connect.Refresh) refreshIntent {
	kind := r.Kind
	if r.Scheduled {
		kind = onlyLast
	}
	out := refreshIntent{
		ID: r.ID, Object: "refresh_intent", CreatedAt: precise(r.StartedAt), Mode: "test",
		RefreshedObject: "link", RefreshedObjectID: r.Connection, Status: "created", Type: kind,
	}
	if r.State != connect.RefreshRunning {
		out.Status = string(r.State)
		out.PublicError = publicError(r)
	}
	return out
}

// ofAccount is the refresh as it went for one account.
func (r refreshIntent) ofAccount(id string, rows int) refreshIntent {
	r.RefreshedObject, r.RefreshedObjectID, r.NewMovements = "account", id, rows
	return r
}

// publicError names why a refresh ended badly. Which error goes with which status is
// inferred.
func publicError(r connect.Refresh) *string {
	text := ""
	switch {
	case r.State == connect.RefreshSucceeded:
		return nil
	case r.State == connect.RefreshRejected && r.Problem == problem.LoginLocked:
		text = "credentials_locked_error"
	case r.State == connect.RefreshRejected:
		text = "invalid_credentials_error"
	case r.Problem == problem.ActionRequired, r.Problem == problem.PermissionMissing, r.Problem == problem.InstitutionDisabled:
		text = "support_required_error"
	default:
		text = "retryable_error"
	}
	return &text
}

// param finds a parameter of a refresh: the documentation has it in the query, the
// clients send it in the body.
func param(c *engine.Call, name string) string {
	if c.HasQuery(name) {
		return c.Query(name)
	}
	return c.Field(name)
}

// createRefreshIntent asks the bank for new data. It ends by itself, and tells by events.
func createRefreshIntent(c *engine.Call) (engine.Reply, error) {
	conn, err := linkOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	kind := param(c, "refresh_type")
	if kind == "" {
		kind = onlyLast
	}
	if kind != onlyLast && kind != historical {
		return engine.Reply{}, problem.Invalid("refresh_type", problem.NotAllowed, "refresh_type must be one of: only_last, historical")
	}
	forced := param(c, "result_status")
	if forced != "" && !slices.Contains([]string{"succeeded", "failed", "rejected"}, forced) {
		return engine.Reply{}, problem.Invalid("result_status", problem.NotAllowed, "result_status must be one of: succeeded, failed, rejected")
	}
	var r connect.Refresh
	token := ""
	err = c.Do(func(tx engine.Tx) error {
		if conn, err = tx.Connection(conn.ID); err != nil {
			return err
		}
		r, err = tx.RefreshNow(conn, engine.OnDemand{
			Kind: kind, Forced: connect.RefreshState(forced), Assist: tx.Option(optRefreshMFA) == "as_login",
		})
		if err == nil && r.Assisted {
			token, err = tx.Secret(grant.Widget, r.ID, 0)
		}
		return err
	})
	if err != nil {
		return engine.Reply{}, err
	}
	out := newRefreshIntent(r)
	if token != "" {
		out.RequiresMFA = &requiresMFA{WidgetToken: token}
	}
	return engine.JSON(created(c), out), nil
}

// sayRefresh is how Fintoc refuses a refresh.
func sayRefresh(e *problem.Error, c *engine.Call) (said, bool) {
	const status = http.StatusUnprocessableEntity
	switch {
	case e.Code == problem.InProgress:
		id := e.ID
		if conn := c.Connection(); id == "" && conn != nil {
			id = conn.ID
		}
		return said{status, invalidRequest, "refresh_intent_in_progress",
			fmt.Sprintf("There is already a refresh intent in progress for %s.", id)}, true
	case e.Code == problem.RateLimited && e.Reason == problem.Cooldown:
		pause := refreshing.Cooldown[onlyLast]
		if conn := c.Connection(); conn != nil {
			pause = refreshing.Cooldown[conn.RefreshedKind]
		}
		return said{http.StatusTooManyRequests, invalidRequest, "rate_limit_exceeded", // no space after the period (documented)
			fmt.Sprintf("This Link was recently refreshed.You have to wait at least %d minutes between refresh intents", pause/time.Minute)}, true
	case e.Code == problem.Conflict && e.Reason == problem.Paused:
		return said{status, invalidRequest, "on_demand_refresh_unavailable", "The link is not active: activate it before you refresh it"}, true
	case e.Code == problem.LoginRequired, e.Code == problem.LoginInvalid, e.Code == problem.ConsentExpired:
		text := "The institution indicated that the credentials are invalid. You need to reconnect the account."
		if e.RetryAfter > 0 {
			text = "The institution indicated that the credentials are invalid. You have to wait at least an hour to avoid locking your credentials"
		}
		return said{status, linkError, "rejected_refresh_intent", text}, true
	}
	return said{}, false
}

func listRefreshIntents(c *engine.Call) (engine.Reply, error) {
	conn, err := linkOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	p, err := paging.Of(c)
	if err != nil {
		return engine.Reply{}, err
	}
	var all []connect.Refresh
	if err := c.View(func(tx engine.Tx) (err error) {
		all, err = tx.Refreshes(conn.ID)
		return err
	}); err != nil {
		return engine.Reply{}, err
	}
	from, to := p.Bounds(len(all))
	out := make([]refreshIntent, 0, to-from)
	for _, r := range all[from:to] {
		out = append(out, newRefreshIntent(r))
	}
	return engine.JSON(http.StatusOK, out, pageHeaders(p, c, len(all))...), nil
}

func getRefreshIntent(c *engine.Call) (engine.Reply, error) {
	conn, err := linkOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	id := c.Path("refresh_intent_id")
	r, err := c.PollRefresh(conn, id)
	if problem.Is(err, problem.NotFound) {
		return engine.Reply{}, noSuch("refresh_intent", "ri", id)
	}
	return engine.JSON(http.StatusOK, newRefreshIntent(r)), err
}
