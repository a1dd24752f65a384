package engine

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// refusal and pageStatus say a problem to a person who opened a page.
func refusal(p *problem.Error) string {
	switch p.Code {
	case problem.NotFound, problem.InvalidGrant:
		return "missing"
	case problem.ExpiredGrant, problem.SessionExpired:
		return "expired"
	case problem.ReusedGrant:
		return "used"
	case problem.InvalidRequest, problem.Unauthorized:
		return "wrong"
	case problem.RateLimited, problem.Maintenance, problem.InstitutionUnavailable:
		return "later"
	}
	return "failed"
}

// AskedLang is the language that the address of an entry page asks for, if the provider
// speaks it; else empty.
func (c *Call) AskedLang() string {
	for _, name := range []string{"lang", "stunt_lang"} {
		if lang := c.query.Get(name); slices.Contains(c.m.man.Languages, lang) {
			return lang
		}
	}
	return ""
}

// PageOptions are what the address of an entry page asks of the simulator: stunt_hints=0,
// stunt_ribbon=compact, stunt_autopilot=1, stunt_autofinish=1. nil: nothing.
func (c *Call) PageOptions() (*connect.PageOptions, error) {
	asked := false
	value := func(name string) string {
		asked = asked || c.Query(name) != ""
		return c.Query(name)
	}
	o := connect.PageOptions{
		NoHints: value("stunt_hints") == "0", Compact: value("stunt_ribbon") == "compact",
		Autopilot: value("stunt_autopilot") == "1", Autofinish: value("stunt_autofinish") == "1",
	}
	if v := c.Query("stunt_autopilot"); v != "" && v != "0" && v != "1" {
		return nil, problem.Invalid("stunt_autopilot", problem.NotAllowed, "The parameter stunt_autopilot is %.40q. Pass 1, and the widget clicks through by itself, or 0.", v)
	}
	if !asked {
		return nil, nil
	}
	return &o, nil
}

// OpenWidget opens the hosted session that a widget token belongs to, for the entry page of
// a provider whose start call gave the token. A token that nobody has is NotFound; one that
// has ended says how. A session that has ended comes with ReusedGrant; see OpenSession.
func (c *Call) OpenWidget(token string, p Preset) (s connect.Session, err error) {
	err = c.Do(func(tx Tx) error {
		g, err := tx.Find(grant.Widget, token)
		if problem.Is(err, problem.InvalidGrant) {
			return problem.Absent("widget token", "")
		}
		if err != nil {
			return err
		}
		if p := g.Check(tx.Now); p != nil {
			return p
		}
		s, err = tx.OpenSession(g.Subject, p)
		return err
	})
	return s, err
}

// ToPages leads the browser to the pages of a session, and tells the journal what the
// address of the entry page got wrong.
func (c *Call) ToPages(s connect.Session) Reply {
	if s.Notice != "" {
		c.Note("%s", s.Notice)
	}
	return SeeOther(c.Prefix() + "/w/" + s.Handle)
}

// refusalLang is the language of a page that could not be opened: the one asked for, else
// the session's, else the provider's first.
func (c *Call) refusalLang() string {
	if lang := c.AskedLang(); lang != "" || c.sess == nil {
		return cmp.Or(lang, c.m.man.Languages[0])
	}
	return c.Lang(*c.sess)
}

func pageStatus(p *problem.Error) int {
	switch p.Code {
	case problem.NotFound, problem.InvalidGrant:
		return http.StatusNotFound
	case problem.ExpiredGrant, problem.SessionExpired, problem.ReusedGrant:
		return http.StatusGone
	case problem.InvalidRequest:
		if p.Reason == problem.BodySize {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	case problem.Unauthorized:
		return http.StatusUnauthorized
	case problem.RateLimited:
		return http.StatusTooManyRequests
	case problem.Maintenance, problem.InstitutionUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// checkLanguages refuses a manifest whose pages could not be shown: its skin must exist and
// speak each of its languages, and no others, because the pages offer those of the skin.
func (s *Server) checkLanguages(man Manifest) error {
	if !s.renderer.Has(man.Skin) {
		return fmt.Errorf("engine: %s has no skin %q: add web/skins/%s", man.Name, man.Skin, man.Skin)
	}
	if len(man.Languages) == 0 {
		return fmt.Errorf("engine: %s names no language: add one to its manifest's Languages, the default first", man.Name)
	}
	speaks := s.renderer.Languages(man.Skin)
	for _, lang := range man.Languages {
		if !slices.Contains(speaks, lang) {
			return fmt.Errorf("engine: %s names the language %q, but its skin %q speaks only %q: add web/skins/%s/text.%s.yaml (it may hold a comment alone)",
				man.Name, lang, man.Skin, speaks, man.Skin, lang)
		}
	}
	for _, lang := range speaks {
		if !slices.Contains(man.Languages, lang) {
			return fmt.Errorf("engine: the skin %q speaks %q, but %s names only %q: add it to its manifest's Languages or remove web/skins/%s/text.%s.yaml",
				man.Skin, lang, man.Name, man.Languages, man.Skin, lang)
		}
	}
	return nil
}
