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
	Stack  Stack
}

// Stack is how the SYN-ACK of an open port looked. It tells a stack that
// speaks for a whole network, or for nobody, from a service. The zero value
// means that the engine did not see it, as a connect scan does not.
type Stack struct {
	Heard   bool
	TTL     uint8  // as received; hop limit of IPv6
	Window  uint16 // as sent, not scaled
	Options string // a letter an option in their order, as nmap writes them: M MSS, N no-op, W window scale, S SACK permitted, T timestamps, ? others; "" none
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
