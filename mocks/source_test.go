package mocks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/stuntbank/stuntbank"

// source is one Go file of the tree.
type source struct {
	path string // from the module's root, with slashes
	dir  string
	test bool
	ast  *ast.File
	fset *token.FileSet
}

func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

func (s source) main() bool { return s.ast.Name.Name == "main" }

func (s source) generated() bool { return ast.IsGenerated(s.ast) }

// imports maps the name that the file uses for a package to the package's path.
func (s source) imports() map[string]string {
	out := map[string]string{}
	for _, spec := range s.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(p)
		if parent := path.Base(path.Dir(p)); len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
			name = parent // math/rand/v2 is rand
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out[name] = p
	}
	return out
}

// uses calls f for every name that the file takes from another package.
func (s source) uses(f func(n ast.Node, pkg, name string)) {
	imports := s.imports()
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil && imports[x.Name] != "" {
				f(sel, imports[x.Name], sel.Sel.Name)
			}
		}
		return true
	})
}

// root is the folder of go.mod.
var root = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			break
		} else if dir == filepath.Dir(dir) {
			return "", missing
		}
		dir = filepath.Dir(dir)
	}
	return dir, err
})

// walk calls f for every file of the tree that is ours.
func walk(f func(path string) error) error {
	top, err := root()
	if err != nil {
		return err
	}
	return filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !d.Type().IsRegular() || d.Name() == ".git": // which is a file in a worktree
			return nil
		}
		rel, err := filepath.Rel(top, p)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(rel))
	})
}

func read(path string) ([]byte, error) {
	top, err := root()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(top, filepath.FromSlash(path)))
}

// tree is all Go source.
var tree = sync.OnceValues(func() (out []source, err error) {
	fset := token.NewFileSet()
	err = walk(func(p string) error {
		if path.Ext(p) != ".go" {
			return nil
		}
		text, err := read(p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, p, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), ast: f, fset: fset})
		return nil
	})
	return out, err
})

// sources are the Go files that a rule is about.
func sources(t *testing.T, about func(source) bool) (out []source) {
	t.Helper()
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if about(s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		t.Fatal("the rule is about no file: has a folder moved?")
	}
	return out
}

// below says whether a path is a folder or inside of it.
func below(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func belowAny(p string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return below(p, f) })
}

// provider says whether a folder is one of a provider, or of the one that tests alone have.
func provider(dir string) bool {
	return below(dir, "mocks/engine/enginetest/specimen") ||
		below(dir, "mocks") && dir != "mocks" && !belowAny(dir, "mocks/engine", "mocks/mockstest")
}

// ours gives an import's folder in this module.
func ours(imported string) (dir string, ok bool) {
	return strings.CutPrefix(imported, module+"/")
}
