package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine"
)

// A string is written as the encoder of the other answers writes it: every byte at every
// place of a word and behind it, and what takes more than one byte.
func TestAppendString(t *testing.T) {
	t.Parallel()
	texts := []string{"", "Café Ñandú, 3º piso", "a\u2028b\u2029", "<b>&</b>", "\xff\xfe", "日本語日本語"}
	for c := range 256 {
		for at := range 17 {
			texts = append(texts, strings.Repeat("x", at)+string([]byte{byte(c)})+strings.Repeat("~", 16-at))
		}
	}
	for _, text := range texts {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(text); err != nil {
			t.Fatal(err)
		}
		if got := engine.AppendString([]byte("="), text); string(got) != "="+strings.TrimSpace(want.String()) {
			t.Errorf("%q is written %s, want %s", text, got, fmt.Sprint("=", want.String()))
		}
	}
}
