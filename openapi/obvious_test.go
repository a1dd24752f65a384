package openapi

import (
	"net/http/httptest"
	"testing"
)

// Whatever is waved through at a glance also passes the full check, for every operation of
// every document and many queries; and a glance does wave the usual calls through.
func TestObviousIsTrue(t *testing.T) {
	t.Parallel()
	texts := []string{"", "x", "1", "0", "-1", "a%20b", "%zz", "a;b", "true", "2026-02-30", "a,b", "[]", "ñ"}
	waved := 0
	for _, name := range Names() {
		spec, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range spec.Operations() {
			path := map[string]string{}
			names := []string{"unknown"}
			for _, p := range op.call.Operation.Parameters {
				switch p.Value.In {
				case "path":
					path[p.Value.Name] = "x"
				case "query":
					names = append(names, p.Value.Name, p.Value.Name+"[]", "%"+p.Value.Name)
				}
			}
			full := *op
			full.obvious = obvious{}
			queries := []string{""}
			for _, a := range names {
				for _, v := range texts {
					queries = append(queries, a+"="+v, a, "unknown=1&"+a+"="+v, a+"="+v+"&"+a+"=y", a+"="+v+"&&")
					for _, b := range names {
						queries = append(queries, a+"="+v+"&"+b+"=z")
					}
				}
			}
			for _, q := range queries {
				r := httptest.NewRequest(op.Method, "/x", nil)
				r.URL.RawQuery = q
				if !op.obvious.keeps(r, "", nil) {
					continue
				}
				waved++
				if err := full.CheckRequest(r, path, nil); err != nil {
					t.Errorf("%s %s?%s is waved through, but %v", name, op.ID, q, err)
				}
			}
		}
	}
	if waved < 1000 {
		t.Errorf("only %d requests are obvious", waved)
	}
	list := operation(t, func() *Spec { s, _ := Load("fintoc"); return s }(), "listMovements")
	r := httptest.NewRequest("GET", "/x?link_token=abc&account_id=acc_1", nil)
	if !list.obvious.keeps(r, "", nil) {
		t.Error("the usual list is not obvious")
	}
	r.Header.Set("Fintoc-Version", "2026-02-01")
	r.URL.RawQuery += "&per_page=0"
	if list.obvious.keeps(r, "", nil) {
		t.Error("per_page=0 is waved through")
	}
}
