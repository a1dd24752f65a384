package web

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// baseSkin holds all texts and the default look.
const baseSkin = "base"

// Language is one that a skin speaks: its code and its own name for itself.
type Language struct{ Code, Name string }

// texts are the words of one skin in one language.
type texts map[string]string

// T returns the text of a key. A key with a star takes the value in its place, "error.*" and
// "timeout" give "error.timeout"; an unknown value gives the text "any" of the family
// ("error.any"), and without one the value itself, because a bank's own words may stand where
// a key may. Keys are string constants, which a test compares with the texts.
func (t texts) T(key string, value ...string) string {
	if len(value) == 0 {
		return t[key]
	}
	before, after, _ := strings.Cut(key, "*")
	if s, ok := t[before+value[0]+after]; ok {
		return s
	}
	if s, ok := t[before+"any"+after]; ok {
		return s
	}
	return value[0]
}

// loadTexts reads every text.<lang>.yaml and lays it over the base: skin ->
// language -> texts. It refuses a language that the base lacks, a key that
// the base language does not have, and base languages with different keys.
func loadTexts(files fs.FS) (map[string]map[string]texts, error) {
	names, err := fs.Glob(files, "skins/*/text.*.yaml")
	if err != nil {
		return nil, err
	}
	all := map[string]map[string]texts{}
	for _, name := range names {
		t, err := readTexts(files, name)
		if err != nil {
			return nil, err
		}
		skin, lang := path.Base(path.Dir(name)), strings.Split(path.Base(name), ".")[1]
		if all[skin] == nil {
			all[skin] = map[string]texts{}
		}
		all[skin][lang] = t
	}
	base := all[baseSkin]
	if err := sameKeys(base); err != nil {
		return nil, err
	}
	for skin, languages := range all {
		for lang, own := range languages {
			if base[lang] == nil {
				return nil, fmt.Errorf("skin %q speaks %q but the base does not: add skins/%s/text.%s.yaml", skin, lang, baseSkin, lang)
			}
			merged := maps.Clone(base[lang])
			for key, text := range own {
				if _, known := merged[key]; !known {
					return nil, fmt.Errorf("skins/%s/text.%s.yaml: unknown key %q: a skin may only override keys of the base", skin, lang, key)
				}
				merged[key] = text
			}
			all[skin][lang] = merged
		}
	}
	return all, nil
}

func readTexts(files fs.FS, name string) (texts, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	t := texts{}
	if err := yaml.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for key, text := range t {
		if strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("%s: text %q is empty: write it or remove the key", name, key)
		}
	}
	return t, nil
}

func sameKeys(languages map[string]texts) error {
	for lang, t := range languages {
		for other, u := range languages {
			for key := range t {
				if _, ok := u[key]; !ok {
					return fmt.Errorf("skins/%s/text.%s.yaml: no text %q, which text.%s.yaml has: translate it", baseSkin, other, key, lang)
				}
			}
		}
	}
	return nil
}
