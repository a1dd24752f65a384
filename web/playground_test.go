package web

import (
	"bytes"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// hostile is a text that must stay one wherever it is shown.
const hostile = `"><script>alert(1)</script>'</script>`

func samplePlayground(skin string) Playground {
	return Playground{
		Base: "/~qa", Name: "acme", Title: "Acme " + hostile, Skin: skin, URL: "http://localhost:8080/~qa/acme", Sandbox: "qa",
		Scenarios:    []Choice{{"happy", "Fine", "Proves " + hostile}},
		Institutions: []Choice{{"bank_1", "Bank " + hostile, ""}},
		Users:        []Login{{"jane", "secret"}},
		Vars:         map[string]string{"public_key": "pk_test_1", "secret_key": "", "username": hostile},
		Operations:   map[string]any{"session.create": map[string]any{"path": "/v1/" + hostile}},
		Entry:        "/widget?token=${token}",
	}
}

func parsePage(t *testing.T, page []byte, err error) *goquery.Document {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// checkPage holds what every page of our own must keep: no foreign origin, nothing
// inline, one h1, a name for every control, and no id twice.
func checkPage(t *testing.T, name string, doc *goquery.Document) {
	t.Helper()
	doc.Find("[href], [src], [action]").Each(func(_ int, s *goquery.Selection) {
		for _, attr := range []string{"href", "src", "action"} {
			if url, ok := s.Attr(attr); ok && (strings.Contains(url, "//") || strings.HasPrefix(url, "javascript:")) {
				t.Errorf("%s leads elsewhere: %s", name, url)
			}
		}
	})
	doc.Find("script, style, [style]").Each(func(_ int, s *goquery.Selection) {
		_, outside := s.Attr("src")
		if kind, _ := s.Attr("type"); !outside && kind != "application/json" {
			t.Errorf("%s has something inline: %.80s", name, s.Text())
		}
	})
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s has %d h1", name, n)
	}
	if doc.Find("html[lang]").Length() != 1 || doc.Find("title").Text() == "" || doc.Find("main").Length() != 1 {
		t.Errorf("%s lacks a language, a title or a main part", name)
	}
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if seen[id] {
			t.Errorf("%s has the id %q twice", name, id)
		}
		seen[id] = true
	})
	doc.Find("input, select").Each(func(_ int, s *goquery.Selection) {
		if id, _ := s.Attr("id"); doc.Find(`label[for="`+id+`"]`).Length() != 1 {
			t.Errorf("%s: the field %q has no label", name, id)
		}
	})
}

func TestFrontPage(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for name, p := range map[string]Front{
		"front": {Base: "/~qa", Sandbox: "qa", Version: "1.2", Docs: Docs(), Providers: []FrontProvider{{
			Name: "acme", Title: hostile, URL: "http://localhost:8080/~qa/acme", Instead: "api.acme.test",
			Values: []Value{{"secret_key", ""}, {"username", hostile}}, Playground: true,
		}}},
		"missing": {Missing: "/" + hostile},
	} {
		page, err := r.FrontPage(p)
		doc := parsePage(t, page, err)
		checkPage(t, name, doc)
		if doc.Find("script").Length() > 0 {
			t.Errorf("%s needs script", name)
		}
	}
	page, err := r.FrontPage(Front{Base: "/~qa", Providers: []FrontProvider{{Name: "acme"}}})
	if doc := parsePage(t, page, err); doc.Find(`a[href*="playground"]`).Length() > 0 {
		t.Error("a provider without a playground has a link to one")
	}
}

