package pools

import (
	"strings"

	"github.com/btcsuite/btcd/btcutil/bech32"
)

// prefixes names the forms by bech32's human-readable part, with how many
// groups of five bits stand before the checksum: 33 and 53 are a witness
// version and 20 or 32 bytes (BIP 141), 52 are 32 bytes.
var prefixes = map[string]struct {
	kind   string
	groups []int
}{
	"bc": {"btc1", []int{33, 53}}, "tb": {"tbtc", []int{33, 53}}, "ltc": {"ltc", []int{33, 53}}, "dgb": {"dgb", []int{33, 53}},
	"vtc": {"vtc", []int{33, 53}}, "btg": {"btg2", []int{33, 53}}, "hs": {"hns", []int{33, 53}}, "aleo": {"aleo", []int{52}},
	"grin": {"grin", []int{52}}, "zs": {"zec2", []int{69}}, "ckb": {"ckb", nil}, "dero": {"dero", nil},
}

// bech32Kind reads bech32 (BIP 173) and bech32m (BIP 350).
func bech32Kind(s string) string {
	if len(s) > 110 {
		return ""
	}
	hrp, _, ok := strings.Cut(strings.ToLower(s), "1")
	p, known := prefixes[hrp]
	if !ok || !known {
		return ""
	}
	_, data, version, err := bech32.DecodeNoLimitWithVersion(s)
	if err != nil || len(data) == 0 {
		return ""
	}
	modified := version == bech32.VersionM
	if p.groups == nil && len(data) < 33 {
		return ""
	}
	fits := p.groups == nil
	for _, n := range p.groups {
		fits = fits || n == len(data)
	}
	witness := len(p.groups) == 2 && hrp != "hs"
	if !fits || witness && modified != (data[0] != 0) || witness && data[0] > 16 {
		return ""
	}
	return p.kind
}

// cashAlphabet is that of bech32 and of the forms made after it.
const cashAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// confluxAlphabet is Conflux's own (CIP-37).
const confluxAlphabet = "abcdefghjkmnprstuvwxyz0123456789"

// cashPrefixes names the forms that have a checksum of 40 bits behind a prefix
// and a colon, and the usual lengths of what follows.
var cashPrefixes = map[string]struct {
	kind     string
	from, to int
}{
	"bitcoincash": {"bch", 42, 61}, "ecash": {"xec", 42, 61}, "kaspa": {"kas", 61, 63}, "karlsen": {"kls", 61, 63},
	"pyrin": {"pyi", 61, 63}, "spectre": {"spr", 61, 63}, "nexa": {"nexa", 42, 110}, "cfx": {"cfx", 42, 42},
}

// cashKind reads such a form; Bitcoin Cash and Kaspa also without the prefix.
func cashKind(s string) string {
	prefix, body, ok := strings.Cut(s, ":")
	if p, known := cashPrefixes[strings.ToLower(prefix)]; ok && known {
		letters := cashAlphabet
		if p.kind == "cfx" {
			letters = confluxAlphabet
			body = strings.TrimPrefix(strings.TrimPrefix(body, "type.user:"), "TYPE.USER:")
		}
		if cashSum(strings.ToLower(prefix), body[:run(body)], letters, p.from, p.to) {
			return p.kind
		}
		return ""
	}
	body = s[:run(s)]
	switch {
	case len(body) == 42 && cashSum("bitcoincash", body, cashAlphabet, 42, 42):
		return "bch"
	case (len(body) == 61 || len(body) == 63) && cashSum("kaspa", body, cashAlphabet, 61, 63):
		return "kas"
	}
	return ""
}

// cashSum tells whether the checksum is right (Bitcoin Cash's specification of
// its address format gives the polynomial).
func cashSum(prefix, body, letters string, from, to int) bool {
	if len(body) < from || len(body) > to {
		return false
	}
	lower := strings.ToLower(body)
	if lower != body && strings.ToUpper(body) != body {
		return false
	}
	c := uint64(1)
	for _, b := range []byte(prefix) {
		c = cashStep(c, b&31)
	}
	c = cashStep(c, 0)
	for _, b := range []byte(lower) {
		digit := strings.IndexByte(letters, b)
		if digit < 0 {
			return false
		}
		c = cashStep(c, byte(digit))
	}
	return c == 1
}

func cashStep(c uint64, digit byte) uint64 {
	top := c >> 35
	c = (c&0x07ffffffff)<<5 ^ uint64(digit)
	for i, g := range [...]uint64{0x98f2bc8e61, 0x79b76d99e2, 0xf33e5fb3c4, 0xae2eabe2a8, 0x1e4f43e470} {
		if top>>i&1 == 1 {
			c ^= g
		}
	}
	return c
}
