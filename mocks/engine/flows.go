package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// AccessMethod is a way into an institution: which fields its login form has, and which
// steps follow the choice.
type AccessMethod struct {
	ID     string
	Label  map[string]string // by language
	Flow   string            // one of Manifest.Flows, whose steps replace what follows the choice; empty: what follows stays
	Fields connect.Form      // nil: the provider's
}

// Entry is a page at which a hosted session begins.
type Entry struct {
	Product string // one of Manifest.Flows; empty: the usual one
	Path    string // below the prefix, with ${variables}
	// Start is the operation that an app calls first, by operationId; empty: the first
	// session.create of the document.
	Start  string
	Begins bool // the session begins at the page itself, whose path has a query; no call comes first
	// Yields are what the end of the page gives to later calls, as an app takes it: by the
	// variable of the document's examples the name in the query of its redirect, or SessionID.
	Yields map[string]string
}

// SessionID stands in Entry.Yields for the id of the session, which messages may tell and a
// redirect does not.
const SessionID = "session id"

// NewSession is an attempt to connect that begins.
type NewSession struct {
	Purpose     connect.Purpose // empty: Connect
	Product     string          // one of Manifest.Flows; the usual flow where it names none
	Owner       string          // the client that starts it; empty: the one that the call has proved, see Call.Client
	UserKey     string          // the app's own name of the user
	Institution string          // preselected; empty: the user chooses
	Lang        string          // of its pages and prompts; empty: the provider's first
	Params      map[string]string
	Without     []connect.Step // of the flow, what this session leaves out
	MaxLogins   int            // wrong logins that end it; 0: the provider's limit
	AutoRefresh bool           // what it connects is refreshed by itself, where that is asked for
}

// FlowOf is the flow of a product: its own, or the usual one.
func (man *Manifest) FlowOf(product string) connect.Flow {
	if flow, ok := man.Flows[product]; ok {
		return flow
	}
	return man.Flows[""]
}

// flowOf is the flow of a product without some of its steps.
func (man *Manifest) flowOf(product string, without []connect.Step) connect.Flow {
	if len(without) == 0 {
		return man.FlowOf(product)
	}
	return slices.DeleteFunc(slices.Clone(man.FlowOf(product)), func(s connect.Stage) bool { return slices.Contains(without, s.Step) })
}

// HasPages says whether the provider has hosted pages; others connect by calls alone.
func (man *Manifest) HasPages() bool { return len(man.Entries) > 0 }

// EntryOf is the entry page of a product, or the first one; false where there is none.
func (man *Manifest) EntryOf(product string) (Entry, bool) {
	for _, e := range man.Entries {
		if e.Product == product {
			return e, true
		}
	}
	if len(man.Entries) == 0 {
		return Entry{}, false
	}
	return man.Entries[0], true
}

// institution finds one of the manifest by its id.
func (man *Manifest) institution(id string) (Institution, bool) {
	for i := range man.Institutions { // by index: an institution is large
		if one := &man.Institutions[i]; one.ID == id {
			return *one, true
		}
	}
	return Institution{}, false
}

// MethodsOf are the ways into an institution; none where the provider says nothing of it.
func (man *Manifest) MethodsOf(institution string) []AccessMethod {
	i, _ := man.institution(institution)
	return i.Methods
}

// methods are the ways into an institution as the machine takes them.
func (man *Manifest) methods(institution string) (out []connect.Method) {
	for _, way := range man.MethodsOf(institution) {
		m := connect.Method{ID: way.ID}
		if way.Flow != "" {
			m.Flow = man.Flows[way.Flow]
		}
		out = append(out, m)
	}
	return out
}

// FormOf is the login form that a session shows: of its access method, of the only one
// or, where none is chosen, the first one of its institution, or the provider's.
func (man *Manifest) FormOf(s connect.Session) connect.Form {
	ways := man.MethodsOf(s.Institution)
	at := slices.IndexFunc(ways, func(way AccessMethod) bool { return way.ID == s.Method })
	if len(ways) > 0 {
		if form := ways[max(at, 0)].Fields; form != nil {
			return form
		}
	}
	if man.Fields != nil {
		return man.Fields
	}
	return connect.UsualForm()
}

