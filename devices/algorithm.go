package devices

import "strings"

// spellings maps what programs and devices call an algorithm to its one name.
// Keys are in lower case without blanks, dashes, underscores and slashes.
var spellings = map[string]string{
	"sha256": "sha256d", "sha256d": "sha256d", "sha256asicboost": "sha256d", "sha256asic": "sha256d",
	"scrypt": "scrypt", "ltc": "scrypt",
	"ethash": "ethash", "daggerhashimoto": "ethash", "dagger": "ethash", "ethereum": "ethash",
	"etchash": "etchash", "etc": "etchash",
	"randomx": "randomx", "rx0": "randomx", "rx": "randomx", "randomx(rx0)": "randomx", "randomxmonero": "randomx",
	"rxwow": "randomwow", "randomwow": "randomwow", "randomxwow": "randomwow",
	"kaspa": "kheavyhash", "kheavyhash": "kheavyhash", "heavyhashkaspa": "kheavyhash",
	"equihash": "equihash", "equihash2009": "equihash", "equihash200,9": "equihash", "zcash": "equihash",
	"equihash1445": "equihash144_5", "equihash144,5": "equihash144_5", "zhash": "equihash144_5",
	"equihash1254": "equihash125_4", "equihash125,4": "equihash125_4", "zelhash": "equihash125_4",
	"equihash1927": "equihash192_7", "equihash192,7": "equihash192_7",
	"beamhash3": "beamhash3", "beamhashiii": "beamhash3", "beamhash2": "beamhash2", "beamhashii": "beamhash2",
	"kawpow": "kawpow", "autolykos2": "autolykos2", "autolykosv2": "autolykos2", "autolykos": "autolykos2", "ergo": "autolykos2",
	"cuckatoo31": "cuckatoo31", "cuckatoo32": "cuckatoo32", "cuckaroo29": "cuckaroo29", "cuckaroo30": "cuckaroo30",
	"grincuckatoo31": "cuckatoo31", "grincuckatoo32": "cuckatoo32",
	"eaglesong": "eaglesong", "ckb": "eaglesong",
	"blake2s": "blake2s", "blake2skadena": "blake2s", "kadena": "blake2s",
	"blake3": "blake3", "blake3alephium": "blake3", "alephium": "blake3", "alph": "blake3",
	"blake2b": "blake2b", "blake2bsia": "blake2b", "sia": "blake2b",
	"blake256r14": "blake256r14", "decred": "blake256r14", "blakedecred": "blake256r14",
	"sha512256d": "sha512256d", "radiant": "sha512256d",
	"handshake": "handshake", "blake2bsha3": "handshake", "hns": "handshake",
	"x11": "x11", "dash": "x11", "cryptonight": "cryptonight", "cn": "cryptonight",
	"cn0": "cryptonight", "cryptonightv0": "cryptonight",
	"lyra2rev2": "lyra2rev2", "lyra2v2": "lyra2rev2", "lyra2rev3": "lyra2rev3", "lyra2v3": "lyra2rev3",
	"octopus": "octopus", "conflux": "octopus", "fishhash": "fishhash", "ironfish": "fishhash",
	"nexapow": "nexapow", "ghostrider": "ghostrider", "gr": "ghostrider", "verushash": "verushash",
}

var withoutMarks = strings.NewReplacer(" ", "", "-", "", "_", "", "/", "")

// Algorithm returns the one spelling of an algorithm's name, such as
// "sha256d", "scrypt" or "kheavyhash". A name that it does not know stays as
// it was written.
func Algorithm(s string) string {
	if len(s) > maxSpelling {
		return s
	}
	if known, ok := spellings[withoutMarks.Replace(strings.ToLower(strings.TrimSpace(s)))]; ok {
		return known
	}
	return s
}
