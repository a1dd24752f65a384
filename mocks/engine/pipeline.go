package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/stuntbank/stuntbank/mocks/engine/clock"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/openapi"
	"github.com/stuntbank/stuntbank/web"
)

// Headers of our own on every answer.
const (
	RequestHeader   = "Stunt-Request"   // the id of the journal entry
	FaultHeader     = "Stunt-Fault"     // a scenario made this answer
	DeclinedHeader  = "Stunt-Declined"  // why the operation is not imitated
	ViolationHeader = "Stunt-Violation" // our answer, redirect or message breaks our own document
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}

// serve runs one request through the pipeline. One with nothing in place of a parameter is no
// call of the operation.
func (s *Server) serve(g *gin.Context, m *mount, rt *Route) {
	if !rt.page && slices.ContainsFunc(g.Params, func(p gin.Param) bool { return p.Value == "" }) {
		s.refuse(g, m, string(problem.Route))
		return
	}
	c := s.newCall(g, m, rt)
	defer func() {
		if c.idem != nil {
			c.idem.done()
		}
	}()
	defer c.letGo(g.Writer)
	reply, err := c.run()
	c.settle()
	c.finish(g, reply, err)
}

// refuse answers a path or a method that the document does not have, in the
// provider's words.
func (s *Server) refuse(g *gin.Context, m *mount, reason string) {
	c := s.newCall(g, m, nil)
	e := &problem.Error{Code: problem.NotFound, Reason: problem.Reason(reason),
		Detail: g.Request.Method + " " + c.LocalPath() + " is no operation of this provider"}
	if allowed := g.Writer.Header().Get("Allow"); allowed != "" {
		e.Detail += ": use " + strings.ReplaceAll(allowed, ", ", " or ")
	} else if meant := c.MeantPath(); meant != "" {
		e.Detail += ": " + meant
	}
	if err := c.guard(); err != nil {
		e = problem.From(err)
	} else if err := c.identify(); err != nil {
		e = problem.From(err)
	}
	c.finish(g, Reply{}, e)
}

func (s *Server) newCall(g *gin.Context, m *mount, rt *Route) *Call {
	c := &Call{Request: g.Request, s: s, m: m, rt: rt, params: g.Params, w: g.Writer}
	if c.in, _ = g.Request.Context().Value(inboundKey{}).(*inbound); c.in == nil {
		c.in = &inbound{}
	}
	c.entry.Wall = s.cfg.Wall()
	c.query, _ = url.ParseQuery(g.Request.URL.RawQuery)
	c.named = c.explicit()
	return c
}

// run is the pipeline up to the reply.
func (c *Call) run() (reply Reply, err error) {
	defer func() {
		switch v := recover(); {
		case v == nil:
		case v == http.ErrAbortHandler:
			panic(v)
		default:
			c.s.cfg.Log.Error("panic", "operation", c.rt.ID, "panic", v, "stack", string(debug.Stack()))
			err = problem.New(problem.Internal, "the simulator failed: %v", v)
		}
	}()
	if err := c.guard(); err != nil {
		return Reply{}, err
	}
	if err := c.readBody(); err != nil {
		c.place()
		return Reply{}, err
	}
	if err := c.identify(); err != nil {
		return Reply{}, err
	}
	if err := c.authenticate(); err != nil {
		return Reply{}, err
	}
	if err := c.catchUp(); err != nil {
		return Reply{}, err
	}
	if !c.rt.Served() {
		e := &problem.Error{Code: problem.NotFound, Reason: problem.Declined, Detail: c.rt.Declined}
		return Reply{}, e
	}
	if err := c.withinLimits(); err != nil {
		return Reply{}, err
	}
	if reply, again, err := c.replay(); err != nil || again {
		return reply, err
	}
	if reply, answered, err := c.before(); answered || err != nil {
		return reply, err
	}
	if err := c.checkRequest(); err != nil {
		return Reply{}, err
	}
	return c.rt.handler(c)
}

// guard asks a provider that has something to guard. A refused call gets a place in
// the journal.
func (c *Call) guard() error {
	g, ok := c.m.p.(Guard)
	if !ok {
		return nil
	}
	err := g.Guard(c)
	if err != nil {
		c.place()
	}
	return err
}

// readBody reads at most the limit.
func (c *Call) readBody() error {
	r := c.Request
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil
	}
	limit := c.s.cfg.BodyLimit
	promised := min(max(r.ContentLength, 0), 16<<10) // nobody gets more memory for a promise
	body := bytes.NewBuffer(make([]byte, 0, promised+bytes.MinRead))
	_, err := body.ReadFrom(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return problem.Invalid("", problem.Malformed, "the body could not be read: %v", err)
	}
	if c.multipart() {
		limit = min(limit, mostMultipart)
	}
	if int64(body.Len()) > limit {
		return problem.Invalid("", problem.BodySize, "the body exceeds %d bytes: send less", limit)
	}
	// ServeHTTP has bounded the time for the body, what is left of one included: net/http
	// reads that before it sends our answer. An answer to a whole body may take longer.
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Time{})
	c.Body = bytes.TrimPrefix(body.Bytes(), byteOrderMark)
	return nil
}

