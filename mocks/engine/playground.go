package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/web"
)

// Pages of our own that stand below the control API's prefix, and are none of its calls.
const (
	PlaygroundPath = "/_stunt/playground/" // and a provider's name
	DocsPath       = "/_stunt/docs/"       // and a file name
	PersonaPath    = "/_stunt/personas/"   // and a persona's name
)

// isOwnPath says whether a path belongs to no provider and is no call.
func isOwnPath(path string) bool {
	return strings.HasPrefix(path, AssetPath) || strings.HasPrefix(path, PlaygroundPath) || strings.HasPrefix(path, DocsPath) ||
		strings.HasPrefix(path, PersonaPath)
}

// serveOwn serves what belongs to no provider: the front page, the playground, the
// guides and the files of the pages. Elsewhere it says where everything is.
func (s *Server) serveOwn(w http.ResponseWriter, r *http.Request, in *inbound, path string) {
	if name, ok := strings.CutPrefix(path, AssetPath); ok {
		s.asset(w, r, name)
		return
	}
	if in.named {
		if err := sandbox.CheckName(in.sandbox); err != nil {
			s.page(w, http.StatusBadRequest, web.PlainPage{Title: "There can be no such sandbox", Body: err.Error()})
			return
		}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.front(w, r, in, path)
		return
	}
	if path == "/" || path == DocsPath { // which lists the guides
		s.front(w, r, in, "")
		return
	}
	if name, ok := strings.CutPrefix(path, PlaygroundPath); ok && s.playground(w, r, in, strings.TrimSuffix(name, "/")) {
		return
	}
	if name, ok := strings.CutPrefix(path, PersonaPath); ok && s.personaPage(w, r, in, strings.TrimSuffix(name, "/")) {
		return
	}
	if name, ok := strings.CutPrefix(path, DocsPath); ok {
		if body, ok := s.renderer.DocPage(in.root, name); ok {
			writePage(w, http.StatusOK, body, nil, PageHeader(""))
			return
		}
	}
	s.front(w, r, in, path)
}

// front writes the front page, or says that nothing is served at a path: to a program in
// one sentence.
func (s *Server) front(w http.ResponseWriter, r *http.Request, in *inbound, missing string) {
	status := http.StatusOK
	if missing != "" {
		status = http.StatusNotFound
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			s.nothing(w, in, missing)
			return
		}
	}
	p := web.Front{Base: in.root, Missing: missing, Sandbox: in.sandbox, Version: s.cfg.Version, Docs: web.Docs()}
	for _, man := range s.Providers() {
		samples, err := s.samples(r, in, man)
		if err != nil {
			samples = man.Samples
		}
		about := web.FrontProvider{
			Name: man.Name, Title: man.Title, URL: s.public(r) + in.root + "/" + man.Name, Instead: realHost(man),
			Playground: s.renderer.HasPlayground(man.Skin),
		}
		for _, name := range inOrder(samples) {
			about.Values = append(about.Values, web.Value{Name: name, Value: samples[name]})
		}
		p.Providers = append(p.Providers, about)
	}
	body, err := s.renderer.FrontPage(p)
	writePage(w, status, body, err, PageHeader(""))
}

// nothing says that no provider and no page has the path, in the form of the control API.
func (s *Server) nothing(w http.ResponseWriter, in *inbound, path string) {
	var there []string
	for _, man := range s.Providers() {
		there = append(there, in.root+"/"+man.Name)
	}
	body, err := json.Marshal(map[string]any{"error": map[string]any{
		"code":    problem.NotFound,
		"message": fmt.Sprintf("nothing is served at %.200s: the providers are at %s, the control API is at %s/_stunt/v1", path, strings.Join(there, " and "), in.root),
	}})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusNotFound)
	w.Write(body)
}

// playground writes the sample host page of a provider; false if there is none.
func (s *Server) playground(w http.ResponseWriter, r *http.Request, in *inbound, name string) bool {
	m := s.byName[name]
	if m == nil || m.isEngine || !s.renderer.HasPlayground(m.man.Skin) {
		return false
	}
	frames := "frame-src 'self'"
	if s.cfg.PublicURL != "" { // where the loader script finds the widget
		frames += " " + s.cfg.PublicURL + "/"
	}
	body, err := s.playgroundPage(r, in, m)
	writePage(w, http.StatusOK, body, err, PageHeader("", frames))
	return true
}

