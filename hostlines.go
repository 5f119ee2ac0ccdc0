package minesweep

import (
	"net/netip"
	"slices"
	"sync"
)

// hostLines keeps the ports of a host that is being asked in line behind each
// other, without a goroutine for each. The line has the order of the plan's
// ports, which stand by what tells most: what the first says decides what the
// next are asked, and how much.
type hostLines struct {
	mu      sync.Mutex
	waiting map[netip.Addr][]OpenPort // present: the host is being asked
	rank    map[uint16]int
}

func newHostLines(ports []uint16) *hostLines {
	l := &hostLines{waiting: make(map[netip.Addr][]OpenPort), rank: make(map[uint16]int, len(ports))}
	for i, port := range ports {
		l.rank[port] = i
	}
	return l
}

// enter reports whether the caller may ask p now; otherwise p has been put in
// line and whoever asks the host will take it.
func (l *hostLines) enter(p OpenPort) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	addr := p.Target.Addr()
	line, busy := l.waiting[addr]
	if busy {
		at, _ := slices.BinarySearchFunc(line, p, func(a, b OpenPort) int {
			return l.rankOf(a) - l.rankOf(b)
		})
		l.waiting[addr] = slices.Insert(line, at, p)
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

// rankOf puts a port that the plan does not hold last.
func (l *hostLines) rankOf(p OpenPort) int {
	if rank, ok := l.rank[p.Target.Port()]; ok {
		return rank
	}
	return len(l.rank)
}
