package rehearsal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/scenarios"
)

// play is a case under way.
type play struct {
	stage   *Stage
	c       Case
	result  *Result
	driver  *engine.Driver
	session session            // the one at hand; its handle is empty before the first
	user    *scenarios.Connect // who logged in last, through the API
	hears   *receiver          // of the app's webhooks; nil: none was needed
}

// session is what the control API says of one.
type session struct {
	ID      string       `json:"id"`
	Handle  string       `json:"handle"`
	Step    connect.Step `json:"step"`
	Expires time.Time    `json:"expires_at"`
	Trouble *struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	} `json:"trouble"`
	Challenge *struct {
		Kind      connect.Kind `json:"kind"`
		Decoupled bool         `json:"decoupled"`
	} `json:"challenge"`
}

// entry is what the journal says of a call.
type entry struct {
	Operation string   `json:"operation"`
	Also      []string `json:"also"`
	Why       struct {
		Rule     string `json:"rule"`
		Call     int    `json:"call"`
		Attempt  string `json:"attempt"`
		Draws    string `json:"draws"`
		Waited   int64  `json:"waited_ms"`
		Problem  string `json:"problem"`
		Detail   string `json:"detail"`
		Injected bool   `json:"injected"`
	} `json:"why"`
}

// begin makes the sandbox, anew if the server has it from an earlier run.
func (p *play) begin(ctx context.Context) error {
	name := p.driver.Sandbox
	if status, err := p.driver.Control(ctx, http.MethodDelete, "/sandboxes/"+name, nil, nil); err != nil && status != http.StatusNotFound {
		return err
	}
	body := map[string]any{"name": name, "scenario": p.c.Scenario.Name}
	if p.c.Scenario.Clock == nil {
		body["clock"] = p.stage.Clock
	}
	p.driver.Product = p.product()
	p.forget()
	if _, err := p.driver.Control(ctx, http.MethodPost, "/sandboxes", body, nil); err != nil || !p.c.listens() {
		return err
	}
	return p.listen(ctx)
}

// listen registers a receiver for the webhooks of the case, as --webhook does.
func (p *play) listen(ctx context.Context) error {
	sandbox, provider := p.driver.Sandbox, p.c.Provider.Name
	r, err := listen(func(header http.Header, body []byte) error {
		return p.stage.Signature(ctx, sandbox, provider, header, body)
	})
	if err != nil {
		return err
	}
	p.hears = r
	_, err = p.driver.Control(ctx, http.MethodPut, "/sandboxes/"+sandbox+"/options", map[string]any{provider + "." + p.c.Provider.Webhooks.URLOption: r.url}, nil)
	return err
}

// product is the flow that the user walks: the first that has the steps which the scenario is
// about, at any bank.
func (p *play) product() string {
	entries := p.c.Provider.Entries
	for _, e := range entries {
		if _, _, ok := p.c.Provider.BankWith(e.Product, p.c.Scenario.Steps()...); ok {
			return e.Product
		}
	}
	if len(entries) > 0 {
		return entries[0].Product
	}
	return ""
}

// bank is where the user goes: to the provider's sample, or to the first bank and way in
// that have the steps which the scenario is about.
func (p *play) bank() (institution, method string) {
	if steps := p.c.Scenario.Steps(); len(steps) > 0 {
		if institution, method, ok := p.c.Provider.BankWith(p.driver.Product, steps...); ok {
			return institution, method
		}
	}
	return p.driver.Vars["institution"], ""
}

// forget lets go of everything that an earlier session has yielded.
func (p *play) forget() {
	p.driver.Vars = maps.Clone(p.c.Provider.Samples)
	if who := p.c.Scenario.Persona; who != nil && who.Login != nil {
		p.driver.Vars["username"], p.driver.Vars["password"] = who.Login.Username, who.Login.Password
	}
}

func (p *play) step(ctx context.Context, step scenarios.Step) error {
	switch {
	case step.Connect != nil:
		return p.connect(ctx, step)
	case step.Call != "":
		for n := range step.Times {
			if err := p.call(ctx, step, n); err != nil {
				return err
			}
		}
		return nil
	case step.Rules:
		return p.rules(ctx)
	case step.Connection != "":
		return p.connection(ctx, step)
	case step.Webhooks != nil:
		return p.webhooks(ctx, step)
	}
	_, err := p.driver.Control(ctx, http.MethodPost, "/clock", map[string]any{"advance": step.Advance.String()}, nil)
	return err
}

