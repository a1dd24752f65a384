package engine

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
	"github.com/stuntbank/stuntbank/mocks/engine/webhook"
)

// SignatureAge is how old a signature may be: what the providers' own clients tolerate.
const SignatureAge = 5 * time.Minute

// Signing is what the origin of a body is proved with, and checked.
type Signing struct {
	Secret string    // the receiver's
	At     time.Time // wall time of the attempt, because clients compare it with their own clock; of a check, now
	Body   []byte    // exactly what is sent
	Option func(name string) string
	Key    SigningKey   // of Manifest.Webhooks.Keys, for who signs with one
	Keys   []SigningKey // Key and those that it has replaced
}

// Fresh says whether a signature that was made at an instant is neither too old nor from
// the future, by At.
func (s Signing) Fresh(made time.Time) error {
	if age := s.At.Sub(made); age < 0 || age >= SignatureAge {
		return fmt.Errorf("it was signed at %s, and now it is %s: a signature counts for %s", made.UTC().Format(time.RFC3339), s.At.UTC().Format(time.RFC3339), SignatureAge)
	}
	return nil
}

// SameSignature says whether the headers of a request are those of a signature, compared in
// constant time: what Verify is where a signature has no time and is no JWT.
func SameSignature(signature []webhook.Header, header func(name string) string) error {
	for _, h := range signature {
		if got := header(h.Name); subtle.ConstantTimeCompare([]byte(got), []byte(h.Value)) != 1 {
			return fmt.Errorf("it has the signature %s %q", h.Name, got)
		}
	}
	return nil
}

// CheckSignature holds a webhook, as it arrives at the receiver that the options of a
// sandbox name, against the provider's own signature with that receiver's secret.
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
	signing, err := s.signing(ctx, m, sb, d, secret)
	if err != nil {
		return err
	}
	return herald.Verify(signing, header.Get)
}

// signing is what a delivery is signed with now.
func (s *Server) signing(ctx context.Context, m *mount, sb sandbox.Sandbox, d webhook.Delivery, secret string) (Signing, error) {
	out := Signing{
		Secret: secret, At: s.cfg.Wall(), Body: d.Body,
		Option: func(name string) string { return s.option(m, sb, s.scripts(sb, m, chainOfDelivery(d)), name) },
	}
	if m.man.Webhooks.Keys == (Webhooks{}).Keys {
		return out, nil
	}
	err := s.cfg.Store.View(ctx, sb.Name, func(tx store.Tx) (err error) {
		out.Keys, err = s.newTx(tx, m, sb, sb.Now(s.cfg.Wall()), d.Cause, &afterwards{}).SigningKeys()
		return err
	})
	if err == nil {
		out.Key = out.Keys[0]
	}
	return out, err
}
