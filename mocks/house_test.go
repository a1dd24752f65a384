package mocks_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks"
)

// The rules of the house, read from its own source. A rule that only people know is
// forgotten; one that is tested is kept.

func TestImports(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, func(source) bool { return true }) {
		for _, imported := range s.imports() {
			if why := refused(s, imported); why != "" {
				t.Errorf("%s imports %s: %s", s.path, imported, why)
			}
		}
	}
}

// refused is the law of who may import whom; empty when the import is allowed.
func refused(s source, imported string) string {
	dir, own := ours(imported)
	std := !strings.Contains(strings.Split(imported, "/")[0], ".")
	leaf := belowAny(s.dir, "openapi", "scenarios", "web")
	switch {
	case leaf && own && belowAny(dir, "mocks", "cmd"):
		return "openapi, scenarios and web are leaves"
	case below(imported, "github.com/getkin/kin-openapi") && s.dir != "openapi":
		return "documents are read in openapi alone"
	case s.test:
		return ""
	case leaf && own && !below(dir, strings.Split(s.dir, "/")[0]):
		return "a leaf knows no other"
	case below(imported, "github.com/gin-gonic/gin") && s.dir != "mocks/engine":
		return "gin is known in mocks/engine alone"
	case below(s.dir, "mocks/engine/store") && own && !below(dir, "mocks/engine/store"):
		return "the store knows nobody of ours"
	case below(s.dir, "mocks/engine") && own && below(dir, "mocks") && !below(dir, "mocks/engine"):
		return "the engine knows no provider"
	case provider(s.dir) && own && !slices.Contains(providerMayImport, dir):
		return "a provider sees the engine through " + strings.Join(providerMayImport, ", ")
	case provider(s.dir) && !own && !std:
		return "a provider needs nothing but the standard library"
	case provider(s.dir) && belowAny(imported, "sync", "math/rand", "crypto/rand", "os"):
		return "a provider has no state, no chance and no machine of its own"
	}
	return ""
}

var providerMayImport = []string{
	"mocks/engine", "mocks/engine/problem", "mocks/engine/connect", "mocks/engine/bank", "mocks/engine/grant", "mocks/engine/webhook",
	"mocks/engine/statement",
}

// A handler gets a Call and gives a Reply: what it may take from net/http are names.
func TestProvidersSpeakNoHTTP(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, func(s source) bool { return provider(s.dir) && !s.test }) {
		s.uses(func(n ast.Node, pkg, name string) {
			if pkg == "net/http" && !strings.HasPrefix(name, "Status") && !strings.HasPrefix(name, "Method") {
				t.Errorf("%s: a provider uses http.%s; only statuses and methods are allowed", s.at(n), name)
			}
		})
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a provider starts no goroutine", s.at(g))
			}
			return true
		})
	}
}

// forbidden says whether a name of another package is one that only main may use: the
// machine's clock, its environment, its terminal and chance.
func forbidden(pkg, name string) bool {
	switch pkg {
	case "time":
		return slices.Contains([]string{"Now", "Sleep", "After", "Tick", "Since", "Until"}, name)
	case "os":
		return slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, name)
	case "fmt":
		return strings.HasPrefix(name, "Print")
	case "log":
		return slices.ContainsFunc([]string{"Print", "Fatal", "Panic"}, func(p string) bool { return strings.HasPrefix(name, p) })
	case "math/rand", "math/rand/v2":
		return !strings.HasPrefix(name, "New") && !slices.Contains([]string{"Rand", "Source", "PCG", "ChaCha8", "Zipf"}, name)
	}
	return false
}

func TestForbiddenCalls(t *testing.T) {
	t.Parallel()
	const wall = "mocks/engine/clock/wall.go" // the one place that reads the machine's clock
	about := func(s source) bool { return !s.test && !below(s.dir, "cmd") && s.path != wall }
	for _, s := range sources(t, about) {
		s.uses(func(n ast.Node, pkg, name string) {
			if forbidden(pkg, name) && !(s.main() && (pkg == "fmt" || pkg == "log")) {
				t.Errorf("%s uses %s.%s; take the time, the settings and the writer as values", s.at(n), path.Base(pkg), name)
			}
		})
	}
}

