package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed *.yaml
var bundled embed.FS

// Library holds scenarios by name. It is immutable, so a reload either gives a
// new library or leaves the old one as it was.
type Library struct {
	vocabulary Vocabulary
	byName     map[string]*Scenario
}

// Bundled returns the scenarios in the binary, checked against the vocabulary. The error is an ErrorList.
func Bundled(v Vocabulary) (*Library, error) {
	return (&Library{vocabulary: v}).load(bundled, "scenarios", true)
}

// LoadDir returns a library with the *.yaml and *.yml files of dir and its folders
// added; l itself does not change. Root is where dir is, for error messages. Every error of every
// file is reported, and then there is no library. To reload a changed folder, call
// it again on the bundled library.
func (l *Library) LoadDir(dir fs.FS, root string) (*Library, error) {
	return l.load(dir, root, false)
}

func (l *Library) load(dir fs.FS, root string, bundled bool) (*Library, error) {
	next := &Library{vocabulary: l.vocabulary, byName: map[string]*Scenario{}}
	maps.Copy(next.byName, l.byName)
	var errs ErrorList
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("read the scenario folder %q: %w", root, err)
		case name != "." && strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
			return fs.SkipDir
		case entry.IsDir() || strings.HasPrefix(entry.Name(), ".") || !contains([]string{".yaml", ".yml"}, path.Ext(name)):
			return nil
		}
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return fmt.Errorf("read the scenario file %q: %w", path.Join(root, name), err)
		}
		errs = append(errs, next.add(path.Join(root, name), data, bundled)...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := errs.err(); err != nil {
		return nil, err
	}
	return next, nil
}

func (l *Library) add(file string, data []byte, bundled bool) ErrorList {
	s, err := Parse(file, data, l.vocabulary)
	if err != nil {
		return err.(ErrorList)
	}
	if other := l.byName[s.Name]; other != nil {
		return ErrorList{{File: file, Line: s.line, Column: s.column, Code: codeNameTaken, Found: fmt.Sprintf("the scenario %q again", s.Name),
			Expected: fmt.Sprintf("a name of its own: %s has this one", other.File)}}
	}
	s.Bundled = bundled
	l.byName[s.Name] = s
	return nil
}

// Get returns the scenario with the name.
func (l *Library) Get(name string) (*Scenario, bool) {
	s, ok := l.byName[name]
	return s, ok
}

// Unknown is the error for a name that Get does not find. It names the nearest one.
func (l *Library) Unknown(name string) error {
	if near := nearest(name, l.Names()); near != "" {
		return fmt.Errorf("no scenario is called %q: did you mean %q?", name, near)
	}
	return fmt.Errorf("no scenario is called %q: `stuntbank scenarios list` shows all %d", name, len(l.byName))
}

// Names returns all names, sorted.
func (l *Library) Names() []string { return slices.Sorted(maps.Keys(l.byName)) }

// List returns all scenarios, sorted by name.
func (l *Library) List() []*Scenario {
	list := make([]*Scenario, 0, len(l.byName))
	for _, name := range l.Names() {
		list = append(list, l.byName[name])
	}
	return list
}
