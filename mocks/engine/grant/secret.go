package grant

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const base64URL = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

// Secret is the text of a grant in a sandbox. It is a function of its arguments, and using
// the grant does not change it, so that what is stored by hash can be shown again.
func (f Format) Secret(key *Key, sandbox string, g Grant) string {
	if g.Rules.Length > 0 {
		f.Length, f.Vary = g.Rules.Length, 0
	}
	kind := string(g.Kind)
	if g.Gen > 0 {
		kind += "." + strconv.Itoa(g.Gen)
	}
	if !f.JWT {
		return f.Mint(key, sandbox, g.Subject, kind, g.N)
	}
	id := Format{Layout: GUID, Alphabet: Hex}.Mint(key, sandbox, g.Subject, kind+"/jti", g.N)
	if f.Vary > 0 {
		f.Length = len(Format{Length: f.Length, Vary: f.Vary}.Mint(key, sandbox, g.Subject, kind+"/length", g.N))
	}
	return signed(key.Sum([]byte("jwt/"+g.Provider)), f.Length, id, g)
}

// signed is the JSON Web Token of a grant: HS256, which draws nothing, over claims in the
// order of their names. Its end is the one that it has if nobody uses it. A claim of the
// grant's own takes the place of ours; null takes ours away.
func signed(secret []byte, least int, id string, g Grant) string {
	claims := jwt.MapClaims{"sub": g.Subject, "jti": id, "iat": g.Issued.Unix()}
	unused := g
	unused.LastUsed = g.Issued
	if end := unused.ExpiresAt(); !end.IsZero() {
		claims["exp"] = end.Unix()
	}
	if len(g.Scopes) > 0 {
		claims["scope"] = strings.Join(g.Scopes, " ")
	}
	own := map[string]json.RawMessage{}
	if len(g.Claims) > 0 {
		if err := json.Unmarshal(g.Claims, &own); err != nil {
			panic(fmt.Sprintf("grant: the claims of %s are no JSON object: %v", g.Key(), err)) // Claims makes them
		}
	}
	for name, value := range own {
		if claims[name] = value; string(value) == "null" {
			delete(claims, name)
		}
	}
	text := sign(claims, secret)
	if missing := least - len(text); missing > 0 {
		claims["pad"] = strings.Repeat("0", missing) // base64 makes it longer by a third, and more does no harm
		over := len(sign(claims, secret)) - least
		claims["pad"] = strings.Repeat("0", max(0, missing-over*3/4))
		text = sign(claims, secret)
	}
	return text
}

func sign(claims jwt.MapClaims, secret []byte) string {
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		panic("grant: a token cannot be signed: " + err.Error()) // claims of JSON values always can
	}
	return text
}

// ClaimsOf keeps claims with a grant: as JSON, so that they read the same after a restart.
func ClaimsOf(claims map[string]any) (json.RawMessage, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("grant: claims that are no JSON: %w", err)
	}
	return text, nil
}

// Life is how long a token lives if it is not used, for answers that say so in seconds;
// zero for ever.
func (g Grant) Life() time.Duration {
	unused := g
	unused.LastUsed = g.Issued
	if end := unused.ExpiresAt(); !end.IsZero() {
		return end.Sub(g.Issued)
	}
	return 0
}
