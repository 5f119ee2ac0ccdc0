package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
)

// job is what a program is to do in one run.
type job struct {
	targets []netip.Prefix
	ports   int // the ports 1 to this
	rate    int // packets/s; 0: as fast as it goes
	// loose says that the responder holds packets only against the networks of
	// the laboratory: 10,000 prefixes would cost it, and so the run, a quarter.
	loose bool
}

func newJob(prefix string, ports, rate int) job {
	return job{targets: []netip.Prefix{netip.MustParsePrefix(prefix)}, ports: ports, rate: rate}
}

func (j job) addresses() uint64 {
	var n uint64
	for _, p := range j.targets {
		n += 1 << (32 - p.Bits())
	}
	return n
}

func (j job) probes() uint64 { return j.addresses() * uint64(j.ports) }

// portRange is the ports as all of the programs read them.
func (j job) portRange() string {
	if j.ports == 1 {
		return "1"
	}
	return "1-" + strconv.Itoa(j.ports)
}

func (j job) portList() []uint16 {
	out := make([]uint16, j.ports)
	for i := range out {
		out[i] = uint16(i + 1)
	}
	return out
}

func (j job) targetTexts() []string {
	out := make([]string, len(j.targets))
	for i, p := range j.targets {
		out[i] = p.String()
	}
	return out
}

// narrowed returns the job on a 2^bits-th of its one prefix.
func (j job) narrowed(bits int) job {
	j.targets = []netip.Prefix{netip.PrefixFrom(j.targets[0].Addr(), j.targets[0].Bits()+bits)}
	return j
}

// onePort returns a job of as many probes with a single port, for a program that
// takes one port a run. The ports of j are a power of two.
func (j job) onePort() job {
	for j.ports > 1 {
		j = j.narrowed(-1)
		j.ports /= 2
	}
	j.targets[0] = j.targets[0].Masked()
	return j
}

func (j job) String() string {
	where := j.targets[0].String()
	if len(j.targets) > 1 {
		where = fmt.Sprintf("%d prefixes", len(j.targets))
	}
	text := fmt.Sprintf("%s × %d port", where, j.ports)
	if j.ports > 1 {
		text += "s"
	}
	return text
}

// lengths are how many prefixes of which length scatter makes: 10,000, and as
// many addresses as a /12 has.
var lengths = []struct{ bits, count int }{{24, 2000}, {25, 2500}, {26, 1268}, {27, 4232}}

// scatter returns 10,000 random prefixes of 10.0.0.0/8, no two of which touch.
// They hold 2^20 addresses; divide by a power of two makes each smaller.
func scatter(seed uint64, smaller int) []netip.Prefix {
	random := rand.New(rand.NewPCG(seed, 0))
	places := random.Perm(1 << 15) // one /23 each, of which the lower half is used
	var out []netip.Prefix
	for _, l := range lengths {
		for range l.count {
			place := uint32(places[len(out)])
			inside := uint32(random.IntN(1<<(l.bits-24))) << (32 - l.bits)
			n := 10<<24 | place<<9 | inside
			addr := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
			out = append(out, netip.PrefixFrom(addr, l.bits+smaller))
		}
	}
	return out
}

func lines(texts []string) string { return strings.Join(texts, "\n") + "\n" }
