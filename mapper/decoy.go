package mapper

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"minesweep"
)

// Bounds of what an honest host shows. A router with every service on has
// fewer than ten of the swept ports open; a firewall that completes every
// handshake has nearly all.
const (
	openAtLeast      = 10
	openPercent      = 75
	sameQuestions    = 4
	sameProtocols    = 3
	samePorts        = 3
	echoPrefixAtMost = 16 // so many bytes of a cut echo are no chance
)

// The behaviours, named as evidence names its fingerprint.
const (
	everythingOpen = "everything-open"
	sameBytes      = "same-bytes"
	echo           = "echo"
	drip           = "drip"
)

// sign is behaviour that no service of use shows.
type sign struct {
	kind   string
	port   uint16 // 0: the host as a whole
	probe  string
	quote  string
	reason string            // a sentence
	from   map[question]bool // same-bytes: who got these bytes
	host   bool              // it speaks of every port of the host
}

// question is a protocol asked on a port.
type question struct {
	port   uint16
	family string
}

type signs []sign

// behaviour looks at open ports and replies alone; no fingerprint is needed.
func behaviour(o minesweep.Observation) signs {
	var out signs
	if s, ok := findEverythingOpen(o); ok {
		out = append(out, s)
	}
	out = append(out, findSieved(o.Replies)...)
	out = append(out, findSameBytes(o.Replies)...)
	return append(out, findPortSigns(o.Replies)...)
}

func (s signs) find(kind string) bool {
	return slices.ContainsFunc(s, func(x sign) bool { return x.kind == kind })
}

// voids reports whether the bytes that e rests on come to whoever asks
// whatever: from an echo, or the same to unrelated questions.
func (s signs) voids(e minesweep.Evidence) bool {
	if e.Strength == minesweep.Decoy {
		return false
	}
	for _, x := range s {
		if x.kind == echo && x.port == e.Port {
			return true
		}
		if x.kind == sameBytes && x.from[question{e.Port, family(e.Probe)}] {
			return true
		}
	}
	return false
}

// overrule reports whether the host as a whole is a decoy even though confirm
// evidence stands. Everything open with the same bytes on unrelated ports
// always is; everything open alone is, unless a port that confirmed answered a
// second question of its protocol differently, as a device does and a
// completed handshake does not.
func (s signs) overrule(confirm []minesweep.Evidence, replies []minesweep.Reply) bool {
	if !slices.ContainsFunc(s, func(x sign) bool { return x.host }) {
		return false
	}
	if s.find(sameBytes) {
		return true
	}
	return !slices.ContainsFunc(confirm, func(e minesweep.Evidence) bool { return followedUp(e, replies) })
}

func followedUp(e minesweep.Evidence, replies []minesweep.Reply) bool {
	answers := make(map[string]bool)
	for _, r := range replies {
		if r.Target.Port() == e.Port && family(r.Probe) == family(e.Probe) && len(r.Raw) > 0 {
			answers[string(r.Raw)] = true
		}
	}
	return len(answers) > 1
}

// asEvidence shows the behaviours beside the evidence of fingerprints.
func (s signs) asEvidence() []minesweep.Evidence {
	out := make([]minesweep.Evidence, 0, len(s))
	for _, x := range s {
		out = append(out, minesweep.Evidence{
			Fingerprint: x.kind, Probe: x.probe, Port: x.port, Strength: minesweep.Decoy, Quote: x.quote,
		})
	}
	return out
}

func findEverythingOpen(o minesweep.Observation) (sign, bool) {
	open := make(map[uint16]bool)
	for _, p := range o.Ports {
		open[p.Target.Port()] = true
	}
	n := len(open)
	if n < openAtLeast || n*100 < o.PortsSwept*openPercent || o.PortsSwept == 0 {
		return sign{}, false
	}
	said := fmt.Sprintf("%d of %d ports open", n, o.PortsSwept)
	return sign{kind: everythingOpen, host: true, quote: said, reason: "everything is open: " + said}, true
}

// findSameBytes looks for one answer to many unlike questions. What a plain
// web, TLS or SSH server says to a protocol that is not its own is left out:
// three such servers on a host are nothing odd.
func findSameBytes(replies []minesweep.Reply) signs {
	groups := make(map[string][]minesweep.Reply)
	for _, r := range replies {
		if len(r.Raw) > 0 && !refusal(r.Raw) {
			groups[string(r.Raw)] = append(groups[string(r.Raw)], r)
		}
	}
	var out signs
	for raw, group := range groups {
		if s, ok := judgeSame(raw, group); ok {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b sign) int { return strings.Compare(a.reason+a.quote, b.reason+b.quote) })
	return out
}

