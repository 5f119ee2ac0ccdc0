package pools

import (
	"net/netip"
	"strconv"
	"strings"
)

// maxAddress bounds what may be a pool's address, in bytes.
const maxAddress = 1024

// split takes host name and port out of a pool's address; host is "" where
// there is none, as for an IP address. The port is 0 where none is given.
//
//	stratum+tcp://wallet.rig@EU.Pool.example.:3333/path#x → eu.pool.example, 3333
func split(s string) (host string, port uint16) {
	if len(s) > maxAddress {
		return "", 0
	}
	s = strings.TrimSpace(s)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	if at := strings.IndexAny(s, "/?"); at >= 0 {
		s = s[:at]
	}
	s = s[strings.LastIndexByte(s, '@')+1:]
	if at := strings.IndexAny(s, "#,; \t\r\n\x00"); at >= 0 {
		s = s[:at]
	}
	if strings.HasPrefix(s, "[") {
		return "", 0 // IPv6
	}
	host, text, hasPort := strings.Cut(s, ":")
	if hasPort {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return "", 0
		}
		port = uint16(n)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if !isName(host) || isIP(host) {
		return "", 0
	}
	return host, port
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	last := host[strings.LastIndexByte(host, '.')+1:]
	return err == nil || strings.Trim(last, "0123456789") == "" // no top-level domain is a number
}

// isName reports whether s can be a host name. Letters beyond ASCII are none:
// what looks like a pool's name in another alphabet is another's, and the
// xn-- form of a name has no such letters.
func isName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return false
			}
		}
	}
	return true
}

// withoutDomain leaves the labels below what a registry sold, as far as that
// can be told without its list: two labels are taken off.
func withoutDomain(host string) string {
	labels := strings.Split(host, ".")
	return strings.Join(labels[:max(0, len(labels)-2)], ".")
}
