package rehearsal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/scenarios"
)

// compare holds an answer against what a step wants; nil when it does.
func compare(step scenarios.Step, op *openapi.Operation, a engine.Answer, e entry) *Miss {
	seen, want := seen(op, a, e), cmp.Or(step.Fails, success)
	if step.Status == 0 && seen != want || step.Fails != "" && seen != want {
		return &Miss{Expected: want, Seen: seen}
	}
	if step.Status != 0 && a.Status != step.Status {
		return &Miss{Expected: strconv.Itoa(step.Status), Seen: strconv.Itoa(a.Status)}
	}
	if step.RetryAfter > 0 {
		want, seen := strconv.Itoa(int(step.RetryAfter/time.Second)), a.Header.Get("Retry-After")
		if seen != want {
			return &Miss{Expected: "Retry-After " + want, Seen: fmt.Sprintf("%q", seen)}
		}
	}
	if step.Takes > 0 {
		if waited := time.Duration(e.Why.Waited) * time.Millisecond; waited < step.Takes {
			return &Miss{Expected: "at least " + step.Takes.String(), Seen: waited.String()}
		}
	}
	if step.Items != nil {
		n, ok := items(a.Body, cmp.Or(op.Lists[step.Call], op.Lists[op.Op]))
		if !ok || !step.Items.Has(int64(n)) {
			return &Miss{Expected: step.Items.String() + " items", Seen: fmt.Sprintf("%d items", n)}
		}
	}
	for _, text := range slices.Sorted(maps.Keys(step.Has)) {
		n, err := holding(a.Body, text)
		if want := step.Has[text]; err != nil || !want.Has(int64(n)) {
			return &Miss{Expected: fmt.Sprintf("%s items with %q", want, text), Seen: fmt.Sprintf("%d items", n)}
		}
	}
	return nil
}

// How calls end besides in a problem's name or a status.
const (
	success = "success"
	pending = string(problem.Pending) // also where it is no error
)

// seen says what an answer meant.
func seen(op *openapi.Operation, a engine.Answer, e entry) string {
	switch problem := e.Why.Problem; {
	case problem != "":
		return problem
	case a.Status/100 != 2:
		return strconv.Itoa(a.Status)
	case broken(a):
		return scenarios.Malformed
	case a.Status == http.StatusAccepted && op.Documents(http.StatusOK):
		return pending
	}
	return success
}

// broken says whether an answer calls itself JSON and is none.
func broken(a engine.Answer) bool {
	return strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") && !json.Valid(a.Body)
}

// holding counts the objects of an answer that have a text in a field of their own. What
// lies within one of them is a part of it.
func holding(body []byte, text string) (n int, err error) {
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for _, field := range v {
				if s, ok := field.(string); ok && strings.Contains(s, text) {
					n++
					return
				}
			}
			for _, field := range v {
				walk(field)
			}
		}
	}
	var v any
	err = json.Unmarshal(body, &v)
	walk(v)
	return n, err
}

// items counts what a list answers: at the pointer that its document gives, else the array
// that it is, or the first array in it.
func items(body []byte, pointer string) (int, bool) {
	if pointer != "" {
		var v any
		if json.Unmarshal(body, &v) != nil {
			return 0, false
		}
		if n, ok := pointed(v, strings.Split(pointer, "/")[1:]); ok {
			return n, true
		} // a rule may have written another body
	}
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil {
		return len(list), true
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return 0, false
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if json.Unmarshal(object[name], &list) == nil && object[name] != nil {
			return len(list), true
		}
	}
	return 0, false
}

// pointed counts the items of the lists at a pointer; false where there is none.
func pointed(v any, path []string) (n int, ok bool) {
	list, isList := v.([]any)
	switch {
	case len(path) == 0:
		return len(list), isList
	case path[0] != "*":
		object, _ := v.(map[string]any)
		return pointed(object[path[0]], path[1:])
	}
	for _, item := range list {
		more, found := pointed(item, path[1:])
		if !found {
			return n, false
		}
		n += more
	}
	return n, isList
}
