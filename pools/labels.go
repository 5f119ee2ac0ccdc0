package pools

import "strings"

// tickers are the coins that a label of a pool's name may say, in lower case.
// What is also a country, a region or a common word (ae, sc, one, gap) is left
// out; a row of pools.csv says it where it is a coin.
var tickers = map[string]bool{
	"btc": true, "bch": true, "bsv": true, "btg": true, "xec": true, "bc2": true, "fb": true, "ltc": true,
	"doge": true, "dgb": true, "dash": true, "eth": true, "etc": true, "ethw": true, "etho": true, "octa": true,
	"xmr": true, "zeph": true, "zec": true, "zen": true, "flux": true, "rvn": true, "xna": true, "neox": true,
	"erg": true, "kas": true, "alph": true, "cfx": true, "ckb": true, "dcr": true, "hns": true, "kda": true,
	"aleo": true, "beam": true, "grin": true, "mwc": true, "nexa": true, "ctxc": true, "clo": true, "vtc": true,
	"firo": true, "rxd": true, "kls": true, "dnx": true, "xvg": true, "xmy": true, "mona": true, "vrsc": true,
	"rtm": true, "qrl": true, "wow": true, "zano": true, "nim": true, "ton": true, "xdag": true, "iron": true,
	"mewc": true, "evr": true, "clore": true, "xel": true, "zil": true, "btcz": true, "lbc": true, "blocx": true, "aion": true, "bbr": true, "sal": true, "wart": true, "pasc": true, "btm": true,
}

// coinNames are names of coins in labels, and tickers of which another form is
// usual.
var coinNames = map[string]string{
	"bitcoin": "BTC", "bitcoincash": "BCH", "bitcoin-cash": "BCH", "bitcoingold": "BTG", "bitcoin-gold": "BTG",
	"litecoin": "LTC", "dogecoin": "DOGE", "ethereum": "ETH", "ethereumclassic": "ETC", "ethereum-classic": "ETC",
	"ethereumpow": "ETHW", "monero": "XMR", "zcash": "ZEC", "horizen": "ZEN", "ravencoin": "RVN", "kaspa": "KAS",
	"ergo": "ERG", "alephium": "ALPH", "conflux": "CFX", "nervos": "CKB", "decred": "DCR", "handshake": "HNS",
	"kadena": "KDA", "vertcoin": "VTC", "digibyte": "DGB", "groestlcoin": "GRS", "zephyr": "ZEPH", "dynex": "DNX",
	"ironfish": "IRON", "nexa": "NEXA", "neoxa": "NEOX", "cortex": "CTXC", "karlsencoin": "KLS", "meowcoin": "MEWC",
	"feathercoin": "FTC", "monacoin": "MONA", "salvium": "SAL", "warthog": "WART", "xelis": "XEL", "neurai": "XNA",
	"radiant": "RXD", "callisto": "CLO", "raptoreum": "RTM", "veruscoin": "VRSC", "verus": "VRSC", "hathor": "HTR",
	"nimiq": "NIM", "clore": "CLORE", "spectre": "SPR", "quai": "QUAI", "siacoin": "SC", "sia": "SC",
}

// coinOfLabels returns the one coin that the labels name, or "" for none or
// several. A label may be in pieces: solo-btc, xmr-eu1, btcssl.
func coinOfLabels(labels string) string {
	if labels == "" {
		return ""
	}
	coin := ""
	for label := range strings.SplitSeq(labels, ".") {
		for _, said := range coinsOfLabel(label) {
			if coin != "" && coin != said && !mergedWith(coin, said) {
				return ""
			}
			if coin == "" || mergedWith(coin, said) && said == "LTC" {
				coin = said
			}
		}
	}
	return coin
}

func coinsOfLabel(label string) []string {
	if coin, ok := coinNames[label]; ok {
		return []string{coin}
	}
	var out []string
	for piece := range strings.FieldsFuncSeq(label, func(r rune) bool { return r == '-' || r == '_' }) {
		for _, s := range []string{piece, strings.TrimSuffix(piece, "ssl")} {
			if coin := coinOfPiece(s); coin != "" {
				out = append(out, coin)
				break
			}
		}
	}
	return out
}

func coinOfPiece(s string) string {
	if coin, ok := coinNames[s]; ok {
		return coin
	}
	if tickers[s] {
		return strings.ToUpper(s)
	}
	return ""
}

// mergedWith reports whether one work serves both coins: Dogecoin is mined
// along with Litecoin.
func mergedWith(a, b string) bool {
	return a == "LTC" && b == "DOGE" || a == "DOGE" && b == "LTC"
}
