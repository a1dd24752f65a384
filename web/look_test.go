package web

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// pairs are words and edges on what they stand on, and the contrast that they need.
var lookPairs = []struct {
	front, back string
	least       float64
}{
	{"ink", "surface", 4.5}, {"ink", "bg", 4.5}, {"ink", "accent-soft", 4.5}, {"muted", "surface", 4.5}, {"muted", "bg", 4.5}, {"muted", "accent-soft", 4.5},
	{"accent", "surface", 4.5}, {"accent", "accent-soft", 4.5}, {"accent-ink", "accent", 4.5}, {"edge", "surface", 3}, {"danger", "surface", 3}, {"danger", "danger-soft", 4.5},
}

// Whatever colours an app chooses, the pages can be read in both schemes.
func TestLooksCanBeRead(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	draw := rand.New(rand.NewPCG(1, 2))
	any := func() string { return fmt.Sprintf("#%06x", draw.UintN(1<<24)) }
	looks := []Look{{Accent: "#ffff00"}, {Accent: "0b6e5b"}, {Surface: "#000", Accent: "#fff"}, {Background: "#777777"}, {Scheme: "dark", Surface: "#ffffff", Text: "#fffffe"}, {Text: "#777"}}
	for range 400 {
		l := Look{Accent: any()}
		if draw.UintN(2) == 0 {
			l.Surface = any()
		}
		if draw.UintN(2) == 0 {
			l.Background, l.Text = any(), any()
		}
		looks = append(looks, l)
	}
	for _, skin := range []string{baseSkin, "fintoc"} {
		for _, l := range looks {
			css, _ := r.LookCSS(skin, l)
			found := 0
			for scheme, vars := range schemesOf(css) {
				if len(vars) == 0 {
					continue
				}
				found++
				for _, p := range lookPairs {
					if got := contrast(t, vars[p.front], vars[p.back]); got < p.least {
						t.Fatalf("%s %s %+v: %s %s on %s %s is %.2f:1", skin, scheme, l, p.front, vars[p.front], p.back, vars[p.back], got)
					}
				}
			}
			if found == 0 {
				t.Fatalf("%+v: no colours in %s", l, css)
			}
		}
	}
}

// A colour that nobody could read is told to the developer; one that is fine is taken as it is.
func TestLookWarns(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	css, warnings := r.LookCSS(baseSkin, Look{Surface: "#fff", Accent: "#ffee00"})
	if len(warnings) != 1 || !strings.Contains(warnings[0], "The accent #ffee00 has a contrast of 1.2:1 to #ffffff, less than 4.5:1") || strings.Contains(string(css), "--accent: #ffee00") {
		t.Errorf("%q in\n%s", warnings, css)
	}
	css, warnings = r.LookCSS(baseSkin, Look{Surface: "#fff", Accent: "#B00020", Text: "222"})
	for _, want := range []string{":root { color-scheme: light; ", "--accent: #b00020; ", "--accent-ink: #ffffff; ", "--ink: #222222; ", "--bg: #ffffff; "} {
		if !strings.Contains(string(css), want) || len(warnings) > 0 {
			t.Errorf("no %q, or %q, in\n%s", want, warnings, css)
		}
	}
	if css, _ := r.LookCSS(baseSkin, Look{Surface: "#101014"}); !strings.Contains(string(css), "color-scheme: dark") {
		t.Errorf("a dark card: %s", css)
	}
	if css, _ := r.LookCSS(baseSkin, Look{}); len(css) != 0 {
		t.Errorf("no look: %s", css)
	}
}

