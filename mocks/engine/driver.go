package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/openapi"
)

// Driver calls the operations of a running server by the examples of their document:
// what an operation needs, another one yields, and what finishing the widget hands
// back comes from the control API's drive.
//
//	${movement_id} <─ listMovements <─ ${link_token} <─ exchangeLink <─ ${exchange_token}
//	                                                        └─ drive <─ session.create
type Driver struct {
	Base     string // of the server: http://127.0.0.1:8080
	Sandbox  string // empty: the default one
	Manifest Manifest
	Product  string // whose flow is walked; empty: the usual one
	Client   *http.Client
	Vars     map[string]string // what is known so far; the manifest's samples to begin with
	Headers  map[string]string // on every call
}

// ownClient shares no connection with anybody: a test server that closes hangs up those of
// the default one.
var ownClient = &http.Client{Transport: &http.Transport{}}

// NewDriver makes a driver for a provider of a server.
func NewDriver(base, sandbox string, man Manifest) *Driver {
	return &Driver{
		Base: strings.TrimRight(base, "/"), Sandbox: sandbox, Manifest: man, Client: ownClient,
		Vars: maps.Clone(man.Samples), Headers: map[string]string{},
	}
}

// Answer is what a call got.
type Answer struct {
	Operation *openapi.Operation
	Status    int
	Header    http.Header
	Body      []byte
}

// Call calls an operation by its example, after whatever it needs.
func (d *Driver) Call(ctx context.Context, operationID string) (Answer, error) {
	return d.CallWith(ctx, operationID, nil)
}

// CallWith does the same with another body than that of the example, unless it is nil.
func (d *Driver) CallWith(ctx context.Context, operationID string, body any) (Answer, error) {
	return d.CallAs(ctx, operationID, "", body)
}

// CallAs does the same as one of the canonical operations that the operation is. What the
// call itself needs stays as it was, whatever the answer yields, so that a script can send it
// again.
func (d *Driver) CallAs(ctx context.Context, operationID, canonical string, body any) (Answer, error) {
	used, a, err := d.callAs(ctx, operationID, canonical, body)
	maps.Copy(d.Vars, used)
	return a, err
}

// opRefresh is the canonical operation that renews tokens.
const opRefresh = "token.refresh"

// Renew calls what renews a token that is over, and keeps what it answers, as an app does. It
// is false where the provider has no such operation, or that refuses.
func (d *Driver) Renew(ctx context.Context) (bool, error) {
	spec, err := d.Manifest.Spec()
	if err != nil {
		return false, err
	}
	for _, op := range spec.Operations() {
		if op.Is(opRefresh) {
			_, a, err := d.callAs(ctx, op.ID, opRefresh, nil)
			return a.Status/100 == 2, err
		}
	}
	return false, nil
}

// callAs makes a call and gives the variables that it needed, as they were.
func (d *Driver) callAs(ctx context.Context, operationID, canonical string, body any) (used map[string]string, a Answer, err error) {
	spec, err := d.Manifest.Spec()
	if err != nil {
		return nil, a, err
	}
	op, ok := spec.Operation(operationID)
	if !ok {
		return nil, a, fmt.Errorf("%s has no operation %q", d.Manifest.Document, operationID)
	}
	e := op.ExampleOf(canonical)
	if err := d.provide(ctx, spec, cmp.Or(canonical, op.ID), e, nil); err != nil {
		return nil, a, err
	}
	used = map[string]string{}
	for _, name := range e.Needs() {
		used[name] = d.Vars[name]
	}
	a, err = d.send(ctx, op, e, body)
	return used, a, err
}

// provide finds the variables that the example of what is called name needs.
func (d *Driver) provide(ctx context.Context, spec *openapi.Spec, name string, e openapi.Example, path []string) error {
	if slices.Contains(path, name) {
		return fmt.Errorf("%s needs itself: %s", name, strings.Join(path, " <- "))
	}
	called := name
	path = append(path, called)
	for _, name := range e.Needs() {
		if _, ok := d.Vars[name]; ok {
			continue
		}
		if s := e.Session; s != nil && s.Keeps[name] != "" {
			if err := d.borrow(ctx, spec, called, *s); err != nil {
				return err
			}
			continue
		}
		source := yields(spec, name)
		if source == nil {
			if err := d.connect(ctx, spec, path); err != nil {
				return fmt.Errorf("${%s}: %w", name, err)
			}
			if _, ok := d.Vars[name]; !ok {
				return fmt.Errorf("no operation and no finished widget yields ${%s}, which %s needs", name, called)
			}
			continue
		}
		if err := d.provide(ctx, spec, source.ID, source.Example, path); err != nil {
			return err
		}
		a, err := d.send(ctx, source, source.Example, nil)
		if err != nil {
			return err
		}
		if _, ok := d.Vars[name]; !ok {
			return fmt.Errorf("%s answered %d and no ${%s}: %.300s", source.ID, a.Status, name, a.Body)
		}
	}
	return nil
}

