package web

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

//go:embed skins static
var embedded embed.FS

// Renderer holds the parsed templates, texts and assets. It is immutable and
// safe for concurrent use.
type Renderer struct {
	skins   map[string]*skin
	assets  map[string]asset
	loaders map[string][]byte
}

// skin is one look: its voices by language code, and all its languages.
type skin struct {
	voices    map[string]*voice
	languages []Language
}

// voice is one skin in one language. Its templates are made at the first
// page, because most voices are never heard in a run.
type voice struct {
	texts     texts
	languages []Language
	templates func() (*template.Template, error)
	tiles     *tiles
}

// tiles are the institutions that a voice has written. A list shows many and they hardly
// ever change, so each is written once; a catalogue without end is not kept.
type tiles struct {
	mu   sync.RWMutex
	made map[Institution]template.HTML
}

const mostTiles = 2048

// New parses everything that is embedded. It fails on a state without a
// template, a text missing in a language, and a key nobody knows or needs.
func New() (*Renderer, error) { return load(embedded) }

func load(files fs.FS) (*Renderer, error) {
	r, err := loadSkins(files)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if r.assets, err = loadAssets(files, r.Skins()); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if r.loaders, err = loadLoaders(files, r.Skins()); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return r, nil
}

func loadSkins(files fs.FS) (*Renderer, error) {
	parsed, err := template.ParseFS(files, "skins/"+baseSkin+"/*.html")
	if err != nil {
		return nil, err
	}
	for _, state := range states {
		if parsed.Lookup(state+".html") == nil {
			return nil, fmt.Errorf("no template for the state %q: add skins/%s/%s.html", state, baseSkin, state)
		}
	}
	asked, err := askedKeys(parsed)
	if err != nil {
		return nil, err
	}
	bySkin, err := loadTexts(files)
	if err != nil {
		return nil, err
	}
	for lang, t := range bySkin[baseSkin] {
		if err := checkKeys(append(asked, askedInCode...), t); err != nil {
			return nil, fmt.Errorf("language %q: %w", lang, err)
		}
	}
	r := &Renderer{skins: map[string]*skin{}}
	for name, byLang := range bySkin {
		r.skins[name] = newSkin(parsed, byLang)
	}
	return r, nil
}

func newSkin(parsed *template.Template, byLang map[string]texts) *skin {
	s := &skin{voices: map[string]*voice{}}
	for _, lang := range slices.Sorted(maps.Keys(byLang)) {
		s.languages = append(s.languages, Language{lang, byLang[lang][languageName]})
	}
	for lang, t := range byLang {
		s.voices[lang] = &voice{t, s.languages, sync.OnceValues(func() (*template.Template, error) {
			own, err := parsed.Clone()
			if err == nil {
				inline(own, t)
			}
			return own, err
		}), &tiles{made: map[Institution]template.HTML{}}}
	}
	return s
}

// Skins lists the skins by name, the base among them.
func (r *Renderer) Skins() []string { return slices.Sorted(maps.Keys(r.skins)) }

// Has tells whether the skin exists.
func (r *Renderer) Has(skin string) bool { return r.skins[skin] != nil }

// Languages lists the codes of the languages that a skin speaks, sorted; nil
// for an unknown skin.
func (r *Renderer) Languages(skin string) []string {
	if !r.Has(skin) {
		return nil
	}
	var codes []string
	for _, l := range r.skins[skin].languages {
		codes = append(codes, l.Code)
	}
	return codes
}

// Page renders one page into a buffer: the whole page, or an error for an
// unknown skin, language or state and for a DoneURL that would run script.
func (r *Renderer) Page(p Page) ([]byte, error) {
	v, err := r.voice(p.Skin, p.Lang)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(states, p.State) {
		return nil, fmt.Errorf("web: unknown state %q: use one of %q", p.State, states)
	}
	return v.execute(p.State+".html", newView(p, v))
}

func (r *Renderer) voice(skin, lang string) (*voice, error) {
	if !r.Has(skin) {
		return nil, fmt.Errorf("web: unknown skin %q: use one of %q or add skins/%s/", skin, r.Skins(), skin)
	}
	v, ok := r.skins[skin].voices[lang]
	if !ok {
		return nil, fmt.Errorf("web: skin %q does not speak %q: use one of %q or add skins/%s/text.%s.yaml", skin, lang, r.Languages(skin), skin, lang)
	}
	return v, nil
}

// tile writes an institution of the list.
func (v *voice) tile(i Institution) (template.HTML, error) {
	i.Status = cmp.Or(i.Status, "ok")
	v.tiles.mu.RLock()
	html, ok := v.tiles.made[i]
	v.tiles.mu.RUnlock()
	if ok {
		return html, nil
	}
	body, err := v.execute("tile", newView(Page{Institution: &i}, v))
	if err != nil {
		return "", err
	}
	html = template.HTML(body)
	v.tiles.mu.Lock()
	defer v.tiles.mu.Unlock()
	if len(v.tiles.made) < mostTiles {
		v.tiles.made[i] = html
	}
	return html, nil
}

func (v *voice) execute(name string, data any) ([]byte, error) {
	t, err := v.templates()
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	buf := bytes.NewBuffer(make([]byte, 0, 8<<10))
	if err := t.ExecuteTemplate(buf, name, data); err != nil {
		return nil, fmt.Errorf("web: render %s: %w", name, err)
	}
	return buf.Bytes(), nil
}