func TestCheckLook(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	svg := func(body string) string {
		return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">`+body+`</svg>`))
	}
	png := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\nrest"))
	text := func(key, words string) map[string]string { return map[string]string{key: words} }
	for _, good := range []Look{
		{}, {Scheme: "dark", Background: "#abc", Accent: "AABBCC"}, {Logo: png}, {Logo: "data:image/jpeg;base64,/9j/4AAQSkZJRg=="},
		{Logo: svg(`<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs><rect width="8" height="8" fill="url(#g)"/><use href="#g"/>`)},
		{Logo: "data:image/svg+xml;utf8,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Cpath d='M0 0h8v8z'/%3E%3C/svg%3E"},
		{Texts: text("title.consent", "Connect to Acme & Co")}, {Texts: text("consent.lead", "{} asks:")},
	} {
		if err := r.CheckLook(baseSkin, good); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, bad := range []struct {
		l         Look
		part, why string
	}{
		{Look{Scheme: "blue"}, "scheme", "use light or dark"},
		{Look{Accent: "red"}, "accent", "use a colour as #rrggbb"},
		{Look{Text: "#fff;}body{display:none"}, "text", "use a colour"},
		{Look{Logo: "https://acme.test/logo.png"}, "logo", "no data URI"},
		{Look{Logo: "data:text/html;base64,PGI+"}, "logo", "use image/png"},
		{Look{Logo: "data:image/png;base64,!!"}, "logo", "cannot be decoded"},
		{Look{Logo: "data:image/png;base64,PGI+"}, "logo", "and is none"},
		{Look{Logo: "data:image/png;base64," + base64.StdEncoding.EncodeToString(make([]byte, 101<<10))}, "logo", "at most 100 KB"},
		{Look{Logo: "data:image/png," + strings.Repeat("%00", 200<<10)}, "logo", "100 KB"},
		{Look{Logo: svg(`<script>alert(1)</script>`)}, "logo", "<script>"},
		{Look{Logo: svg(`<rect onload="alert(1)"/>`)}, "logo", "onload"},
		{Look{Logo: svg(`<foreignObject/>`)}, "logo", "<foreignObject>"},
		{Look{Logo: svg(`<image href="https://evil.test/x.png"/>`)}, "logo", "<image>"},
		{Look{Logo: svg(`<use href="https://evil.test/x.svg#a"/>`)}, "logo", "href"},
		{Look{Logo: svg(`<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="data:image/svg+xml,x"/>`)}, "logo", "href"},
		{Look{Logo: svg(`<rect fill="url(https://evil.test/x)"/>`)}, "logo", "fill"},
		{Look{Logo: svg(`<rect style="fill:url( 'https://evil.test/x')"/>`)}, "logo", "style"},
		{Look{Logo: svg(`<style>@import "https://evil.test/x.css"</style>`)}, "logo", "a style that loads"},
		{Look{Logo: svg(`<animate attributeName="href" to="javascript:alert(1)"/>`)}, "logo", "<animate>"},
		{Look{Logo: svg(`<rect>`)}, "logo", "no well-formed"},
		{Look{Logo: "data:image/svg+xml,%3C!DOCTYPE svg [%3C!ENTITY a 'b'%3E]%3E%3Csvg/%3E"}, "logo", "document type"},
		{Look{Logo: "data:image/svg+xml,%3Chtml/%3E"}, "logo", "begins with <html>"},
		{Look{Logo: "data:image/svg+xml,"}, "logo", "is no SVG"},
		{Look{Texts: text("title.nothing", "x")}, "texts.title.nothing", "no text"},
		{Look{Texts: text("title.consent", "<script>x</script>")}, "texts.title.consent", "words alone"},
		{Look{Texts: text("title.consent", "JavaScript:alert(1)")}, "texts.title.consent", "words alone"},
		{Look{Texts: text("title.consent", "a\x00b")}, "texts.title.consent", "words alone"},
		{Look{Texts: text("title.consent", " ")}, "texts.title.consent", "is empty"},
		{Look{Texts: text("title.consent", strings.Repeat("a", 501))}, "texts.title.consent", "longer than"},
		{Look{Texts: text("consent.lead", "no place")}, "texts.consent.lead", "the place {} 1 times"},
	} {
		err := r.CheckLook(baseSkin, bad.l)
		var wrong *LookError
		if !errors.As(err, &wrong) || wrong.Part != bad.part || !strings.Contains(wrong.Why, bad.why) {
			t.Errorf("%.200v: %v, want the %s because it %s", bad.l, err, bad.part, bad.why)
		}
	}
}

// Nothing of a look can leave its place in the style sheet, and its texts stand on the page as words.
func TestLookOnThePage(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	css, _ := r.LookCSS(baseSkin, Look{Logo: "data:image/svg+xml;utf8,<svg xmlns=\"http://www.w3.org/2000/svg\"><title>\") } body { } </title></svg>"})
	if !regexp.MustCompile(`^\.sign \{ border-radius: 0; background: url\("data:image/svg\+xml;base64,[A-Za-z0-9+/=]+"\) center / contain no-repeat; }\n`).Match(css) {
		t.Errorf("the logo is %s", css)
	}
	_, doc := parsed(t, r, Page{Skin: baseSkin, Lang: "en", State: "consent", App: "Acme", LookURL: "/x/w/h/look.css", Warn: "Too pale.",
		Texts: map[string]string{"title.consent": "Connect to Acme & Co"}})
	last := doc.Find("link[rel=stylesheet]").Last()
	if last.AttrOr("href", "") != "/x/w/h/look.css" || doc.Find("h1").Text() != "Connect to Acme & Co" || doc.Find("main").AttrOr("data-warn", "") != "Too pale." {
		t.Errorf("%s, %q", last.AttrOr("href", ""), doc.Find("h1").Text())
	}
	if _, doc := parsed(t, r, Page{Skin: baseSkin, Lang: "en", State: "consent"}); doc.Find("h1").Text() != "Connect your bank" || doc.Find("link[href*=look]").Length() > 0 {
		t.Errorf("the next page says %q", doc.Find("h1").Text())
	}
}
