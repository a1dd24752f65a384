package openapi

import (
	"fmt"
	"io/fs"
	"sync"

	"github.com/stuntbank/stuntbank/openapi/internal/table"
)

// further are the documents that others bring. They have no generated table, so reading one means scanning it.
var further sync.Map // place -> func() (*document, error)

// place is where a document lies.
type place struct {
	files fs.FS
	name  string
}

type document struct {
	table []Route
	spec  func() (*Spec, error)
}

// LoadFrom is Load for the document name.yaml at the top of files; with nil files it is Load itself. The result is
// shared by all calls with equal files, which must be comparable, as an embed.FS is.
func LoadFrom(files fs.FS, name string) (*Spec, error) {
	if files == nil {
		return Load(name)
	}
	d, err := read(files, name)
	if err != nil {
		return nil, err
	}
	return d.spec()
}

// RoutesFrom is Routes for the document name.yaml at the top of files; with nil files it is Routes itself.
func RoutesFrom(files fs.FS, name string) ([]Route, error) {
	if files == nil {
		return Routes(name)
	}
	d, err := read(files, name)
	if err != nil {
		return nil, err
	}
	return append([]Route(nil), d.table...), nil
}

func read(files fs.FS, name string) (*document, error) {
	once, _ := further.LoadOrStore(place{files, name}, sync.OnceValues(func() (*document, error) {
		data, err := fs.ReadFile(files, name+".yaml")
		if err != nil {
			return nil, fmt.Errorf("the OpenAPI document %q: %w", name, err)
		}
		rows, err := table.Scan(name+".yaml", data)
		if err != nil {
			return nil, err
		}
		d := &document{}
		for _, r := range rows {
			d.table = append(d.table, Route(r))
		}
		d.spec = sync.OnceValues(func() (*Spec, error) { return parse(name, data, d.table) })
		return d, nil
	}))
	return once.(func() (*document, error))()
}