func TestPlaygroundPage(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	guides, err := fs.Glob(embedded, "skins/*/playground.yaml")
	if err != nil || len(guides) == 0 {
		t.Fatalf("no skin has a playground: %v", err)
	}
	for _, path := range guides {
		skin := strings.Split(path, "/")[1]
		page, err := r.PlaygroundPage(samplePlayground(skin))
		doc := parsePage(t, page, err)
		checkPage(t, path, doc)
		data := doc.Find("script#playground").Text()
		if !strings.Contains(data, `"base":"/~qa/acme"`) || strings.Contains(data, "<") {
			t.Errorf("%s: the data for the script is %.200s", path, data)
		}
		if got := doc.Find(`option[value="happy"]`).AttrOr("data-about", ""); got != "Proves "+hostile {
			t.Errorf("%s: the scenario says %q", path, got)
		}
		if doc.Find(`input[data-var="secret_key"]`).Length() != 1 || doc.Find("input#control-token").Length() != 0 {
			t.Errorf("%s: the key that nobody told has no field, or a token is asked for that nobody wants", path)
		}
		doc.Find(".snippet").Each(func(_ int, s *goquery.Selection) {
			if code := s.Find("pre").Text(); !strings.Contains(code, "http://localhost:8080/~qa/acme/") || strings.Contains(code, "${base") {
				t.Errorf("%s: the snippet %q does not have this server's address", path, s.Find("h3").Text())
			}
			if s.Find(".notes li").Length() == 0 {
				t.Errorf("%s: the snippet %q does not say what to look out for", path, s.Find("h3").Text())
			}
		})
	}
}

func TestPlaygroundRefuses(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	if r.HasPlayground(baseSkin) || r.HasPlayground("../fintoc") {
		t.Error("a skin without a guide has a playground")
	}
	if _, err := r.PlaygroundPage(samplePlayground(baseSkin)); err == nil || !strings.Contains(err.Error(), "add skins/base/playground.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	got := parts("a ${x} b ${y}${z} ${not", map[string]string{"x": "1", "y": ""})
	want := []part{{Text: "a 1 b "}, {Gap: "y"}, {Text: ""}, {Gap: "z"}, {Text: " ${not"}}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("part %d is %q, want %q", i, got[i], want[i])
		}
	}
}

// The script and the style sheet of the playground are ours and small.
func TestPlaygroundAssets(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for _, name := range []string{"static/playground.js", "static/playground.css"} {
		body, _, _, ok := r.Asset(name)
		if !ok || regexp.MustCompile(`(https?:)?//[a-z]+\.|@import|innerHTML|\beval\b`).Match(body) {
			t.Errorf("%s is missing, leads elsewhere or writes HTML", name)
		}
		if size := len(r.AssetGzip(name)); size > 8<<10 {
			t.Errorf("%s has %d bytes compressed, want at most 8192", name, size)
		}
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	all := Docs()
	if len(all) < 3 {
		t.Fatalf("got %d guides", len(all))
	}
	for _, link := range all {
		page, ok := r.DocPage("/~qa", link.URL)
		if !ok {
			t.Fatalf("there is no page of %s", link.URL)
		}
		doc := parsePage(t, page, nil)
		checkPage(t, link.URL, doc)
		if got := doc.Find("h1").Text(); got != link.Text {
			t.Errorf("%s has the title %q, want %q", link.URL, got, link.Text)
		}
		// Links inside lead to a heading of this guide or to another one.
		doc.Find("main a").Each(func(_ int, s *goquery.Selection) {
			href := s.AttrOr("href", "")
			if id, here := strings.CutPrefix(href, "#"); here && doc.Find("h2#"+id).Length() == 1 {
				return
			}
			if _, ok := r.DocPage("", href); !ok {
				t.Errorf("%s leads to %q, which is not there", link.URL, href)
			}
		})
	}
	if short, ok := r.DocPage("", "docker"); !ok || len(short) == 0 {
		t.Error("a guide is not found without its ending")
	}
	for _, name := range []string{"", "nothing.md", "../web.go", "../skins/base/text.en.yaml"} {
		if _, ok := r.DocPage("", name); ok {
			t.Errorf("%q is served as a guide", name)
		}
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	page, err := render(doc("T", blocks("\nOne `a|b`\ntwo **three** <b>.\n\n## A, b!\n- x\n  y\n- z\n\n1. n\n\n| h | i |\n|---|---|\n| [t](u.md) | |\n```js\n# <x>\n\n| no |\n```\nend")))
	main := parsePage(t, page, err).Find("main")
	for selector, want := range map[string]string{
		"p:first-of-type": "One a|b two three <b>.", "p code": "a|b", "strong": "three", "h2#a-b": "A, b!", "ul li:first-child": "x y", "ul li:last-child": "z",
		"ol li": "n", "th:first-child": "h", "td a[href='u.md']": "t", "pre": "# <x>\n\n| no |", "p:last-of-type": "end",
	} {
		if got := main.Find(selector).Text(); got != want {
			t.Errorf("%s is %q, want %q", selector, got, want)
		}
	}
}
