package mapper

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"minesweep/pools"
)

// tokens makes keyed hashes. The same value gives the same token under the
// same key; without the key a token cannot be found by trying values. A token
// of a token is that token, so that replies scrubbed on storing are judged
// later with the same result.
type tokens struct{ key []byte }

var (
	isToken    = regexp.MustCompile(`^(?:(?:` + strings.Join(pools.KindNames(), "|") + `):)?#[0-9a-f]{16}$`)
	isMACToken = regexp.MustCompile(`^([0-9a-f]{2}:){3}#[0-9a-f]{8}$`)
)

func (t tokens) hash(value string, n int) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(value))
	return "#" + hex.EncodeToString(mac.Sum(nil)[:n])
}

// of returns # and 16 hexadecimal digits, of a wallet with its form before
// them: xmr:#0123456789abcdef. The form names a coin and no owner; it is told
// of a wallet with a right checksum only, so that nothing else that a device
// writes can pass through. Placeholders stay: they name nobody.
func (t tokens) of(value string) string {
	value = strings.TrimSpace(value)
	if placeholder(value) || isToken.MatchString(value) || isMACToken.MatchString(value) {
		return value
	}
	form := ""
	if k, ok := pools.WalletKind(value); ok {
		form = k.Name + ":"
	}
	return form + t.hash(value, 8)
}

// ofMAC keeps the first three octets, which name the maker and not the owner:
// 00:11:22:#ab12cd34. What is no MAC becomes an ordinary token.
func (t tokens) ofMAC(value string) string {
	value = strings.TrimSpace(value)
	if isMACToken.MatchString(value) {
		return value
	}
	mac, ok := canonicalMAC(value)
	switch {
	case !ok:
		return t.of(value)
	case mac == "00:00:00:00:00:00" || mac == "ff:ff:ff:ff:ff:ff":
		return mac
	}
	return mac[:9] + t.hash(mac, 4)
}

// canonicalMAC reads six octets with colons, dashes, dots or nothing between.
func canonicalMAC(s string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if r == ':' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(s)))
	if len(digits) != 12 || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < 12; i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digits[i : i+2])
	}
	return b.String(), true
}

func placeholder(s string) bool {
	switch strings.ToLower(s) {
	case "", "-", "none", "null", "n/a", "unknown", "undefined", "true", "false":
		return true
	}
	return strings.Trim(s, "0") == ""
}
