package minesweep

import (
	"net/netip"
	"time"
)

// OpenPort is a target that answered discovery.
type OpenPort struct {
	Target netip.AddrPort
	At     time.Time
	Engine string // "connect" or "syn"
}

// Reply is what one question to one port got, not judged.
type Reply struct {
	Target  netip.AddrPort
	Probe   string // name of the question, such as "cgminer/version" or "http/summary"
	At      time.Time
	Request []byte // exactly what was sent; empty for a banner wait
	Raw     []byte // as received, at most 256 KiB
	End     End
	TLS     bool   // asked inside TLS
	Refused string // why nothing was read: "connection refused", "deadline exceeded", …; "" otherwise
}

// End says how the reading of a [Reply] ended.
type End string

// The ways a reply ends.
const (
	EndEOF      End = "eof"      // the peer closed
	EndComplete End = "complete" // NUL, complete JSON or complete HTTP body
	EndIdle     End = "idle"     // the peer fell silent
	EndLimit    End = "limit"    // the size bound was reached
	EndDrip     End = "drip"     // the total deadline struck while bytes still trickled
	EndReset    End = "reset"    // the peer reset the connection
)

// Requests returns how many of the replies were asked for: a connection on
// which bytes of ours were sent is one, a wait for a banner is none.
func Requests(replies []Reply) int {
	n := 0
	for _, r := range replies {
		if len(r.Request) > 0 {
			n++
		}
	}
	return n
}
