package control

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

type sandboxView struct {
	Name     string            `json:"name"`
	Seed     string            `json:"seed"`
	Scenario string            `json:"scenario"`
	Born     time.Time         `json:"born"`
	Clock    clockView         `json:"clock"`
	Options  map[string]string `json:"options"`
	BaseURL  string            `json:"base_url"`
}

func (a *API) sandbox(c *engine.Call, sb sandbox.Sandbox) sandboxView {
	return sandboxView{
		Name: sb.Name, Seed: strconv.FormatUint(sb.Seed, 10), Scenario: cmp.Or(sb.Scenario, a.s.Config().Scenario),
		Born: sb.Born, Clock: newClock(sb, a.s.Wall()), Options: a.shown(sb.Options), BaseURL: a.base(c, sb.Name),
	}
}

// shown are options with the secret ones masked.
func (a *API) shown(options map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, options)
	for _, man := range a.s.Providers() {
		for _, o := range man.Options {
			if name := man.Name + "." + o.Name; o.Secret && out[name] != "" {
				out[name] = masked
			}
		}
	}
	return out
}

// explained adds the fix to the problem of a sandbox that is not there.
func explained(name string, err error) error {
	if p := problem.From(err); p != nil && p.Code == problem.NotFound {
		return problem.New(problem.NotFound, "there is no sandbox %q: POST /_stunt/v1/sandboxes makes one, and so does the first call that names it", name)
	}
	return err
}

func (a *API) listSandboxes(c *engine.Call) (engine.Reply, error) {
	all, err := a.s.Sandboxes(c.Context())
	if err != nil {
		return engine.Reply{}, err
	}
	out := []sandboxView{}
	for _, sb := range all {
		out = append(out, a.sandbox(c, sb))
	}
	return engine.JSON(http.StatusOK, map[string]any{"sandboxes": out}), nil
}

func (a *API) createSandbox(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Name     string          `json:"name"`
		Seed     json.RawMessage `json:"seed"`
		Scenario string          `json:"scenario"`
		Clock    *time.Time      `json:"clock"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	seed, given, err := parseSeed(body.Seed)
	if err != nil {
		return engine.Reply{}, err
	}
	if err := sandbox.CheckName(body.Name); err != nil {
		return engine.Reply{}, problem.Invalid("name", problem.Format, "%v", err)
	}
	if body.Clock != nil { // the clock's own limits
		if _, err := clock.Following().Set(*body.Clock, *body.Clock); err != nil {
			return engine.Reply{}, problem.Invalid("clock", problem.Format, "%v", err)
		}
	}
	sb, err := a.s.Found(c.Context(), body.Name, body.Scenario, func(sb *sandbox.Sandbox) {
		if given {
			sb.Seed = seed
		}
		if body.Clock != nil {
			sb.Clock = clock.At(*body.Clock)
		}
	})
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusCreated, a.sandbox(c, sb)), nil
}

// parseSeed reads a number, or the same number as a string.
func parseSeed(raw json.RawMessage) (seed uint64, given bool, err error) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return 0, false, nil
	}
	seed, err = strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, false, problem.Invalid("seed", problem.Format, "seed must be a whole number from 0 to 18446744073709551615, as a number or as a string")
	}
	return seed, true, nil
}

func (a *API) getSandbox(c *engine.Call) (engine.Reply, error) {
	name := c.Path("name")
	sb, err := a.s.Sandbox(c.Context(), name)
	if err != nil {
		return engine.Reply{}, explained(name, err)
	}
	return engine.JSON(http.StatusOK, a.sandbox(c, sb)), nil
}

func (a *API) deleteSandbox(c *engine.Call) (engine.Reply, error) {
	name := c.Path("name")
	if err := a.s.Delete(c.Context(), name); err != nil {
		return engine.Reply{}, explained(name, err)
	}
	return engine.Empty(http.StatusNoContent), nil
}

func (a *API) resetSandbox(c *engine.Call) (engine.Reply, error) {
	name := c.Path("name")
	sb, err := a.s.Reset(c.Context(), name)
	if err != nil {
		return engine.Reply{}, explained(name, err)
	}
	return engine.JSON(http.StatusOK, a.sandbox(c, sb)), nil
}

// change edits the sandbox of the path, which comes to be by it.
func (a *API) change(c *engine.Call, fn func(*sandbox.Sandbox) error) (sandbox.Sandbox, error) {
	name := c.Path("name")
	if _, err := a.s.Enter(c.Context(), name); err != nil {
		return sandbox.Sandbox{}, err
	}
	return a.s.Change(c.Context(), name, fn)
}

func (a *API) setScenario(c *engine.Call) (engine.Reply, error) {
	var body struct {
		Scenario string `json:"scenario"`
	}
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	if _, ok := a.s.Scenarios().Get(body.Scenario); body.Scenario != "" && !ok {
		return engine.Reply{}, problem.Invalid("scenario", problem.NotAllowed, "%v", a.s.Scenarios().Unknown(body.Scenario))
	}
	sb, err := a.change(c, func(sb *sandbox.Sandbox) error {
		sb.Scenario = body.Scenario
		return nil
	})
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, a.sandbox(c, sb)), nil
}

func (a *API) getOptions(c *engine.Call) (engine.Reply, error) {
	name := c.Path("name")
	sb, err := a.s.Sandbox(c.Context(), name)
	if err != nil {
		return engine.Reply{}, explained(name, err)
	}
	return engine.JSON(http.StatusOK, a.shown(sb.Options)), nil
}

func (a *API) setOptions(c *engine.Call) (engine.Reply, error) {
	var body map[string]*string
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if err := a.checkOption(name, body[name]); err != nil {
			return engine.Reply{}, err
		}
	}
	sb, err := a.change(c, func(sb *sandbox.Sandbox) error {
		options := map[string]string{}
		maps.Copy(options, sb.Options)
		for name, value := range body {
			if value == nil {
				delete(options, name)
			} else {
				options[name] = *value
			}
		}
		sb.Options = options
		return nil
	})
	if err != nil {
		return engine.Reply{}, err
	}
	return engine.JSON(http.StatusOK, a.shown(sb.Options)), nil
}

// checkOption holds a value to be allowed; of one that is taken away only the name
// counts, for which its default stands in.
func (a *API) checkOption(name string, value *string) error {
	if value != nil {
		return a.s.CheckOption(name, *value)
	}
	standIn := ""
	provider, option, _ := strings.Cut(name, ".")
	if man, _, ok := a.s.Provider(provider); ok {
		for _, o := range man.Options {
			if o.Name == option {
				standIn = o.Default
			}
		}
	}
	return a.s.CheckOption(name, standIn)
}
