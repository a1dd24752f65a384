package control

import (
	"net/http"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/scenarios"
)

type scenario struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	About     string   `json:"about"`
	AppliesTo []string `json:"applies_to"`
	Sections  []string `json:"sections"`
	File      string   `json:"file"`
	Bundled   bool     `json:"bundled"`
}

func (a *API) listScenarios(*engine.Call) (engine.Reply, error) {
	out := []scenario{}
	for _, s := range a.s.Scenarios().List() {
		out = append(out, a.scenario(s))
	}
	return engine.JSON(http.StatusOK, map[string]any{"scenarios": out}), nil
}

func (a *API) getScenario(c *engine.Call) (engine.Reply, error) {
	s, ok := a.s.Scenarios().Get(c.Path("name"))
	if !ok {
		return engine.Reply{}, problem.New(problem.NotFound, "%v", a.s.Scenarios().Unknown(c.Path("name")))
	}
	return engine.JSON(http.StatusOK, a.scenario(s)), nil
}

func (a *API) scenario(s *scenarios.Scenario) scenario {
	names, _ := s.AppliesTo(a.s.Vocabulary())
	return scenario{
		Name: s.Name, Title: s.Title, About: s.About, AppliesTo: append([]string{}, names...),
		Sections: sections(s), File: s.File, Bundled: s.Bundled,
	}
}

// sections names what a scenario scripts, in the words of its file.
func sections(s *scenarios.Scenario) []string {
	out := []string{}
	for _, section := range []struct {
		name string
		has  bool
	}{
		{"seed", s.Seed != nil},
		{"clock", s.Clock != nil},
		{"history", s.History != nil},
		{"login", s.Login != nil},
		{"ready", s.Ready != nil},
		{"tokens", len(s.Tokens) > 0},
		{"institutions", len(s.Institutions) > 0},
		{"options", len(s.Options) > 0},
		{"persona", s.Persona != nil},
		{"data", len(s.Data) > 0},
		{"timeline", len(s.Timeline) > 0},
		{"rules", len(s.Rules) > 0},
	} {
		if section.has {
			out = append(out, section.name)
		}
	}
	return out
}
