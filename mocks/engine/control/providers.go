package control

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/grant"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/scenarios"
)

type provider struct {
	Name         string            `json:"name"`
	Title        string            `json:"title"`
	Country      string            `json:"country"`
	BaseURL      string            `json:"base_url"`
	Hosts        map[string]string `json:"hosts"`
	Widget       *string           `json:"widget"`
	Languages    []string          `json:"languages"`
	Samples      map[string]string `json:"samples"`
	Users        []user            `json:"users"`
	Institutions int               `json:"institution_count"`
	Served       int               `json:"served"`
	Declined     int               `json:"declined"`
	Options      []option          `json:"options"`
	Tokens       []tokenClass      `json:"tokens"`
	Challenges   []challengeKind   `json:"challenges"`
}

type providerDetail struct {
	provider
	Institutions []institution `json:"institutions"`
	Routes       []route       `json:"routes"`
}

type user struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Username string `json:"username"`
	Password string `json:"password"`
}

type option struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Values   []string `json:"values"`
	Form     string   `json:"form"`
	Default  string   `json:"default"`
	Value    string   `json:"value"`
	Secret   bool     `json:"secret"`
	Fidelity string   `json:"fidelity"`
	Source   string   `json:"source"`
	Help     string   `json:"help"`
}

type tokenClass struct {
	Kind     string  `json:"kind"`
	TTL      *string `json:"ttl"`
	Idle     *string `json:"idle"`
	Absolute *string `json:"absolute"`
	Uses     *int    `json:"uses"`
	Rotate   bool    `json:"rotate"`
	Reuse    string  `json:"reuse"`
	Grace    *string `json:"grace"`
	Fidelity string  `json:"fidelity"`
	Source   string  `json:"source"`
}

type challengeKind struct {
	Kind        connect.Kind `json:"kind"`
	Usual       bool         `json:"usual"`
	Sent        bool         `json:"sent"`
	Decoupled   bool         `json:"decoupled"`
	Answers     [][]string   `json:"answers"`
	MaxTries    *int         `json:"max_tries"`
	Expires     *string      `json:"expires"`
	ResendMax   int          `json:"resend_max"`
	ResendAfter *string      `json:"resend_after"`
}

type institution struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Country  string    `json:"country"`
	Kind     string    `json:"kind"`
	Products []product `json:"products"`
}

type product struct {
	Name       string `json:"name"`
	HolderType string `json:"holder_type"`
}

type route struct {
	OperationID string   `json:"operation_id"`
	Method      string   `json:"method"`
	Path        string   `json:"path"`
	Op          *string  `json:"op"`
	Also        []string `json:"also"`
	Fidelity    string   `json:"fidelity"`
	Source      string   `json:"source"`
	Served      bool     `json:"served"`
	Declined    *string  `json:"declined"`
}

func (a *API) listProviders(c *engine.Call) (engine.Reply, error) {
	out := []provider{}
	for _, man := range a.s.Providers() {
		_, routes, _ := a.s.Provider(man.Name)
		out = append(out, a.provider(c, man, routes))
	}
	return engine.JSON(http.StatusOK, map[string]any{"providers": out}), nil
}

func (a *API) getProvider(c *engine.Call) (engine.Reply, error) {
	man, routes, ok := a.s.Provider(c.Path("name"))
	if !ok || man.Name == engine.ControlName {
		return engine.Reply{}, problem.New(problem.NotFound, "no provider is called %q: GET /_stunt/v1/providers lists them", c.Path("name"))
	}
	out := providerDetail{provider: a.provider(c, man, routes), Institutions: []institution{}, Routes: []route{}}
	for _, i := range man.Institutions {
		in := institution{ID: i.ID, Name: i.Name, Country: i.Country, Kind: i.Kind, Products: []product{}}
		for _, p := range i.Products {
			in.Products = append(in.Products, product(p))
		}
		out.Institutions = append(out.Institutions, in)
	}
	for _, r := range routes {
		out.Routes = append(out.Routes, route{
			OperationID: r.ID, Method: r.Method, Path: r.Path, Op: named(r.Op), Also: append([]string{}, r.Also...), Fidelity: r.Fidelity, Source: r.Source,
			Served: r.Served(), Declined: optional(r.Declined),
		})
	}
	return engine.JSON(http.StatusOK, out), nil
}

