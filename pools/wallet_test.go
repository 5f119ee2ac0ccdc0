package pools

import (
	"slices"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

// bech encodes five bit groups: the way to addresses of coins that publish no
// example.
func bech(t testing.TB, hrp string, groups int, modified bool) string {
	t.Helper()
	data := make([]byte, groups)
	for i := range data[1:] {
		data[i+1] = byte(i*7+3) % 32
	}
	encode := bech32.Encode
	if modified {
		encode = bech32.EncodeM
		data[0] = 1
	}
	s, err := encode(hrp, data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wallets are published examples and donation addresses, and some encoded
// here; kind is the form that each must have.
func wallets(t testing.TB) map[string]string {
	hash := []byte("twenty bytes of hash")
	return map[string]string{
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa":                                                                "btc",  // genesis block
		"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy":                                                                "btc3", // Bitcoin wiki
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4":                                                        "btc1", // BIP 173
		"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4":                                                        "btc1",
		"bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3":                                    "btc1", // BIP 84 vectors
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0":                                    "btc1", // BIP 350
		"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx":                                                        "tbtc",
		"bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy":                                            "bch", // its specification
		"qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r":                                                        "bch",
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed":                                                        "evm", // EIP-55
		"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359":                                                        "evm",
		"0x52908400098527886E0F7030069857D2E4169EE7":                                                        "evm",
		"0xde709f2102306220921060314715629080e2fb77":                                                        "evm",
		"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A":   "xmr", // Monero's donations
		"888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H":   "xmr",
		"NQ07 0000 0000 0000 0000 0000 0000 0000 0000":                                                      "nim", // burning address
		"000000000000000000000000000000000000000000000000000000000000000089eb0d6a8a69":                      "sc",  // void address
		"9fRAWhdxEsTcdb8PhGNrZfwqa65zfkuYHAMmkQLcic1gdLSV5vA":                                               "erg",
		"EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N":                                                  "ton", // TON's documents
		"kaspa:qqkqkzjvr7zwxxmjxjkmxxdwju9kjs6e9u82uh59z07vgaks6gg62v8707g73":                               "kas", // its tests
		"aleo1qnr4dkkvkgfqph0vzc3y6z2eu975wnpz2925ntjccd5cfqxtyu8sta57j8":                                   "aleo",
		"ckb1qzda0cr08m85hc8jlnfp3zer7xulejywt49kt2rr0vthywaa50xwsqdnnw7qkdnnclfkg59uzn8umtfd2kwxceqxwquc4": "ckb", // RFC 21
		"cfx:aarc9abycue0hhzgyrr53m6cxedgccrmmyybjgh4xg":                                                    "cfx", // CIP-37
		base58.CheckEncode(hash, 0x30):                                                                      "ltc",
		base58.CheckEncode(hash, 0x32):                                                                      "ltc3",
		base58.CheckEncode(hash, 0x1e):                                                                      "doge",
		base58.CheckEncode(hash, 0x4c):                                                                      "dash",
		base58.CheckEncode(hash, 0x3c):                                                                      "rvn",
		base58.CheckEncode(hash, 0x26):                                                                      "btg",
		base58.CheckEncode(hash, 0x3f):                                                                      "dgb",
		base58.CheckEncode(append([]byte{0xb8}, hash...), 0x1c):                                             "zec",
		base58.CheckEncode(append([]byte{0xbd}, hash...), 0x1c):                                             "zec",
		base58.CheckEncode(append([]byte{0x89}, hash...), 0x20):                                             "zen",
		bech(t, "ltc", 33, false):                                                                           "ltc",
		bech(t, "dgb", 33, false):                                                                           "dgb",
		bech(t, "hs", 33, false):                                                                            "hns",
		bech(t, "grin", 52, false):                                                                          "grin",
		bech(t, "aleo", 52, true):                                                                           "aleo",
	}
}

func TestWalletKind(t *testing.T) {
	for wallet, want := range wallets(t) {
		for _, form := range []string{wallet, " " + wallet + "\n", wallet + ".rig1", wallet + "/rig 1+2048", wallet + ":x", "solo:" + wallet} {
			if k, ok := WalletKind(form); !ok || k.Name != want {
				t.Errorf("%q is %q, %t; want %s", form, k.Name, ok, want)
			}
		}
	}
}

// TestCorruptedWallets changes each letter of each wallet in turn.
func TestCorruptedWallets(t *testing.T) {
	for wallet, kind := range wallets(t) {
		if kind == "evm" && (wallet[2:] == strings.ToLower(wallet[2:]) || wallet[2:] == strings.ToUpper(wallet[2:])) {
			continue // has no checksum
		}
		missed := 0
		for i := range len(wallet) {
			c := []byte(wallet)
			switch {
			case c[i] == ' ' || c[i] == ':' || i < strings.IndexByte(wallet, ':'):
				continue // the prefix may be left out, and so be anything
			case c[i] == '7':
				c[i] = '8'
			case c[i] >= '0' && c[i] <= '8':
				c[i]++
			case c[i] == 'a' || c[i] == 'A':
				c[i] += 2
			default:
				c[i]--
			}
			if string(c) == wallet {
				continue
			}
			if k, ok := WalletKind(string(c)); ok && (k.Name != kind || kind != "evm") {
				t.Errorf("%s with letter %d as %c passes as %s", wallet, i, c[i], k.Name)
			} else if ok {
				missed++ // EIP-55 binds case alone, and misses some
			}
		}
		if missed > 3 {
			t.Errorf("%s: %d corruptions pass", wallet, missed)
		}
	}
}

func TestNoWallets(t *testing.T) {
	for _, s := range []string{
		"", "farmer77.rig12", "x", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeaEd", "0x1234", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNaX",
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", // bech32 for version 1
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3t4", "NQ08 0000 0000 0000 0000 0000 0000 0000 0000",
		"0x" + strings.Repeat("ab", 32), "#0123456789abcdef", strings.Repeat("4", 95), strings.Repeat("1", 34), strings.Repeat("z", 600),
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNaé", "kaspa:", "bc1", "1", "NQ", "::::",
	} {
		if k, ok := WalletKind(s); ok {
			t.Errorf("%q is taken for %s", s, k.Name)
		}
	}
}

func TestCoin(t *testing.T) {
	for wallet, kind := range wallets(t) {
		coin, ok := Coin(wallet)
		open := slices.Contains([]string{"evm", "doge", "rvn", "zec", "btg"}, kind)
		if !ok || (coin == "") != open {
			t.Errorf("%s: %q, %t", wallet, coin, ok)
		}
		if k, _ := WalletKind(wallet); coin != "" && !k.Uses(coin) || k.Uses("NOSUCH") {
			t.Errorf("%s: coins %v do not fit %s", wallet, k.Coins, coin)
		}
	}
	if coin, _ := Coin("44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"); coin != "XMR" {
		t.Errorf("Monero is %q", coin)
	}
}

func TestKindNamed(t *testing.T) {
	for name, k := range kinds {
		if got, ok := KindNamed(name); !ok || got.Name != name || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("%s: %+v", name, got)
		}
		if k.Usual != "" && !k.Uses(k.Usual) {
			t.Errorf("%s is usually %s, which does not use it", name, k.Usual)
		}
	}
	if _, ok := KindNamed("bob"); ok {
		t.Error("a form that does not exist was found")
	}
	all := []string{}
	for _, v := range versions {
		all = append(all, v)
	}
	for _, v := range prefixes {
		all = append(all, v.kind)
	}
	for _, v := range cashPrefixes {
		all = append(all, v.kind)
	}
	for _, v := range beginnings {
		all = append(all, v.kind)
	}
	for _, name := range all {
		if _, ok := kinds[name]; !ok {
			t.Errorf("no form is named %s", name)
		}
	}
}

// FuzzWallet: whatever a device writes as its user, the search ends, and a
// worker's name behind a wallet changes nothing.
func FuzzWallet(f *testing.F) {
	for wallet := range wallets(f) {
		f.Add(wallet)
		f.Add("solo:" + wallet + ".rig")
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, ok := WalletKind(s)
		if ok && k.Name == "" {
			t.Fatalf("%q is a wallet of no form", s)
		}
		if again, _ := WalletKind(s + ".rig"); ok && len(s) < maxWallet-10 && strings.TrimSpace(s) == s && again.Name != k.Name {
			t.Fatalf("%q is %s, and with a worker %q", s, k.Name, again.Name)
		}
	})
}
