package web

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func newRenderer(t testing.TB) *Renderer {
	t.Helper()
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// parsed renders a page and reads it back.
func parsed(t *testing.T, r *Renderer, p Page) (string, *goquery.Document) {
	t.Helper()
	html, err := r.Page(p)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return string(html), doc
}

// everyPage runs a check on every sample in every skin and language.
func everyPage(t *testing.T, check func(*testing.T, sample, string, *goquery.Document)) {
	t.Helper()
	r := newRenderer(t)
	for _, skin := range r.Skins() {
		for _, lang := range r.Languages(skin) {
			for _, s := range samples() {
				s.page.Skin, s.page.Lang = skin, lang
				t.Run(skin+"/"+lang+"/"+s.name, func(t *testing.T) {
					t.Parallel()
					html, doc := parsed(t, r, s.page)
					check(t, s, html, doc)
				})
			}
		}
	}
}

func TestSamplesShowEveryState(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, s := range samples() {
		shown[s.page.State] = true
	}
	for _, state := range States() {
		if !shown[state] {
			t.Errorf("no sample shows the state %q", state)
		}
	}
	for state := range steps {
		if !slices.Contains(states, state) {
			t.Errorf("the contract does not name the state %q", state)
		}
	}
	if len(shown) != len(States()) {
		t.Errorf("samples show %d states, the contract has %d", len(shown), len(States()))
	}
}

// The rules that hold on every page: structure, names, and nothing that the
// content security policy would block.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	everyPage(t, func(t *testing.T, s sample, html string, doc *goquery.Document) {
		one := func(selector string) *goquery.Selection {
			t.Helper()
			found := doc.Find(selector)
			if found.Length() != 1 {
				t.Errorf("%s: %d times, want once", selector, found.Length())
			}
			return found
		}
		if one("h1[tabindex='-1']"); doc.Find("h1").Length() != 1 {
			t.Error("want one h1")
		}
		title := strings.TrimSpace(one("head title").Text())
		if h1 := doc.Find("h1").Text(); h1 == "" || !strings.HasSuffix(title, h1) {
			t.Errorf("title %q, h1 %q: want the title to end with the heading", title, h1)
		}
		if (s.page.Error != "") != (doc.Find("[role=alert]").Length() == 1) {
			t.Errorf("error %q: want an alert exactly if there is an error", s.page.Error)
		}
		if lang := one("html").AttrOr("lang", ""); lang != s.page.Lang {
			t.Errorf("lang %q, want %q", lang, s.page.Lang)
		}
		one("[role=status][aria-live=polite]")
		main := one("main")
		for attr, want := range map[string]string{"data-state": s.page.State, "data-rev": "7", "data-error": s.page.Error, "data-phase": s.page.Phase} {
			if got := main.AttrOr(attr, "missing"); got != want {
				t.Errorf("main[%s] is %q, want %q", attr, got, want)
			}
		}
		for attr, want := range map[string]string{"data-scenario": "happy", "data-session": "wgt_9f2c", "data-seed": "42", "data-clock": "2026-01-15 09:00:00Z"} {
			if got := one("[data-testid=stunt-ribbon]").AttrOr(attr, ""); got != want {
				t.Errorf("ribbon[%s] is %q, want %q", attr, got, want)
			}
		}
		for _, id := range append([]string{"widget-root", "step-" + s.page.State, "title", "stunt-ribbon"}, s.ids...) {
			one("[data-testid='" + id + "']")
		}
		if s.page.CanClose {
			one("a[data-testid=close][href='/w/wgt_9f2c?exit=1']")
		}
		if s.page.Refresh > 0 {
			if one("main[data-refresh='2']"); !strings.Contains(html, `<noscript><meta http-equiv="refresh" content="2"></noscript>`) {
				t.Error("without script the page does not ask again")
			}
		}
		checkForm(t, s, doc)
		checkLabels(t, doc)
		checkSafe(t, html, doc)
	})
}