// byteOrderMark is what some clients on Windows write ahead of a text in UTF-8; it says nothing.
var byteOrderMark = []byte("\ufeff")

func (c *Call) page() bool { return c.rt != nil && c.rt.page }

// checkRequest holds the request against the document.
func (c *Call) checkRequest() error {
	// The control API always holds its callers to the document, which takes JSON only:
	// what the form of another website can send must not pass.
	if c.rt.page || c.rt.Plain || c.s.cfg.Contract == openapi.Off && !c.m.isEngine {
		return nil
	}
	op := c.rt.op()
	if op == nil {
		_, err := c.m.spec()
		return err
	}
	kind := c.sentAs(op.Accepts)
	if op.Obvious(c.Request, kind, c.Body) {
		return nil
	}
	r := c.Request
	if kind != c.Header("Content-Type") {
		r = c.Request.Clone(c.Context())
		r.Header.Set("Content-Type", kind)
	}
	err := op.CheckRequest(r, c.paramMap(), c.Body)
	var v *openapi.Violation
	if errors.As(err, &v) {
		c.s.metrics.violated(c.m.man.Name, "request")
		return &problem.Error{Code: problem.InvalidRequest, Reason: problem.Reason(v.Reason), Param: v.Name, Detail: v.Error()}
	}
	return err
}

func (c *Call) paramMap() map[string]string {
	if len(c.params) == 0 {
		return nil
	}
	out := make(map[string]string, len(c.params))
	for _, p := range c.params {
		out[p.Key] = p.Value
	}
	return out
}

// finish renders, checks, writes and notes the answer.
func (c *Call) finish(g *gin.Context, reply Reply, err error) {
	var p *problem.Error
	if err != nil {
		p = c.explain(err)
		reply = c.renderProblem(p)
	}
	buf := buffers.Get().(*[]byte)
	body, err := render((*buf)[:0], reply)
	if err != nil {
		p = problem.New(problem.Internal, "the answer cannot be rendered: %v", err)
		p = c.explain(p)
		reply = c.renderProblem(p)
		body, _ = render(body[:0], reply)
	}
	c.ID()
	c.header(g.Writer.Header(), reply, p, len(body))
	if c.rt != nil && !c.rt.page && !c.violate && c.s.cfg.Contract == openapi.Full && reply.Stream == nil {
		c.checkResponse(g, reply.Status, body)
	}
	if c.cut {
		reply.Status, body = 0, nil
	} else {
		c.remember(reply.Status, body)
	}
	if c.malform {
		body = c.damage(g.Writer.Header(), body)
	}
	// The journal comes first: whoever has the answer finds the entry.
	c.log(reply.Status, g.Writer.Header().Get("Content-Type"), body)
	if c.cut {
		panic(http.ErrAbortHandler)
	}
	if reply.Stream != nil || len(body) > bigBody { // which takes as long as its reader does
		c.letGo(nil)
	}
	c.send(g.Writer, reply, body)
	*buf = body
	if cap(body) <= 1<<20 {
		buffers.Put(buf)
	}
}

// malformed marks an answer that a rule has damaged.
const malformed = "malformed"

// damage cuts an answer in the middle, where no JSON ends. It comes after all that judges
// and keeps the answer: a repeated call gets the whole one.
func (c *Call) damage(h http.Header, body []byte) []byte {
	if len(body) == 0 || c.page() {
		c.Note("a rule wants this answer malformed, but it is no JSON: nothing was damaged")
		return body
	}
	half := body[:len(body)/2]
	if json.Valid(half) { // of a number
		half = half[:0]
	}
	h.Set(FaultHeader, malformed)
	h.Set("Content-Length", strconv.Itoa(len(half)))
	c.entry.Why.Injected = true
	return half
}

// bigBody is what a client may leave unread in the buffers between it and us; whoever
// sends more must not wait for ever for one who does not read.
const bigBody = 64 << 10

// send writes the answer. A client that has gone is nothing to do about.
func (c *Call) send(w gin.ResponseWriter, reply Reply, body []byte) {
	w.WriteHeader(reply.Status)
	switch {
	case c.Request.Method == http.MethodHead:
		w.WriteHeaderNow()
	case reply.Stream != nil:
		w.WriteHeaderNow()
		_ = reply.Stream(newStream(c, w))
	case len(body) > bigBody:
		conn := http.NewResponseController(w)
		if conn.SetWriteDeadline(clock.System().Add(c.s.cfg.BodyTime)) == nil {
			defer conn.SetWriteDeadline(time.Time{})
		}
		_, _ = w.Write(body)
	case len(body) > 0:
		_, _ = w.Write(body)
	default:
		w.WriteHeaderNow()
	}
}

// looks says whether the call only looks at the simulator, which is no event.
func (c *Call) looks() bool {
	return c.m.isEngine && (c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead)
}