func TestTestsNeverSleep(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, func(s source) bool { return s.test }) {
		s.uses(func(n ast.Node, pkg, name string) {
			if pkg == "time" && slices.Contains([]string{"Sleep", "After", "Tick"}, name) {
				t.Errorf("%s uses time.%s; move a clock instead", s.at(n), name)
			}
		})
	}
}

// What is common to all providers is written without knowing any.
func TestEngineNamesNoProvider(t *testing.T) {
	t.Parallel()
	names := []string{"fintoc", "flinks", "finx", "finlink", "qwist", "finleap", "vumi"}
	for _, p := range mocks.All() {
		if name := p.Manifest().Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	about := func(s source) bool {
		return !s.test && !s.generated() && (below(s.dir, "mocks/engine") || belowAny(s.dir, "scenarios", "web", "openapi"))
	}
	for _, s := range sources(t, about) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			word := ""
			switch n := n.(type) {
			case *ast.Ident:
				word = n.Name
			case *ast.BasicLit:
				word = n.Value
			}
			for _, name := range names {
				if strings.Contains(strings.ToLower(word), name) {
					t.Errorf("%s says %s; only mocks/%s may know it", s.at(n), word, name)
				}
			}
			return true
		})
	}
}

// A collection that a store on disk does not know is one that it refuses to write.
func TestCollectionsAreListed(t *testing.T) {
	t.Parallel()
	listed := 0
	for _, s := range sources(t, func(s source) bool { return !s.test && !below(s.dir, "mocks/engine/store") }) {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "collection" && s.dir == "mocks/engine" {
				listed++
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				lit, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				if index, ok := lit.Type.(*ast.IndexExpr); ok {
					if sel, ok := index.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "Collection" {
						t.Errorf("%s makes a collection by hand: collection[T](kind) lists it for stores on disk", s.at(n))
					}
				}
				return true
			})
		}
	}
	if listed != 1 {
		t.Errorf("%d functions list collections", listed)
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	allowed := strings.Fields(`cmd mocks scenarios web openapi .ci .github Dockerfile go.mod go.sum README.md LICENSE
		PRINCIPLES.md SECURITY.md CHANGELOG.md .gitignore .gitattributes .dockerignore .git`)
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s lies in the root of the repository; it belongs into one of the folders", e.Name())
		}
	}
}

// A provider is a folder, a document and a skin: nothing else has to know of it.
func TestProvidersAreComplete(t *testing.T) {
	t.Parallel()
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range mocks.All() {
		m := p.Manifest()
		if slices.Contains(names, m.Name) {
			t.Errorf("%s is listed twice", m.Name)
		}
		names = append(names, m.Name)
		for _, part := range []string{"mocks/" + m.Name, "openapi/" + m.Document + ".yaml", "web/skins/" + m.Skin} {
			if _, err := os.Stat(filepath.Join(top, part)); err != nil {
				t.Errorf("%s lacks its %s", m.Name, part)
			}
		}
	}
	folders, err := os.ReadDir(filepath.Join(top, "mocks"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && f.Name() != "engine" && f.Name() != "mockstest" && !slices.Contains(names, f.Name()) {
			t.Errorf("mocks/%s is no provider that All() returns", f.Name())
		}
	}
}

func TestMoneyIsWhole(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, func(s source) bool { return below(s.dir, "mocks/engine/bank") && !s.test }) {
		for _, imported := range s.imports() {
			if imported == "math" {
				t.Errorf("%s imports math", s.path)
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if strings.HasPrefix(n.Name, "float") || strings.HasPrefix(n.Name, "complex") {
					t.Errorf("%s: %s; money is counted in minor units", s.at(n), n.Name)
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT || n.Kind == token.IMAG {
					t.Errorf("%s: %s; money is counted in minor units", s.at(n), n.Value)
				}
			}
			return true
		})
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, s := range sources(t, func(s source) bool { return !s.test }) {
		said[s.dir] = said[s.dir] || s.ast.Doc.Text() != ""
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func TestExportedNamesAreExplained(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, func(s source) bool { return !s.test && !s.main() }) {
		for _, name := range bareNames(s) {
			t.Errorf("%s: %s has no comment", s.path, name)
		}
	}
}

// bareNames are the exported names of a file that no comment explains.
func bareNames(s source) (out []string) {
	for _, d := range s.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && exportedReceiver(d) && d.Doc.Text() == "" {
				out = append(out, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				out = append(out, unexplained(d, spec)...)
			}
		}
	}
	return out
}

// exportedReceiver says whether a function is one, or a method of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	var name string
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return ast.IsExported(name)
}

