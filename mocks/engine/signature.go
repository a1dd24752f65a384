package engine

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// signatureAge is how old a signature may be: what the providers' own clients tolerate.
const signatureAge = 5 * time.Minute

// CheckSignature holds a webhook, as it arrives at the receiver that the options of a
// sandbox name, against the provider's own signature with that receiver's secret. Its
// second is not known, so each of the last five minutes is tried.
func (s *Server) CheckSignature(ctx context.Context, name, provider string, header http.Header, body []byte) error {
	m := s.byName[provider]
	herald, ok := m.p.(Herald)
	if !ok || m.man.Webhooks == nil {
		return fmt.Errorf("%s signs nothing", m.man.Title)
	}
	sb, err := s.Sandbox(ctx, name)
	if err != nil {
		return err
	}
	d := webhook.Delivery{Endpoint: configured, Body: body}
	secret, _, err := s.secretOf(ctx, m, sb, d)
	if err != nil {
		return err
	}
	now := s.cfg.Wall()
	sign := func(at time.Time) []webhook.Header { return herald.Sign(s.signing(m, sb, d, secret, at)) }
	for age := time.Duration(0); age < signatureAge; age += time.Second {
		if carries(header, sign(now.Add(-age))) {
			return nil
		}
	}
	var wrong []string
	for _, h := range sign(now) {
		wrong = append(wrong, fmt.Sprintf("%s %q", h.Name, header.Get(h.Name)))
	}
	return fmt.Errorf("it has the signature %s", strings.Join(wrong, ", "))
}

// carries reports whether all of a signature is in the header, and there is any.
func carries(header http.Header, signature []webhook.Header) bool {
	for _, h := range signature {
		if header.Get(h.Name) != h.Value {
			return false
		}
	}
	return len(signature) > 0
}