// borrow takes what an example needs of a session of its own.
func (d *Driver) borrow(ctx context.Context, spec *openapi.Spec, called string, s openapi.ExampleSession) error {
	other := *d
	other.Product, other.Vars = s.Product, maps.Clone(d.Manifest.Samples)
	e := openapi.Example{Query: map[string]string{}}
	for _, name := range s.Keeps {
		e.Query[name] = "${" + name + "}"
	}
	if err := other.provide(ctx, spec, called, e, nil); err != nil {
		return err
	}
	for name, source := range s.Keeps {
		d.Vars[name] = other.Vars[source]
	}
	return nil
}

func yields(spec *openapi.Spec, name string) *openapi.Operation {
	for _, op := range spec.Operations() {
		if _, ok := op.Example.Yields[name]; ok {
			return op
		}
	}
	return nil
}

// connect starts a session, opens its page and drives it to its end.
func (d *Driver) connect(ctx context.Context, spec *openapi.Spec, path []string) error {
	if err := d.begin(ctx, spec, path); err != nil {
		return err
	}
	handle, err := d.Open(ctx)
	if err != nil {
		return err
	}
	return d.Finish(ctx, handle)
}

// Begin starts a session and gives the address of its widget.
func (d *Driver) Begin(ctx context.Context) (string, error) {
	spec, err := d.Manifest.Spec()
	if err != nil {
		return "", err
	}
	if err := d.begin(ctx, spec, nil); err != nil {
		return "", err
	}
	return d.Entry()
}

func (d *Driver) begin(ctx context.Context, spec *openapi.Spec, path []string) error {
	entry, _ := d.Manifest.EntryOf(d.Product)
	for _, op := range spec.Operations() {
		if op.Op != "session.create" || entry.Start != "" && op.ID != entry.Start {
			continue
		}
		if err := d.provide(ctx, spec, op.ID, op.Example, path); err != nil {
			return err
		}
		a, err := d.send(ctx, op, op.Example, nil)
		if err == nil && a.Status/100 != 2 {
			err = fmt.Errorf("%s answered %d: %.300s", op.ID, a.Status, a.Body)
		}
		return err
	}
	return fmt.Errorf("%s has no operation that starts a session", d.Manifest.Document)
}

// Entry is the address of the widget with the variables known so far.
func (d *Driver) Entry() (string, error) {
	entry, ok := d.Manifest.EntryOf(d.Product)
	if !ok {
		return "", fmt.Errorf("%s has no hosted page", d.Manifest.Title)
	}
	e, err := openapi.Example{Query: map[string]string{"": entry.Path}}.Expand(escaped(d.Vars))
	path := e.Query[""]
	if name := d.Headers["Stunt-Scenario"]; name != "" && entry.Begins { // no call before the page could name it
		path += "&stunt_scenario=" + url.QueryEscape(name)
	}
	return d.base() + path, err
}

func escaped(vars map[string]string) map[string]string {
	out := make(map[string]string, len(vars))
	for k, v := range vars {
		out[k] = url.QueryEscape(v)
	}
	return out
}

// Open asks for the widget's entry page and gives the handle that it leads to.
func (d *Driver) Open(ctx context.Context) (string, error) {
	entry, err := d.Entry()
	if err != nil {
		return "", err
	}
	client := *d.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, entry, nil)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	_, handle, ok := strings.Cut(res.Header.Get("Location"), "/w/")
	if !ok {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 400))
		return "", fmt.Errorf("the widget's entry answered %d and no session: %s", res.StatusCode, body)
	}
	return handle, nil
}

// Finish drives a session to its end with the manifest's samples, and keeps what its
// page hands back.
func (d *Driver) Finish(ctx context.Context, handle string) error {
	return d.Drive(ctx, handle, map[string]any{
		"institution": d.Vars["institution"], "username": d.Vars["username"], "password": d.Vars["password"], "answers": "right",
	}, nil)
}