// connect does what the user does, and looks where that leads.
func (p *play) connect(ctx context.Context, step scenarios.Step) error {
	want := cmp.Or(step.Sees, connected)
	if want == scenarios.DefaultChallenge {
		want = string(p.c.Provider.Usual)
	}
	do := p.walk
	if !p.c.Provider.HasPages() {
		do = p.logIn
	}
	later := p.c.Provider.Data == connect.AtFirstCall // whoever wants to see more than a login asks for the data
	if later && step.Connect.Do == "poll" && p.session.Step == connect.Succeeded {
		do = p.await
	}
	seen, why, err := do(ctx, step.Connect)
	if err == nil && later && seen == connected && want != connected {
		seen, why, err = p.await(ctx, step.Connect)
	}
	if err != nil || seen == want {
		return err
	}
	return &Miss{Did: describe(step), Expected: want, Seen: seen, Why: why}
}

// connected is where a user stands who is through.
const connected = "connected"

// walk does it on the provider's pages, and gives where the user then stands, and why.
func (p *play) walk(ctx context.Context, do *scenarios.Connect) (seen, why string, err error) {
	if p.session.Handle == "" || p.session.Step.Final() || do.Do == "open" {
		if err := p.open(ctx); err != nil {
			return "", "", err
		}
	}
	at := "/sessions/" + p.session.Handle
	switch do.Do {
	case "open":
	case "":
		if _, err := p.operation("session.submit"); err == nil { // which logs in again when the session is over
			p.user = do
		}
		err = p.driver.Drive(ctx, p.session.Handle, p.login(do), &p.session)
	case "choose", "poll": // a drive that knows no more chooses the bank, and looks again where there is something to wait for
		err = p.driver.Drive(ctx, p.session.Handle, p.where(do), &p.session)
	case "approve":
		err = p.driver.Drive(ctx, p.session.Handle, map[string]any{"answers": []string{"approve"}}, &p.session)
	case "leave":
		_, err = p.driver.Control(ctx, http.MethodPost, at+"/cancel", nil, &p.session)
	default:
		_, err = p.driver.Control(ctx, http.MethodPost, at+"/input", map[string]any{"verb": do.Do}, &p.session)
	}
	p.meet(p.session.problem())
	if t := p.session.Trouble; t != nil {
		why = t.Detail
	}
	return p.session.sight(), why, err
}

// open begins a session as an app does and looks at its page as a browser does.
func (p *play) open(ctx context.Context) error {
	p.forget()
	if _, err := p.driver.Begin(ctx); err != nil {
		return err
	}
	handle, err := p.driver.Open(ctx)
	if err != nil {
		return err
	}
	_, err = p.driver.Control(ctx, http.MethodGet, "/sessions/"+handle, nil, &p.session)
	return err
}

// where is what a drive takes of the bank and the way in.
func (p *play) where(do *scenarios.Connect) map[string]any {
	institution, method := p.bank()
	if do.Institution != "" {
		institution, method = do.Institution, ""
	}
	body := map[string]any{"institution": institution}
	if method = cmp.Or(do.Method, method); method != "" {
		body["method"] = method
	}
	return body
}

// login is what a drive takes.
func (p *play) login(do *scenarios.Connect) map[string]any {
	password := do.Password
	switch password {
	case "", "right":
		password = p.driver.Vars["password"]
	case "wrong":
		password = "certainly wrong"
	}
	body := p.where(do)
	body["username"], body["password"] = cmp.Or(do.Username, p.driver.Vars["username"]), password
	fields := map[string]string{}
	if who := p.c.Scenario.Persona; who != nil && who.Login != nil {
		maps.Copy(fields, who.Login.Fields)
	}
	if maps.Copy(fields, do.Fields); len(fields) > 0 {
		body["fields"] = fields
	}
	switch {
	case len(do.Answers) > 0:
		body["answers"] = do.Answers
	case do.MFA == "wrong":
		body["answers"] = []string{"certainly wrong"}
	case do.MFA != "none":
		body["answers"] = "right"
	}
	if len(do.Accounts) > 0 {
		body["accounts"] = do.Accounts
	}
	return body
}

// sight is where the user stands.
func (s session) sight() string {
	switch {
	case s.Step == connect.Succeeded:
		return connected
	case s.Trouble != nil:
		return s.Trouble.Code
	case s.Step == connect.Challenging && s.Challenge != nil:
		return string(s.Challenge.Kind)
	}
	return string(s.Step)
}

func (s session) problem() string {
	if s.Trouble == nil {
		return ""
	}
	return s.Trouble.Code
}

func (p *play) meet(code string) {
	if code != "" && !slices.Contains(p.result.Problems, code) {
		p.result.Problems = append(p.result.Problems, code)
	}
}

// note notes in the result what the journal has of the case.
func (p *play) note(ctx context.Context) error {
	entries, err := p.journal(ctx)
	for _, e := range entries {
		p.meet(e.Why.Problem)
		for _, name := range append(e.Also, e.Operation) {
			if name != "" && !slices.Contains(p.result.Calls, name) {
				p.result.Calls = append(p.result.Calls, name)
			}
		}
	}
	return err
}

