package mapper

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"minesweep"
)

// contradictory names the behaviour of what pretends to be several products.
const contradictory = "contradictory"

// unrelatedAtLeast is how many products of different vendors no honest host
// runs: a rig has two or three miners.
const unrelatedAtLeast = 4

// product is what one port most certainly is.
type product struct {
	minesweep.Evidence
}

func (p product) String() string {
	name := strings.TrimSpace(p.Claims.Vendor + " " + p.Claims.Model)
	if strings.HasPrefix(plainModel(p.Claims.Model), plainModel(p.Claims.Vendor)) {
		name = p.Claims.Model
	}
	return shorten(name, 60)
}

// unlike reports whether two claims are of different vendors and classes. The
// vendor alone is not enough: clones keep the strings of what they copied.
func unlike(a, b minesweep.Evidence) bool {
	x, y := a.Claims, b.Claims
	return a.Fingerprint != b.Fingerprint && worksItself(x.Class) && worksItself(y.Class) && x.Class != y.Class &&
		x.Vendor != "" && y.Vendor != "" && !strings.EqualFold(x.Vendor, y.Vendor)
}

// findPretence looks for claims that no honest host makes together. Confirm is
// ranked, the heaviest first.
func findPretence(confirm []minesweep.Evidence, replies []minesweep.Reply) signs {
	var out signs
	byPort := make(map[uint16][]minesweep.Evidence)
	for _, e := range confirm {
		byPort[e.Port] = append(byPort[e.Port], e)
	}
	for port, claims := range byPort {
		if said := pretence(claims, replies); said != "" {
			out = append(out, sign{kind: contradictory, port: port, probe: claims[0].Probe, quote: said,
				reason: fmt.Sprintf("port %d claims %s", port, said)})
		}
	}
	slices.SortFunc(out, func(a, b sign) int { return int(a.port) - int(b.port) })
	if products := unrelated(confirm); len(products) >= unrelatedAtLeast && !severalDevices(products) {
		said := fmt.Sprintf("%d unrelated products: %s", len(products), list(products))
		out = append(out, sign{kind: contradictory, quote: said, reason: "it claims " + said})
	}
	return out
}

// pretence tells what one port claims that nothing can be at once: three
// unlike products, or two by different protocols or by the same bytes.
func pretence(claims []minesweep.Evidence, replies []minesweep.Reply) string {
	for i, a := range claims {
		for j, b := range claims[i+1:] {
			if !unlike(a, b) {
				continue
			}
			if fa, fb := family(a.Probe), family(b.Probe); fa != fb {
				return fmt.Sprintf("both %s by %s and %s by %s", product{a}, fa, product{b}, fb)
			}
			if a.Probe != b.Probe && sameAnswer(a, b, replies) {
				return fmt.Sprintf("both %s and %s by the same bytes", product{a}, product{b})
			}
			for _, c := range claims[i+1+j+1:] {
				if unlike(a, c) && unlike(b, c) {
					return fmt.Sprintf("%s, %s and %s", product{a}, product{b}, product{c})
				}
			}
		}
	}
	return ""
}

// sameAnswer reports whether two questions of one port got the same bytes.
func sameAnswer(a, b minesweep.Evidence, replies []minesweep.Reply) bool {
	answer := func(e minesweep.Evidence) []byte {
		for _, r := range replies {
			if r.Target.Port() == e.Port && r.Probe == e.Probe {
				return r.Raw
			}
		}
		return nil
	}
	x, y := answer(a), answer(b)
	return len(x) > 0 && bytes.Equal(x, y)
}

// unrelated returns a product of each vendor that a port of its own confirms.
func unrelated(confirm []minesweep.Evidence) []product {
	var out []product
	for _, p := range products(confirm) {
		same := func(q product) bool { return strings.EqualFold(q.Claims.Vendor, p.Claims.Vendor) }
		if !slices.ContainsFunc(out, same) {
			out = append(out, p)
		}
	}
	return out
}

// products returns the heaviest claim of each port that names a vendor of
// something that works itself, by port.
func products(confirm []minesweep.Evidence) []product {
	seen := make(map[uint16]bool)
	var out []product
	for _, e := range confirm {
		if seen[e.Port] || e.Claims.Vendor == "" {
			continue
		}
		seen[e.Port] = true
		if worksItself(e.Claims.Class) {
			out = append(out, product{e})
		}
	}
	slices.SortFunc(out, func(a, b product) int { return int(a.Port) - int(b.Port) })
	return out
}

// severalDevices reports whether the products look like devices behind one
// address, as a farm's router forwards them: at least two tell a MAC, serial,
// hostname or worker of their own. To lose a farm is worse than to keep a lure
// with a doubt.
func severalDevices(products []product) bool {
	own := make(map[string]bool)
	for _, p := range products {
		if id := cmp.Or(p.Claims.MAC, p.Claims.Serial, p.Claims.Hostname, p.Claims.Worker); id != "" {
			own[id] = true
		}
	}
	return len(own) >= 2
}

// doubtSeveral says where more than one piece of hardware answered, since their
// models or their MACs differ from port to port, and where the miners are more
// than one rig runs.
func doubtSeveral(h *minesweep.Host, confirm []minesweep.Evidence) {
	var found []product
	for _, p := range products(confirm) {
		if p.Claims.Class != minesweep.ASIC && p.Claims.Class != minesweep.HomeMiner {
			continue
		}
		if !slices.ContainsFunc(found, func(q product) bool { return !another(p, q) }) {
			found = append(found, p)
		}
	}
	if all := unrelated(confirm); len(all) >= unrelatedAtLeast {
		found = all
	}
	if len(found) > 1 {
		addDoubt(h, "several devices behind this address: "+list(found))
	}
}

// another reports whether two ports are surely of two devices.
func another(p, q product) bool {
	x, y := p.Claims, q.Claims
	return contradiction(x, y) != "" || x.MAC != "" && y.MAC != "" && x.MAC != y.MAC
}

func list(products []product) string {
	var names []string
	for _, p := range products[:min(len(products), 6)] {
		names = append(names, fmt.Sprintf("%s on port %d", p, p.Port))
	}
	if more := len(products) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
