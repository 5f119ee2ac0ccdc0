package pools

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/btcsuite/btcd/btcutil/base58"
	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/sha3"
)

// versions names the forms by the version bytes before the hash, in hex as
// the coins' chain parameters give them.
var versions = map[string]string{
	"\x00": "btc", "\x05": "btc3", "\x6f": "tbtc", "\xc4": "tbtc",
	"\x30": "ltc", "\x32": "ltc3", "\x1e": "doge", "\x16": "doge2", "\x3f": "dgb",
	"\x4c": "dash", "\x10": "dash", "\x26": "btg", "\x17": "btg2", "\x3c": "rvn", "\x7a": "rvn",
	"\x21": "evr", "\x35": "xna", "\x47": "vtc", "\x52": "firo",
	"\x1c\xb8": "zec", "\x1c\xbd": "zec", "\x20\x89": "zen", "\x20\x96": "zen",
}

// base58Kind reads base58check, 20 bytes behind a version of one or two bytes
// and before four of a double SHA-256, and Ergo's form of it.
func base58Kind(s string) string {
	if len(s) > 60 {
		return ""
	}
	b := base58.Decode(s)
	if ergo(b) {
		return "erg"
	}
	if len(b) != 25 && len(b) != 26 {
		return ""
	}
	body, sum := b[:len(b)-4], b[len(b)-4:]
	first := sha256.Sum256(body)
	second := sha256.Sum256(first[:])
	if !bytes.Equal(sum, second[:4]) {
		return ""
	}
	return versions[string(body[:len(body)-20])]
}

// ergo: a byte of network and type, a public key, four bytes of BLAKE2b.
func ergo(b []byte) bool {
	if len(b) != 38 || b[0] != 0x01 {
		return false
	}
	sum := blake2b.Sum256(b[:34])
	return bytes.Equal(b[34:], sum[:4])
}

// networks names the CryptoNote coins by the number before the keys.
var networks = map[uint64]string{18: "xmr", 19: "xmr", 42: "xmr"}

// beginnings names those whose number was chosen for what it looks like.
var beginnings = []struct{ text, kind string }{
	{"ZEPH", "zeph"}, {"Wo", "wow"}, {"WW", "wow"}, {"SaLv", "sal"}, {"SC1", "sal"},
}

// cryptonoteKind reads CryptoNote's base58: a number, two keys, perhaps a
// payment ID, and four bytes of Keccak.
func cryptonoteKind(s string) string {
	b, ok := cryptonoteBytes(s)
	if !ok || len(b) < 1+64+4 || len(b) > 10+64+8+4 {
		return ""
	}
	body, sum := b[:len(b)-4], b[len(b)-4:]
	h := sha3.NewLegacyKeccak256()
	h.Write(body)
	if !bytes.Equal(sum, h.Sum(nil)[:4]) {
		return ""
	}
	tag, n := binary.Uvarint(body)
	if n <= 0 || len(body)-n != 64 && len(body)-n != 72 {
		return ""
	}
	for _, b := range beginnings {
		if len(s) > len(b.text) && s[:len(b.text)] == b.text {
			return b.kind
		}
	}
	if name, ok := networks[tag]; ok {
		return name
	}
	return "cryptonote"
}

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// blockBytes says how many bytes so many letters of base58 hold; 11 letters
// are a whole block of 8 bytes.
var blockBytes = map[int]int{2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7, 11: 8}

func cryptonoteBytes(s string) ([]byte, bool) {
	if len(s) < 93 || len(s) > 120 {
		return nil, false
	}
	var out []byte
	for ; s != ""; s = s[min(11, len(s)):] {
		block := s[:min(11, len(s))]
		n, ok := blockBytes[len(block)]
		if !ok {
			return nil, false
		}
		var v uint64
		for i := range len(block) {
			digit := bytes.IndexByte([]byte(alphabet), block[i])
			next := v*58 + uint64(max(digit, 0))
			if digit < 0 || v > (1<<64-1)/58 || next < v*58 {
				return nil, false
			}
			v = next
		}
		if n < 8 && v>>(8*n) != 0 {
			return nil, false
		}
		full := binary.BigEndian.AppendUint64(nil, v)
		out = append(out, full[8-n:]...)
	}
	return out, true
}