// A page that waits for nobody's input has no form: it only leads back by link.
func checkForm(t *testing.T, s sample, doc *goquery.Document) {
	t.Helper()
	forms := doc.Find("form[method=post]")
	if !s.post {
		if forms.Length() != 0 || doc.Find("a.primary[href]").Length() != 1 {
			t.Error("want a link in place of a form")
		}
		return
	}
	if forms.Length() != 1 || forms.AttrOr("action", "") != s.page.Action || forms.AttrOr("id", "") != "step" {
		t.Errorf("%d forms, want one that posts to %q", forms.Length(), s.page.Action)
	}
	if rev := forms.Find("input[type=hidden][name=rev]"); rev.AttrOr("value", "") != "7" {
		t.Error("the form does not post its revision")
	}
	doc.Find("main form[method=post] button, .tray button").Each(func(_ int, b *goquery.Selection) {
		if name := b.AttrOr("name", ""); name != "action" && name != "institution" && name != "method" || b.AttrOr("value", "") == "" {
			t.Errorf("button %q posts %q", b.Text(), name)
		}
	})
}

func checkLabels(t *testing.T, doc *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	doc.Find("[data-testid], [id]").Each(func(_ int, e *goquery.Selection) {
		for _, attr := range []string{"data-testid", "id"} {
			id, ok := e.Attr(attr)
			if ok && (id == "" || seen[attr+id]) {
				t.Errorf("%s %q is empty or twice on the page", attr, id)
			}
			seen[attr+id] = ok
		}
	})
	doc.Find("input:not([type=hidden])").Each(func(_ int, in *goquery.Selection) {
		label := in.Closest("label")
		if label.Length() == 0 {
			label = doc.Find("label[for='" + in.AttrOr("id", "none") + "']")
		}
		if label.Length() != 1 || strings.TrimSpace(label.Text()) == "" {
			t.Errorf("input %q has no label", in.AttrOr("data-testid", ""))
		}
		if in.AttrOr("aria-invalid", "") == "true" && doc.Find("#"+in.AttrOr("aria-describedby", "none")).Length() != 1 {
			t.Errorf("invalid input %q is not described", in.AttrOr("data-testid", ""))
		}
		if in.AttrOr("type", "") == "password" && in.AttrOr("value", "") != "" {
			t.Error("a password came back to the page")
		}
	})
	doc.Find("fieldset").Each(func(_ int, f *goquery.Selection) {
		if strings.TrimSpace(f.Find("legend").Text()) == "" {
			t.Error("a fieldset has no legend")
		}
	})
	doc.Find("button, a").Each(func(_ int, b *goquery.Selection) {
		if strings.TrimSpace(b.Text()) == "" {
			t.Errorf("a control has no words: %q", b.AttrOr("data-testid", ""))
		}
	})
}

// checkSafe refuses whatever "default-src 'none'; style-src 'self'" blocks.
func checkSafe(t *testing.T, html string, doc *goquery.Document) {
	t.Helper()
	if doc.Find("style, img, iframe, [style]").Length() != 0 {
		t.Error("inline style or a foreign element")
	}
	doc.Find("script").Each(func(_ int, e *goquery.Selection) {
		_, deferred := e.Attr("defer")
		src, data := e.AttrOr("src", ""), e.AttrOr("type", "") == "application/json"
		if !data && (!deferred || e.Text() != "" || !strings.HasSuffix(src, "/_stunt/assets/static/widget.js")) {
			t.Errorf("a script that is neither ours nor data: %q", src)
		}
	})
	doc.Find("*").Each(func(_ int, e *goquery.Selection) {
		for _, a := range e.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("inline handler %s", a.Key)
			}
			external := strings.Contains(a.Val, "//") && slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key)
			if id := e.AttrOr("data-testid", ""); external && id != "done-link" && id != "expired-close" && id != "consent-terms" {
				t.Errorf("%s=%q leads elsewhere", a.Key, a.Val)
			}
		}
	})
	if strings.Contains(html, "ZgotmplZ") || strings.Contains(html, "{}") {
		t.Error("a filtered value or an unfilled place is on the page")
	}
}

