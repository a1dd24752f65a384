package control

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/journal"
)

// The part of HAR 1.2 that a journal fills. What the format asks for and the journal
// does not keep is empty or -1, as the format has it. Fields that begin with _ are ours.
type har struct {
	Log harLog `json:"log"`
}

type harLog struct {
	Version string     `json:"version"`
	Creator harCreator `json:"creator"`
	Entries []harEntry `json:"entries"`
	Comment string     `json:"comment,omitempty"`
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started  time.Time      `json:"startedDateTime"`
	Time     float64        `json:"time"` // milliseconds
	Request  harRequest     `json:"request"`
	Response harResponse    `json:"response"`
	Cache    struct{}       `json:"cache"`
	Timings  harTimings     `json:"timings"`
	Comment  string         `json:"comment,omitempty"`
	ID       string         `json:"_id"`
	Kind     journal.Kind   `json:"_kind"`
	At       time.Time      `json:"_at"` // the sandbox's time
	Cause    string         `json:"_cause,omitempty"`
	Why      journal.Why    `json:"_why"`
	Did      []journal.Deed `json:"_did,omitempty"`
	Notes    []string       `json:"_notes,omitempty"`
}

type harRequest struct {
	Method      string   `json:"method"`
	URL         string   `json:"url"`
	HTTPVersion string   `json:"httpVersion"`
	Cookies     []harNV  `json:"cookies"`
	Headers     []harNV  `json:"headers"`
	Query       []harNV  `json:"queryString"`
	PostData    *harPost `json:"postData,omitempty"`
	HeadersSize int      `json:"headersSize"`
	BodySize    int      `json:"bodySize"`
}

type harPost struct {
	MimeType string  `json:"mimeType"`
	Params   []harNV `json:"params"`
	Text     string  `json:"text"`
	Comment  string  `json:"comment,omitempty"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harNV    `json:"cookies"`
	Headers     []harNV    `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
}

type harContent struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

type harNV struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harTimings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

func newHAR(version string, dropped journal.Dropped) *har {
	out := &har{harLog{Version: "1.2", Creator: harCreator{"stuntbank", cmp.Or(version, "(devel)")}, Entries: []harEntry{}}}
	if dropped != (journal.Dropped{}) {
		out.Log.Comment = fmt.Sprintf("incomplete: %d entries and %d bodies have made room for newer ones", dropped.Entries, dropped.Bodies)
	}
	return out
}

// harOf renders a call. base is what stands before the provider's name; e is masked.
func harOf(base string, e journal.Entry) harEntry {
	took := float64(e.Took.Microseconds()) / 1000
	path := e.Path
	if !strings.Contains(path, "://") { // what was called here, and not what we called
		path = base + "/" + e.Provider + path
	}
	if e.Query != "" {
		path += "?" + e.Query
	}
	out := harEntry{
		Started: e.Wall.UTC(), Time: took, Timings: harTimings{Wait: took},
		ID: e.ID, Kind: e.Kind, At: e.At, Cause: e.Cause, Why: e.Why, Did: e.Did, Notes: e.Notes, Comment: e.Why.Detail,
		Request: harRequest{
			Method: e.Method, URL: path, HTTPVersion: "HTTP/1.1", Cookies: []harNV{}, Query: harQuery(e.Query),
			Headers: harHeaders(e.Request), HeadersSize: -1, BodySize: e.Request.Size,
		},
		Response: harResponse{
			Status: e.Status, StatusText: http.StatusText(e.Status), HTTPVersion: "HTTP/1.1", Cookies: []harNV{},
			Headers: harHeaders(e.Response), HeadersSize: -1, BodySize: e.Response.Size,
			Content: harContent{Size: e.Response.Size, MimeType: e.Response.Type, Text: string(e.Response.Data), Comment: lost(e.Response)},
		},
	}
	if e.Request.Size > 0 {
		out.Request.PostData = &harPost{MimeType: e.Request.Type, Params: []harNV{}, Text: string(e.Request.Data), Comment: lost(e.Request)}
	}
	return out
}

// lost says what of a body is not there.
func lost(b journal.Body) string {
	switch {
	case b.Dropped:
		return "the body made room for newer ones"
	case b.Size > journal.BodySize:
		return fmt.Sprintf("only the first %d of %d bytes were kept", journal.BodySize, b.Size)
	}
	return ""
}

func harHeaders(b journal.Body) []harNV {
	if b.Type == "" {
		return []harNV{}
	}
	return []harNV{{"Content-Type", b.Type}}
}

// harQuery splits a masked query, whose values are decoded already.
func harQuery(query string) []harNV {
	out := []harNV{}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if name != "" {
			out = append(out, harNV{name, value})
		}
	}
	return out
}
