package scanner

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"go4.org/netipx"
)

// maxTargetLine bounds a line of a target file, in bytes.
const maxTargetLine = 1 << 20

// widestIPv6 is the length of the widest IPv6 prefix that is a target: 65,536
// addresses. A /64 is 18 quintillion; at a million packets/s that is 584,000 years.
const widestIPv6 = 112

const rightTarget = "write for example 192.0.2.0/24"

// ParseTargets reads addresses, prefixes and ranges, IPv4 and IPv6:
// "192.0.2.7", "192.0.2.0/24", "192.0.2.1-192.0.2.9", "192.0.2.1-9". A prefix
// with host bits set means the whole prefix, as nmap has it. An IPv6 prefix
// wider than /112 is refused. The error names the offending text.
func ParseTargets(args []string) (*netipx.IPSet, error) {
	var l TargetList
	if err := l.Words(args); err != nil {
		return nil, err
	}
	return l.Set()
}

// ReadTargets reads targets as [ParseTargets] does, one or several a line; what
// follows a # is a comment. Errors begin with name and line.
func ReadTargets(name string, r io.Reader) (*netipx.IPSet, error) {
	var l TargetList
	if err := l.Read(name, r); err != nil {
		return nil, err
	}
	return l.Set()
}

// TargetList gathers targets from a command line and from files. Where Names is
// set it takes host names too, which mean nothing until [TargetList.Resolve].
// The zero value takes addresses only.
type TargetList struct {
	Names bool
	set   netipx.IPSetBuilder
	names []hostName
}

// Words adds targets as [ParseTargets] reads them.
func (l *TargetList) Words(args []string) error {
	found := false
	for _, arg := range args {
		for _, word := range strings.FieldsFunc(arg, betweenTargets) {
			if err := l.add(word, ""); err != nil {
				return err
			}
			found = true
		}
	}
	if !found {
		return errors.New("no target given, " + rightTarget)
	}
	return nil
}

// Read adds targets as [ReadTargets] reads them.
func (l *TargetList) Read(name string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxTargetLine)
	found := false
	n := 0
	for lines.Scan() {
		n++
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.FieldsFunc(line, betweenTargets) {
			where := fmt.Sprintf("%s:%d: ", name, n)
			if err := l.add(word, where); err != nil {
				return fmt.Errorf("%s%w", where, err)
			}
			found = true
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: the line is longer than 1 MiB, write one target a line", name, n+1)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", name, n+1, err)
	}
	if !found {
		return fmt.Errorf("%s: it holds no target, %s", name, rightTarget)
	}
	return nil
}

// Add adds one address.
func (l *TargetList) Add(addr netip.Addr) { l.set.Add(addr.Unmap()) }

// Set returns the addresses gathered so far.
func (l *TargetList) Set() (*netipx.IPSet, error) { return l.set.IPSet() }

func (l *TargetList) add(word, where string) error {
	if l.Names && isHostName(word) {
		l.names = append(l.names, hostName{strings.TrimSuffix(word, "."), where})
		return nil
	}
	return addTarget(&l.set, word)
}

func betweenTargets(r rune) bool { return r == ',' || unicode.IsSpace(r) }

func addTarget(b *netipx.IPSetBuilder, word string) error {
	if from, to, ok := strings.Cut(word, "-"); ok {
		return addRange(b, word, from, to)
	}
	if strings.Contains(word, "/") {
		p, err := netip.ParsePrefix(word)
		if err != nil {
			return notTarget(word)
		}
		p = unmapPrefix(p).Masked()
		if p.Addr().Is6() && p.Bits() < widestIPv6 {
			return tooWide(p.String())
		}
		b.AddPrefix(p)
		return nil
	}
	addr, ok := parseAddr(word)
	if !ok {
		return notTarget(word)
	}
	b.Add(addr)
	return nil
}

func addRange(b *netipx.IPSetBuilder, word, from, to string) error {
	first, ok := parseAddr(from)
	if !ok {
		return notTarget(word)
	}
	last, ok := parseAddr(to)
	if !ok {
		last, ok = lastOctet(first, to)
	}
	if !ok || first.Is4() != last.Is4() {
		return notTarget(word)
	}
	if last.Less(first) {
		return fmt.Errorf("range %q ends before it begins, write for example 192.0.2.1-192.0.2.9", clip(word))
	}
	if first.Is6() && wide(first, last) {
		return tooWide(clip(word))
	}
	b.AddRange(netipx.IPRangeFrom(first, last))
	return nil
}

// lastOctet reads nmap's short form: the 9 of 192.0.2.1-9.
func lastOctet(first netip.Addr, octet string) (netip.Addr, bool) {
	n, err := strconv.ParseUint(octet, 10, 8)
	if err != nil || !first.Is4() {
		return netip.Addr{}, false
	}
	bytes := first.As4()
	bytes[3] = byte(n)
	return netip.AddrFrom4(bytes), true
}

func parseAddr(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// unmapPrefix turns ::ffff:192.0.2.0/120 into 192.0.2.0/24: the scope knows
// addresses by their plain form only.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func notTarget(word string) error {
	return fmt.Errorf("%q is not an address, prefix or range, %s", clip(word), rightTarget)
}
