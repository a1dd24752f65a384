package grant

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// Key is the server's key behind everything minted. It is safe for concurrent use.
type Key struct{ macs sync.Pool } // a hash that has taken in the key is worth keeping

// NewKey makes a key of a secret.
func NewKey(secret []byte) *Key {
	return &Key{sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}}
}

// Sum is the HMAC-SHA-256 of a text under the key.
func (k *Key) Sum(text []byte) []byte {
	mac := k.macs.Get().(hash.Hash)
	defer k.macs.Put(mac)
	mac.Reset()
	mac.Write(text)
	return mac.Sum(nil)
}
