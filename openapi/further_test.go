package openapi

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestDocumentsOfOthers(t *testing.T) {
	t.Parallel()
	const doc = `openapi: 3.0.3
info: {title: Own, version: "1"}
paths:
  /things:
    get: {operationId: listThings, x-stuntbank: {op: "-", fidelity: invented, source: us}, responses: {"200": {description: ok}}}
`
	// The files of others are compared, so each test tree needs an address.
	files := &fstest.MapFS{"own.yaml": {Data: []byte(doc)}, "broken.yaml": {Data: []byte("paths:\n  /a:\n    get: {}\n")}}
	table, err := RoutesFrom(files, "own")
	if err != nil || len(table) != 1 || table[0].ID != "listThings" || !table[0].Plain {
		t.Fatalf("the routes are %+v %v", table, err)
	}
	spec, err := LoadFrom(files, "own")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := LoadFrom(files, "own"); again != spec {
		t.Error("the document was read twice")
	}
	if op, ok := spec.Operation("listThings"); !ok || !op.Documents(200) {
		t.Error("the document has no operation listThings that answers 200")
	}
	if _, err := LoadFrom(files, "other"); err == nil || !strings.Contains(err.Error(), `document "other"`) {
		t.Errorf("a document that is not there: %v", err)
	}
	if _, err := RoutesFrom(files, "broken"); err == nil || !strings.Contains(err.Error(), "broken.yaml:3: GET /a needs operationId") {
		t.Errorf("a document without operationIds: %v", err)
	}
	embedded, err := RoutesFrom(nil, "control")
	if err != nil || len(embedded) == 0 {
		t.Errorf("without files the embedded documents are meant: %v", err)
	}
}
