package pools

import (
	"slices"
	"strings"
)

// algorithms names how each coin is mined, as package devices spells it. Only
// coins that share a form of wallet with others need to be here.
var algorithms = map[string][]string{
	"BTC": {"sha256d"}, "BCH": {"sha256d"}, "BSV": {"sha256d"}, "XEC": {"sha256d"}, "FB": {"sha256d"}, "TBTC": {"sha256d"},
	"LTC": {"scrypt"}, "DOGE": {"scrypt"}, "DGB": {"sha256d", "scrypt", "skein", "qubit", "odocrypt", "odo"}, "MEWC": {"meowpow"},
	"BTG": {"equihash144_5"}, "NEOX": {"kawpow"}, "RVN": {"kawpow"}, "VRSC": {"verushash"}, "KMD": {"equihash"}, "RTM": {"ghostrider"},
	"ZEC": {"equihash"}, "FLUX": {"equihash125_4"}, "ZCL": {"equihash192_7"}, "BTCZ": {"equihash144_5"}, "ZEN": {"equihash"},
	"ETC": {"etchash", "ethash"}, "ETHW": {"ethash"}, "ETH": {"ethash"}, "OCTA": {"ethash"}, "ETHO": {"ethash"}, "CLO": {"ethash"},
	"XMR": {"randomx"}, "DASH": {"x11"}, "KAS": {"kheavyhash"}, "ERG": {"autolykos2"}, "CKB": {"eaglesong"}, "HNS": {"handshake"},
	"SC": {"blake2b"}, "XNA": {"kawpow"}, "EVR": {"evrprogpow"}, "FIRO": {"firopow"}, "CFX": {"octopus"}, "WOW": {"randomwow"},
}

// MinedBy reports whether a coin is mined by the algorithm, as far as that is
// known: yes where either is not.
func MinedBy(coin, algorithm string) bool {
	list, known := algorithms[coin]
	return !known || algorithm == "" || slices.Contains(list, strings.ToLower(algorithm))
}

// Ticker returns the ticker of a coin that is named in full or in another
// case ("Bitcoin", "btc"). What it does not know stays as it was written.
func Ticker(coin string) string {
	if len(coin) > 40 {
		return coin
	}
	lower := strings.ToLower(strings.TrimSpace(coin))
	if t, ok := coinNames[strings.ReplaceAll(lower, " ", "-")]; ok {
		return t
	}
	if tickers[lower] || IsTicker(strings.ToUpper(lower)) {
		return strings.ToUpper(lower)
	}
	return coin
}

// IsTicker reports whether s is the ticker of a coin that this package knows.
func IsTicker(s string) bool {
	_, mined := algorithms[s]
	return mined || tickers[strings.ToLower(s)] && s == strings.ToUpper(s)
}