// Drive walks a session with what body knows, as the control API's drive takes it, and keeps
// what its page hands back. The session as it then stands goes into session, unless that is nil.
func (d *Driver) Drive(ctx context.Context, handle string, body, session any) error {
	var out struct {
		Query   map[string]string `json:"hand_back_query"`
		Session json.RawMessage   `json:"session"`
	}
	if _, err := d.Control(ctx, http.MethodPost, "/sessions/"+handle+"/drive", body, &out); err != nil {
		return err
	}
	maps.Copy(d.Vars, out.Query)
	var ended struct {
		ID   string       `json:"id"`
		Step connect.Step `json:"step"`
	}
	if err := json.Unmarshal(out.Session, &ended); err != nil {
		return err
	}
	if entry, _ := d.Manifest.EntryOf(d.Product); ended.Step == connect.Succeeded {
		for name, source := range entry.Yields {
			if source == SessionID {
				d.Vars[name] = ended.ID
			} else if v, ok := out.Query[source]; ok {
				d.Vars[name] = v
			}
		}
	}
	if session == nil {
		return nil
	}
	return json.Unmarshal(out.Session, session)
}

// Control calls the control API about the driver's sandbox; path stands below /v1. The
// answer goes into out, unless that is nil. An answer that is no 2xx is an error.
func (d *Driver) Control(ctx context.Context, method, path string, in, out any) (status int, err error) {
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return 0, err
		}
	}
	status, _, answer, err := d.do(ctx, method, d.root()+"/"+ControlName+"/v1"+path, nil, body)
	if err != nil {
		return 0, err
	}
	if status/100 != 2 {
		return status, fmt.Errorf("%s %s answered %d: %.300s", method, path, status, answer)
	}
	if out == nil {
		return status, nil
	}
	return status, json.Unmarshal(answer, out)
}

// send makes the call of an operation by an example and keeps what it yields. A nil body is
// that of the example.
func (d *Driver) send(ctx context.Context, op *openapi.Operation, example openapi.Example, instead any) (Answer, error) {
	e, err := example.Expand(d.Vars)
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", op.ID, err)
	}
	if instead != nil {
		e.Body = instead
	}
	var body []byte
	if e.Body != nil {
		if body, err = json.Marshal(e.Body); err != nil {
			return Answer{}, err
		}
	}
	a := Answer{Operation: op}
	a.Status, a.Header, a.Body, err = d.do(ctx, op.Method, d.base()+op.Target(e), e.Headers, body)
	if err != nil || a.Status/100 != 2 {
		return a, err
	}
	for name, pointer := range e.Yields {
		if v, ok := pointed(a.Body, pointer); ok {
			d.Vars[name] = v
		}
	}
	return a, nil
}

func (d *Driver) do(ctx context.Context, method, target string, headers map[string]string, body []byte) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, set := range []map[string]string{headers, d.Headers} {
		for k, v := range set {
			req.Header.Set(k, v)
		}
	}
	res, err := d.Client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, answer, err
}

func (d *Driver) root() string {
	if d.Sandbox == "" {
		return d.Base
	}
	return d.Base + "/~" + d.Sandbox
}

func (d *Driver) base() string { return d.root() + "/" + d.Manifest.Name }

// pointed follows a JSON pointer to a text or number. With "?name" behind the pointer the text
// is an address, and what is wanted is that parameter of its query.
func pointed(body []byte, pointer string) (string, bool) {
	pointer, parameter, inQuery := strings.Cut(pointer, "?")
	if inQuery {
		text, ok := pointed(body, pointer)
		u, err := url.Parse(text)
		if !ok || err != nil || !u.Query().Has(parameter) {
			return "", false
		}
		return u.Query().Get(parameter), true
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return "", false
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(at) {
				return "", false
			}
			v = at[i]
		}
	}
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// InProcess is a client that calls a handler without a network, for whoever must not
// depend on how the server is reached.
func InProcess(h http.Handler) *http.Client { return &http.Client{Transport: inProcess{h}} }

type inProcess struct{ h http.Handler }

// RoundTrip serves the request and keeps the answer.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.Host, r.RemoteAddr, r.RequestURI = cmp.Or(r.Host, r.URL.Host), "127.0.0.1:0", r.URL.RequestURI()
	w := &kept{header: http.Header{}, status: http.StatusOK}
	p.h.ServeHTTP(w, r)
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// kept is an answer in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
