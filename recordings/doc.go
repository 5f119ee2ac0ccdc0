// Package recordings reads files of recorded answers, so that they can be
// judged, replayed and compared without a packet: txtar archives of this
// project (one device a file) and JSON lines of others (a pair a line).
package recordings

import (
	"encoding/json"

	"minesweep"
)

// Device is one recorded host: what it was asked, what it answered, and what
// is known of it.
type Device struct {
	Name    string
	Comment string
	Mining  *bool // nil where the recording does not say
	Replies []minesweep.Reply
	// Sections is a txtar recording as written, for a server to replay; nil
	// for JSON lines.
	Sections []Section
	Want     *Want           // what judging must find; nil where not said
	Expected json.RawMessage // what another program's tests assert; nil where not said
}

// Section is one answer of a txtar recording.
type Section struct {
	Probe string // name of the question, such as "cgminer/version" or "http/"
	Port  uint16
	End   minesweep.End
	Text  string // without the newline that ends the section
	Exact bool   // Text is all that was sent, byte by byte; else a head may be missing
}