// Every literal that a bank or an app brings is text, never markup.
func TestLiteralsAreEscaped(t *testing.T) {
	t.Parallel()
	const evil = `<i data-evil>"'&</i>`
	r := newRenderer(t)
	for _, s := range samples() {
		p := s.page
		p.Skin, p.Lang = baseSkin, "en"
		p.App, p.Prompt, p.Query, p.Expires, p.ProviderCode, p.Kind, p.Phase = evil, evil, evil, evil, evil, evil, evil
		p.Error, p.Action, p.Why = evil, "/w/"+evil, evil
		p.Institution = &Institution{evil, evil, evil, evil}
		p.Institutions = []Institution{{evil, evil, evil, evil}}
		p.Fields = []Field{{Name: evil, Type: "text", Value: evil, LabelKey: evil, InputMode: evil, Autocomplete: evil}}
		p.Options = []Option{{ID: evil, Label: evil, Detail: evil}}
		p.Hints = []Hint{{evil, evil, "/w/" + evil}, {evil, evil, ""}}
		p.Ribbon = Ribbon{evil, evil, evil, evil, evil, evil, false}
		_, doc := parsed(t, r, p)
		if n := doc.Find("i, [data-evil]").Length(); n != 0 {
			t.Errorf("%s: a literal became %d elements", s.name, n)
		}
		if !strings.Contains(doc.Find(".ribbon .run").Text(), evil) {
			t.Errorf("%s: the ribbon does not show its literal", s.name)
		}
	}
}

// Messages are data that a script can read, whatever they hold, and no markup.
func TestMessages(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	const evil = `</script><!--<script><i data-evil>"'&` + "\u2028"
	for _, s := range samples() {
		if s.page.AtBank {
			continue // the bank tells an app nothing
		}
		p := s.page
		p.Skin, p.Lang, p.Messages = baseSkin, "en", map[string]any{"events": []any{map[string]any{"seq": 1, "post": evil}}}
		_, doc := parsed(t, r, p)
		var got struct{ Events []struct{ Post string } }
		if err := json.Unmarshal([]byte(doc.Find("script#stunt-messages[type='application/json']").Text()), &got); err != nil || len(got.Events) != 1 || got.Events[0].Post != evil {
			t.Errorf("%s: %v %+v", s.name, err, got)
		}
		if doc.Find("[data-evil]").Length() > 0 {
			t.Errorf("%s: a message became markup", s.name)
		}
	}
	_, doc := parsed(t, r, Page{Skin: baseSkin, Lang: "es", State: "done"})
	if doc.Find("#stunt-messages").Length() > 0 {
		t.Error("a page without messages has a block")
	}
}

func TestLoader(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	if _, ok := r.Loader(baseSkin, []byte(`"x"`)); ok {
		t.Error("the base has a loader")
	}
	script, ok := r.Loader("fintoc", []byte(`"http://h/\u003c"`))
	if !ok || !bytes.Contains(script, []byte(`const BASE = "http://h/\u003c";`)) || bytes.Contains(script, []byte("__BASE__")) {
		t.Errorf("%t %.300s", ok, script)
	}
	if _, _, _, served := r.Asset("/skins/fintoc/loader.js"); served {
		t.Error("a loader without an address is served")
	}
}

func TestPageRefuses(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	good := Page{Skin: baseSkin, Lang: "es", State: "done", DoneURL: "acme://ok"}
	cases := map[string]func(*Page){
		`unknown skin "nobody"`:      func(p *Page) { p.Skin = "nobody" },
		`does not speak "xx"`:        func(p *Page) { p.Lang = "xx" },
		`unknown state "nowhere"`:    func(p *Page) { p.State = "nowhere" },
		`refused link "javascript:`:  func(p *Page) { p.DoneURL = "javascript:alert(1)" },
		`refused link " JavaScript:`: func(p *Page) { p.DoneURL = " JavaScript:alert(1)" },
		`refused link "java\tscript`: func(p *Page) { p.DoneURL = "java\tscript:alert(1)" },
		`refused link "data:`:        func(p *Page) { p.DoneURL = "data:text/html,x" },
		`refused link "vbscript:`:    func(p *Page) { p.DoneURL = "vbscript:x" },
	}
	if _, err := r.Page(good); err != nil {
		t.Fatal(err)
	}
	for want, change := range cases {
		p := good
		change(&p)
		html, err := r.Page(p)
		if err == nil || !strings.Contains(err.Error(), want) || html != nil {
			t.Errorf("got %v and %d bytes, want an error with %s", err, len(html), want)
		}
	}
}

