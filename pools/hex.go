package pools

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/sha3"
)

// hexKind reads 0x addresses and Sia's.
func hexKind(s string) string {
	digits, is0x := strings.CutPrefix(s, "0x")
	b, err := hex.DecodeString(digits)
	switch {
	case err != nil:
		return ""
	case is0x && len(b) == 20 && mixedCase(digits):
		return "evm"
	case !is0x && len(b) == 38:
		if sum := blake2b.Sum256(b[:32]); string(sum[:6]) == string(b[32:]) {
			return "sc"
		}
	}
	return ""
}

// mixedCase tells whether upper and lower case letters are where EIP-55 puts
// them. All of one case has no checksum and passes.
func mixedCase(digits string) bool {
	lower := strings.ToLower(digits)
	if digits == lower || digits == strings.ToUpper(digits) {
		return true
	}
	h := sha3.NewLegacyKeccak256()
	h.Write([]byte(lower))
	sum := h.Sum(nil)
	for i := range len(digits) {
		if lower[i] < 'a' {
			continue
		}
		nibble := sum[i/2] >> (4 * (1 - i%2)) & 15
		if (nibble >= 8) != (digits[i] < 'a') {
			return false
		}
	}
	return true
}

// nimiq reads NQ, two check digits and 32 letters in groups of four, as an
// IBAN is (ISO 13616: the remainder by 97 is 1).
func nimiq(s string) bool {
	plain := strings.ReplaceAll(s, " ", "")
	if len(plain) < 36 || plain[:2] != "NQ" || run(plain) != 36 {
		return false
	}
	rest := 0
	for _, c := range []byte(plain[4:36] + plain[:4]) {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// friendly reads TON's user-friendly form: 36 bytes in base64, the last two
// their CRC-16 (XMODEM).
func friendly(s string) bool {
	if len(s) < 48 || len(s) > 48 && run(s[48:]) > 0 {
		return false
	}
	b, err := base64.URLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(s[:48]))
	if err != nil || b[0]&^0x80 != 0x11 && b[0]&^0x80 != 0x51 || b[1] != 0 && b[1] != 0xff {
		return false
	}
	var crc uint16
	for _, c := range b[:34] {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc == uint16(b[34])<<8|uint16(b[35])
}
