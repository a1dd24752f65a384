package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stuntbank/stuntbank/openapi/internal/table"
)

// Route is one line of a document's route table.
type Route struct {
	ID       string   // operationId, the key of a handler: createLinkIntent
	Method   string   // upper case: GET
	Path     string   // as in the document, with {param}: /v1/links/{link}
	Op       string   // canonical operation (transactions.list), or "-" outside the vocabulary
	Also     []string // other canonical operations that the same call is: its answer has what they answer, too
	Fidelity string   // guide, documented, client, recorded, inferred or invented
	Source   string   // where the shape comes from, for people
	Plain    bool     // without parameters and body: no request can break it
	Locate   []Place  // where ids and tokens travel, by the document's x-stuntbank.locate
	Scopes   []string // that its security asks of a token
}

// Place is where a value travels in a request.
type Place = table.Place

// Canonical lists the canonical operations that a call of the route is, the one that names it first; none outside
// the vocabulary.
func (r Route) Canonical() []string {
	if r.Op == "-" {
		return nil
	}
	return append([]string{r.Op}, r.Also...)
}

// Is reports whether a call of the route is a canonical operation.
func (r Route) Is(op string) bool { return r.Op == op || slices.Contains(r.Also, op) }

// Names lists the documents in alphabetical order: the file names without ".yaml".
func Names() []string { return slices.Sorted(maps.Keys(routes)) }

// Routes returns the routes of one document in the order of the document. It reads the generated table and
// parses nothing, so a server can mount all its routes at start. The error lists the known names.
func Routes(name string) ([]Route, error) {
	known, ok := routes[name]
	if !ok {
		return nil, unknown(name)
	}
	return slices.Clone(known), nil
}

func unknown(name string) error {
	return fmt.Errorf("no OpenAPI document %q: use %s", name, strings.Join(Names(), " or "))
}
