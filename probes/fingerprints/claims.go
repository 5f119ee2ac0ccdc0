package fingerprints

import (
	"encoding/hex"
	"regexp"
	"strings"

	"minesweep"
)

// maxText bounds a device's string in a claim, in bytes.
const maxText = 256

// setText puts a device's or a rule's string into the claim named.
func setText(c *minesweep.Claims, claim, s string) {
	s = printableText(s, maxText)
	switch claim {
	case "class":
		c.Class = minesweep.Class(s)
	case "vendor":
		c.Vendor = s
	case "model":
		c.Model = s
	case "firmware":
		c.Firmware = s
	case "algorithm":
		c.Algorithm = s
	case "coin":
		c.Coin = s
	case "pool":
		c.Pool = poolURL(s)
	case "worker":
		c.Worker = s
	case "mac":
		c.MAC = macAddress(s)
	case "serial":
		c.Serial = s
	case "hostname":
		c.Hostname = s
	case "state":
		c.State = s
	case "locked":
		c.Locked = s == "true"
	}
}

// userinfo is what stands before the host of a pool's address: a wallet, or a
// password, and never part of the pool.
var userinfo = regexp.MustCompile(`^([a-zA-Z][\w+.-]*://)?[^/@]*@`)

func poolURL(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	return userinfo.ReplaceAllString(s, "$1")
}

// hashedMAC is a MAC of which only the maker's half is kept, as replies from
// the lines of natural persons hold it.
var hashedMAC = regexp.MustCompile(`^([0-9a-f]{2}:){3}#[0-9a-f]{8}$`)

// macAddress gives a MAC in lower case with colons, a hashed one as it is, or
// "" for what is none.
func macAddress(s string) string {
	if hashedMAC.MatchString(s) {
		return s
	}
	plain := strings.NewReplacer(":", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(s))
	b, err := hex.DecodeString(plain)
	if err != nil || len(b) != 6 || plain == "000000000000" || plain == "ffffffffffff" {
		return ""
	}
	parts := make([]string, len(b))
	for i := range b {
		parts[i] = plain[2*i : 2*i+2]
	}
	return strings.Join(parts, ":")
}
