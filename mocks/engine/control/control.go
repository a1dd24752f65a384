package control

import (
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
)

// API is the control API as the engine mounts it. Its server attaches itself.
type API struct {
	s *engine.Server
}

var (
	_ engine.Provider = (*API)(nil)
	_ engine.Attacher = (*API)(nil)
	_ engine.Guard    = (*API)(nil)
)

// New makes the control API of one server.
func New() *API { return &API{} }

// Attach learns the server that this is part of.
func (a *API) Attach(s *engine.Server) { a.s = s }

// Manifest gives the values of the control API. It has no credential: Guard looks
// after who may call.
func (*API) Manifest() engine.Manifest {
	return engine.Manifest{
		Name: engine.ControlName, Title: "Control API", Document: "control",
		MediaType: "application/json; charset=utf-8",
		Headers: []engine.Header{
			{Name: "Cache-Control", Value: "no-store"},
			{Name: "X-Content-Type-Options", Value: "nosniff"},
			{Name: "Cross-Origin-Resource-Policy", Value: "same-origin"},
		},
	}
}

// Handlers serve every operation of the document.
func (a *API) Handlers() map[string]engine.Handler {
	return map[string]engine.Handler{
		"getHealth":     a.getHealth,
		"listProviders": a.listProviders, "getProvider": a.getProvider,
		"listRecords": a.listRecords, "getRecord": a.getRecord, "putRecord": a.putRecord, "deleteRecord": a.deleteRecord,
		"listScenarios": a.listScenarios, "getScenario": a.getScenario,
		"listPersonas": a.listPersonas, "getPersona": a.getPersona,
		"listSandboxes": a.listSandboxes, "createSandbox": a.createSandbox, "getSandbox": a.getSandbox,
		"deleteSandbox": a.deleteSandbox, "resetSandbox": a.resetSandbox, "setScenario": a.setScenario,
		"getOptions": a.getOptions, "setOptions": a.setOptions,
		"getClock": a.getClock, "moveClock": a.moveClock,
		"listSessions": a.listSessions, "getSession": a.getSession, "driveSession": a.driveSession,
		"approveChallenge": a.approveChallenge, "denyChallenge": a.denyChallenge, "inputSession": a.inputSession, "cancelSession": a.cancelSession, "requestInstitution": a.requestInstitution,
		"createConnection": a.createConnection, "listConnections": a.listConnections, "getConnection": a.getConnection,
		"setConnectionState": a.setConnectionState, "refreshConnection": a.refreshConnection, "deleteConnection": a.deleteConnection,
		"listDeliveries": a.listDeliveries, "getDelivery": a.getDelivery, "drainDeliveries": a.drainDeliveries,
		"holdDelivery": a.moveDelivery(engine.HoldDelivery), "releaseDelivery": a.moveDelivery(engine.ReleaseDelivery),
		"resendDelivery": a.moveDelivery(engine.ResendDelivery),
		"listInbox":      a.listInbox,
		"listJournal":    a.listJournal, "getEntry": a.getEntry, "streamJournal": a.streamJournal, "exportJournal": a.exportJournal,
		"getMetrics": a.getMetrics,
	}
}

// Declined is empty: the document has nothing that is not served.
func (*API) Declined() map[string]string { return nil }

func (a *API) getHealth(*engine.Call) (engine.Reply, error) {
	names := []string{}
	for _, man := range a.s.Providers() {
		names = append(names, man.Name)
	}
	return engine.JSON(http.StatusOK, struct {
		Status    string   `json:"status"`
		Version   string   `json:"version"`
		Providers []string `json:"providers"`
		Contract  string   `json:"contract"`
	}{"ok", a.s.Version(), names, a.s.Config().Contract.String()}), nil
}

func (a *API) getMetrics(*engine.Call) (engine.Reply, error) {
	text, mediaType, err := a.s.Metrics()
	return engine.Reply{Status: http.StatusOK, Raw: text, ContentType: mediaType}, err
}

// masked stands for a secret value.
const masked = "•••"

// where is what stands before a provider's name in the path, for a sandbox.
func where(name string) string {
	if name == sandbox.Default {
		return ""
	}
	return "/~" + name
}

// optional is a text that JSON shows as null when it is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// optionalTime is an instant that JSON shows as null when it is none.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
