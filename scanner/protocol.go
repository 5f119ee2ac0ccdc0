package scanner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
)

// MaxReport bounds one line from the child, in bytes.
const MaxReport = 64 << 10

// The states of a target in a [Report].
const (
	StateSent     = "sent"     // SYN only: it left; what comes after is open or nothing
	StateOpen     = "open"     //
	StateClosed   = "closed"   // the host refused the connection
	StateFiltered = "filtered" // no answer within the wait
	StateRefused  = "refused"  // outside the scope that the child was given; nothing was sent
	StateError    = "error"    // not sent, for want of a socket or a route
)

// Command is one line to minesweep-naabu, JSON: either a scope or a target.
// The first line is a scope.
type Command struct {
	Scope  *ScopeLine     `json:"scope,omitempty"`
	Target netip.AddrPort `json:"target,omitzero"`
}

// ScopeLine is what the child may send to; a later one replaces it.
type ScopeLine struct {
	Allow []netip.Prefix `json:"allow"`
	Deny  []netip.Prefix `json:"deny,omitempty"`
	// Own is the canary, the one target that needs no prefix: a listener of
	// the parent on 127.0.0.1.
	Own netip.AddrPort `json:"own,omitzero"`
}

// Report is one line from minesweep-naabu, JSON: ready, a target's state, or a
// fatal error.
type Report struct {
	Ready  bool           `json:"ready,omitempty"`
	Engine string         `json:"engine,omitempty"` // connect or syn: the engine chosen, or the one that a target met
	Notes  []string       `json:"notes,omitempty"`  // with ready: sentences for the operator
	Target netip.AddrPort `json:"target,omitzero"`
	State  string         `json:"state,omitempty"`
	Why    string         `json:"why,omitempty"`   // with ready: why this engine; with a state: what went wrong
	Fault  string         `json:"fault,omitempty"` // with an error of a target: the name of its [minesweep.Fault]
	Error  string         `json:"error,omitempty"`
}

// ParseReport reads a line from the child. It refuses unknown fields, unknown
// states, and lines that say two things or nothing.
func ParseReport(line []byte) (Report, error) {
	var r Report
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil || decoder.More() {
		return Report{}, fmt.Errorf("line %q is not a report", clip(string(line)))
	}
	kinds := 0
	for _, is := range []bool{r.Ready, r.Target.IsValid(), r.Error != ""} {
		if is {
			kinds++
		}
	}
	if kinds != 1 || r.Target.IsValid() != knownState(r.State) {
		return Report{}, fmt.Errorf("line %q is not a report", clip(string(line)))
	}
	if r.Ready && r.Engine != "connect" && r.Engine != "syn" {
		return Report{}, fmt.Errorf("engine %q is not known", clip(r.Engine))
	}
	return r, nil
}

func knownState(s string) bool {
	switch s {
	case StateSent, StateOpen, StateClosed, StateFiltered, StateRefused, StateError:
		return true
	}
	return false
}

// ParseCommand reads a line to the child.
func ParseCommand(line []byte) (Command, error) {
	var c Command
	if err := json.Unmarshal(line, &c); err != nil {
		return Command{}, fmt.Errorf("line %q is not a command", clip(string(line)))
	}
	if (c.Scope != nil) == c.Target.IsValid() {
		return Command{}, errors.New("a command is either a scope or a target")
	}
	return c, nil
}
