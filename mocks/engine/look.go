package engine

import (
	"errors"
	"unique"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/web"
)

// CheckLook looks whether the provider's pages can have a look, and gives it as a session may
// carry it: whatever app sends the same logo, it is kept once. An InvalidRequest names the part that
// cannot be taken, such as logo or texts.title.consent.
func (t Tx) CheckLook(l connect.Look) (*connect.Look, error) {
	err := t.s.renderer.CheckLook(t.m.man.Skin, web.Look(l))
	var wrong *web.LookError
	if errors.As(err, &wrong) {
		return nil, problem.Invalid(wrong.Part, problem.Format, "The %s of the page %s.", wrong.Part, wrong.Why)
	}
	if err != nil {
		return nil, err
	}
	if l.Logo != "" {
		l.Logo = unique.Make(l.Logo).Value()
	}
	return &l, nil
}

// LookCSS is the style sheet of a session's own look, and what its developer should know of it;
// empty for a session without one.
func (c *Call) LookCSS(s connect.Session) (css []byte, warnings []string) {
	if s.Look == nil {
		return nil, nil
	}
	return c.s.renderer.LookCSS(c.s.byName[s.Provider].man.Skin, web.Look(*s.Look))
}
