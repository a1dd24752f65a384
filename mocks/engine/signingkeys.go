package engine

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
	"github.com/stuntbank/stuntbank/mocks/engine/sandbox"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// SigningKey is a key pair (ES256, so P-256) with which a provider signs its webhooks in a
// sandbox. Receivers learn the public half by its ID.
type SigningKey struct {
	ID      string
	Retired time.Time // virtual: when another one took its place; zero: it signs
	private *ecdsa.PrivateKey
}

// signingKey is what the store keeps of one: the key itself is a function of its number.
type signingKey struct {
	ID        string    `json:"id"`
	Provider  string    `json:"provider"`
	N         int       `json:"n"`
	CreatedAt time.Time `json:"created_at"`
	RetiredAt time.Time `json:"retired_at,omitzero"`
}

// Clone copies the key.
func (k signingKey) Clone() signingKey { return k }

// JWK is a public key as RFC 7517 writes it, for a provider's endpoint or JWKS.
type JWK struct {
	KeyID     string `json:"kid"`
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
}

// JWK gives the public half.
func (k SigningKey) JWK() JWK {
	point, err := k.private.PublicKey.Bytes() // 4, x, y: 65 bytes
	if err != nil {
		panic("engine: a key of ours has no public half: " + err.Error())
	}
	text := base64.RawURLEncoding.EncodeToString
	return JWK{KeyID: k.ID, Type: "EC", Curve: "P-256", X: text(point[1:33]), Y: text(point[33:]), Algorithm: "ES256", Use: "sig"}
}

// JWT signs claims, which must be JSON values, with the key's id as kid. The signature draws
// at random, so equal claims give other bytes each time: for webhooks, not for tokens.
func (k SigningKey) JWT(claims map[string]any) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims(claims))
	token.Header["kid"] = k.ID
	return token.SignedString(k.private)
}

// VerifyJWT checks an ES256 token against the key that its kid names, and exp, nbf and iat
// by At. It gives the claims.
func (s Signing) VerifyJWT(text string) (map[string]any, error) {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuedAt(), jwt.WithTimeFunc(func() time.Time { return s.At }))
	_, err := parser.ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		for _, k := range s.Keys {
			if k.ID == id {
				return &k.private.PublicKey, nil
			}
		}
		return nil, fmt.Errorf("no key has the id %q", id)
	})
	return claims, err
}

// newSigningKey makes the nth key of a provider in a sandbox, again and again the same.
func (s *Server) newSigningKey(sandbox string, k signingKey) (SigningKey, error) {
	for try := 0; ; try++ { // a number beyond the curve's order comes once in four billion
		seed := s.cfg.Key.Sum(fmt.Appendf(nil, "signing_key/%s/%s/%d/%d", sandbox, k.Provider, k.N, try))
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed)
		if err == nil {
			return SigningKey{ID: k.ID, Retired: k.RetiredAt, private: private}, nil
		}
		if try > 8 {
			return SigningKey{}, fmt.Errorf("engine: no signing key: %w", err)
		}
	}
}

// nthSigningKey is what the store keeps of a key.
func (t Tx) nthSigningKey(n int) signingKey {
	id := t.m.man.Webhooks.Keys.Mint(t.s.cfg.Key, t.sb.Name, t.m.man.Name, "signing_key", n)
	return signingKey{ID: id, Provider: t.m.man.Name, N: n, CreatedAt: t.Now}
}

func (t Tx) addSigningKey(n int) (signingKey, error) {
	k := t.nthSigningKey(n)
	return k, signingKeys.Create(t.tx, k.Provider+"/"+strconv.Itoa(n), k, store.InGroup(k.Provider), store.WithLookup(store.HashOf(k.ID)))
}

