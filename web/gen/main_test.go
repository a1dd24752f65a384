package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func TestTemplatesAreCompiled(t *testing.T) {
	t.Parallel()
	want, err := compile(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range want {
		if got, err := os.ReadFile("../" + name); err != nil || !bytes.Equal(got, source) {
			t.Errorf("%s is not what its template says: run go generate ./web", name)
		}
	}
	found, err := filepath.Glob("../*_templ.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if want[filepath.Base(path)] == nil {
			t.Errorf("%s has no template: delete it", path)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	if _, err := compile(fstest.MapFS{"a.templ": {Data: []byte("package web\n\ntempl a() {\n<p>\n}\n")}}); err == nil {
		t.Error("an element that is never closed compiles")
	}
}
