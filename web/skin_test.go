package web

import (
	"bytes"
	"compress/gzip"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// problems are the neutral codes that pages must have words for.
var problems = strings.Fields(`login_invalid login_locked challenge_invalid challenge_expired institution_unavailable
	institution_disabled action_required permission_missing no_accounts no_eligible_accounts rate_limited user_cancelled consent_required
	session_expired maintenance timeout internal invalid_request missing pick_one not_found login_required conflict`)

func TestTexts(t *testing.T) {
	t.Parallel()
	all, err := loadTexts(embedded)
	if err != nil {
		t.Fatal(err)
	}
	for skin, languages := range all {
		for lang, words := range languages {
			for key, want := range all[baseSkin][lang] {
				got, ok := words[key]
				if !ok {
					t.Errorf("%s/%s: no text %q", skin, lang, key)
				}
				if strings.Count(got, "{}") != strings.Count(want, "{}") {
					t.Errorf("%s/%s: %q has other places than the base", skin, lang, key)
				}
				if strings.Count(got, "{}") != strings.Count(all[baseSkin]["en"][key], "{}") {
					t.Errorf("%s/%s: %q has other places than in English", skin, lang, key)
				}
			}
			for _, code := range problems {
				if words["error."+code] == "" {
					t.Errorf("%s/%s: no words for the problem %q", skin, lang, code)
				}
			}
		}
	}
}

// The base addresses the user as banks do: usted, vous, Sie. A skin whose company says tú
// says it in every text.
func TestAddress(t *testing.T) {
	t.Parallel()
	all, err := loadTexts(embedded)
	if err != nil {
		t.Fatal(err)
	}
	familiar := map[string]*regexp.Regexp{
		"es": regexp.MustCompile(`(?i)(^|[ ,.:¿¡])(tú|tu|tus|te|ti|eres|tienes|puedes)([ ,.:?!]|$)`),
		"fr": regexp.MustCompile(`(?i)(^|[ ,.:'])(tu|toi|ton|ta|tes)([ ,.:?!]|$)`),
		"de": regexp.MustCompile(`(?i)(^|[ ,.:])(du|dich|dir|dein|deine[mnrs]?)([ ,.:?!]|$)`),
	}
	formal := regexp.MustCompile(`Su banco|su banco|usted|Inténtelo|inténtelo|Elija|Vuelva|Revise|Espere|Use |Escriba|Confirme`)
	for skin, languages := range all {
		for lang, pattern := range familiar {
			for key, text := range languages[lang] {
				if skin == "fintoc" && lang == "es" {
					if word := formal.FindString(text); word != "" {
						t.Errorf("%s/%s: %s says %q", skin, lang, key, word)
					}
				} else if word := pattern.FindString(text); word != "" {
					t.Errorf("%s/%s: %s says %q", skin, lang, key, word)
				}
			}
		}
	}
	if got := newRenderer(t).Languages(baseSkin); !slices.Equal(got, []string{"de", "en", "es", "fr"}) {
		t.Errorf("the base speaks %q", got)
	}
}

func TestT(t *testing.T) {
	t.Parallel()
	words := texts{"a": "A", "error.x": "X", "error.any": "?", "field.u": "U"}
	for _, c := range []struct{ key, value, want string }{
		{"error.*", "x", "X"}, {"error.*", "y", "?"}, {"field.*", "u", "U"}, {"field.*", "nip", "nip"}, {"*", "a", "A"}, {"*", "¿?", "¿?"},
	} {
		if got := words.T(c.key, c.value); got != c.want {
			t.Errorf("T(%q, %q) = %q, want %q", c.key, c.value, got, c.want)
		}
	}
}

// The pages and the texts name the same keys: a plain key exists, a family has a member, and
// no text is there that no page asks for.
func TestKeys(t *testing.T) {
	t.Parallel()
	words, err := loadTexts(embedded)
	if err != nil {
		t.Fatal(err)
	}
	base, used := words[baseSkin]["en"], map[string]bool{}
	asked := askedKeys(t)
	if len(asked) < 50 {
		t.Fatalf("only %d keys are asked for", len(asked))
	}
	for _, key := range asked {
		before, after, family := strings.Cut(key, "*")
		found := key == "*" // a literal or any key: asks for nothing in particular
		for k := range base {
			if k == key || family && key != "*" && len(k) > len(before)+len(after) && strings.HasPrefix(k, before) && strings.HasSuffix(k, after) {
				used[k], found = true, true
			}
		}
		if !found {
			t.Errorf("no text %q: add it to skins/%s/text.<lang>.yaml", key, baseSkin)
		}
	}
	for key := range base {
		if !used[key] {
			t.Errorf("no page asks for the text %q: remove it from skins/%s/text.<lang>.yaml", key, baseSkin)
		}
	}
}

// askedKeys returns the keys given to the method T in the sources of the package. A key that
// is not a string constant is refused, because nobody could check it.
func askedKeys(t *testing.T) (keys []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if method, ok := call.Fun.(*ast.SelectorExpr); !ok || method.Sel.Name != "T" {
				return true
			}
			literal, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: the key must be a string constant: use a family such as \"error.*\"", fset.Position(call.Pos()))
				return true
			}
			key, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Error(err)
			}
			keys = append(keys, key)
			return true
		})
	}
	return keys
}