// BankWith finds the first institution, and the access method of it, whose sessions have all
// of these steps in the flow of a product. The choice of an access method is a step where
// there are several.
func (man *Manifest) BankWith(product string, steps ...string) (institution, method string, ok bool) {
	for _, i := range man.Institutions {
		for n := range max(len(i.Methods), 1) {
			s := connect.Session{Flow: man.FlowOf(product), Institution: i.ID}
			if len(i.Methods) > 0 {
				s = s.Through(man.methods(i.ID)[n])
			}
			missing := slices.ContainsFunc(steps, func(name string) bool {
				step := connect.Step(name)
				return !s.Has(step) || step == connect.AccessMethod && len(i.Methods) < 2
			})
			if !missing {
				return i.ID, s.Method, true
			}
		}
	}
	return "", "", false
}

// forms are all login forms of the provider, and where each stands.
func (man *Manifest) forms() map[string]connect.Form {
	out := map[string]connect.Form{"Fields": man.Fields}
	for _, i := range man.Institutions {
		for _, way := range i.Methods {
			out["the access method "+way.ID+" of "+i.ID] = way.Fields
		}
	}
	return out
}

// Journeys are all flows of the provider with the ways into its institutions, each once.
func (man *Manifest) Journeys() (out []connect.Journey) {
	seen := map[string]bool{}
	add := func(j connect.Journey) {
		if key := fmt.Sprint(j); !seen[key] {
			seen[key] = true
			out = append(out, j)
		}
	}
	for _, product := range slices.Sorted(maps.Keys(man.Flows)) {
		if man.isProduct(product) {
			flow := man.Flows[product]
			add(connect.Journey{Flow: flow})
			for _, i := range man.Institutions {
				if ways := man.methods(i.ID); len(ways) > 0 {
					add(connect.Journey{Flow: flow, Methods: ways})
				}
			}
		}
	}
	return out
}

// isProduct says whether sessions start with a flow; others only follow the choice of an
// access method.
func (man *Manifest) isProduct(name string) bool {
	if name == "" || slices.ContainsFunc(man.Entries, func(e Entry) bool { return e.Product == name }) {
		return true
	}
	for _, i := range man.Institutions {
		if slices.ContainsFunc(i.Methods, func(way AccessMethod) bool { return way.Flow == name }) {
			return false
		}
	}
	return true
}

// reserved are names that the forms of the pages have for themselves.
var reserved = []string{"rev", "action"}

// checkFlows says what is wrong with the flows, entries, access methods and login forms.
func (man *Manifest) checkFlows() error {
	if _, ok := man.Flows[""]; !ok {
		return fmt.Errorf("engine: %s: the manifest has no usual flow: add Flows[\"\"]", man.Name)
	}
	for name, flow := range man.Flows {
		if err := flow.Check(); err != nil {
			return fmt.Errorf("engine: %s: the flow %q: %w", man.Name, name, err)
		}
	}
	for _, e := range man.Entries {
		if _, ok := man.Flows[e.Product]; !ok {
			return fmt.Errorf("engine: %s: the entry %s is of the product %q, which has no flow", man.Name, e.Path, e.Product)
		}
	}
	for _, i := range man.Institutions {
		for n, way := range i.Methods {
			_, ok := man.Flows[way.Flow]
			switch {
			case way.ID == "" || slices.IndexFunc(i.Methods, func(m AccessMethod) bool { return m.ID == way.ID }) != n:
				return fmt.Errorf("engine: %s: the access methods of %s need ids that differ, and one is %q", man.Name, i.ID, way.ID)
			case !ok:
				return fmt.Errorf("engine: %s: the access method %s of %s names the flow %q, which the manifest lacks", man.Name, way.ID, i.ID, way.Flow)
			}
		}
	}
	for where, form := range man.forms() {
		var names []string
		for _, f := range form {
			if f.Name == "" || slices.Contains(names, f.Name) || slices.Contains(reserved, f.Name) {
				return fmt.Errorf("engine: %s: %s: the field name %q is empty, taken, or one of %v", man.Name, where, f.Name, reserved)
			}
			names = append(names, f.Name)
		}
	}
	return nil
}

// splitLogin takes the scenario from behind the user name in the values of a login form.
// A form is not known before its institution is, so the name of a user name in any form of
// the provider counts.
func (man *Manifest) splitLogin(values map[string]string, suffix string) (map[string]string, string) {
	out := maps.Clone(values)
	for name, value := range values {
		if man.namesUser(name) {
			out[name], suffix = userName(value, suffix)
		}
	}
	return out, suffix
}

func (man *Manifest) namesUser(name string) bool {
	is := func(f connect.Field) bool { return f.Name == name && f.Role == connect.Username }
	if name == "username" || slices.ContainsFunc(man.Fields, is) {
		return true
	}
	for _, i := range man.Institutions {
		for _, way := range i.Methods {
			if slices.ContainsFunc(way.Fields, is) {
				return true
			}
		}
	}
	return false
}
