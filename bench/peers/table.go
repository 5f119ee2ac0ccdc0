package main

import "strings"

// markdownTable is a table of Markdown.
type markdownTable struct{ rows []string }

func newTable(header ...string) *markdownTable {
	t := &markdownTable{}
	t.add(header...)
	t.rows = append(t.rows, strings.Repeat("|---", len(header))+"|")
	return t
}

func (t *markdownTable) add(cells ...string) {
	escaped := make([]string, len(cells))
	for i, c := range cells {
		escaped[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	t.rows = append(t.rows, "| "+strings.Join(escaped, " | ")+" |")
}

func (t *markdownTable) String() string { return lines(t.rows) }