func TestDoneLinkKeepsTheAppsScheme(t *testing.T) {
	t.Parallel()
	_, doc := parsed(t, newRenderer(t), Page{Skin: baseSkin, Lang: "en", State: "done", DoneURL: "acmewidget://succeeded?code=1&state=a"})
	if href := doc.Find("[data-testid=done-link]").AttrOr("href", ""); href != "acmewidget://succeeded?code=1&state=a" {
		t.Errorf("href is %q", href)
	}
}

// Clicking a bank posts choose; a button of its own comes first and counts.
func TestFirstActionCounts(t *testing.T) {
	t.Parallel()
	_, doc := parsed(t, newRenderer(t), Page{Skin: baseSkin, Lang: "en", State: "institutions", CanBack: true, Institutions: someInstitutions})
	var order []string
	doc.Find("form[method=post] [name=action]").Each(func(_ int, e *goquery.Selection) { order = append(order, e.AttrOr("value", "")) })
	if !slices.Equal(order, []string{"request", "back", "choose"}) {
		t.Errorf("actions in order %q", order)
	}
}

// Enter presses the first button of a form, so it must be the main one.
func TestEnterPressesTheMainButton(t *testing.T) {
	t.Parallel()
	everyPage(t, func(t *testing.T, s sample, _ string, doc *goquery.Document) {
		fields := doc.Find("form[method=post] .field input")
		if first := doc.Find("form[method=post] button").First(); fields.Length() > 0 && !first.HasClass("primary") {
			t.Errorf("the first button is %q", first.Text())
		}
	})
}

func BenchmarkPage(b *testing.B) {
	r := newRenderer(b)
	for _, s := range samples() {
		s.page.Skin, s.page.Lang = baseSkin, "es"
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Page(s.page); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newRenderer(b)
	}
}

// What was left empty is marked, and only that.
func TestMissing(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for _, c := range []struct {
		page Page
		want string // the marked fields
		says string
	}{
		{Page{State: "credentials", Missing: []string{"password"}, Fields: []Field{{Name: "username"}, {Name: "password", Type: "password"}}}, "field-password", "Fill in the marked details."},
		{Page{State: "mfa_card", Missing: []string{"1", "3"}, Cells: []string{"A1", "C4", "E7"}}, "field-card-A1 field-card-E7", "Fill in the marked details."},
		{Page{State: "mfa_select", Missing: []string{"1"}, Options: []Option{{ID: "a", Label: "A"}}}, "", "Choose at least one option."},
		{Page{State: "accounts", Missing: []string{"account"}, Options: []Option{{ID: "a", Label: "A"}}}, "", "Choose at least one option."},
	} {
		p := c.page
		p.Skin, p.Lang, p.Error = baseSkin, "en", "invalid_request"
		_, doc := parsed(t, r, p)
		var marked []string
		doc.Find("[aria-invalid=true]").Each(func(_ int, in *goquery.Selection) { marked = append(marked, in.AttrOr("data-testid", "")) })
		if got := strings.Join(marked, " "); got != c.want {
			t.Errorf("%s: %q are marked, want %q", p.State, got, c.want)
		}
		if got := doc.Find("#error").Text(); got != c.says {
			t.Errorf("%s: the page says %q", p.State, got)
		}
		if doc.Find("#error").AttrOr("data-code", "") != "invalid_request" {
			t.Errorf("%s: the code is another one", p.State)
		}
	}
}

// What a page says where nothing can be tried again, and to whoever left.
func TestEndings(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for _, c := range []struct {
		page        Page
		title, says string
	}{
		{Page{State: "error", Error: "internal", CanRetry: true}, "We could not connect", "Try again."},
		{Page{State: "error", Error: "internal"}, "We could not connect", "start again."},
		{Page{State: "error", Error: "challenge_expired"}, "We could not connect", "start again."},
		{Page{State: "error", Error: "login_locked"}, "We could not connect", "before you try again."},
		{Page{State: "done", Error: "user_cancelled"}, "You left before the end", "You cancelled the connection."},
		{Page{State: "done"}, "All done", ""},
	} {
		p := c.page
		p.Skin, p.Lang = baseSkin, "en"
		_, doc := parsed(t, r, p)
		if title, says := doc.Find("h1").Text(), doc.Find("#error").Text(); title != c.title || !strings.HasSuffix(says, c.says) {
			t.Errorf("%s %s: %q %q", p.State, p.Error, title, says)
		}
	}
}
