package minesweep

import (
	"net/netip"
	"slices"
	"sync"
)

// lineBounds say how much of the queue stands in memory.
type lineBounds struct {
	host  int // ports in line behind the one of their host that is being asked
	all   int // ports in line altogether
	share int // hosts of one /24 (IPv6: /64) asked at the same time
}

// boundsFor leaves room for all tiers of a host; an [OpenPort] is about 130
// bytes with its place in the maps, so that lines take 2 MB at most. No /24
// takes more than an eighth of the askers: its budget is small, and whoever
// waits for it would keep others waiting.
func boundsFor(asks int) lineBounds {
	return lineBounds{host: 256, all: 16384, share: max(asks/8, 16)}
}

// hostLines decides when a port that came out of the queue is asked. Ports of
// a host stand in line behind each other, in the order of the plan's ports,
// which stand by what tells most: what the first says decides what the next
// are asked, and how much. What has no room in the lines stays in the store.
type hostLines struct {
	bounds lineBounds
	rank   map[uint16]int
	room   chan struct{} // holds a token when ports left in the store may have room now

	mu      sync.Mutex
	hosts   map[netip.Addr]*hostLine
	near    map[netip.Prefix]*nearby
	held    map[netip.AddrPort]struct{} // in line, being asked, or in settled
	settled []netip.AddrPort            // since the queue was read last
	waiting int                         // ports in all lines
	left    bool                        // ports were left in the store
	full    bool                        // because of bounds.all
}

// hostLine is a host that is being asked, or waits for its /24.
type hostLine struct {
	ports []OpenPort
	left  bool // ports of it were left in the store
}

// nearby is a /24 of which hosts are being asked.
type nearby struct {
	asked   int
	waiting []netip.Addr // hosts, in the order in which they came
}

func newHostLines(ports []uint16, bounds lineBounds) *hostLines {
	l := &hostLines{
		bounds: bounds, rank: make(map[uint16]int, len(ports)), room: make(chan struct{}, 1),
		hosts: make(map[netip.Addr]*hostLine), near: make(map[netip.Prefix]*nearby),
		held: make(map[netip.AddrPort]struct{}),
	}
	for i, port := range ports {
		l.rank[port] = i
	}
	return l
}

// turn comes before each reading of the queue: what was settled before does not
// come out of it again. What is settled later may, and must not be asked twice.
func (l *hostLines) turn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, target := range l.settled {
		delete(l.held, target)
	}
	l.settled = l.settled[:0]
}

// enter reports whether the caller may ask p now. Otherwise p is in line, and
// whoever asks before it will take it, or it was left in the store.
func (l *hostLines) enter(p OpenPort) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, held := l.held[p.Target]; held {
		return false
	}
	addr := p.Target.Addr()
	h, near := l.hosts[addr], l.nearby(addr)
	if h == nil && near.asked < l.bounds.share {
		near.asked++
		l.hosts[addr] = &hostLine{}
		l.held[p.Target] = struct{}{}
		return true
	}
	if l.waiting >= l.bounds.all || h != nil && len(h.ports) >= l.bounds.host {
		l.leaveInStore(h)
		return false
	}
	if h == nil {
		h = &hostLine{}
		l.hosts[addr] = h
		near.waiting = append(near.waiting, addr)
	}
	at, _ := slices.BinarySearchFunc(h.ports, p, func(a, b OpenPort) int { return l.rankOf(a) - l.rankOf(b) })
	h.ports = slices.Insert(h.ports, at, p)
	l.held[p.Target] = struct{}{}
	l.waiting++
	return false
}

func (l *hostLines) leaveInStore(h *hostLine) {
	l.left = true
	if l.waiting >= l.bounds.all {
		l.full = true
	} else {
		h.left = true
	}
}

// leave takes p, which is settled, and returns the port to ask next in its
// place: the next of the host, or of a host nearby that waits. It returns false
// when there is none.
func (l *hostLines) leave(p OpenPort) (OpenPort, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled = append(l.settled, p.Target)
	addr := p.Target.Addr()
	near := l.nearby(addr)
	if len(l.hosts[addr].ports) == 0 {
		if l.hosts[addr].left {
			l.hasRoom()
		}
		delete(l.hosts, addr)
		if len(near.waiting) == 0 {
			l.depart(addr, near)
			return OpenPort{}, false
		}
		addr, near.waiting = near.waiting[0], near.waiting[1:]
	}
	h := l.hosts[addr]
	next := h.ports[0]
	h.ports = h.ports[1:]
	l.waiting--
	if l.full && l.waiting <= l.bounds.all/2 {
		l.hasRoom()
	}
	return next, true
}

func (l *hostLines) depart(addr netip.Addr, near *nearby) {
	if near.asked--; near.asked == 0 {
		delete(l.near, neighbourhood(addr))
	}
}

func (l *hostLines) hasRoom() {
	select {
	case l.room <- struct{}{}:
	default:
	}
}

// again comes before the queue is read from its beginning: whatever was left
// there comes out of it once more.
func (l *hostLines) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left, l.full = false, false
}

// size is how many ports are in line or being asked, or were until lately.
func (l *hostLines) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held)
}

// leftSome reports whether ports were left in the store.
func (l *hostLines) leftSome() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left
}

func (l *hostLines) nearby(addr netip.Addr) *nearby {
	key := neighbourhood(addr)
	near := l.near[key]
	if near == nil {
		near = &nearby{}
		l.near[key] = near
	}
	return near
}

// neighbourhood is the /24 of an IPv4 address and the /64 of an IPv6 one.
func neighbourhood(addr netip.Addr) netip.Prefix {
	bits := 24
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // fails for no valid address
	return p
}

// rankOf puts a port that the plan does not hold last.
func (l *hostLines) rankOf(p OpenPort) int {
	if rank, ok := l.rank[p.Target.Port()]; ok {
		return rank
	}
	return len(l.rank)
}