// storedKeys are the keys of the provider, the one that signs first. Where none was stored
// yet there is the first.
func (t Tx) storedKeys() ([]signingKey, error) {
	if t.m.man.Webhooks == nil || t.m.man.Webhooks.Keys == (Webhooks{}).Keys {
		return nil, errors.New("engine: the manifest of " + t.m.man.Name + " has no Webhooks.Keys")
	}
	all, err := signingKeys.List(t.tx, store.Query{Group: t.m.man.Name, Newest: true})
	if err == nil && len(all) == 0 {
		all = append(all, t.nthSigningKey(0))
	}
	return all, err
}

// SigningKeys are the keys with which the provider signs its webhooks in the sandbox: the
// one in use first, then those that it has replaced, so that what they have signed can
// still be checked.
func (t Tx) SigningKeys() ([]SigningKey, error) {
	stored, err := t.storedKeys()
	if err != nil {
		return nil, err
	}
	keys := make([]SigningKey, len(stored))
	for i, k := range stored {
		if keys[i], err = t.s.newSigningKey(t.sb.Name, k); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// SigningKey finds a key by its id: what the endpoint of a public key answers with its JWK.
// NotFound when the provider has none with this id in the sandbox.
func (t Tx) SigningKey(id string) (SigningKey, error) {
	stored, err := t.storedKeys()
	if err != nil {
		return SigningKey{}, err
	}
	for _, k := range stored {
		if k.ID == id {
			return t.s.newSigningKey(t.sb.Name, k)
		}
	}
	return SigningKey{}, problem.Absent("signing key", id)
}

// mostSigningKeys is how many keys of a provider a sandbox keeps.
const mostSigningKeys = 100

// RotateSigningKey gives the provider another key. What was signed before can still be
// checked.
func (t Tx) RotateSigningKey() (SigningKey, error) {
	stored, err := t.storedKeys()
	if err != nil {
		return SigningKey{}, err
	}
	if err := t.keepSigningKey(); err != nil {
		return SigningKey{}, err
	}
	name := func(k signingKey) string { return k.Provider + "/" + strconv.Itoa(k.N) }
	retire := func(k signingKey) (signingKey, error) {
		k.RetiredAt = t.Now
		return k, nil
	}
	if err := signingKeys.Update(t.tx, name(stored[0]), retire); err != nil {
		return SigningKey{}, err
	}
	if len(stored) >= mostSigningKeys {
		if err := signingKeys.Delete(t.tx, name(stored[len(stored)-1])); err != nil {
			return SigningKey{}, err
		}
	}
	next, err := t.addSigningKey(stored[0].N + 1)
	if err != nil {
		return SigningKey{}, err
	}
	t.did(signingKeyRotated, "", next.ID)
	return t.s.newSigningKey(t.sb.Name, next)
}

// keepSigningKey stores the first key where the provider signs with one and none is stored,
// so that a receiver who asks for it by id finds the sandbox, too.
func (t Tx) keepSigningKey() error {
	if t.m.man.Webhooks == nil || t.m.man.Webhooks.Keys == (Webhooks{}).Keys {
		return nil
	}
	n, err := signingKeys.Count(t.tx, t.m.man.Name)
	if err == nil && n == 0 {
		_, err = t.addSigningKey(0)
	}
	return err
}

// RotateSigningKey gives a provider another key to sign its webhooks with in a sandbox.
// InvalidRequest where it signs with none.
func (s *Server) RotateSigningKey(ctx context.Context, name, provider string) (key SigningKey, err error) {
	sb, err := s.Sandbox(ctx, name)
	if err != nil {
		return key, err
	}
	m := s.byName[provider]
	if m == nil || m.man.Webhooks == nil || m.man.Webhooks.Keys == (Webhooks{}).Keys {
		return key, problem.Invalid("provider", problem.NotAllowed, "%q signs its webhooks with no key that could be rotated", provider)
	}
	newTx := func(tx store.Tx, sb sandbox.Sandbox) Tx {
		return s.newTx(tx, m, sb, sb.Now(s.cfg.Wall()), causeOf(ctx), &afterwards{})
	}
	_, err = s.transact(ctx, sb, newTx, func(t Tx) error {
		key, err = t.RotateSigningKey()
		return err
	})
	return key, err
}