// unexplained are the exported names of a declaration that neither it nor its group
// explains.
func unexplained(d *ast.GenDecl, spec ast.Spec) (out []string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc.Text() == "" && (d.Lparen.IsValid() || d.Doc.Text() == "") {
			out = append(out, spec.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() && d.Doc.Text() == "" && spec.Doc.Text() == "" && spec.Comment.Text() == "" {
				out = append(out, name.Name)
			}
		}
	}
	return out
}

// The tree stands alone: nothing in it points to the place where it was made.
func TestNothingPointsOutside(t *testing.T) {
	t.Parallel()
	phrases := []string{".." + "/shared", "/wor" + "k/", "DESIGN" + ".md"}
	files := 0
	err := walk(func(p string) error {
		text, err := read(p)
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			return err // pictures and the like
		}
		files++
		for _, phrase := range phrases {
			if i := bytes.Index(text, []byte(phrase)); i >= 0 {
				t.Errorf("%s:%d says %q", p, 1+bytes.Count(text[:i], []byte("\n")), phrase)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files were read: %v", files, err)
	}
}

// A rule that nothing can break is no rule.
func TestRulesBite(t *testing.T) {
	t.Parallel()
	const engine, fintoc = module + "/mocks/engine", module + "/mocks/fintoc"
	for _, tt := range []struct {
		dir, imported string
		ok            bool
	}{
		{"web", engine, false},
		{"scenarios", module + "/mocks", false},
		{"openapi", module + "/scenarios", false},
		{"openapi/gen", module + "/openapi", true},
		{"openapi", "github.com/getkin/kin-openapi/openapi3", true},
		{"mocks/engine", "github.com/getkin/kin-openapi/openapi3", false},
		{"mocks/engine", "github.com/gin-gonic/gin", true},
		{"mocks/engine/widget", "github.com/gin-gonic/gin", false},
		{"mocks/engine", module + "/web", true},
		{"mocks/engine", fintoc, false},
		{"mocks/engine/control", module + "/mocks", false},
		{"mocks/engine/store/memory", engine + "/store", true},
		{"mocks/engine/store", engine + "/clock", false},
		{"mocks/fintoc", engine + "/grant", true},
		{"mocks/fintoc", engine + "/store", false},
		{"mocks/fintoc", module + "/web", false},
		{"mocks/fintoc", module + "/mocks/flinks", false},
		{"mocks/fintoc", "gopkg.in/yaml.v3", false},
		{"mocks/fintoc", "sync/atomic", false},
		{"mocks/fintoc", "math/rand/v2", false},
		{"mocks/fintoc", "net/http", true},
		{"mocks/mockstest", fintoc, true},
		{"cmd/stuntbank", module + "/mocks", true},
	} {
		if why := refused(source{dir: tt.dir}, tt.imported); (why == "") != tt.ok {
			t.Errorf("%s imports %s: %q, want it allowed: %v", tt.dir, tt.imported, why, tt.ok)
		}
	}

	const text = `package p
import ("fmt"; "log"; "math/rand/v2"; clock "time"; "os")
var now, ok = clock.Now, clock.Duration(0)
func Bare() { fmt.Println(rand.IntN(3), os.Getenv("A"), rand.New(nil)); log.Fatal(fmt.Sprint()) }
func shadow(os struct{ Getenv int }) { _ = os.Getenv }
type Open struct{}
func (Open) Bare() {}
type hidden struct{}
func (hidden) Bare() {}
const Group, group = 1, 2
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s := source{path: "p.go", dir: ".", ast: f, fset: fset}
	var sins []string
	s.uses(func(_ ast.Node, pkg, name string) {
		if forbidden(pkg, name) {
			sins = append(sins, name)
		}
	})
	if want := []string{"Now", "Println", "IntN", "Getenv", "Fatal"}; !slices.Equal(sins, want) {
		t.Errorf("forbidden are %v, want %v", sins, want)
	}
	if bare, want := bareNames(s), []string{"Bare", "Open", "Bare", "Group"}; !slices.Equal(bare, want) {
		t.Errorf("without a comment are %v, want %v", bare, want)
	}
}