// What New refuses, shown by spoiling one embedded file.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	en, err := fs.ReadFile(embedded, "skins/base/text.en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, content, want string }{
		"missing translation": {"skins/base/text.en.yaml", strings.Replace(string(en), "page.back: Back\n", "", 1), `no text "page.back"`},
		"skin's own key":      {"skins/other/text.en.yaml", "mine: x\n", `unknown key "mine"`},
		"language too many":   {"skins/other/text.qq.yaml", "page.back: x\n", `speaks "qq"`},
		"empty text":          {"skins/other/text.en.yaml", "page.back: ''\n", `"page.back" is empty`},
		"skin without look":   {"skins/other/text.en.yaml", "page.back: x\n", "skins/other/skin.css"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := copyOf(t, embedded)
			files[c.file] = &fstest.MapFile{Data: []byte(c.content)}
			if _, err := load(files); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %s", err, c.want)
			}
		})
	}
}

func copyOf(t *testing.T, from fs.FS) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, name)
		files[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAssets(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	if _, contentType, _, ok := r.Asset("/static/widget.js"); !ok || contentType != "text/javascript; charset=utf-8" {
		t.Errorf("/static/widget.js: %q, %v", contentType, ok)
	}
	paths := []string{"/static/widget.css"}
	for _, skin := range r.Skins() {
		paths = append(paths, "/skins/"+skin+"/skin.css")
	}
	for _, path := range paths {
		body, contentType, etag, ok := r.Asset(path)
		if !ok || len(body) == 0 || contentType != "text/css; charset=utf-8" || !strings.HasPrefix(etag, `W/"`) {
			t.Errorf("%s: %d bytes, %q, %q, %v", path, len(body), contentType, etag, ok)
		}
		if unzipped := gunzip(t, r.AssetGzip(path)); !bytes.Equal(unzipped, body) {
			t.Errorf("%s: the compressed file differs", path)
		}
		if bytes.Contains(body, []byte("url(")) || bytes.Contains(body, []byte("@import")) || bytes.Contains(body, []byte("//")) {
			t.Errorf("%s loads something else", path)
		}
	}
	for _, path := range []string{"", "/", "/static/", "/skins/base/text.en.yaml", "/static/../skins/base/text.en.yaml"} {
		if _, _, _, ok := r.Asset(path); ok {
			t.Errorf("%q is served", path)
		}
	}
}

func gunzip(t *testing.T, zipped []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The script stays small enough to be read at a sitting.
func TestScriptsAreSmall(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	if n := len(r.AssetGzip("/static/widget.js")); n > 9<<9 {
		t.Errorf("widget.js has %d bytes compressed", n)
	}
}

// A first visit loads one page, one script and two style sheets: 20 KB in all.
func TestFirstLoadIsSmall(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for _, skin := range r.Skins() {
		languages := r.Languages(skin)
		files := len(r.AssetGzip("/static/widget.js")) + len(r.AssetGzip("/static/widget.css")) + len(r.AssetGzip("/skins/"+skin+"/skin.css"))
		for _, s := range samples() {
			s.page.Skin, s.page.Lang = skin, languages[len(languages)-1]
			html, err := r.Page(s.page)
			if err != nil {
				t.Fatal(err)
			}
			var zipped bytes.Buffer
			z := gzip.NewWriter(&zipped)
			if _, err := z.Write(html); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			if total := files + zipped.Len(); total > 20<<10 {
				t.Errorf("%s %s: %d bytes compressed", skin, s.name, total)
			}
		}
	}
}

// Words need 4.5:1 against what they stand on, edges of fields 3:1, in every
// skin, light and dark (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"ink", "surface", 4.5}, {"ink", "bg", 4.5}, {"ink", "accent-soft", 4.5}, {"muted", "surface", 4.5}, {"muted", "bg", 4.5},
		{"muted", "accent-soft", 4.5}, {"accent", "surface", 4.5}, {"accent", "accent-soft", 4.5}, {"accent-ink", "accent", 4.5},
		{"danger", "danger-soft", 4.5}, {"warn", "warn-soft", 4.5}, {"good", "good-soft", 3}, {"edge", "surface", 3}, {"danger", "surface", 3},
	}
	looks := []string{"/static/bank.css"}
	for _, skin := range r.Skins() {
		looks = append(looks, "/skins/"+skin+"/skin.css")
	}
	for _, skin := range looks {
		css, _, _, _ := r.Asset(skin)
		for mode, colours := range schemesOf(css) {
			for _, p := range pairs {
				if got := contrast(t, colours[p.front], colours[p.back]); got < p.least {
					t.Errorf("%s, %s: %s on %s is %.2f:1, want %.1f:1", skin, mode, p.front, p.back, got, p.least)
				}
			}
		}
	}
	css, _, _, _ := r.Asset("/static/widget.css")
	tones := regexp.MustCompile(`\.tone-\d \{ background: (#[0-9a-f]{6}); }`).FindAllStringSubmatch(string(css), -1)
	if len(tones) != colours {
		t.Errorf("%d tones, want %d", len(tones), colours)
	}
	for _, tone := range tones {
		if got := contrast(t, "#ffffff", tone[1]); got < 4.5 {
			t.Errorf("white on %s is %.2f:1", tone[1], got)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	for _, c := range []string{a, b} {
		if !colour.MatchString(c) {
			t.Fatalf("colour %q", c)
		}
	}
	return parseColour(a).on(parseColour(b))
}

func TestMark(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Banco de Chile": "BC", "Unión": "U", "caja": "C", "": "", "Banco 24 Horas": "B2", "água": "Á"} {
		if got, _ := markOf(name); got != want {
			t.Errorf("markOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	html, err := r.Plain(PlainPage{Base: "/~ci42", Title: "Not <here>", Body: "One.\n\n$ curl <x>\n\nTwo.", Links: []Link{{"Console", "/_stunt/"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h1 tabindex=\"-1\" data-testid=\"title\">Not &lt;here&gt;</h1>", "<pre>curl &lt;x&gt;</pre>", ">Two.</p>", `<a href="/_stunt/">Console</a>`,
		`href="/~ci42/_stunt/assets/skins/base/skin.css"`, `data-testid="stunt-ribbon"`, `<html lang="en"`} {
		if !strings.Contains(string(html), want) {
			t.Errorf("no %s in %s", want, html)
		}
	}
	// A refusal is said in the skin's words; what the developer reads stays as it is.
	html, err = r.Plain(PlainPage{Skin: "fintoc", Lang: "es", Framed: true, Refused: "expired", Body: "The <token> has expired."})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h1 tabindex=\"-1\" data-testid=\"title\">Esta página ya venció</h1>", "<title>Esta página ya venció</title>", `<html lang="es" data-skin="fintoc" data-framed>`,
		`<p class="why" lang="en" data-testid="stunt-why">The &lt;token&gt; has expired.</p>`} {
		if strings.Count(string(html), want) != 1 {
			t.Errorf("no %s in %s", want, html)
		}
	}
	if _, err := r.Plain(PlainPage{Links: []Link{{"x", "javascript:x"}}}); err == nil {
		t.Error("a script link is shown")
	}
}
