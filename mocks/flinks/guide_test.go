package flinks_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/bank"
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

// said are the statuses and codes in a cell.
var said = regexp.MustCompile("\\b([0-9]{3})\\b(?: `([A-Z_]+)`)?")

// Each user of the guide does what the guide says, and each published user is there.
func TestGuideUsers(t *testing.T) {
	t.Parallel()
	rows := rowsUnder(t, "Users")
	rows = slices.DeleteFunc(rows, func(row []string) bool { return bank.KindOf(strings.Trim(row[0], "`")) != "" })
	if len(rows) != 8 {
		t.Errorf("the guide has %d users", len(rows))
	}
	for _, row := range rows {
		k := newKit(t)
		a := k.post("Authorize", creds(strings.Trim(row[0], "`")))
		for _, step := range said.FindAllStringSubmatch(row[1], -1) {
			if strconv.Itoa(a.Status) != step[1] || a.Text("FlinksCode") != step[2] {
				t.Errorf("%s: the guide says %v, it answers %d %s", row[0], step, a.Status, a.Raw)
			}
			if a.Status == 203 {
				a = k.reply(a.Text("RequestId"), a.Text("SecurityChallenges.0.Prompt"), "Montreal")
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
			if len(a.List("SecurityChallenges")) > 1 || a.Text("SecurityChallenges.0.Prompt") == prompt {
				break
			}
		}
		give := map[string][]string{}
		for i, c := range a.List("SecurityChallenges") {
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
			path, _, _ = strings.Cut(strings.ReplaceAll(path, "{RequestId}", a.Text("RequestId")), "`")
			if a := k.call("POST", k.srv.URL+"/~"+k.sandbox+path, nil); a.Status != 200 {
				t.Errorf("%s answers %d %s", path, a.Status, a.Raw)
			}
		}
		k.want(k.post("Authorize", fields{"RequestId": a.Text("RequestId"), "SecurityResponses": give}), 200, "")
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
		if a := newKit(t, with(m[1], m[2])).post("Authorize", creds("greatday_nomfa")); a.Status != 200 { // Start refuses what does not exist
			t.Errorf("%s=%s answers %d %s", m[1], m[2], a.Status, a.Raw)
		}
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

// Each persona of the guide has what the guide names, and the example of one holds.
func TestGuidePersonas(t *testing.T) {
	t.Parallel()
	n := 0
	for _, row := range rowsUnder(t, "Users") {
		name := strings.Trim(row[0], "`")
		if bank.KindOf(name) == "" {
			continue
		}
		n++
		if name == "business" {
			continue // TestBusinessLogin
		}
		a := analyse(persona(t, name), "greatday_nomfa+who", "DaysOfTransactions", "Days365")
		figures := a.want(a.get(a.path+"/GetAllAttributes"), 200, "")
		for _, m := range quoted.FindAllStringSubmatch(row[1], -1) {
			if figures.Number("Card."+m[1]) <= 0 {
				t.Errorf("%s: %s is %v", name, m[1], figures.At("Card."+m[1]))
			}
		}
		if name == "pensioner" && figures.Number("Card.nbr_payroll_deposits_365_days") != 0 {
			t.Errorf("a pensioner has a payroll")
		}
	}
	if n < 7 {
		t.Errorf("the guide has %d personas", n)
	}
	text, err := os.ReadFile("../../web/docs/flinks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\nscenario: short-of-money\ntitle: A borrower whose debits come back\nabout: Who is refused credit.\n")
	example, _, _ = strings.Cut(example, "```")
	k := newKit(t, scripted(map[string]string{"short-of-money": example}))
	if a := analyse(k, "greatday_nomfa+short-of-money").figure("nbr_nsf"); a.Number("Card.nbr_nsf") <= 0 {
		t.Errorf("%q: %s", example, a.Raw)
	}
}

// The guide lists the institutions as the API does.
func TestGuideInstitutions(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	listed := k.get("Institutions")
	rows := rowsUnder(t, "Institutions")
	if len(rows) != int(listed.Number("Count")) {
		t.Fatalf("the guide has %d institutions, there are %v", len(rows), listed.Number("Count"))
	}
	for i, row := range rows {
		at := "Data." + strconv.Itoa(i) + "."
		said := []string{strconv.Itoa(int(listed.Number(at + "Id"))), listed.Text(at + "Localizations.0.Name"), listed.Text(at + "Localizations.1.Name")}
		if !slices.Equal(row[1:], said) {
			t.Errorf("the guide has %q, listed is %q", row, said)
		}
		for _, name := range row {
			if got := k.login("greatday_nomfa", "Institution", strings.Trim(name, "`")).Text("Institution"); got != strings.Trim(row[0], "`") {
				t.Errorf("%s opens %s", name, got)
			}
		}
	}
}

// A second factor that goes wrong answers call by call what the guide says.
func TestGuideTroubles(t *testing.T) {
	t.Parallel()
	rows := rowsUnder(t, "Second factors that go wrong")
	if len(rows) < 8 {
		t.Errorf("the guide has %d", len(rows))
	}
	right := map[string]string{city: "Montreal", "What is the best country on earth?": "Canada", "Approve the sign-in in your bank's app": "I have approved it"}
	for _, row := range rows {
		k := newKit(t)
		a := k.post("Authorize", creds("greatday_nomfa+"+strings.Trim(row[0], "`")))
		id := a.Text("RequestId")
		for i, step := range said.FindAllStringSubmatch(row[1], -1) {
			if i > 0 {
				prompt := firstOf(a.Text("SecurityChallenges.0.Prompt"), city)
				a = k.reply(id, prompt, right[prompt])
			}
			if strconv.Itoa(a.Status) != step[1] || a.Text("FlinksCode") != step[2] {
				t.Errorf("%s: the guide says %q, call %d answers %d %s", row[0], step[0], i+1, a.Status, a.Raw)
			}
		}
	}
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// The guide leads to every code by the way that TestEveryCode goes.
func TestGuideCodes(t *testing.T) {
	t.Parallel()
	met := meetings()
	rows := rowsUnder(t, "How to meet each code")
	for _, row := range rows {
		m, ok := met[strings.Trim(row[0], "`")]
		if !ok || row[1] != strconv.Itoa(m.status) || row[2] != "`"+m.scenario+"`" || row[3] == "" {
			t.Errorf("the guide has %q, it is met by %s with %d", row, m.scenario, m.status)
		}
		delete(met, strings.Trim(row[0], "`"))
	}
	for code := range met {
		t.Errorf("the guide does not lead to %s", code)
	}
}