func judgeSame(raw string, group []minesweep.Reply) (sign, bool) {
	probes, families, ports := map[string]bool{}, map[string]bool{}, map[uint16]bool{}
	from := make(map[question]bool)
	for _, r := range group {
		f := family(r.Probe)
		probes[r.Probe], families[f], ports[r.Target.Port()] = true, true, true
		from[question{r.Target.Port(), f}] = true
	}
	if len(probes) < sameQuestions || len(families) < sameProtocols || len(ports) < samePorts {
		return sign{}, false
	}
	return sign{kind: sameBytes, quote: shorten(raw, 60), from: from, reason: fmt.Sprintf(
		"the same %d bytes answer %d unlike questions on %d ports", len(raw), len(probes), len(ports))}, true
}

func refusal(raw []byte) bool {
	switch {
	case bytes.HasPrefix(raw, []byte("HTTP/")):
		_, status, _ := bytes.Cut(raw, []byte(" "))
		return !bytes.HasPrefix(status, []byte("2"))
	case bytes.HasPrefix(raw, []byte("SSH-")):
		return true
	}
	return len(raw) >= 2 && raw[0] == 0x15 && raw[1] == 3 // TLS alert (RFC 8446, 5.1)
}

// findPortSigns looks at each port by itself.
func findPortSigns(replies []minesweep.Reply) signs {
	byPort := make(map[uint16][]minesweep.Reply)
	for _, r := range replies {
		byPort[r.Target.Port()] = append(byPort[r.Target.Port()], r)
	}
	var out signs
	for port, group := range byPort {
		slices.SortFunc(group, func(a, b minesweep.Reply) int {
			return strings.Compare(a.Probe+"\x00"+string(a.Raw), b.Probe+"\x00"+string(b.Raw))
		})
		if r, ok := echoed(group); ok {
			out = append(out, portSign(echo, port, r, "it sends back the question and nothing else"))
		} else if r, ok := dripped(group); ok {
			out = append(out, portSign(drip, port, r, "its answer trickles and does not end"))
		}
	}
	slices.SortFunc(out, func(a, b sign) int { return int(a.port) - int(b.port) })
	return out
}

func portSign(kind string, port uint16, r minesweep.Reply, what string) sign {
	return sign{kind: kind, port: port, probe: r.Probe, quote: shorten(string(r.Raw[:min(len(r.Raw), 80)]), 60),
		reason: fmt.Sprintf("port %d: %s", port, what)}
}

// echoed reports whether every question of this port came back as its answer.
func echoed(group []minesweep.Reply) (minesweep.Reply, bool) {
	var one minesweep.Reply
	found := false
	for _, r := range group {
		if len(r.Request) == 0 || len(r.Raw) == 0 {
			continue
		}
		if !isEcho(r.Request, r.Raw) {
			return one, false
		}
		one, found = r, true
	}
	return one, found
}

func isEcho(request, raw []byte) bool {
	request, raw = plainLine(request), plainLine(raw)
	if len(request) == 0 || len(raw) == 0 {
		return false
	}
	if len(raw) < len(request) {
		return len(raw) >= echoPrefixAtMost && bytes.HasPrefix(request, raw)
	}
	times := (len(raw) + 1) / (len(request) + 1) // a line may come back again and again
	return len(raw) <= times*(len(request)+1) && bytes.Count(raw, request) == times
}

// plainLine takes off what terminals and C strings add to an echo.
func plainLine(b []byte) []byte {
	return bytes.Trim(bytes.ReplaceAll(b, []byte("\r"), nil), "\n\x00 ")
}

// dripped finds an answer that was cut because it never ended: by the clock,
// or, outside HTTP, by its size.
func dripped(group []minesweep.Reply) (minesweep.Reply, bool) {
	for _, r := range group {
		endless := r.End == minesweep.EndLimit && !bytes.HasPrefix(r.Raw, []byte("HTTP/"))
		if len(r.Raw) > 0 && (r.End == minesweep.EndDrip || endless) {
			return r, true
		}
	}
	return minesweep.Reply{}, false
}
