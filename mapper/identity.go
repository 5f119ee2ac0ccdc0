package mapper

import (
	"fmt"
	"strings"

	"minesweep"
)

// identify lets the first, heaviest piece name the device and fills what it
// leaves open from the lighter ones that do not contradict it. Hints add to it
// only where they name the same vendor, and never raise a doubt.
func identify(h *minesweep.Host, ranked, hints []minesweep.Evidence) {
	first := ranked[0]
	c := first.Claims
	for _, e := range ranked[1:] {
		if moreExact(first, e) {
			continue
		}
		if said := contradiction(c, e.Claims); said != "" {
			addDoubt(h, disagreement(first, e, said))
			continue
		}
		fill(&c, e.Claims)
	}
	for _, e := range hints {
		if c.Vendor != "" && strings.EqualFold(c.Vendor, e.Claims.Vendor) && contradiction(c, e.Claims) == "" {
			fill(&c, e.Claims)
		}
	}
	h.Class, h.Vendor, h.Model, h.Firmware = c.Class, c.Vendor, c.Model, c.Firmware
	h.Algorithm, h.Coin = c.Algorithm, c.Coin
	h.Hashrate, h.HashrateUnit, h.PowerW = c.Hashrate, c.HashrateUnit, c.PowerW
	h.Pool, h.Worker, h.MAC, h.Serial, h.Hostname = c.Pool, c.Worker, c.MAC, c.Serial, c.Hostname
	h.UptimeS, h.State, h.Locked = c.UptimeS, c.State, c.Locked
	soundNumbers(h)
}

// moreExact reports whether first is another rule's word of the same family on
// the same port and differs in class alone: a program for both GPU and CPU is
// called by its usual class until an answer says which it uses.
func moreExact(first, e minesweep.Evidence) bool {
	return e.Fingerprint == first.Fingerprint && e.Port == first.Port && e.Claims.Vendor == first.Claims.Vendor &&
		e.Claims.Class != first.Claims.Class && e.Weight < first.Weight
}

// disagreement is the doubt that a second claim raises.
func disagreement(first, e minesweep.Evidence, said string) string {
	vendors := first.Claims.Vendor != "" && e.Claims.Vendor != "" && !strings.EqualFold(first.Claims.Vendor, e.Claims.Vendor)
	if e.Port == first.Port && vendors {
		return fmt.Sprintf("port %d claims both %s and %s", e.Port, product{first}, product{e})
	}
	return fmt.Sprintf("%s on port %d says %s", e.Fingerprint, e.Port, said)
}

// contradiction tells what b says of class, vendor or model that a denies, or
// "". A model that is the beginning of the other is only less exact.
func contradiction(a, b minesweep.Claims) string {
	switch {
	case a.Class != "" && b.Class != "" && a.Class != b.Class:
		return fmt.Sprintf("class %s, not %s", b.Class, a.Class)
	case a.Vendor != "" && b.Vendor != "" && !strings.EqualFold(a.Vendor, b.Vendor):
		return fmt.Sprintf("vendor %s, not %s", shorten(b.Vendor, 40), shorten(a.Vendor, 40))
	}
	ma, mb := plainModel(a.Model), plainModel(b.Model)
	if ma != "" && mb != "" && !strings.HasPrefix(ma, mb) && !strings.HasPrefix(mb, ma) {
		return fmt.Sprintf("model %s, not %s", shorten(b.Model, 60), shorten(a.Model, 60))
	}
	return ""
}

func fill(c *minesweep.Claims, from minesweep.Claims) {
	fillString(&c.Vendor, from.Vendor)
	fillString(&c.Model, from.Model)
	fillString(&c.Firmware, from.Firmware)
	fillString(&c.Algorithm, from.Algorithm)
	fillString(&c.Coin, from.Coin)
	fillString(&c.Pool, from.Pool)
	fillString(&c.Worker, from.Worker)
	fillString(&c.MAC, from.MAC)
	fillString(&c.Serial, from.Serial)
	fillString(&c.Hostname, from.Hostname)
	fillString(&c.State, from.State)
	if c.Class == "" {
		c.Class = from.Class
	}
	if c.Hashrate == nil {
		c.Hashrate, c.HashrateUnit = from.Hashrate, from.HashrateUnit
	}
	if c.PowerW == nil {
		c.PowerW = from.PowerW
	}
	if c.UptimeS == nil {
		c.UptimeS = from.UptimeS
	}
	c.Locked = c.Locked || from.Locked
}

func fillString(s *string, from string) {
	if *s == "" {
		*s = from
	}
}

// claimsKey writes claims out, so that they can be put in order.
func claimsKey(c minesweep.Claims) string {
	return fmt.Sprintf("%q %q %q %q %q %q %q %q %q %q %q %q %q %t %s %s %s",
		c.Class, c.Vendor, c.Model, c.Firmware, c.Algorithm, c.Coin, c.HashrateUnit, c.Pool,
		c.Worker, c.MAC, c.Serial, c.Hostname, c.State, c.Locked,
		number(c.Hashrate), number(c.PowerW), number(c.UptimeS))
}

func number[T int64 | float64](p *T) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprint(*p)
}

// plainModel reduces a name to what two spellings of one model share.
func plainModel(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '.', '/':
			return -1
		}
		return r
	}, strings.ToLower(s))
}
