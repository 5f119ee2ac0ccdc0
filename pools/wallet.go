package pools

import (
	"maps"
	"slices"
	"strings"
)

// Kind is a form of wallet: addresses that cannot be told apart by looking.
type Kind struct {
	Name  string   // short, lower case letters and digits, such as "xmr" or "evm"
	Coins []string // tickers of those who use it; none where only the family is known
	Usual string   // the coin that such a wallet is for nearly always; "" where that is open
}

// kinds are the forms that are recognised, by name.
var kinds = kindsByName([]Kind{
	// The other chains have forms of their own since 2018, and few use the old one.
	{"btc", []string{"BTC", "BCH", "XEC", "BSV", "FB"}, "BTC"},
	{"btc3", []string{"BTC", "LTC", "BCH", "XEC", "BSV"}, "BTC"},
	{"ltc3", []string{"LTC", "MEWC"}, "LTC"},
	{"doge", []string{"DOGE", "DGB"}, ""},
	{"btg", []string{"BTG", "NEOX"}, ""},
	{"rvn", []string{"RVN", "VRSC", "KMD", "RTM"}, ""},
	{"zec", []string{"ZEC", "FLUX", "ZCL", "BTCZ"}, ""},
	{"evm", []string{"ETC", "ETHW", "ETH", "OCTA", "ETHO", "CLO"}, ""},
	{"cryptonote", nil, ""},
	one("tbtc"), one("bch"), one("xec"), one("ltc"), one("doge2"), one("dgb"), one("dash"), one("evr"), one("xna"),
	one("zen"), one("vtc"), one("firo"), one("btg2"), one("btc1"), one("xmr"), one("zeph"), one("wow"), one("sal"), one("kas"),
	one("kls"), one("pyi"), one("nexa"), one("spr"), one("cfx"), one("erg"), one("nim"), one("ton"), one("sc"),
	one("aleo"), one("ckb"), one("hns"), one("grin"), one("dero"), one("zec2"),
})

// one is a form that only one coin uses. A digit tells a second form apart.
func one(name string) Kind {
	coin := strings.ToUpper(strings.TrimRight(name, "0123456789"))
	return Kind{Name: name, Coins: []string{coin}, Usual: coin}
}

func kindsByName(list []Kind) map[string]Kind {
	m := make(map[string]Kind, len(list))
	for _, k := range list {
		m[k.Name] = k
	}
	return m
}

// KindNames returns the names of all forms, sorted.
func KindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

// KindNamed returns the form of this name.
func KindNamed(name string) (Kind, bool) {
	k, ok := kinds[name]
	return k, ok
}

// maxWallet bounds what may be a wallet with what stands around it, in bytes.
const maxWallet = 512

// WalletKind returns the form of a wallet as it is given to a pool: alone, or
// with a worker behind it (wallet.worker, wallet/worker+diff, wallet:worker),
// or with a word before it (solo:wallet). Its checksum must be right; a form
// that has none, such as Alephium's, is not recognised.
func WalletKind(s string) (Kind, bool) {
	if len(s) > maxWallet {
		return Kind{}, false
	}
	s = strings.TrimSpace(s)
	if name := kindOf(s); name != "" {
		return kinds[name], true
	}
	word, rest, ok := strings.Cut(s, ":")
	if ok && len(word) <= 8 && run(word) == len(word) {
		if name := kindOf(rest); name != "" {
			return kinds[name], true
		}
	}
	return Kind{}, false
}

// Coin returns the ticker of a wallet, and whether it is a wallet at all. The
// ticker is "" where several coins use the form and none is the usual one: a
// 0x address serves every chain of Ethereum's kin.
func Coin(wallet string) (coin string, ok bool) {
	k, ok := WalletKind(wallet)
	return k.Usual, ok
}

// Uses reports whether this form of wallet serves the coin, or may, where only
// the family is known.
func (k Kind) Uses(coin string) bool {
	if len(k.Coins) == 0 {
		return true
	}
	return slices.Contains(k.Coins, coin)
}

// run is the length of the letters and digits at the beginning.
func run(s string) int {
	for i, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return i
		}
	}
	return len(s)
}

// kindOf names the form of the wallet that s begins with, or returns "".
func kindOf(s string) string {
	if name := cashKind(s); name != "" {
		return name
	}
	if nimiq(s) {
		return "nim"
	}
	if friendly(s) {
		return "ton"
	}
	n := run(s)
	if n < 25 || n < len(s) && s[n] >= 0x80 {
		return ""
	}
	s = s[:n]
	for _, try := range []func(string) string{hexKind, bech32Kind, base58Kind, cryptonoteKind} {
		if name := try(s); name != "" {
			return name
		}
	}
	return ""
}
