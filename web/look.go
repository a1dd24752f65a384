package web

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Look is how an app wants the pages of a session to look; what is empty stays as the skin has
// it. Colours are #rgb or #rrggbb, the # may be left out.
type Look struct {
	Scheme     string            // light or dark; empty: by the colours, or else as the user's device says
	Background string            // around the card
	Surface    string            // of the card; empty: as the background
	Text       string            // on both
	Accent     string            // of buttons and links
	Logo       string            // data URI of a PNG, a JPEG or an SVG image, at most 100 KB
	Name       string            // beside the logo: the company's
	Hide       []string          // parts that the pages do without: header, logo, parties, box, padding, account_title, back
	Texts      map[string]string // words in place of the skin's, by their keys
}

// LookError says which part of a look cannot be taken, and why.
type LookError struct{ Part, Why string }

// Error implements error.
func (e *LookError) Error() string { return e.Part + " " + e.Why }

// Limits of a look.
const (
	mostLogo     = 100 << 10 // bytes of the image
	mostTexts    = 100
	longestWords = 500 // bytes of a text
	longestName  = 80  // bytes of a name
)

var colour = regexp.MustCompile(`^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)

// CheckLook says what is wrong with a look, as a *LookError: a colour that is none, an image that
// could do more than be seen, a text that no page has or that is more than words.
func (r *Renderer) CheckLook(skin string, l Look) error {
	if !r.Has(skin) {
		return fmt.Errorf("web: unknown skin %q", skin)
	}
	if l.Scheme != "" && l.Scheme != "light" && l.Scheme != "dark" {
		return &LookError{"scheme", fmt.Sprintf("is %.40q: use light or dark, or leave it out", l.Scheme)}
	}
	for _, part := range []struct{ name, value string }{
		{"background", l.Background}, {"surface", l.Surface}, {"text", l.Text}, {"accent", l.Accent},
	} {
		if part.value != "" && !colour.MatchString(part.value) {
			return &LookError{part.name, fmt.Sprintf("is %.40q: use a colour as #rrggbb", part.value)}
		}
	}
	if l.Logo != "" {
		if _, _, err := image(l.Logo); err != nil {
			return &LookError{"logo", err.Error()}
		}
	}
	if l.Name != "" && !plainWords(l.Name, longestName) {
		return &LookError{"name", fmt.Sprintf("is longer than %d bytes, or has markup or a script in it: use words alone", longestName)}
	}
	for _, part := range l.Hide {
		if hidden[part] == "" {
			return &LookError{"hide", fmt.Sprintf("has %.40q: use %s", part, strings.Join(slices.Sorted(maps.Keys(hidden)), ", "))}
		}
	}
	return r.checkTexts(skin, l.Texts)
}

// hidden is how each part of a page is left out, in CSS. A heading stays for those who hear the page.
var hidden = map[string]string{
	"header":        ".bar { display: none; }\n",
	"logo":          ".bar .sign, .parties { display: none; }\n",
	"box":           ".card { border: 0; border-radius: 0; box-shadow: none; }\n",
	"parties":       ".parties { display: none; }\n",
	"padding":       "body, .card, .step { padding: 0; }\n",
	"account_title": "[data-state=accounts] h1 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }\n",
	"back":          "[data-testid=back] { display: none; }\n",
}

// plainWords says whether a text is nothing but words.
func plainWords(text string, longest int) bool {
	return len(text) <= longest && !strings.ContainsAny(text, "<>") && !strings.ContainsFunc(text, unicode.IsControl) && !strings.Contains(strings.ToLower(text), "javascript:")
}

func (r *Renderer) checkTexts(skin string, words map[string]string) error {
	if len(words) > mostTexts {
		return &LookError{"texts", fmt.Sprintf("has %d entries: use at most %d", len(words), mostTexts)}
	}
	known := r.skins[skin].voices[r.Languages(skin)[0]].texts
	for _, key := range slices.Sorted(maps.Keys(words)) {
		text, part := words[key], "texts."+key
		own, ok := known[key]
		switch {
		case !ok:
			return &LookError{part, "is the key of no text: see web/skins/base/text.en.yaml"}
		case strings.TrimSpace(text) == "" || len(text) > longestWords:
			return &LookError{part, fmt.Sprintf("is empty or longer than %d bytes: leave it out or shorten it", longestWords)}
		case !plainWords(text, longestWords):
			return &LookError{part, "has markup or a script in it: use words alone"}
		case strings.Count(text, "{}") != strings.Count(own, "{}"):
			return &LookError{part, fmt.Sprintf("must have the place {} %d times, as the skin's text has", strings.Count(own, "{}"))}
		}
	}
	return nil
}

// image decodes a logo: its media type and its bytes.
func image(uri string) (kind string, body []byte, err error) {
	rest, ok := strings.CutPrefix(uri, "data:")
	head, data, found := strings.Cut(rest, ",")
	if !ok || !found {
		return "", nil, errors.New("is no data URI: use data:image/png;base64,… (a page loads nothing from elsewhere)")
	}
	kind, _, _ = strings.Cut(head, ";")
	if len(data) > 4*mostLogo {
		return "", nil, fmt.Errorf("has more than %d KB: use a smaller image", mostLogo>>10)
	}
	if strings.HasSuffix(head, ";base64") {
		body, err = base64.StdEncoding.DecodeString(data)
	} else {
		var plain string
		plain, err = url.PathUnescape(data)
		body = []byte(plain)
	}
	switch {
	case err != nil:
		return "", nil, errors.New("cannot be decoded: use data:image/png;base64,…")
	case len(body) > mostLogo:
		return "", nil, fmt.Errorf("has %d KB: use an image of at most %d KB", len(body)>>10, mostLogo>>10)
	case kind == "image/svg+xml":
		return kind, body, safeSVG(body)
	case kind != "image/png" && kind != "image/jpeg":
		return "", nil, fmt.Errorf("is of the type %.40q: use image/png, image/jpeg or image/svg+xml", kind)
	case http.DetectContentType(body) != kind:
		return "", nil, fmt.Errorf("says that it is %s, and is none", kind)
	}
	return kind, body, nil
}

// inert are the elements of an SVG image that draw and do nothing else.
var inert = strings.Fields(`svg g defs title desc symbol use path rect circle ellipse line polyline polygon text tspan
	lineargradient radialgradient stop clippath mask pattern filter fegaussianblur feoffset feblend feflood fecomposite fecolormatrix femerge femergenode marker style metadata`)

// safeSVG refuses an SVG image that could run script or load something.
func safeSVG(body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	elements, style := 0, false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("is no well-formed SVG image: %v", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("has a document type: an SVG image needs none, and may not have one here")
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if elements++; elements == 1 && name != "svg" {
				return fmt.Errorf("begins with <%s>: an SVG image begins with <svg>", t.Name.Local)
			}
			if !slices.Contains(inert, name) {
				return fmt.Errorf("has the element <%s>, which does more than draw: remove it", t.Name.Local)
			}
			style = name == "style"
			for _, a := range t.Attr {
				key, value := strings.ToLower(a.Name.Local), strings.ToLower(strings.TrimSpace(a.Value))
				if strings.HasPrefix(key, "on") || key == "href" && !strings.HasPrefix(value, "#") || loads(value) {
					return fmt.Errorf("has the attribute %s=%.40q, which runs or loads something: remove it", a.Name.Local, a.Value)
				}
			}
		case xml.EndElement:
			style = false
		case xml.CharData:
			if style && loads(strings.ToLower(string(t))) {
				return errors.New("has a style that loads something: remove it")
			}
		}
	}
	if elements == 0 {
		return errors.New("is no SVG image")
	}
	return nil
}

// loads says whether a value refers to something outside of its image.
func loads(css string) bool {
	return strings.Contains(css, "javascript:") || strings.Contains(css, "@import") || strings.Contains(css, `\`) ||
		strings.Count(css, "url(") != strings.Count(css, "url(#")
}

// LookCSS is the style sheet of a look, to load behind the skin's, and what a developer should know:
// which colours nobody could read and what stands in their place. It takes a look that was checked.
func (r *Renderer) LookCSS(skin string, l Look) (css []byte, warnings []string) {
	scheme := l.Scheme
	if back := cmp.Or(l.Surface, l.Background); scheme == "" && back != "" {
		if scheme = "light"; parseColour(back).luminance() < 0.18 {
			scheme = "dark"
		}
	}
	var out bytes.Buffer
	if scheme != "" {
		vars, why := r.dressed(skin, scheme, l)
		fmt.Fprintf(&out, ":root { color-scheme: %s; %s}\n", scheme, vars)
		warnings = why
	} else if l.Text != "" || l.Accent != "" {
		light, whyLight := r.dressed(skin, "light", l)
		dark, whyDark := r.dressed(skin, "dark", l)
		fmt.Fprintf(&out, ":root { %s}\n@media (prefers-color-scheme: dark) {\n:root { %s}\n}\n", light, dark)
		warnings = append(whyLight, whyDark...)
	}
	if l.Logo != "" {
		if kind, body, err := image(l.Logo); err == nil {
			fmt.Fprintf(&out, ".sign { border-radius: 0; background: url(\"data:%s;base64,%s\") center / contain no-repeat; }\n"+
				".bar .sign { flex: 0 1 10rem; width: auto; min-width: 2rem; background-position: left center; }\n", kind, base64.StdEncoding.EncodeToString(body))
		}
	}
	for _, part := range l.Hide {
		out.WriteString(hidden[part])
	}
	return out.Bytes(), warnings
}

// dressed are the variables of a scheme with the colours of a look in them, each such that words
// have 4.5:1 against what they stand on and edges 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
func (r *Renderer) dressed(skin, scheme string, l Look) (css string, warnings []string) {
	sheet, _, _, _ := r.Asset("skins/" + skin + "/skin.css")
	vars := schemesOf(sheet)[scheme]
	col := func(name string) rgb { return parseColour(vars[name]) }
	if back := cmp.Or(l.Background, l.Surface); back != "" {
		vars["bg"] = parseColour(back).String()
	}
	if surface := cmp.Or(l.Surface, l.Background); surface != "" {
		vars["surface"] = parseColour(surface).String()
	}
	surface, bg := col("surface"), col("bg")
	// instead gives what is wanted where it can be read on the card, else what stands in its place.
	instead := func(part, wanted string, otherwise rgb) rgb {
		if otherwise.on(surface) < 4.5 {
			otherwise = surface.opposite()
		}
		if wanted == "" {
			return otherwise
		}
		if c := parseColour(wanted); c.on(surface) >= 4.5 {
			return c
		}
		warnings = append(warnings, fmt.Sprintf("The %s %s has a contrast of %.1f:1 to %s, less than 4.5:1: the pages use %s.",
			part, parseColour(wanted), parseColour(wanted).on(surface), surface, otherwise))
		return otherwise
	}
	ink := instead("text", l.Text, col("ink"))
	accent := instead("accent", l.Accent, col("accent"))
	if ink.on(bg) < 4.5 {
		if l.Background != "" && bg != surface {
			warnings = append(warnings, fmt.Sprintf("The background %s has a contrast of %.1f:1 to the text %s, less than 4.5:1: the pages use %s.", bg, ink.on(bg), ink, surface))
		}
		bg = surface
	}
	soft := surface.mix(accent, 0.1)
	if ink.on(soft) < 4.5 || accent.on(soft) < 4.5 {
		soft = surface
	}
	muted := surface.mix(ink, 0.72)
	if min(muted.on(surface), muted.on(bg), muted.on(soft)) < 4.5 {
		muted = ink
	}
	edge := surface.mix(ink, 0.55)
	if edge.on(surface) < 3 {
		edge = ink
	}
	for name, c := range map[string]rgb{
		"bg": bg, "ink": ink, "muted": muted, "edge": edge, "line": surface.mix(ink, 0.15), "accent": accent, "accent-2": surface.mix(accent, 0.6),
		"accent-soft": soft, "accent-ink": accent.opposite(),
	} {
		vars[name] = c.String()
	}
	if danger := col("danger"); danger.on(surface) < 3 {
		vars["danger"] = ink.String()
		vars["danger-soft"] = soft.String()
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		fmt.Fprintf(&out, "--%s: %s; ", name, vars[name])
	}
	return out.String(), warnings
}

// rgb is a colour of sRGB.
type rgb [3]uint8

// parseColour reads a colour that is one.
func parseColour(text string) (c rgb) {
	hex := strings.TrimPrefix(text, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, _ := strconv.ParseUint(hex, 16, 24)
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}
}

// String writes it as CSS does.
func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is the relative one of WCAG 2.2.
func (c rgb) luminance() float64 {
	var linear [3]float64
	for i, v := range c {
		if s := float64(v) / 255; s <= 0.04045 {
			linear[i] = s / 12.92
		} else {
			linear[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// on is the contrast between two colours, from 1 to 21.
func (c rgb) on(back rgb) float64 {
	x, y := c.luminance(), back.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// opposite is black or white, whatever can be read better on the colour.
func (c rgb) opposite() rgb {
	black, white := rgb{}, rgb{255, 255, 255}
	if white.on(c) >= black.on(c) {
		return white
	}
	return black
}

// mix is the colour with a share of another in it.
func (c rgb) mix(other rgb, share float64) (out rgb) {
	for i := range c {
		out[i] = uint8(math.Round(float64(c[i])*(1-share) + float64(other[i])*share))
	}
	return out
}

var variable = regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{3,6});`)

// schemesOf are the colours of a skin's style sheet, by scheme: those of the dark one stand in a
// media query.
func schemesOf(css []byte) map[string]map[string]string {
	out := map[string]map[string]string{"light": {}, "dark": {}}
	parts := strings.Split(string(css), ":root {")
	for n, part := range parts[1:] {
		scheme := "light"
		if strings.HasSuffix(strings.TrimSpace(parts[n]), "{") {
			scheme = "dark"
		}
		for _, v := range variable.FindAllStringSubmatch(part, -1) {
			out[scheme][v[1]] = v[2]
		}
	}
	return out
}
