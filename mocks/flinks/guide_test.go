package flinks_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/flinks"
	"github.com/stuntbank/stuntbank/openapi"
)

// rowsUnder are the cells of the tables under a heading of the guide, without quotes and
// header rows.
func rowsUnder(t *testing.T, heading string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../web/docs/flinks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("the guide has no %s", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	lines := strings.Split(section, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|--") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	return rows
}

var quoted = regexp.MustCompile("`([^`]*)`")

// Each user of the guide does what the guide says, and each published user is there.
func TestGuideUsers(t *testing.T) {
	t.Parallel()
	rows := rowsUnder(t, "Users")
	if len(rows) != 8 {
		t.Errorf("the guide has %d users", len(rows))
	}
	said := regexp.MustCompile("([0-9]{3})(?: `([A-Z_]+)`)?")
	for _, row := range rows {
		k := newKit(t)
		a := k.post("Authorize", creds(strings.Trim(row[0], "`")))
		for _, step := range said.FindAllStringSubmatch(row[1], -1) {
			if strconv.Itoa(a.status) != step[1] || a.text("FlinksCode") != step[2] {
				t.Errorf("%s: the guide says %v, it answers %d %s", row[0], step, a.status, a.raw)
			}
			if a.status == 203 {
				a = k.reply(a.text("RequestId"), a.text("SecurityChallenges.0.Prompt"), "Montreal")
			}
		}
	}
}

// Each second factor of the guide asks what the guide says and takes its answer.
func TestGuideFactors(t *testing.T) {
	t.Parallel()
	asked := 0
	for _, row := range rowsUnder(t, "Second factors") {
		scenario, kind, prompt, right := strings.Trim(row[0], "`"), quoted.FindStringSubmatch(row[1]), row[2], quoted.FindAllStringSubmatch(row[3], -1)
		k := newKit(t)
		if scenario == "" { // another question of the set
			k = newKit(t, with("mfa_question", "random"))
			scenario, kind = "mfa-question", []string{"", "QuestionAndAnswer"}
		}
		var a answer
		for range 50 {
			a = k.want(k.post("Authorize", creds("greatday_nomfa+"+scenario)), 203, "")
			if len(a.list("SecurityChallenges")) > 1 || a.text("SecurityChallenges.0.Prompt") == prompt {
				break
			}
		}
		give := map[string][]string{}
		for i, c := range a.list("SecurityChallenges") {
			c := c.(map[string]any)
			if c["Type"] != kind[1] || !strings.HasPrefix(c["Prompt"].(string), strings.TrimSuffix(prompt, ": A1, C4, E7")) {
				t.Errorf("%s asks %v", scenario, c)
			}
			value := right[min(i, len(right)-1)][1]
			if value == "Iterables" {
				value = c["Iterables"].([]any)[2].(string)
			}
			give[c["Prompt"].(string)] = []string{value}
			asked++
		}
		if _, path, ok := strings.Cut(row[3], "POST "); ok {
			path, _, _ = strings.Cut(strings.ReplaceAll(path, "{RequestId}", a.text("RequestId")), "`")
			if a := k.call("POST", k.srv.URL+"/~"+k.sandbox+path, nil); a.status != 200 {
				t.Errorf("%s answers %d %s", path, a.status, a.raw)
			}
		}
		k.want(k.post("Authorize", fields{"RequestId": a.text("RequestId"), "SecurityResponses": give}), 200, "")
	}
	if asked < 12 {
		t.Errorf("the guide has %d prompts", asked)
	}
}

// Every option that the guide names exists, with the value that it gives.
func TestGuideOptions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../web/docs/flinks.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile("`(?:--set flinks\\.)?([a-z_]+)=([a-zA-Z_]+)`").FindAllStringSubmatch(string(text), -1) {
		n++
		newKit(t, with(m[1], m[2])).login("greatday_nomfa") // Start refuses what does not exist
	}
	if n < 7 {
		t.Errorf("the guide names %d options", n)
	}
}

// The guide names every operation that is served.
func TestGuideIsWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../web/docs/flinks.md")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := openapi.Load("flinks")
	if err != nil {
		t.Fatal(err)
	}
	served := flinks.New().Handlers()
	for _, op := range spec.Operations() {
		parts := strings.Split(op.Path, "/")
		last := slices.DeleteFunc(parts, func(s string) bool { return s == "" || strings.HasPrefix(s, "{") })
		if name := last[len(last)-1]; served[op.ID] != nil && !strings.Contains(string(text), name) {
			t.Errorf("the guide does not name %s", name)
		}
	}
}
