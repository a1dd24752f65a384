// Command gen compiles the templates *.templ of package web to *_templ.go. Run it by `go generate ./web`.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"log"
	"os"
	"strings"

	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"
)

func main() {
	log.SetFlags(0)
	compiled, err := compile(os.DirFS("."))
	if err != nil {
		log.Fatal(err)
	}
	for name, source := range compiled {
		if err := os.WriteFile(name, source, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// compile gives the Go file of every template in dir by its name. Errors give file and line.
func compile(dir fs.FS) (map[string][]byte, error) {
	names, err := fs.Glob(dir, "*.templ")
	if err != nil {
		return nil, err
	}
	compiled := make(map[string][]byte, len(names))
	for _, name := range names {
		source, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		parsed, err := parser.ParseString(string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		var out bytes.Buffer
		if _, err := generator.Generate(parsed, &out, generator.WithFileName(name)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		formatted, err := format.Source(out.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		compiled[strings.TrimSuffix(name, ".templ")+"_templ.go"] = formatted
	}
	return compiled, nil
}
