package db

import (
	"net/netip"
	"strings"
	"time"
)

// micros is how a time is kept: microseconds since 1970, and 0 for the zero
// time, because numbers sort alike in every database.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// addressBytes is how an address is kept: 16 bytes, IPv4 mapped, so that a
// prefix is a BETWEEN.
func addressBytes(a netip.Addr) []byte {
	b := a.As16()
	return b[:]
}

func addressOf(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a.Unmap()
}

// maxSearchable bounds what an index holds of a device's own words.
const maxSearchable = 200

// searchable is the form in which a word is compared: lower case, valid UTF-8,
// without NUL (which bun refuses in strings) and of bounded length. The exact
// bytes are in the host's body.
func searchable(s string) string {
	if len(s) > maxSearchable {
		s = s[:maxSearchable]
	}
	return plain(strings.ToLower(s))
}

// plain is s as a database takes it for text.
func plain(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