// journal is what the app and its user have called so far, as far as it is kept.
func (p *play) journal(ctx context.Context) ([]entry, error) {
	var list struct {
		Entries []entry `json:"entries"`
	}
	_, err := p.driver.Control(ctx, http.MethodGet, "/journal?limit=1000&provider="+p.c.Provider.Name, nil, &list)
	return list.Entries, err
}

// connection looks at the connection that was made last.
func (p *play) connection(ctx context.Context, step scenarios.Step) error {
	var list struct {
		Connections []struct {
			State string `json:"state"`
		} `json:"connections"`
	}
	if _, err := p.driver.Control(ctx, http.MethodGet, "/connections?provider="+p.c.Provider.Name, nil, &list); err != nil {
		return err
	}
	seen := "no connection"
	if n := len(list.Connections); n > 0 {
		seen = list.Connections[n-1].State
	}
	if seen == step.Connection {
		return nil
	}
	return &Miss{Did: describe(step), Expected: step.Connection, Seen: seen}
}

// webhooks counts the notices that the app has been sent, or would have been if it
// listened. Where it does, they go out first, and only what it got counts.
func (p *play) webhooks(ctx context.Context, step scenarios.Step) error {
	if p.hears != nil {
		if _, err := p.driver.Control(ctx, http.MethodPost, "/deliveries/drain", nil, nil); err != nil {
			return err
		}
	}
	var list struct {
		Deliveries []struct {
			Event    string            `json:"event"`
			Attempts []json.RawMessage `json:"attempts"`
			State    string            `json:"state"`
			URL      string            `json:"url"`
		} `json:"deliveries"`
	}
	if _, err := p.driver.Control(ctx, http.MethodGet, "/deliveries?provider="+p.c.Provider.Name, nil, &list); err != nil {
		return err
	}
	told := map[string]int{}
	for _, d := range list.Deliveries {
		if p.hears != nil && d.URL != p.hears.url {
			continue
		}
		told[d.Event] += len(d.Attempts)
		if d.State == "unheard" {
			told[d.Event]++
		}
	}
	for _, event := range slices.Sorted(maps.Keys(step.Webhooks)) {
		if want := step.Webhooks[event]; !want.Has(int64(told[event])) {
			return &Miss{Did: describe(step), Expected: want.String() + " notices of " + event, Seen: strconv.Itoa(told[event]),
				Why: fmt.Sprintf("told so far: %v", told)}
		}
	}
	if step.Signed {
		if miss := p.hears.verdict(); miss != nil {
			miss.Did = describe(step)
			return miss
		}
	}
	return nil
}

// rules looks whether every rule of the scenario's own file has been met by a call.
func (p *play) rules(ctx context.Context) error {
	entries, err := p.journal(ctx)
	if err != nil {
		return err
	}
	var unused []string
	for _, rule := range p.c.Scenario.Rules {
		at := rule.File + ":" + strconv.Itoa(rule.Line)
		head, _, _ := strings.Cut(rule.On, ".")
		_, qualified := p.stage.Vocabulary.Providers[head]
		if rule.File != p.c.Scenario.File || qualified && head != p.c.Provider.Name ||
			rule.Where.Provider != "" && rule.Where.Provider != p.c.Provider.Name {
			continue
		}
		if !slices.ContainsFunc(entries, func(e entry) bool { return strings.Contains(e.Why.Rule, "("+at+")") }) {
			unused = append(unused, "the one on "+rule.On+" in line "+strconv.Itoa(rule.Line))
		}
	}
	if len(unused) > 0 {
		return &Miss{Did: "rules: all_used", Expected: "every rule to be met by a call", Seen: "no call for " + strings.Join(unused, ", ")}
	}
	return nil
}

// String says why the answer was what it was.
func (e entry) String() string {
	parts := []string{e.Why.Rule, e.Why.Attempt, e.Why.Draws, e.Why.Detail}
	if e.Why.Call > 0 {
		parts = append(parts, "call "+strconv.Itoa(e.Why.Call))
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "; ")
}

// describe says what a step does, as its file does.
func describe(step scenarios.Step) string {
	switch {
	case step.Connect != nil && step.Connect.Do != "":
		return "connect: " + step.Connect.Do
	case step.Connect != nil:
		return "connect"
	case step.Call != "":
		return "call: " + step.Call
	case step.Rules:
		return "rules: all_used"
	case step.Connection != "":
		return "connection"
	case step.Webhooks != nil:
		return "webhooks"
	}
	return "advance: " + step.Advance.String()
}
