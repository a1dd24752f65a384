package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"

	"gopkg.in/yaml.v3"
)

// maxTable bounds a file of rows. A row is a hundred bytes.
const maxTable = 32 << 20

// maxVolume bounds a volume account.
const maxVolume = 100_000_000

var dateForm = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

// Table is a file of rows, CSV, beside the file that names it. What is in it depends on the
// account's currency, so it is read later: Wrong makes an error of what is found then.
type Table struct {
	Name string // as written
	Data []byte

	file string
	at   place
}

// Wrong is an error of the rows, at the place that names the file. err says the line of the CSV.
func (t *Table) Wrong(err error) *Error {
	return &Error{File: t.file, Line: t.at.line, Column: t.at.column, Code: codeData, Found: t.Name + ", " + err.Error(),
		Expected: "a CSV of rows, as `stuntbank export --format csv` writes it"}
}

// table reads a file of rows. Its name leads down from the folder of this file, never out of it.
func (r *reader) table(n *yaml.Node) *Table {
	const expected = "a CSV file beside this one, or in a folder below it: rows.csv"
	name, ok := r.raw(n, expected)
	t := &Table{Name: name, file: r.file, at: place{n.Line, n.Column}}
	switch {
	case !ok:
		return t
	case !fs.ValidPath(name) || path.Ext(name) != ".csv":
		r.fail(n, codeValue, describe(n), expected)
		return t
	case r.dir == nil:
		r.fail(n, codeTable, quote(name)+" of a text that lies in no folder", expected)
		return t
	}
	data, err := bounded(r.dir, name)
	if err != nil {
		r.fail(n, codeTable, fmt.Sprintf("%s, which cannot be read (%v)", quote(name), err), expected)
	}
	t.Data = data
	return t
}

// bounded reads a file that is not too large.
func bounded(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such file")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no plain file")
	case info.Size() > maxTable:
		return nil, fmt.Errorf("it is longer than %d bytes: ask for a count instead", maxTable)
	}
	return fs.ReadFile(dir, name)
}

// volume reads how many rows there are, and between which days.
func (r *reader) volume(n *yaml.Node, b block, a *Account) {
	count, between := b["count"], b["between"]
	if (count == nil) != (between == nil) {
		r.fail(n, codeMissing, "an account with one of count and between", "both: {count: 100000, between: [2024-01-01, 2026-01-01]}")
	}
	if count != nil {
		number := r.count(1)(count)
		if number > maxVolume {
			r.fail(count, codeValue, describe(count), fmt.Sprintf("at most %d", maxVolume))
		}
		a.Count = int64(min(number, maxVolume))
	}
	if between == nil {
		return
	}
	const expected = "a day and a later one, which is not part of it: [2024-01-01, 2026-01-01]"
	if between.Kind != yaml.SequenceNode || len(between.Content) != 2 {
		r.fail(between, codeShape, describe(between), expected)
		return
	}
	errors := len(r.errs)
	a.From, a.Until = r.date(between.Content[0]), r.date(between.Content[1])
	if len(r.errs) == errors && a.Until <= a.From { // written alike, dates sort as texts
		r.fail(between.Content[1], codeValue, describe(between.Content[1]), expected)
	}
}
