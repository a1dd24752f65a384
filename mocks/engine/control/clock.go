package control

import (
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/scenarios"
)

type clockView struct {
	Sandbox   string    `json:"sandbox"`
	Now       time.Time `json:"now"`
	Frozen    bool      `json:"frozen"`
	Rate      float64   `json:"rate"`
	Following bool      `json:"following"`
}

type movedView struct {
	clockView
	From      time.Time `json:"from"`
	Ran       int       `json:"ran"`
	Remaining bool      `json:"remaining"`
}

func newClock(sb sandbox.Sandbox, wall time.Time) clockView {
	v := clockView{
		Sandbox: sb.Name, Now: sb.Now(wall), Frozen: sb.Clock.Frozen, Rate: sb.Clock.Rate,
		Following: !sb.Clock.Frozen && sb.Clock.Anchor.IsZero(),
	}
	if v.Rate == 0 {
		v.Rate = 1
	}
	return v
}

func (a *API) getClock(c *engine.Call) (engine.Reply, error) {
	return engine.JSON(http.StatusOK, newClock(c.Sandbox, a.s.Wall())), nil
}

func (a *API) moveClock(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Advance *string    `json:"advance"`
		Set     *time.Time `json:"set"`
		Freeze  *bool      `json:"freeze"`
		Rate    *float64   `json:"rate"`
		Follow  bool       `json:"follow"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	given := 0
	for _, set := range []bool{body.Advance != nil, body.Set != nil, body.Freeze != nil, body.Rate != nil, body.Follow} {
		if set {
			given++
		}
	}
	if given != 1 {
		return engine.Reply{}, problem.Invalid("", problem.Format,
			`the body has %d ways to move the clock: send exactly one of {"advance":"91d"}, {"set":"2026-03-31T10:00:00Z"}, {"freeze":true}, {"rate":60}, {"follow":true}`, given)
	}
	mv := engine.Move{Set: body.Set, Freeze: body.Freeze, Rate: body.Rate, Follow: body.Follow}
	if body.Advance != nil {
		span, err := scenarios.ParseSpan(*body.Advance)
		if err != nil {
			return engine.Reply{}, problem.Invalid("advance", problem.Format, "%v; use set to go back", err)
		}
		mv.Advance = &span
	}
	moved, err := a.s.MoveClock(c.Because(), c.Sandbox.Name, mv)
	if err != nil {
		return engine.Reply{}, err
	}
	return movedReply(moved, a.s.Wall()), nil
}

// movedReply says where the clock went: 202 when not everything could be done.
func movedReply(m engine.Moved, wall time.Time) engine.Reply {
	status := http.StatusOK
	if m.Remaining {
		status = http.StatusAccepted
	}
	v := movedView{clockView: newClock(m.Sandbox, wall), From: m.From, Ran: m.Ran, Remaining: m.Remaining}
	v.Now = m.Now
	return engine.JSON(status, v)
}