// played are the operations that a host page and its server call.
var played = []string{"session.create", "token.exchange", "accounts.list", "transactions.list"}

func (s *Server) playgroundPage(r *http.Request, in *inbound, m *mount) ([]byte, error) {
	man := m.man
	samples, err := s.samples(r, in, man)
	if err != nil {
		return nil, err
	}
	spec, err := m.spec()
	if err != nil {
		return nil, err
	}
	p := web.Playground{
		Base: in.root, Name: man.Name, Title: man.Title, Skin: man.Skin, URL: s.public(r) + in.root + "/" + man.Name,
		Sandbox: in.sandbox, Vars: samples, Operations: map[string]any{}, Token: s.cfg.Control != "",
	}
	entry, _ := man.EntryOf("")
	p.Entry = entry.Path
	about := connect.Session{Provider: man.Name, Params: map[string]string{}} // what the page's own calls start
	for _, op := range spec.Operations() {
		if !slices.Contains(played, op.Op) || p.Operations[op.Op] != nil {
			continue
		}
		p.Operations[op.Op] = map[string]any{"id": op.ID, "method": op.Method, "path": op.Path, "example": op.Example}
		if body, ok := op.Example.Body.(map[string]any); ok && op.Op == "session.create" {
			for name, v := range body {
				about.Params[name] = fmt.Sprint(v)
			}
		}
	}
	for _, sc := range s.Scenarios().List() {
		if names, _ := sc.AppliesTo(s.vocab); slices.Contains(names, man.Name) {
			p.Scenarios = append(p.Scenarios, web.Choice{Value: sc.Name, Label: sc.Title, About: sc.About})
		}
	}
	for _, i := range man.Institutions {
		if m.withholds(about, InstitutionState{Institution: i}) == nil {
			p.Institutions = append(p.Institutions, web.Choice{Value: i.ID, Label: i.Name})
		}
	}
	for _, h := range man.Hints {
		p.Users = append(p.Users, web.Login{Username: h.Username, Password: h.Password})
	}
	return s.renderer.PlaygroundPage(p)
}

// samples are the values that work in a sandbox: keys that it or the server asks for
// exactly take the place of the usual ones. Where the control API wants a token, whoever
// only reaches the server is told no secret of it: such a value is empty.
func (s *Server) samples(r *http.Request, in *inbound, man Manifest) (map[string]string, error) {
	name := in.sandbox
	if !in.named {
		name = sandbox.Default
	}
	sb, err := s.Look(r.Context(), name)
	if err != nil {
		return nil, err
	}
	exact := s.OptionValues(sb, man.Name)
	out := maps.Clone(man.Samples)
	for _, o := range man.Options {
		if _, ok := out[o.Name]; !ok || exact[o.Name] == "" {
			continue
		}
		out[o.Name] = exact[o.Name]
		if o.Secret && s.cfg.Control != "" {
			out[o.Name] = ""
		}
	}
	return out, nil
}

// inOrder gives the names of samples: keys first, then who logs in, and where.
func inOrder(samples map[string]string) []string {
	user := []string{"username", "password", "institution"}
	return slices.SortedFunc(maps.Keys(samples), func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(user, a), slices.Index(user, b)), cmp.Compare(a, b))
	})
}

// public is what stands before every path for a browser and for an app.
func (s *Server) public(r *http.Request) string {
	if s.cfg.PublicURL != "" {
		return s.cfg.PublicURL
	}
	return s.origin(r)
}

// realHost is the host that a provider's base URL stands for.
func realHost(man Manifest) string {
	for _, host := range slices.Sorted(maps.Keys(man.Hosts)) {
		if man.Hosts[host] == "" && !strings.HasPrefix(host, "*") {
			return host
		}
	}
	return ""
}

// writePage writes a page of our own, or what went wrong with it.
func writePage(w http.ResponseWriter, status int, body []byte, err error, header []Header) {
	if err != nil {
		http.Error(w, "the simulator failed to render a page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	for _, f := range header {
		w.Header().Set(f.Name, f.Value)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body)
}
