package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/a-h/templ"
)

//go:embed skins static
var embedded embed.FS

// Renderer holds the texts and assets. It is immutable and safe for concurrent use.
type Renderer struct {
	files   fs.FS
	skins   map[string]*skin
	assets  map[string]asset
	loaders map[string][]byte
}

// skin is one look: its voices by language code, and all its languages.
type skin struct {
	voices    map[string]*voice
	languages []Language
}

// voice is one skin in one language.
type voice struct {
	texts
	languages []Language
}

// New reads everything that is embedded, and the skins that further files have under
// skins/<name>. It fails on a text that is missing in a language or that a skin has and the
// base has not, and on two skins of one name.
func New(further ...fs.FS) (*Renderer, error) {
	if len(further) == 0 {
		return load(embedded)
	}
	all := union{embedded}
	for _, files := range further {
		skins, err := fs.Glob(files, "skins/*")
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		for _, name := range skins {
			if _, err := fs.Stat(all, name); err == nil {
				return nil, fmt.Errorf("web: there is a skin %s already: give yours another name", name)
			}
		}
		all = append(all, files)
	}
	return load(all)
}

// union is several trees as one: a file is that of the first tree which has it.
type union []fs.FS

// Open implements fs.FS.
func (u union) Open(name string) (f fs.File, err error) {
	for _, files := range u {
		if f, err = files.Open(name); err == nil {
			return f, nil
		}
	}
	return nil, err
}

// Glob implements fs.GlobFS.
func (u union) Glob(pattern string) (names []string, err error) {
	for _, files := range u {
		found, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

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
	bySkin, err := loadTexts(files)
	if err != nil {
		return nil, err
	}
	r := &Renderer{files: files, skins: map[string]*skin{}}
	for name, byLang := range bySkin {
		r.skins[name] = newSkin(byLang)
	}
	return r, nil
}

func newSkin(byLang map[string]texts) *skin {
	s := &skin{voices: map[string]*voice{}}
	for _, lang := range slices.Sorted(maps.Keys(byLang)) {
		s.languages = append(s.languages, Language{lang, byLang[lang].T("language.name")})
	}
	for lang, t := range byLang {
		s.voices[lang] = &voice{t, s.languages}
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

// Page renders one page: the whole page, or an error for an unknown skin, language or state
// and for a link that would run script.
func (r *Renderer) Page(p Page) ([]byte, error) {
	speaks, err := r.voice(p.Skin, p.Lang)
	if err != nil {
		return nil, err
	}
	step, ok := steps[p.State]
	if !ok {
		return nil, fmt.Errorf("web: unknown state %q: use one of %q", p.State, states)
	}
	if len(p.Texts) > 0 {
		own := maps.Clone(speaks.texts)
		maps.Copy(own, p.Texts)
		speaks = &voice{own, speaks.languages}
	}
	for _, link := range []string{p.DoneURL, p.TermsURL} {
		if err := checkURL(link); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	v := newView(p, speaks)
	if p.AtBank {
		return render(bankLayout(v, step(v)))
	}
	return render(layout(v, step(v)))
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

func render(page templ.Component) ([]byte, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := page.Render(context.Background(), buf); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return bytes.Clone(buf.Bytes()), nil
}

// buffers are where pages are written before their length is known.
var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 8<<10)) }}
