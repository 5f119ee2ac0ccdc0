package scanner

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	lookupWait  = 5 * time.Second // for one name
	lookupsOnce = 16              // names asked after at the same time
)

// Lookup returns the IPv4 and IPv6 addresses of a host name, as
// (*net.Resolver).LookupNetIP does for the network "ip".
type Lookup func(ctx context.Context, name string) ([]netip.Addr, error)

// SystemLookup asks the system's resolver.
func SystemLookup(ctx context.Context, name string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
}

// hostName is a host name among targets and where it stands, "" on the command
// line and else such as "targets.txt:3: ".
type hostName struct{ name, where string }

// Resolve adds all addresses of the names gathered so far, and forgets the
// names. Each name has 5 s. The error is of the first name, in their order, that
// has no address; it says where the name stands.
func (l *TargetList) Resolve(ctx context.Context, lookup Lookup) error {
	addrs := make([][]netip.Addr, len(l.names))
	errs := make([]error, len(l.names))
	var group errgroup.Group
	group.SetLimit(lookupsOnce)
	for i, n := range l.names {
		group.Go(func() error {
			addrs[i], errs[i] = n.addresses(ctx, lookup)
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs, in the order of the names
	for i := range l.names {
		if errs[i] != nil {
			return errs[i]
		}
		for _, a := range addrs[i] {
			l.Add(a.WithZone(""))
		}
	}
	l.names = nil
	return nil
}

func (n hostName) addresses(ctx context.Context, lookup Lookup) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupWait)
	defer cancel()
	addrs, err := lookup(ctx, n.name)
	var dns *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, ctx.Err()
	case errors.As(err, &dns) && dns.IsNotFound, err == nil && len(addrs) == 0:
		return nil, fmt.Errorf("%s%q has no address: mend the name, or give the address itself", n.where, clip(n.name))
	case ctx.Err() != nil || errors.As(err, &dns) && dns.IsTimeout:
		return nil, fmt.Errorf("%s%q was not resolved within %s: try again, or give the address itself", n.where, clip(n.name), lookupWait)
	case err != nil:
		return nil, fmt.Errorf("%s%q was not resolved (%w): give the address itself", n.where, clip(n.name), err)
	}
	return addrs, nil
}

// isHostName reports whether word is a name and not a slip in an address: a
// host name (RFC 1123) of labels whose last is a top level domain, or localhost.
// Where all other labels are numbers it is a slip: 10.0.0.x, 192.0.2.lO.
func isHostName(word string) bool {
	word = strings.TrimSuffix(word, ".")
	if strings.EqualFold(word, "localhost") {
		return true
	}
	labels := strings.Split(word, ".")
	last := labels[len(labels)-1]
	if len(word) > 253 || len(labels) < 2 || len(last) < 2 || !isLetter(rune(last[0])) {
		return false
	}
	letter := false
	for i, label := range labels {
		if !isLabel(label) {
			return false
		}
		letter = letter || i < len(labels)-1 && strings.IndexFunc(label, isLetter) >= 0
	}
	return letter || len(labels) == 2 // 163.com, not 10.0.0.com
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return !isLetter(r) && (r < '0' || r > '9') && r != '-' && r != '_'
	}) < 0
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func tooWide(what string) error {
	return fmt.Errorf("%s is more than /112: nobody can sweep it; give a list of known addresses with -iL, --known or a DNS name", what)
}

// wide reports whether an IPv6 range holds more addresses than the widest prefix.
func wide(first, last netip.Addr) bool {
	a, b := first.As16(), last.As16()
	low, borrow := bits.Sub64(binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(a[8:]), 0)
	high, _ := bits.Sub64(binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(a[:8]), borrow)
	return high > 0 || low >= 1<<(128-widestIPv6)
}
