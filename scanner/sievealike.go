package scanner

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"

	"minesweep"
)

// Bounds of what is taken for the work of one box. Where the engine did not
// see the SYN-ACKs (a connect scan), all that is alike is the port, so many
// more are asked before anything is concluded.
const (
	alikeAtLeast, alikeSample   = 8, 4
	unseenAtLeast, unseenSample = 64, 16
	askedAgain                  = 32 // one of so many held back is asked all the same
)

// likenessKey is what addresses have in common that answer alike.
type likenessKey struct {
	network netip.Prefix // /24, or /64 of IPv6
	port    uint16
	stack   minesweep.Stack
}

func likenessOf(p minesweep.OpenPort) likenessKey {
	return likenessKey{neighbourhood(p.Target.Addr().Unmap()), p.Target.Port(), p.Stack}
}

// bounds returns how many addresses must be alike, and how many are asked.
func (k likenessKey) bounds() (least, sample int) {
	if k.stack.Heard {
		return alikeAtLeast, alikeSample
	}
	return unseenAtLeast, unseenSample
}

// likeness is a group of open ports that look alike.
type likeness struct {
	key     likenessKey
	seen    [4]uint64    // addresses, a bit each; those of a /64 by their last byte
	asking  []netip.Addr // whose answers are still to come; few
	answers int          // that were heard, and were the same
	failed  int          // asked without a connection
	said    utterance
	known   bool // a fingerprint recognised something
	differ  bool // the answers are not the same, or cannot be had: each is asked
	held    int
	changed chan struct{} // closed when an answer was heard
}

// likenesses are the groups, and the networks in which one proved to be real.
type likenesses struct {
	groups *recent[likenessKey, *likeness]
	real   *recent[netip.Prefix, struct{}]
}

func newLikenesses(most int) likenesses {
	return likenesses{newRecent[likenessKey, *likeness](most), newRecent[netip.Prefix, struct{}](most)}
}

func (l *likenesses) of(p minesweep.OpenPort) *likeness {
	key := likenessOf(p)
	g, ok := l.groups.get(key)
	if !ok {
		g = &likeness{key: key, changed: make(chan struct{})}
		l.groups.put(key, g)
	}
	return g
}

// see counts an address, once.
func (g *likeness) see(addr netip.Addr) {
	b := addr.As16()
	g.seen[b[15]/64] |= 1 << (b[15] % 64)
}

func (g *likeness) size() int {
	n := 0
	for _, word := range g.seen {
		n += bits.OnesCount64(word)
	}
	return n
}

// turn is what becomes of the next port of a group.
type turn int

const (
	ask turn = iota
	wait
	hold
)

// turn decides by what was heard; whoever is asked is noted, for the others
// may wait for the answer.
func (l *likenesses) turn(g *likeness, addr netip.Addr) turn {
	least, sample := g.key.bounds()
	_, real := l.real.get(g.key.network)
	switch {
	case g.differ || g.known || real || slices.Contains(g.asking, addr):
		return ask
	case g.size() < least:
	case g.answers >= sample:
		if g.held++; g.held%askedAgain != 0 {
			return hold
		}
	case g.answers+len(g.asking) >= sample:
		return wait
	}
	g.asking = append(g.asking, addr)
	return ask
}

// hear takes what a port that was asked gave.
func (l *likenesses) hear(g *likeness, addr netip.Addr, what utterance, recognised bool) {
	g.asking = slices.DeleteFunc(g.asking, func(a netip.Addr) bool { return a == addr })
	g.known = g.known || recognised
	least, sample := g.key.bounds()
	if g.known && g.size() >= least {
		l.real.put(g.key.network, struct{}{})
	}
	switch {
	case what.failed:
		g.failed++
		g.differ = g.differ || g.failed >= sample
	case what.sieved:
	case g.answers > 0 && what != g.said:
		g.differ = true
	default:
		g.answers++
		g.said = what
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

// utterance is what a port gave, without the bytes.
type utterance struct {
	failed bool              // no connection
	sieved bool              // it was not asked
	mute   bool              // not one byte
	bytes  [sha256.Size]byte // stands for all of them, in whatever order and however often
}

func utteranceOf(replies []minesweep.Reply) utterance {
	if len(replies) == 0 {
		return utterance{failed: true}
	}
	var parts [][]byte
	for _, r := range replies {
		if len(r.Raw) > 0 {
			one := sha256.Sum256(r.Raw)
			parts = append(parts, one[:])
		}
	}
	slices.SortFunc(parts, bytes.Compare)
	parts = slices.CompactFunc(parts, bytes.Equal)
	return utterance{
		sieved: replies[0].Probe == minesweep.SievedProbe,
		mute:   len(parts) == 0, bytes: sha256.Sum256(bytes.Join(parts, nil)),
	}
}

func (g *likeness) reason() string {
	said := "said the same"
	if g.said.mute {
		said = "said nothing"
	}
	return fmt.Sprintf("%d addresses of %s answer port %d alike and %d that were asked %s",
		g.size(), g.key.network, g.key.port, g.answers, said)
}
