package fingerprints

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"minesweep"
)

// Unclean tells what no evidence may hold, whatever a device sent; "" is fine.
func Unclean(e minesweep.Evidence) string {
	c := e.Claims
	for _, s := range []string{e.Quote, e.Probe, string(c.Class), c.Vendor, c.Model, c.Firmware, c.Algorithm, c.Coin,
		c.Pool, c.Worker, c.MAC, c.Serial, c.Hostname, c.State, c.HashrateUnit} {
		if len(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return fmt.Sprintf("%s by %s says %q", e.Fingerprint, e.Probe, s)
		}
	}
	if len(e.Quote) > maxQuote {
		return fmt.Sprintf("%s quotes %d bytes", e.Fingerprint, len(e.Quote))
	}
	if h := c.Hashrate; h != nil && (*h < 0 || *h > maxHashrate) {
		return fmt.Sprintf("%s says a rate of %v", e.Fingerprint, *h)
	}
	return ""
}
