package wire

import (
	"encoding/binary"
	"iter"
	"net/netip"
	"slices"
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// Kind is how an address answers.
type Kind uint32

const (
	// Plain answers by the hash of address and port: open, refused or silent.
	Plain Kind = iota
	// Silent answers nothing.
	Silent
	// Proxy answers each SYN by a SYN-ACK of window 0 without options, as a
	// SYN proxy does.
	Proxy
	// AllOpen answers each SYN as an open port does.
	AllOpen
	// Middlebox answers each SYN of each address alike, by a SYN-ACK of
	// MiddleboxWindow.
	Middlebox
	// Unreachable answers by ICMP destination unreachable, administratively
	// prohibited (type 3, code 13), from the far end of the link.
	Unreachable
	// Storm is Plain for the place's first After SYNs and refuses everything
	// from then on.
	Storm
	// Passed packets go to the far kernel, where Lab.Far can listen. What
	// nobody listens on the kernel refuses.
	Passed
	// Real is Plain, but an open port is the far kernel's, where somebody must
	// listen, for connections that go on after the SYN.
	Real
)

// hashed tells whether the hash of address and port decides.
func (k Kind) hashed() bool { return k == Plain || k == Storm || k == Real }

// Window is what an open port announces, MiddleboxWindow what a middlebox does.
const (
	Window          = 29200
	MiddleboxWindow = 8192
)

// Place says how a prefix answers. The longest prefix decides.
type Place struct {
	Prefix netip.Prefix // IPv4
	Kind   Kind
	After  uint32 // of a Storm, in SYNs
}

// Responder says what the far side answers and what it takes note of. The zero
// value is silent and only counts.
type Responder struct {
	Seed          uint32
	OpenOneIn     uint32 // one in so many pairs of address and port is open; 0: none
	RefusePercent uint32 // of what is not open; the rest is silent
	Options       []byte // TCP options of open ports, whole words of 4 bytes, 40 at most

	ProxyPercent   float64 // of the addresses that no place names, by their hash
	AllOpenPercent float64 // likewise
	Places         []Place

	// Scope is where packets may go: anything else that is not for the link
	// itself is counted as outside. Nil counts nothing.
	Scope []netip.Prefix
	// Watch gets a timeline each: IPv4 prefixes, 64 at most.
	Watch []netip.Prefix
	// Pairs get a count each.
	Pairs Pairs
}

// Pairs are the addresses of an IPv4 prefix by ports, 2^23 pairs at most.
type Pairs struct {
	Base  netip.Prefix
	Ports []uint16
}

func fmix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// addrSalt parts the hash that chooses an address's kind from that of its ports.
const addrSalt = 0x5bd1e995

func number(a netip.Addr) uint32 {
	b := a.AsSlice()
	return binary.BigEndian.Uint32(b[len(b)-4:])
}

// bars are the limits under which an address's hash makes it a proxy or, above
// those, all open.
func (r *Responder) bars() (proxy, allOpen uint64) {
	proxy = uint64(r.ProxyPercent / 100 * (1 << 32))
	return proxy, proxy + uint64(r.AllOpenPercent/100*(1<<32))
}

// Kind tells how addr answers.
func (r *Responder) Kind(addr netip.Addr) Kind {
	kind, bits := Plain, -1
	for _, p := range r.Places {
		if p.Prefix.Contains(addr) && p.Prefix.Bits() > bits {
			kind, bits = p.Kind, p.Prefix.Bits()
		}
	}
	if bits >= 0 {
		return kind
	}
	h := uint64(fmix(number(addr)*0x9E3779B1 ^ addrSalt ^ r.Seed))
	switch proxy, allOpen := r.bars(); {
	case h < proxy:
		return Proxy
	case h < allOpen:
		return AllOpen
	}
	return Plain
}

func (r *Responder) hash(addr netip.Addr, port uint16) uint32 {
	return fmix(number(addr)*0x9E3779B1 ^ uint32(port)*0x85EBCA77 ^ r.Seed)
}

// Open tells whether a true service listens. What a proxy, a middlebox or a host
// with everything open pretends is none; what lies behind Passed is not known.
// Of a Storm it tells what is open before it begins.
func (r *Responder) Open(addr netip.Addr, port uint16) bool {
	if r.OpenOneIn == 0 || r.hash(addr, port)%r.OpenOneIn != 0 {
		return false
	}
	return r.Kind(addr).hashed()
}

// Refuses tells whether addr answers port by a RST.
func (r *Responder) Refuses(addr netip.Addr, port uint16) bool {
	h := r.hash(addr, port)
	if r.OpenOneIn != 0 && h%r.OpenOneIn == 0 || h>>8%100 >= r.RefusePercent {
		return false
	}
	return r.Kind(addr).hashed()
}

// Truth yields what is open in prefixes, in their order.
func (r *Responder) Truth(prefixes []netip.Prefix, ports []uint16) iter.Seq[netip.AddrPort] {
	return func(yield func(netip.AddrPort) bool) {
		for _, p := range prefixes {
			for a := p.Masked().Addr(); p.Contains(a); a = a.Next() {
				for _, port := range ports {
					if r.Open(a, port) && !yield(netip.AddrPortFrom(a, port)) {
						return
					}
				}
			}
		}
	}
}

// Decoys yields the addresses of prefixes that answer and hold nothing: proxies,
// middleboxes and hosts with everything open.
func (r *Responder) Decoys(prefixes []netip.Prefix) iter.Seq[netip.Addr] {
	pretend := []Kind{Proxy, AllOpen, Middlebox}
	return func(yield func(netip.Addr) bool) {
		for _, p := range prefixes {
			for a := p.Masked().Addr(); p.Contains(a); a = a.Next() {
				if slices.Contains(pretend, r.Kind(a)) && !yield(a) {
					return
				}
			}
		}
	}
}
