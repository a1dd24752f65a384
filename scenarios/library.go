package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

//go:embed *.yaml profiles/*.yaml providers/*.yaml
var bundled embed.FS

// Library holds scenarios by name. It is immutable, so a reload either gives a
// new library or leaves the old one as it was.
type Library struct {
	vocabulary Vocabulary
	byName     map[string]*Scenario
	personas   map[string]*Persona
}

// Source is one file: File is what errors call it. Dir is the folder in which it lies and
// finds what it names; nil is fine for a file that names nothing.
type Source struct {
	File string
	Data []byte
	Dir  fs.FS
}

// Bundled returns the scenarios in the binary, checked against the vocabulary; those of
// a provider that it does not have are left out. The error is an ErrorList.
func Bundled(v Vocabulary) (*Library, error) {
	sources, err := Files(bundled, "scenarios")
	if err != nil {
		return nil, err
	}
	sources = slices.DeleteFunc(sources, func(s Source) bool {
		name, ok := strings.CutPrefix(s.File, "scenarios/providers/")
		return ok && !contains(v.providers(), strings.TrimSuffix(name, ".yaml"))
	})
	ours := v
	ours.bundled = true
	l, err := (&Library{vocabulary: ours}).add(sources, true)
	if err != nil {
		return nil, err
	}
	l.vocabulary = v
	return l, nil
}

// LoadDir returns a library with the *.yaml and *.yml files of dir and its folders
// added; l itself does not change. Root is where dir is, for error messages. Every error of every
// file is reported, and then there is no library. To reload a changed folder, call
// it again on the bundled library.
func (l *Library) LoadDir(dir fs.FS, root string) (*Library, error) {
	sources, err := Files(dir, root)
	if err != nil {
		return nil, err
	}
	return l.add(sources, false)
}

// Load returns a library with these files added, on the same terms as LoadDir.
func (l *Library) Load(sources ...Source) (*Library, error) { return l.add(sources, false) }

// Files reads the *.yaml and *.yml files of dir and its folders, but for hidden ones.
func Files(dir fs.FS, root string) (sources []Source, err error) {
	err = fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
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
		folder, err := fs.Sub(dir, path.Dir(name))
		if err != nil {
			return fmt.Errorf("open the folder of the scenario file %q: %w", path.Join(root, name), err)
		}
		sources = append(sources, Source{path.Join(root, name), data, folder})
		return nil
	})
	return sources, err
}

// add reads the files and then joins what names something in another file.
func (l *Library) add(sources []Source, bundled bool) (*Library, error) {
	next := &Library{vocabulary: l.vocabulary, byName: map[string]*Scenario{}, personas: map[string]*Persona{}}
	maps.Copy(next.byName, l.byName)
	maps.Copy(next.personas, l.personas)
	var errs ErrorList
	var added []*Scenario
	for _, f := range l.parseAll(sources) {
		s, p := f.scenario, f.persona
		switch {
		case len(f.errs) > 0:
			errs = append(errs, f.errs...)
		case p != nil && next.personas[p.Name] != nil:
			errs = append(errs, p.taken(next.personas[p.Name]))
		case p != nil:
			next.personas[p.Name] = p
		case next.byName[s.Name] != nil:
			errs = append(errs, s.wrong("scenario", codeNameTaken, fmt.Sprintf("the scenario %q again", s.Name),
				fmt.Sprintf("a name of its own: %s has this one", next.byName[s.Name].File)))
		default:
			s.Bundled = bundled
			next.byName[s.Name] = s
			added = append(added, s)
		}
	}
	for _, s := range added {
		errs = append(errs, next.link(s, nil)...)
	}
	if err := errs.err(); err != nil {
		return nil, err
	}
	for _, s := range added {
		s.lint(l.vocabulary)
	}
	return next, nil
}

// parsed is what came of a file.
type parsed struct {
	scenario *Scenario
	persona  *Persona
	errs     ErrorList
}

// parseAll reads the files side by side: reading is most of what a start waits for.
func (l *Library) parseAll(sources []Source) []parsed {
	files := make([]parsed, len(sources))
	var next atomic.Int64
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(sources)) {
		readers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(sources); i = int(next.Add(1)) - 1 {
				f, s := &files[i], &sources[i]
				f.scenario, f.persona, f.errs = (&reader{file: s.File, dir: s.Dir, vocabulary: l.vocabulary}).parse(s.Data)
			}
		})
	}
	readers.Wait()
	return files
}

// link joins a scenario with those that it uses, which it joins first. path are those
// that lead here.
func (l *Library) link(s *Scenario, path []string) (errs ErrorList) {
	if s.linked {
		return nil
	}
	path = append(path, s.Name)
	var used []*Scenario
	for _, name := range s.Use {
		u := l.byName[name]
		switch {
		case u == nil:
			e := s.wrong("use "+name, codeUse, "the unknown scenario "+quote(name), "the name of a scenario")
			e.Suggestion = nearest(name, l.Names())
			errs = append(errs, e)
		case contains(path, name):
			errs = append(errs, s.wrong("use "+name, codeUse, "a circle: "+strings.Join(append(path, name), " uses "), "scenarios that do not use this one"))
		default:
			errs = append(errs, l.link(u, path)...)
			used = append(used, u)
		}
	}
	s.linked = true
	if len(errs) == 0 {
		errs = append(errs, s.mix(used)...)
	}
	return append(errs, l.people(s)...)
}

// people holds the personas that a scenario names to exist, and replaces the name of a
// file by what is in it.
func (l *Library) people(s *Scenario) (errs ErrorList) {
	known := slices.Concat(l.vocabulary.Personas, slices.Sorted(maps.Keys(l.personas)))
	hold := func(name string) {
		if name != "" && !contains(known, name) {
			e := s.wrong("persona "+name, codePersona, "the unknown persona "+quote(name), oneOf("persona", known))
			e.Suggestion = nearest(name, known)
			errs = append(errs, e)
		}
	}
	for i := range s.Rules {
		hold(s.Rules[i].Where.Persona)
	}
	if s.Persona != nil {
		hold(s.Persona.Use)
		s.Persona = s.Persona.from(l.personas)
	}
	return errs
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