func requestID(sandbox string, n int64) string {
	b := make([]byte, 0, len(sandbox)+12)
	b = append(append(b, sandbox...), '-')
	return string(strconv.AppendInt(b, n, 10))
}

// explain turns an error into a problem and tells the journal.
func (c *Call) explain(err error) *problem.Error {
	if errors.Is(err, context.Canceled) { // no fault of ours, whoever passed it on
		err = problem.New(problem.Timeout, "the call was cut off: the client left, or the server stopped")
	}
	p := problem.From(err)
	c.entry.Why.Problem, c.entry.Why.Detail = string(p.Code), p.Error()
	c.entry.Why.Injected = c.entry.Why.Injected || p.Injected
	if p.Code == problem.Internal && !p.Injected {
		c.s.cfg.Log.Error("internal error", "operation", c.entry.OperationID, "sandbox", c.Sandbox.Name, "error", p)
	}
	return p
}

// renderProblem answers in the provider's words, or with a page for a person.
func (c *Call) renderProblem(p *problem.Error) Reply {
	if !c.page() {
		return c.m.p.RenderProblem(p, c)
	}
	page := web.PlainPage{
		Base: c.Root(), Skin: c.m.man.Skin, Lang: c.refusalLang(), Framed: c.Framed(), Refused: refusal(p), Body: p.Detail,
	}
	if r, ok := c.m.p.(EntryErrorReporter); ok {
		done, messages := r.EntryError(p, c)
		messages.lead(done)
		messages.fit(c.m.man.Transports)
		c.checkRedirect(c.m, done)
		c.checkMessages(c.m, &messages)
		page.DoneURL, page.Messages = done, messages
	}
	body, err := c.s.renderer.Plain(page)
	if err != nil {
		body = []byte(p.Detail)
	}
	return HTML(pageStatus(p), body)
}

// HTML makes a page; its headers are those of every page.
func HTML(status int, body []byte) Reply {
	return Reply{Status: status, Raw: body, ContentType: "text/html; charset=utf-8"}
}

func render(dst []byte, r Reply) ([]byte, error) {
	switch body := r.Body.(type) {
	case nil:
		return append(dst, r.Raw...), nil
	case Appender:
		return body.AppendJSON(dst), nil
	default:
		w := bytes.NewBuffer(dst)
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(body); err != nil {
			return w.Bytes(), err
		}
		return bytes.TrimSuffix(w.Bytes(), []byte("\n")), nil
	}
}

// shared are headers as net/http keeps them. It never changes a value's slice, so that
// all answers can share one.
func shared(fields []Header) http.Header {
	h := http.Header{}
	for _, f := range fields {
		h.Set(f.Name, f.Value)
	}
	return h
}

var pageHeaders = shared(PageHeader(""))

// header sets the answer's headers, ours first so that the provider's win.
func (c *Call) header(h http.Header, r Reply, p *problem.Error, size int) {
	values := make([]string, 0, 3+len(r.Header)) // one piece of memory for all of them
	set := func(name, value string) {
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
	}
	set(RequestHeader, c.entry.ID)
	common := c.m.headers
	if c.page() {
		common = pageHeaders
	}
	maps.Copy(h, common)
	if r.Stream == nil && (size > 0 || r.Status != http.StatusNoContent) {
		set("Content-Length", strconv.Itoa(size))
	}
	if size > 0 || r.Stream != nil {
		h["Content-Type"] = c.m.mediaType
		if r.ContentType != "" {
			set("Content-Type", r.ContentType)
		}
	}
	if p != nil && p.Injected {
		h.Set(FaultHeader, string(p.Code))
	}
	if c.raw {
		h.Set(FaultHeader, "status")
	}
	if c.broken != "" {
		h.Set(ViolationHeader, c.broken)
	}
	if p != nil && p.Reason == problem.Declined {
		h.Set(DeclinedHeader, p.Detail)
	}
	if p != nil && p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+999_999_999)/1_000_000_000)))
	}
	for _, f := range r.Header {
		set(http.CanonicalHeaderKey(f.Name), f.Value)
	}
}

// checkResponse holds our answer against the document and says loudly where it breaks.
func (c *Call) checkResponse(g *gin.Context, status int, body []byte) {
	op := c.rt.op()
	if op == nil {
		return
	}
	if err := op.CheckResponse(c.Request, c.paramMap(), status, g.Writer.Header(), body); err != nil {
		msg := c.rt.ID + ": " + err.Error()
		g.Writer.Header().Set(ViolationHeader, strings.Map(printable, msg))
		if c.raw {
			c.Note("the scripted answer breaks the document: %s; if that is meant, say `contract: violate` beside it", msg)
			return
		}
		c.s.metrics.violated(c.m.man.Name, "response")
		c.Note("our own answer breaks the document: %s", msg)
		c.s.cfg.Log.Error("contract violation of ours", "operation", c.rt.ID, "error", err)
	}
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return ' '
	}
	return r
}
