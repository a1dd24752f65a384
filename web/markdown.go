package web

import (
	"regexp"
	"strings"
)

// block is a piece of a guide: a heading, a paragraph, a list, code or a table. The
// guides are our own, so this reads only the Markdown that they are written in.
type block struct {
	Kind string // h2, p, ul, ol, pre, table
	Text []span // h2, p
	ID   string // h2
	Code string
	Rows [][][]span // ul, ol: one cell a row; table: the first row is the head
}

// span is a run of text: plain, code, strong, or a link.
type span struct{ Text, Kind, URL string }

// blocks reads Markdown.
func blocks(source string) []block {
	var all []block
	lines := strings.Split(source, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "```"):
			from := i + 1
			for i++; i < len(lines) && !strings.HasPrefix(lines[i], "```"); i++ {
			}
			all = append(all, block{Kind: "pre", Code: strings.Join(lines[from:i], "\n")})
		case strings.HasPrefix(line, "#"):
			title := strings.TrimLeft(line, "# ")
			all = append(all, block{Kind: "h2", Text: spans(title), ID: slug(title)})
		case strings.HasPrefix(line, "|"):
			b := block{Kind: "table"}
			for ; i < len(lines) && strings.HasPrefix(lines[i], "|"); i++ {
				if row := cells(lines[i]); row != nil {
					b.Rows = append(b.Rows, row)
				}
			}
			all, i = append(all, b), i-1
		case item.MatchString(line):
			b := block{Kind: "ul"}
			if line[0] >= '0' && line[0] <= '9' {
				b.Kind = "ol"
			}
			var items []string
			for ; i < len(lines) && strings.TrimSpace(lines[i]) != ""; i++ {
				if m := item.FindString(lines[i]); m != "" {
					items = append(items, lines[i][len(m):])
				} else {
					items[len(items)-1] += " " + strings.TrimSpace(lines[i])
				}
			}
			for _, text := range items {
				b.Rows = append(b.Rows, [][]span{spans(text)})
			}
			all = append(all, b)
		default:
			from := i
			for i < len(lines) && strings.TrimSpace(lines[i]) != "" && !strings.HasPrefix(lines[i], "```") {
				i++
			}
			all = append(all, block{Kind: "p", Text: spans(strings.Join(lines[from:i], " "))})
			i--
		}
	}
	return all
}

var (
	item      = regexp.MustCompile(`^(?:[-*]|\d+\.) +`)
	ruler     = regexp.MustCompile(`^[|\s:-]+$`)
	notInSlug = regexp.MustCompile(`[^a-z0-9 _-]`)
	inText    = regexp.MustCompile("`([^`]+)`|\\*\\*([^*]+)\\*\\*|\\[([^\\]]+)\\]\\(([^)\\s]+)\\)")
)

// slug is the id of a heading, as forges make it.
func slug(title string) string {
	return strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
}

// cells are those of a table's row, nil for the line under its head.
func cells(line string) [][]span {
	if ruler.MatchString(line) {
		return nil
	}
	var row [][]span
	for _, cell := range strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|") {
		row = append(row, spans(strings.TrimSpace(cell)))
	}
	return row
}

// spans parts a text at its code, strong words and links.
func spans(text string) []span {
	var all []span
	at := 0
	plain := func(to int) {
		if to > at {
			all = append(all, span{Text: text[at:to]})
		}
	}
	for _, m := range inText.FindAllStringSubmatchIndex(text, -1) {
		plain(m[0])
		at = m[1]
		switch {
		case m[2] >= 0:
			all = append(all, span{Text: text[m[2]:m[3]], Kind: "code"})
		case m[4] >= 0:
			all = append(all, span{Text: text[m[4]:m[5]], Kind: "strong"})
		default:
			all = append(all, span{Text: text[m[6]:m[7]], Kind: "a", URL: text[m[8]:m[9]]})
		}
	}
	plain(len(text))
	return all
}
