package scenarios

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"
)

const tableText = `persona: lena
use: empty
accounts:
  main:
    file: %s
  savings:
    count: 1000000
    between: [2024-01-01, 2026-01-01]
`

func tableFolder(name string) fstest.MapFS {
	return fstest.MapFS{
		"people/lena.yaml":         {Data: []byte(strings.ReplaceAll(tableText, "%s", name))},
		"people/rows.csv":          {Data: []byte("date,amount,description\n")},
		"people/rows/main.csv":     {Data: []byte("date,amount,description\n2026-01-05,1,A\n")},
		"people/folder.csv/x":      {Data: []byte("x")},
		"people/long.csv":          {Data: make([]byte, maxTable+1)},
		"secret.csv":               {Data: []byte("date,amount,description\n")},
		"who.yaml":                 {Data: []byte("scenario: who\npersona: lena")},
		"people/.hidden/other.csv": {Data: []byte("x")},
	}
}

// A file of rows is found beside the file that names it, whoever uses that.
func TestTables(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rows.csv", "rows/main.csv"} {
		folder := tableFolder(name)
		l, err := (&Library{vocabulary: testVocabulary()}).LoadDir(folder, "flows")
		if err != nil {
			t.Fatal(err)
		}
		s, _ := l.Get("who")
		table, volume := s.Persona.Accounts[0].Table, s.Persona.Accounts[1]
		if table.Name != name || string(table.Data) != string(folder["people/"+name].Data) {
			t.Errorf("%s holds %q", table.Name, table.Data)
		}
		if volume.Count != 1_000_000 || volume.From != "2024-01-01" || volume.Until != "2026-01-01" {
			t.Errorf("the volume account is %+v", volume)
		}
		want := `flows/people/lena.yaml:5:11: SB125: found ` + name + `, line 3, amount: "x", expected a CSV of rows`
		if got := s.Unusable(0, table.Wrong(errors.New(`line 3, amount: "x"`))).Error(); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A name that leads out of the folder, or to nothing that can be read, is an error in its place.
func TestTablesReject(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"../secret.csv":      "SB106: found \"../secret.csv\", expected a CSV file beside this one, or in a folder below it",
		"rows/../../who.csv": "SB106",
		"/etc/rows.csv":      "SB106",
		"./rows.csv":         "SB106",
		"rows.txt":           "SB106",
		"[rows.csv]":         "SB105",
		"nobody.csv":         "SB126: found \"nobody.csv\", which cannot be read (there is no such file)",
		"folder.csv":         "SB126: found \"folder.csv\", which cannot be read (it is no plain file)",
		"long.csv":           "SB126: found \"long.csv\", which cannot be read (it is longer than 33554432 bytes: ask for a count instead)",
	} {
		_, err := (&Library{vocabulary: testVocabulary()}).LoadDir(tableFolder(name), "flows")
		list, _ := err.(ErrorList) // that the persona is then missing is told behind it
		if len(list) == 0 || !strings.HasPrefix(list[0].Error(), "flows/people/lena.yaml:5:11: "+want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Parse("x.yaml", []byte("scenario: x\npersona: {use: empty, accounts: {main: {file: rows.csv}}}"), testVocabulary())
	if err == nil || !strings.HasPrefix(err.Error(), `x.yaml:2:47: SB126: found "rows.csv" of a text that lies in no folder`) {
		t.Errorf("without a folder: %v", err)
	}
}

// The schema knows volumes and tables as the reader does.
func TestSchemaTakesTables(t *testing.T) {
	t.Parallel()
	var s map[string]any
	if err := json.Unmarshal(Schema(testVocabulary()), &s); err != nil {
		t.Fatal(err)
	}
	check := checker{s["$defs"].(map[string]any)}
	whole := strings.ReplaceAll(tableText, "%s", "rows.csv")
	for text, ok := range map[string]bool{
		whole: true,
		strings.ReplaceAll(whole, "rows.csv", "[x]"):    false,
		strings.ReplaceAll(whole, "2024-01-01", "24-1"): false,
		strings.ReplaceAll(whole, "1000000", "many"):    false,
	} {
		var root yaml.Node
		if err := yaml.Unmarshal([]byte(text), &root); err != nil {
			t.Fatal(err)
		}
		if why := check.against(s, decoded(t, &root)); (why == "") != ok {
			t.Errorf("the schema says %q of %s", why, text)
		}
	}
}
