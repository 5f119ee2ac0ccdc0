package minesweep

import (
	"net/netip"
	"sync"
)

// hostLines keeps the ports of a host that is being asked in line behind each
// other, without a goroutine for each.
type hostLines struct {
	mu      sync.Mutex
	waiting map[netip.Addr][]OpenPort // present: the host is being asked
}

func newHostLines() *hostLines {
	return &hostLines{waiting: make(map[netip.Addr][]OpenPort)}
}

// enter reports whether the caller may ask p now; otherwise p has been put in
// line and whoever asks the host will take it.
func (l *hostLines) enter(p OpenPort) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	addr := p.Target.Addr()
	line, busy := l.waiting[addr]
	if busy {
		l.waiting[addr] = append(line, p)
		return false
	}
	l.waiting[addr] = nil
	return true
}

// leave returns the next port in line behind p, or false when there is none
// and the host is free.
func (l *hostLines) leave(p OpenPort) (OpenPort, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	addr := p.Target.Addr()
	line := l.waiting[addr]
	if len(line) == 0 {
		delete(l.waiting, addr)
		return OpenPort{}, false
	}
	l.waiting[addr] = line[1:]
	return line[0], true
}
