package main

import (
	"encoding/xml"
	"fmt"
	"os"
)

// junit is the XML that CI services read: one suite for each provider, one case for each scenario.
type junit struct {
	XMLName xml.Name      `xml:"testsuites"`
	Suites  []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Seconds  float64     `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Seconds float64       `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// writeJUnit writes the results into a file.
func writeJUnit(path string, results []played) error {
	var doc junit
	suites := map[string]*junitSuite{}
	for _, p := range results {
		s := suites[p.Provider.Name]
		if s == nil {
			s = &junitSuite{Name: "stuntbank." + p.Provider.Name}
			suites[p.Provider.Name] = s
			doc.Suites = append(doc.Suites, s)
		}
		c := junitCase{Name: p.Scenario.Name, Class: s.Name, File: p.Scenario.File, Seconds: p.took.Seconds()}
		if m := p.Miss; m != nil {
			s.Failures++
			c.Failure = &junitFailure{m.Error(), fmt.Sprintf("%s:%d: %s\n- expected %s\n+ seen     %s\n%s", m.File, m.Line, m.Did, m.Expected, m.Seen, m.Why)}
		}
		switch rest := p.Rest(); {
		case p.Untestable() != "":
			s.Skipped++
			c.Skipped = &junitSkipped{rest}
		case rest != "":
			c.Out = "left at " + rest
		}
		s.Tests++
		s.Seconds += c.Seconds
		s.Cases = append(s.Cases, c)
	}
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o644)
}
