package engine

import (
	"cmp"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

// Persona opens the data of a persona as somebody of a country has it in a sandbox: the
// same as after a login, but for who the holder is. No country is that of the first
// provider.
func (s *Server) Persona(sb sandbox.Sandbox, name, country string) (*bank.World, error) {
	if country == "" {
		for _, man := range s.Providers() {
			country = cmp.Or(country, man.Country)
		}
	}
	if !knownPersona(name) {
		return nil, problem.New(problem.NotFound, "there is no persona %q: use one of %s", name, strings.Join(personaNames(), ", "))
	}
	holder, institution, err := bank.SampleHolder(name, country, sb.Seed)
	if err != nil {
		return nil, problem.Invalid("country", problem.NotAllowed, "%v", err)
	}
	if sb.Life == 0 { // as its first use would make it
		sb.Born = sb.Now(s.cfg.Wall())
		sb.Opened = usualHistory.Before(sb.Born)
	}
	return s.worlds.open(bank.Source{
		Seed: sb.Seed, Persona: name, Country: country, Institution: institution, Holder: holder, Opened: opened(sb), Born: bank.DayOf(sb.Born),
	}, "")
}

func knownPersona(name string) bool {
	for _, p := range bank.Personas() {
		if p.Key == name {
			return true
		}
	}
	return false
}

func personaNames() (names []string) {
	for _, p := range bank.Personas() {
		names = append(names, p.Key)
	}
	return names
}
