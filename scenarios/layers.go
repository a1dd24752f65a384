package scenarios

import "slices"

// Where a layer comes from, nearest first.
const (
	SourceCall     = "call"     // named by the request itself
	SourceUsername = "username" // the suffix of user+scenario
	SourceSandbox  = "sandbox"
	SourceProvider = "provider" // the provider's own magic users
	SourceDefault  = "default"
)

// Layer is one scenario and what chose it.
type Layer struct {
	Source   string
	Scenario *Scenario
}

// Layers are the scenarios that hold for one connection, nearest first. They combine by
// section: the nearest layer that has one gives all of it. The Layer returned beside a section says which it
// was, and is zero when none has it.
type Layers []Layer

func (ls Layers) nearest(has func(*Scenario) bool) (Layer, bool) {
	for _, l := range ls {
		if l.Scenario != nil && has(l.Scenario) {
			return l, true
		}
	}
	return Layer{}, false
}

// Login returns the script of the login, never nil: with no layer it succeeds at once.
func (ls Layers) Login() (*Login, Layer) {
	if l, ok := ls.nearest(func(s *Scenario) bool { return s.Login != nil }); ok {
		return l.Scenario.Login, l
	}
	return &Login{}, Layer{}
}

// Ready returns when the data is available; with no layer, now.
func (ls Layers) Ready() (Ready, Layer) {
	if l, ok := ls.nearest(func(s *Scenario) bool { return s.Ready != nil }); ok {
		return *l.Scenario.Ready, l
	}
	return Ready{When: Now}, Layer{}
}

// Tokens returns the overridden lifetimes by token class. Do not modify the map.
func (ls Layers) Tokens() (map[string]TokenRule, Layer) {
	if l, ok := ls.nearest(func(s *Scenario) bool { return len(s.Tokens) > 0 }); ok {
		return l.Scenario.Tokens, l
	}
	return nil, Layer{}
}

// Institutions returns the banks that are added or changed. Do not modify the slice.
func (ls Layers) Institutions() ([]Institution, Layer) {
	if l, ok := ls.nearest(func(s *Scenario) bool { return len(s.Institutions) > 0 }); ok {
		return l.Scenario.Institutions, l
	}
	return nil, Layer{}
}

// Options returns the provider's options that some layer sets, each from the nearest.
// Options are single switches, so that they merge by key.
func (ls Layers) Options(provider string) map[string]string {
	merged := map[string]string{}
	for i := len(ls) - 1; i >= 0; i-- {
		if ls[i].Scenario == nil {
			continue
		}
		for name, value := range ls[i].Scenario.Options[provider] {
			merged[name] = value
		}
	}
	return merged
}

// Persona returns who logs in, nil when no layer says.
func (ls Layers) Persona() (*Persona, Layer) {
	if l, ok := ls.nearest(func(s *Scenario) bool { return s.Persona != nil }); ok {
		return l.Scenario.Persona, l
	}
	return nil, Layer{}
}

// Data returns the changes of the bank data of all layers, the farthest first: what is
// nearer comes later and has the last word.
func (ls Layers) Data() (changes []Change) {
	for _, l := range slices.Backward(ls) {
		if l.Scenario != nil {
			changes = append(changes, l.Scenario.Data...)
		}
	}
	return changes
}

// Timeline returns all entries, nearest layer first, then in file order.
func (ls Layers) Timeline() (entries []Entry) {
	for _, l := range ls {
		if l.Scenario != nil {
			entries = append(entries, l.Scenario.Timeline...)
		}
	}
	return entries
}
