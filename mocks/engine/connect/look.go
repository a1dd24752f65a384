package connect

// Look is how an app wants the pages of a session to look; what is empty stays as the skin has
// it. Colours are #rgb or #rrggbb, the # may be left out. The engine checks it before it takes it.
type Look struct {
	Scheme     string            `json:"scheme,omitempty"`     // light or dark; empty: by the colours, or else as the user's device says
	Background string            `json:"background,omitempty"` // around the card
	Surface    string            `json:"surface,omitempty"`    // of the card; empty: as the background
	Text       string            `json:"text,omitempty"`       // on both
	Accent     string            `json:"accent,omitempty"`     // of buttons and links
	Logo       string            `json:"logo,omitempty"`       // data URI of a PNG, a JPEG or an SVG image, at most 100 KB
	Name       string            `json:"name,omitempty"`       // beside the logo
	Hide       []string          `json:"hide,omitempty"`       // parts that the page does without: see web.Look
	Texts      map[string]string `json:"texts,omitempty"`      // words in place of the skin's, by their keys
}
