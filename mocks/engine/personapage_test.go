package engine_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
)

func TestPersonaPages(t *testing.T) {
	t.Parallel()
	h := server(t, nil)
	for i, p := range bank.Personas() {
		country := bank.Countries()[i%len(bank.Countries())]
		if p.Key == "business" && testing.Short() {
			continue
		}
		w, doc := get(t, h, "/_stunt/personas/"+p.Key+"?country="+country)
		if w.Code != http.StatusOK || doc.Find("main").AttrOr("data-persona", "") != p.Key || doc.Find("h1").Text() != p.Title {
			t.Fatalf("%s: %d %s", p.Key, w.Code, doc.Find("h1").Text())
		}
		if current := doc.Find("a[aria-current]").Text(); current != country {
			t.Errorf("%s: the country is %q, want %s", p.Key, current, country)
		}
		doc.Find(`[data-testid="account"]`).Each(func(_ int, a *goquery.Selection) {
			points := strings.Fields(a.Find("polyline").AttrOr("points", ""))
			rows := a.Find("tbody tr").Length()
			if p.Key != "empty" && (len(points) < 2 || rows == 0) {
				t.Errorf("%s, %s: %d points, %d rows", p.Key, a.Find("h2").Text(), len(points), rows)
			}
			for _, point := range points {
				if strings.Contains(point, "-") {
					t.Errorf("%s: the point %s lies outside", p.Key, point)
				}
			}
		})
	}
	for path, want := range map[string]int{
		"/_stunt/personas/rich": http.StatusNotFound, "/_stunt/personas/salaried?country=AQ": http.StatusNotFound,
		"/~qa/_stunt/personas/joint/": http.StatusOK, "/_stunt/personas/": http.StatusNotFound,
	} {
		if w, _ := get(t, h, path); w.Code != want {
			t.Errorf("%s answers %d, want %d", path, w.Code, want)
		}
	}
	if w, doc := get(t, h, "/~qa/_stunt/personas/joint"); !strings.Contains(doc.Text(), "second holder") || !strings.Contains(w.Body.String(), `href="/~qa/_stunt/personas/fx?country=CL"`) {
		t.Error("the page of a sandbox does not lead on inside it")
	}
}
