package wire

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// counter is a place in the program's state, which is a row of 64-bit numbers
// and what follows them.
type counter uint32

const (
	frames counter = iota
	syns
	openHits
	pretended
	refused
	unreachables
	silent
	otherTCP
	scannerRSTs
	passed
	outside
	lateSYNs
	counters
)

// Where the rest of the state lies.
const (
	stateTimes   = 128 // of the first and the last SYN
	stateOutside = 256 // addresses of 16 bytes
	keptOutside  = 16
	stateWatch   = 512 // first, last, count of each
	mostWatched  = 64
	stateSize    = stateWatch + mostWatched*24
)

// Tally is what came to far0 since the last Answer, in packets.
type Tally struct {
	Frames       uint64 // all
	SYNs         uint64 // to any address but the link's own
	OpenHits     uint64 // SYNs to what is open, answered or handed to the far kernel
	Pretended    uint64 // SYN-ACKs of decoys
	Refused      uint64 // RSTs sent
	Unreachables uint64 // ICMP errors sent
	Silent       uint64 // SYNs that got no answer
	OtherTCP     uint64 // neither SYN nor RST
	ScannerRSTs  uint64
	Passed       uint64 // to the far kernel, whatever it does with them
	Outside      uint64 // to addresses out of scope
	OutsideFirst []netip.Addr
}

// Tally reads the counters.
func (l *Lab) Tally() Tally {
	n := l.station.number
	t := Tally{Frames: n(frames), SYNs: n(syns), OpenHits: n(openHits), Pretended: n(pretended), Refused: n(refused),
		Unreachables: n(unreachables), Silent: n(silent), OtherTCP: n(otherTCP), ScannerRSTs: n(scannerRSTs),
		Passed: n(passed), Outside: n(outside)}
	for i := range min(t.Outside, keptOutside) {
		a, _ := netip.AddrFromSlice(l.station.state.memory[stateOutside+16*i:][:16])
		t.OutsideFirst = append(t.OutsideFirst, a.Unmap())
	}
	return t
}

func (s *station) number(c counter) uint64 { return s.at(8 * int(c)) }

func (s *station) at(offset int) uint64 { return binary.NativeEndian.Uint64(s.state.memory[offset:]) }

// Timeline reads when SYNs came, to wherever.
func (l *Lab) Timeline() Timeline { return l.station.timeline(0) }

// Watched reads when SYNs came to the place that stands at index i of the
// responder's Watch.
func (l *Lab) Watched(i int) Timeline { return l.station.timeline(1 + i) }

// timeline reads the i-th one; 0 is that of everything.
func (s *station) timeline(i int) Timeline {
	times, count := stateTimes, s.number(syns)
	if i > 0 {
		times = stateWatch + 24*(i-1)
		count = s.at(times + 16)
	}
	all := make([]uint32, slots)
	for k := range all {
		all[k] = binary.NativeEndian.Uint32(s.timelines.memory[4*(slots*i+k):])
	}
	return Timeline{First: time.Duration(s.at(times)), Last: time.Duration(s.at(times + 8)), Count: count, Slots: cut(all)}
}
