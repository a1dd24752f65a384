package control

import (
	"cmp"
	"maps"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

type sessionView struct {
	Handle      string          `json:"handle"`
	ID          string          `json:"id"`
	Provider    string          `json:"provider"`
	Purpose     connect.Purpose `json:"purpose"`
	Product     *string         `json:"product"`
	Step        connect.Step    `json:"step"`
	OnBankPage  bool            `json:"on_bank_page"`
	Rev         int             `json:"rev"`
	Institution *string         `json:"institution"`
	Methods     []string        `json:"methods"` // nil where none is to be chosen
	Method      *string         `json:"method"`
	Form        []fieldView     `json:"form"` // nil at other steps
	Username    *string         `json:"username"`
	Trouble     *troubleView    `json:"trouble"`
	Challenge   *challengeView  `json:"challenge"`
	Scenario    string          `json:"scenario"`
	Layer       string          `json:"layer"`
	StartedAt   time.Time       `json:"started_at"`
	ExpiresAt   *time.Time      `json:"expires_at"`
	EndedAt     *time.Time      `json:"ended_at"`
	Connection  *string         `json:"connection"`
	Page        string          `json:"page"`
	Events      []connect.Event `json:"events"`
}

// loginOf are the values of a login form of which a body may say the user name and the
// password by their roles, and any field by its name.
func loginOf(username, password string, fields map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, fields)
	for role, value := range connect.Login(username, password) {
		if value != "" {
			out[role] = value
		}
	}
	return out
}

type troubleView struct {
	Code    problem.Code `json:"code"`
	Field   *string      `json:"field"`
	Missing []string     `json:"missing"`
	Reason  *string      `json:"reason"`
	Detail  *string      `json:"detail"`
}

type fieldView struct {
	Name      string  `json:"name"`
	Role      string  `json:"role"`
	Label     *string `json:"label"`
	Optional  bool    `json:"optional"`
	MinLength int     `json:"min_length"`
	MaxLength *int    `json:"max_length"`
}

// asks adds what the present step puts to the user.
func (v *sessionView) asks(man engine.Manifest, lang string, s connect.Session) {
	switch s.Step {
	case connect.AccessMethod:
		v.Methods = []string{}
		for _, way := range man.MethodsOf(s.Institution) {
			v.Methods = append(v.Methods, way.ID)
		}
	case connect.Credentials:
		v.Form = []fieldView{}
		for _, f := range man.FormOf(s) {
			role := string(f.Role)
			if f.Role == connect.Other {
				role = "other"
			}
			v.Form = append(v.Form, fieldView{
				Name: f.Name, Role: role, Label: optional(f.Label[lang]), Optional: f.Optional, MinLength: f.MinLength, MaxLength: optionalCount(f.MaxLength),
			})
		}
	}
}

type challengeView struct {
	Kind      connect.Kind `json:"kind"`
	Prompt    string       `json:"prompt"`
	Options   []string     `json:"options"`
	Cells     []string     `json:"cells"`
	Decoupled bool         `json:"decoupled"`
	ExpiresAt *time.Time   `json:"expires_at"`
}

// session shows a session at an instant, with what the user is asked.
func (a *API) session(c *engine.Call, s connect.Session, now time.Time) (sessionView, error) {
	s = at(s, now)
	v := sessionView{
		Handle: s.Handle, ID: s.ID, Provider: s.Provider, Purpose: s.Purpose, Step: s.Step, Rev: s.Rev,
		Product: optional(s.Product), OnBankPage: s.OnBankPage(), Method: optional(s.Method),
		Institution: optional(s.Institution), Username: optional(s.Username),
		StartedAt: s.StartedAt, ExpiresAt: optionalTime(s.ExpiresAt), EndedAt: optionalTime(s.EndedAt),
		Connection: optional(s.Connection), Events: append([]connect.Event{}, s.Events...),
		Page: strings.TrimSuffix(c.PublicURL(), c.Prefix()) + where(c.Sandbox.Name) + "/" + s.Provider + "/w/" + s.Handle,
	}
	man, _, _ := a.s.Provider(s.Provider)
	v.asks(man, cmp.Or(s.Lang, man.Languages[0]), s)
	v.Scenario, v.Layer = c.ScenarioOf(s)
	if s.Trouble != nil {
		v.Trouble = &troubleView{Code: s.Trouble.Code, Field: optional(s.Trouble.Field),
			Missing: append([]string{}, s.Trouble.Missing...), Reason: optional(s.Trouble.Reason), Detail: optional(s.Trouble.Detail)}
	}
	ch, ok, err := challengeOf(c, s)
	if ok {
		v.Challenge = &challengeView{
			Kind: ch.Kind, Prompt: ch.Prompt, Options: append([]string{}, ch.Options...), Cells: append([]string{}, ch.Cells...),
			Decoupled: ch.Kind.Decoupled(), ExpiresAt: optionalTime(s.AnswerBy),
		}
	}
	return v, err
}

// at is the session as the next look would find it: one whose time is over has expired,
// whether or not anybody has looked.
func at(s connect.Session, now time.Time) connect.Session {
	if s.Step.Final() || s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt) {
		return s
	}
	s, _ = connect.Advance(s, connect.Behaviour{}, connect.Input{Verb: connect.DoPoll, Rev: connect.AnyRev}, now)
	return s
}

// challengeOf is what the user is asked now, false when it is nothing.
func challengeOf(c *engine.Call, s connect.Session) (connect.Challenge, bool, error) {
	if s.Step != connect.Challenging {
		return connect.Challenge{}, false, nil
	}
	b, err := c.Behaviour(s)
	if err != nil || s.Challenge >= len(b.Challenges) {
		return connect.Challenge{}, false, err
	}
	return b.Challenges[s.Challenge], true, nil
}
