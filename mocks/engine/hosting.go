package engine

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

// FragmentHeader marks requests of a page's own script, which takes over what is new in
// the answer and tells the app around it itself: such an answer never leaves the server.
const FragmentHeader = "Stunt-Fragment"

// FramingOption lets a sandbox refuse to be framed, as a provider does that does not know
// an app's origin. A provider whose pages are framed takes it into its options.
var FramingOption = Option{
	Name: "framing", Type: Text, Default: "allow", Fidelity: "invented", Shape: framing,
	Form: "allow, deny, self, or the origins that may, separated by blanks,", Sample: "https://app.example.test http://localhost:3000",
	Source: "what a browser does with frame-ancestors", Help: "which pages may frame the widget: allow (all), deny (none), self (those of this origin), or a list of origins",
}

// framing is what the option may say. An origin may have a star for its first label or its port,
// as in a content policy.
var framing = regexp.MustCompile(`^(allow|deny|self|` + frameOrigin + `( +` + frameOrigin + `)*)$`)

const frameOrigin = `[a-z][a-z0-9+.-]*://(\*\.)?[A-Za-z0-9.-]+(:([0-9]+|\*))?`

// AppNameOption names the app that asks for the data, as the provider's dashboard would. A
// provider whose pages say who asks takes it into its options.
var AppNameOption = Option{
	Name: "app_name", Type: Text, Default: "Acme", Fidelity: "inferred",
	Source: "a key belongs to an organisation with a name", Help: "who asks for the data, as the consent page says it; empty: an app without a name",
}

// AppName is who asks for the data, as the provider's pages say it; empty for an app
// without a name.
func (c *Call) AppName() string {
	if _, ok := c.m.options[AppNameOption.Name]; !ok {
		return ""
	}
	return c.Option(AppNameOption.Name)
}

// FrameAncestors is what the content policy of the provider's pages says of frames; empty
// where all may frame them. The browser that refuses a frame for it shows nothing of the page
// and quotes it on its console; the journal gets the rest.
func (c *Call) FrameAncestors() string {
	if _, ok := c.m.options[FramingOption.Name]; !ok {
		return ""
	}
	switch value := c.Option(FramingOption.Name); {
	case value == "" || value == "allow":
		return ""
	case value == "self":
		return "frame-ancestors 'self'"
	case value == "deny" || !framing.MatchString(value): // a scenario may say anything
		return "frame-ancestors 'none'"
	default:
		return "frame-ancestors " + value
	}
}

// FramedHeader gives the headers of a hosted page, which apps may frame; formTarget is where a
// form of it may end besides here.
func (c *Call) FramedHeader(formTarget string) []Header {
	c.noteFrame()
	return PageHeader(formTarget, c.FrameAncestors())
}

// noteFrame tells the journal why a frame of the page may be empty.
func (c *Call) noteFrame() {
	policy := c.FrameAncestors()
	if policy == "" || c.Header("Sec-Fetch-Dest") != "iframe" {
		return
	}
	c.Note("a frame asks for the page: the browser shows it only to the pages that the option %s.%s names (%s; the app's page is of %s)",
		c.m.man.Name, FramingOption.Name, c.Option(FramingOption.Name), cmp.Or(c.RefererOrigin(), "an unknown origin"))
}

// Framed says whether the page is shown in a frame.
func (c *Call) Framed() bool {
	return c.Header("Sec-Fetch-Dest") == "iframe" || c.Header(FragmentHeader) == "framed"
}

// EmbedURL is where the provider stands for a page of another origin: complete with the
// sandbox of this call, whichever way it was named.
func (c *Call) EmbedURL() string {
	base, root := c.s.cfg.PublicURL, c.Root()
	if base == "" {
		base = c.s.origin(c.Request)
	}
	if c.Sandbox.Name != sandbox.Default {
		root = "/~" + c.Sandbox.Name
	}
	return base + root + "/" + c.m.man.Name
}

// Loader is the script of the provider's skin that an app's page loads to open the
// widget. It has this server's address baked in, because the app may have asked for it
// under the provider's own name.
func (c *Call) Loader() (Reply, error) {
	base, err := json.Marshal(c.EmbedURL())
	if err != nil {
		return Reply{}, err
	}
	script, ok := c.s.renderer.Loader(c.m.man.Skin, base)
	if !ok {
		return Reply{}, problem.New(problem.Internal, "web/skins/%s has no loader.js", c.m.man.Skin)
	}
	return Reply{
		Status: http.StatusOK, Raw: script, ContentType: "text/javascript; charset=utf-8",
		Header: []Header{
			{"Access-Control-Allow-Origin", "*"}, {"Cross-Origin-Resource-Policy", "cross-origin"}, {"Cache-Control", "no-cache"},
		},
	}, nil
}
