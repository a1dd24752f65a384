package fintoc_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/enginetest"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
	"github.com/stuntbank/stuntbank/mocks/fintoc"
)

// careless is the provider with a hand-back, messages and webhooks that its document does not know.
type careless struct{ fintoc.Provider }

func (c careless) HandBack(e engine.Ending) string { return c.Provider.HandBack(e) + "&secret=hunter2" }

func (c careless) Messages(e engine.Ending) engine.Messages {
	m := c.Provider.Messages(e)
	for i := range m.Events {
		m.Events[i].Post = map[string]any{"fintoc": "event", "seq": m.Events[i].Seq, "name": "opend"}
	}
	return m
}

func (c careless) RenderEvent(r engine.Reader, e engine.Event) ([]webhook.Draft, error) {
	drafts, err := c.Provider.RenderEvent(r, e)
	for i := range drafts {
		drafts[i].Schema = ""
	}
	return drafts, err
}

// What a page hands back and posts, and what a webhook carries, is held against the document as
// answers are: the header and the journal say where it breaks, and the log, of which a test server
// makes a failure.
func TestViolationsOfPagesAndWebhooks(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	srv := enginetest.StartAtNoon(t, careless{fintoc.New()}, func(c *engine.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
	})
	k := &kit{t: t, srv: srv, base: srv.URL + "/~test/fintoc", sandbox: "test", key: "sk_test_kit"}
	said := func(p *enginetest.Page) (header, journal string) {
		header = p.Header.Get(engine.ViolationHeader)
		entry, _ := srv.Journal().Find(k.sandbox, p.Header.Get(engine.RequestHeader))
		return header, strings.Join(entry.Notes, "\n")
	}
	p := k.framed("widget_token", k.intent().Text("widget_token")).Want("consent", "")
	header, journal := said(p)
	if !strings.HasPrefix(header, "message: fits none of x-stuntbank.messages: WidgetEvent: ") || !strings.Contains(journal, "our own message breaks the document") {
		t.Errorf("a message: %q, %q", header, journal)
	}
	p = k.login(k.widget(), goodUser, goodPass).Want("success", "")
	header, journal = said(p)
	if !strings.HasPrefix(header, "redirect: fintocwidget://succeeded: fits none of x-stuntbank.redirects: ") || strings.Contains(header, "hunter2") ||
		!strings.Contains(journal, "our own redirect breaks the document") {
		t.Errorf("a redirect: %q, %q", header, journal)
	}
	res, err := enginetest.Client.Post(srv.URL+"/~test/_stunt/v1/sessions/"+k.driven()+"/drive", "application/json",
		strings.NewReader(`{"username":"`+goodUser+`","password":"`+goodPass+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get(engine.ViolationHeader), "redirect: ") {
		t.Errorf("a drive: %d %q", res.StatusCode, res.Header.Get(engine.ViolationHeader))
	}
	for _, what := range []string{"what=message", "what=redirect", "webhook=link.created", "names no schema"} {
		if !strings.Contains(log.String(), what) {
			t.Errorf("the log says nothing of %s: %s", what, log.String())
		}
	}
}

// driven is the handle of a session that nobody has opened, and whose link is told to a webhook.
func (k *kit) driven() string {
	k.t.Helper()
	p := k.open("product", "movements", "webhook_url", "http://127.0.0.1:1/hook")
	return p.Doc.Find("[data-testid=stunt-ribbon]").AttrOr("data-session", "")
}
