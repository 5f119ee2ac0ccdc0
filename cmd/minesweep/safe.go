package main

import (
	"strings"
	"unicode"
)

// printable makes a device's string harmless in a terminal: control, format
// and direction-changing characters become U+FFFD, so that no answer can move
// the cursor, retitle the window or reverse the line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r) && r != ' ':
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

// oneLine is printable without line ends.
func oneLine(s string) string {
	return strings.Join(strings.Fields(printable(s)), " ")
}

// cell makes a string harmless in a CSV file that a spreadsheet opens: what
// would be read as a formula gets an apostrophe before it (OWASP, CSV injection).
func cell(s string) string {
	s = oneLine(s)
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
