package main

import (
	"net/netip"
	"time"

	"minesweep/lab"
)

// questions are those to simulated miners: what these heard, beside what is stored.
type questions struct {
	heard, stored int // bytes
	again         int // bytes heard beyond what is stored: a node died before it could store the answers
	againAt       int // ports where that was so
	settled       int // connections to ports that were settled already
	unheard       int // ports of which more is stored than was heard
}

// late is how long after a port is settled a connection may be dated: the commit.
const late = 500 * time.Millisecond

// compareQuestions holds what the miners heard against the bytes of stored
// questions and the times at which ports were settled.
func compareQuestions(heard []lab.Received, stored map[netip.AddrPort]int, settled map[netip.AddrPort]time.Time) (q questions) {
	secure := make(map[netip.AddrPort]bool) // what was read inside TLS counts, not what crossed the wire
	for _, r := range heard {
		secure[r.Target] = secure[r.Target] || r.Inside
	}
	bytes := make(map[netip.AddrPort]int)
	for _, r := range heard {
		if r.Inside == secure[r.Target] {
			bytes[r.Target] += len(r.Bytes)
		}
		if at := settled[r.Target]; !at.IsZero() && r.At.After(at.Add(late)) {
			q.settled++
		}
	}
	for target, n := range bytes {
		q.heard += n
		q.stored += stored[target]
		if over := n - stored[target]; over > 0 {
			q.again += over
			q.againAt++
		} else if over < 0 {
			q.unheard++
		}
	}
	return q
}
