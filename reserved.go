package minesweep

import "net/netip"

// reservedSpace is refused whatever is granted: no host in it can be a
// customer's (RFC 6890). Loopback and RFC 1918 are not here; they need a grant
// like any other address.
var reservedSpace = [...]struct {
	prefix netip.Prefix
	why    string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network (RFC 791)"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local (RFC 3927)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast (RFC 5771)"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved (RFC 1112)"},
	{netip.MustParsePrefix("::/128"), "the unspecified address (RFC 4291)"},
	{netip.MustParsePrefix("fe80::/10"), "link-local (RFC 4291)"},
	{netip.MustParsePrefix("ff00::/8"), "multicast (RFC 4291)"},
}

func reserved(addr netip.Addr) string {
	for i := range reservedSpace {
		if reservedSpace[i].prefix.Contains(addr) {
			return reservedSpace[i].why
		}
	}
	return ""
}

func reservedPrefixes() []netip.Prefix {
	out := make([]netip.Prefix, len(reservedSpace))
	for i := range reservedSpace {
		out[i] = reservedSpace[i].prefix
	}
	return out
}