// named is a canonical operation, nil for "-".
func named(op string) *string { return optional(strings.TrimPrefix(op, "-")) }

func (a *API) provider(c *engine.Call, man engine.Manifest, routes []engine.Route) provider {
	out := provider{
		Name: man.Name, Title: man.Title, Country: man.Country,
		BaseURL: a.base(c, c.Sandbox.Name) + "/" + man.Name,
		Hosts:   man.Hosts, Languages: man.Languages, Samples: man.Samples,
		Users: []user{}, Institutions: len(man.Institutions),
		Options: a.options(c, man), Tokens: []tokenClass{}, Challenges: []challengeKind{},
	}
	if usual, ok := man.EntryOf(""); ok {
		entry := strings.TrimSuffix(c.PublicURL(), c.Prefix()) + where(c.Sandbox.Name) + "/" + man.Name + usual.Path
		for name, value := range man.Samples {
			entry = strings.ReplaceAll(entry, "${"+name+"}", value)
		}
		out.Widget = &entry
	}
	for _, h := range man.Hints {
		out.Users = append(out.Users, user{Name: h.Name, Label: h.Label, Username: h.Username, Password: h.Password})
	}
	for _, r := range routes {
		if r.Served() {
			out.Served++
		} else {
			out.Declined++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(man.Tokens)) {
		out.Tokens = append(out.Tokens, newTokenClass(kind, man.Tokens[kind]))
	}
	for _, kind := range connect.Kinds() {
		if d, ok := man.Challenges[kind]; ok {
			out.Challenges = append(out.Challenges, newChallengeKind(kind, d, man.Usual))
		}
	}
	return out
}

// base is what stands before a provider's name for a client in a sandbox.
func (*API) base(c *engine.Call, sandbox string) string {
	return strings.TrimSuffix(c.BaseURL(), c.Prefix()) + where(sandbox)
}

func (a *API) options(c *engine.Call, man engine.Manifest) []option {
	values := a.s.OptionValues(c.Sandbox, man.Name)
	out := []option{}
	for _, o := range man.Options {
		v := option{
			Name: man.Name + "." + o.Name, Type: string(o.Type), Values: append([]string{}, o.Values...), Form: o.Form,
			Default: o.Default, Value: values[o.Name], Secret: o.Secret, Fidelity: o.Fidelity, Source: o.Source, Help: o.Help,
		}
		if o.Type == engine.Bool {
			v.Values = []string{"true", "false"}
		}
		if o.Secret && v.Value != "" {
			v.Value = masked
		}
		out = append(out, v)
	}
	return out
}

func newTokenClass(kind grant.Kind, t engine.TokenClass) tokenClass {
	out := tokenClass{
		Kind: string(kind), TTL: human(t.Rules.TTL), Idle: human(t.Rules.Idle), Absolute: human(t.Rules.Absolute),
		Uses: optionalCount(t.Rules.Uses), Rotate: t.Rules.Rotate, Reuse: string(t.Rules.Reuse), Grace: human(t.Rules.Grace),
		Fidelity: t.Fidelity, Source: t.Source,
	}
	if out.Reuse == "" {
		out.Reuse = string(grant.RefuseReuse)
	}
	return out
}

func newChallengeKind(kind connect.Kind, d engine.ChallengeDefault, usual connect.Kind) challengeKind {
	return challengeKind{
		Kind: kind, Usual: kind == usual, Sent: kind.Sent(), Decoupled: kind.Decoupled(),
		Answers: append([][]string{}, d.Answers...), MaxTries: optionalCount(d.MaxTries), Expires: human(d.Expires),
		ResendMax: d.ResendMax, ResendAfter: human(d.ResendAfter),
	}
}

// human writes a duration as scenarios do, with whole days as days; nil for no limit.
func human(d time.Duration) *string {
	if d <= 0 {
		return nil
	}
	const day = 24 * time.Hour
	text := scenarios.Span{Days: int(d / day), D: d % day}.String()
	return &text
}

// optionalCount is a number of which zero means no limit.
func optionalCount(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
