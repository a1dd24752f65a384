package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// byScript are the ids that only the script makes.
var byScript = map[string]bool{"show-password": true, "offline": true}

// The document of the testing contract and the pages name the same ids: none is promised
// that no page has, and none is on a page that is not promised.
func TestContract(t *testing.T) {
	t.Parallel()
	source, err := fs.ReadFile(guides, "docs/testing-contract.md")
	if err != nil {
		t.Fatal(err)
	}
	_, ids, _ := strings.Cut(string(source), "## Test ids")
	ids, _, _ = strings.Cut(ids, "\n## ")
	promised := map[string]*regexp.Regexp{}
	hole := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	for _, m := range regexp.MustCompile("`([a-z][a-z0-9_{}-]*)`").FindAllStringSubmatch(ids, -1) {
		promised[m[1]] = regexp.MustCompile("^" + hole.ReplaceAllString(regexp.QuoteMeta(m[1]), `.+`) + "$")
	}
	for _, state := range States() {
		if promised[state] == nil {
			t.Errorf("the contract does not name the state %q", state)
		}
	}
	kept := map[string]bool{}
	r := newRenderer(t)
	check := func(page string, doc *goquery.Document) {
		doc.Find("[data-testid]").Each(func(_ int, e *goquery.Selection) {
			id, found := e.AttrOr("data-testid", ""), false
			for name, shape := range promised {
				if shape.MatchString(id) {
					kept[name], found = true, true
				}
			}
			if !found {
				t.Errorf("%s: the contract does not name %q", page, id)
			}
		})
		kept[doc.Find("main").AttrOr("data-state", "")] = true
	}
	for _, s := range samples() {
		s.page.Skin, s.page.Lang = baseSkin, "en"
		_, doc := parsed(t, r, s.page)
		check(s.name, doc)
	}
	body, err := r.Plain(PlainPage{Refused: "missing", Body: "Gone.", DoneURL: "acme://exit"})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	check("a refusal", doc)
	for name := range promised {
		if !kept[name] && !byScript[name] {
			t.Errorf("the contract promises %q, which no page has", name)
		}
	}
}
