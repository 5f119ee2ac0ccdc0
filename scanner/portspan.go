package scanner

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const (
	localPortRange    = "/proc/sys/net/ipv4/ip_local_port_range"
	reservedPorts     = "/proc/sys/net/ipv4/ip_local_reserved_ports"
	spanPorts         = 64 // two for each time slot of a [proof]
	lowestChosenPort  = 1024
	crowdedChosenPort = 61000 // where the local range leaves no room
)

// portSpan is a row of source ports, both ends included; the zero span is none.
type portSpan struct{ from, to uint16 }

// parsePortSpan reads "61000-61015" or "40000".
func parsePortSpan(text string) (portSpan, error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	from, errFrom := strconv.ParseUint(first, 10, 16)
	to, errTo := strconv.ParseUint(last, 10, 16)
	if errFrom != nil || errTo != nil || from == 0 || to < from {
		return portSpan{}, fmt.Errorf("source ports %q are no ports from 1 to 65535, write for example 61000-61015", clip(text))
	}
	return portSpan{uint16(from), uint16(to)}, nil
}

// String returns the span as parsePortSpan reads it.
func (s portSpan) String() string {
	if s.from == s.to {
		return strconv.Itoa(int(s.from))
	}
	return fmt.Sprintf("%d-%d", s.from, s.to)
}

// count returns the number of ports.
func (s portSpan) count() int {
	if s.from == 0 {
		return 0
	}
	return int(s.to) - int(s.from) + 1
}

func (s portSpan) overlaps(o portSpan) bool { return s.from <= o.to && o.from <= s.to }

// freeSpans returns the spans to try, the best first, and a notice with a verb
// for the span where all of them lie inside the kernel's own range.
func freeSpans() (spans []portSpan, notice string, err error) {
	text, err := os.ReadFile(localPortRange)
	if err != nil {
		return nil, "", fmt.Errorf("source ports: %w", err)
	}
	local, err := parsePortSpan(strings.Join(strings.Fields(string(text)), "-"))
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", localPortRange, err)
	}
	text, _ = os.ReadFile(reservedPorts) // an old kernel has none
	spans, roomy := chooseSpans(local, parsePortList(string(text)))
	if !roomy {
		notice = "ip_local_port_range " + local.String() + " leaves no room for source ports, so %s are taken from it:" +
			" a firewall rule for them would meet other programs once the sweep is over"
	}
	return spans, notice, nil
}

// parsePortList reads ip_local_reserved_ports, "8080,9000-9010"; what it cannot
// read it leaves out.
func parsePortList(text string) []portSpan {
	var list []portSpan
	for word := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		if span, err := parsePortSpan(word); err == nil {
			list = append(list, span)
		}
	}
	return list
}

// chooseSpans returns the spans above local, then those below it from the top;
// where there is none, those from 61000 on, and false. Ports reserved for
// other programs are left out.
func chooseSpans(local portSpan, reserved []portSpan) (spans []portSpan, roomy bool) {
	add := func(from int) {
		span := portSpan{uint16(from), uint16(from + spanPorts - 1)}
		for _, r := range reserved {
			if r.overlaps(span) {
				return
			}
		}
		spans = append(spans, span)
	}
	for from := int(local.to) + 1; from+spanPorts-1 <= 65535; from += spanPorts {
		add(from)
	}
	for from := int(local.from) - spanPorts; from >= lowestChosenPort; from -= spanPorts {
		add(from)
	}
	if len(spans) > 0 {
		return spans, true
	}
	for from := crowdedChosenPort; from+spanPorts-1 <= 65535; from += spanPorts {
		add(from)
	}
	return spans, false
}
