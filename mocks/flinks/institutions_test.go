package flinks_test

import (
	"fmt"
	"testing"
)

// Whatever GET Institutions says of a bank opens it: its name in both languages and its
// number, as people type them.
func TestInstitutionsByTheirNames(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	listed := k.get("Institutions")
	names := map[string]string{
		"otter bay credit union": "OtterBay", "OtterBayCreditUnion": "OtterBay", "Flinks Capital": "FlinksCapital", "14": "FlinksCapital",
		"banque du lac ambre": "LacAmbre", " LACAMBRE ": "LacAmbre", "Epargne Cedar Hollow": "CedarHollow",
	}
	for i := range listed.List("Data") {
		at := fmt.Sprintf("Data.%d.", i)
		names[listed.Text(at+"Localizations.0.Name")], names[listed.Text(at+"Localizations.1.Name")] = "", ""
		names[fmt.Sprint(listed.Number(at+"Id"))] = ""
	}
	if len(names) < 3*6 {
		t.Errorf("there are %d names", len(names))
	}
	for name, id := range names {
		a := k.login("greatday_nomfa", "Institution", name)
		if got := a.Text("Institution"); got == "" || id != "" && got != id {
			t.Errorf("%q opens %q, want %s", name, got, id)
		}
	}
	k.want(k.post("Authorize", creds("greatday_nomfa", "Institution", "Otter Creek")), 401, "INVALID_REQUEST")
}

// Every bank listed as Canadian has what a Canadian bank has.
func TestInstitutionsAreCanadian(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, i := range k.get("Institutions").List("Data") {
		if country := i.(map[string]any)["Country"]; country != "CA" {
			t.Errorf("%v is of %v, and all data is Canadian", i, country)
		}
	}
}

// Names of query parameters may have any case: a paginator that counts on them ends.
func TestInstitutionsInPages(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	seen := map[string]bool{}
	for skip := 0; skip < 20; skip += 4 {
		a := k.get(fmt.Sprintf("Institutions?Skip=%d&TAKE=4", skip))
		if len(a.List("Data")) > 4 {
			t.Fatalf("a page of 4 has %d", len(a.List("Data")))
		}
		if len(a.List("Data")) == 0 && skip > 4 {
			break
		}
		for i := range a.List("Data") {
			seen[a.Text(fmt.Sprintf("Data.%d.Localizations.0.Name", i))] = true
		}
	}
	if want := int(k.get("Institutions").Number("Count")); len(seen) != want {
		t.Errorf("%d institutions in pages, %d in all", len(seen), want)
	}
	k.want(k.get("Institutions?Take=x"), 401, "INVALID_REQUEST")
	if a := k.get("Institutions?skip=5&Skip=0"); len(a.List("Data")) != 1 {
		t.Errorf("the documented spelling does not win: %s", a.Raw)
	}
}

// A body is JSON whatever its media type says, and is held to the document all the same.
func TestAnyMediaType(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, kind := range []string{"", "garbage", "application/json", "application/json; charset", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "a/b/c", "*/*"} {
		k.want(k.post("Authorize", creds("greatday_nomfa"), "Content-Type", kind), 200, "")
		k.want(k.post("Authorize", creds("greatday_nomfa", "Language", "es"), "Content-Type", kind), 401, "INVALID_REQUEST")
	}
}
