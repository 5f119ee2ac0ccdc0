package mapper

import (
	"strings"
	"testing"

	"minesweep"
)

// Published examples, no one's: Bitcoin's genesis block, EIP-55, and Monero's
// donation address.
const (
	btcWallet = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
	evmWallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
	xmrWallet = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
)

func TestCoin(t *testing.T) {
	tests := []struct {
		name           string
		said           minesweep.Claims
		coin, operator string
		doubt          string
	}{
		{"pool", minesweep.Claims{Pool: "stratum+tcp://btc.f2pool.com:3333", Worker: "farmer77.rig1"}, "BTC", "F2Pool", ""},
		{"wallet", minesweep.Claims{Pool: "192.0.2.1:3333", Worker: xmrWallet + ".rig1"}, "XMR", "", ""},
		{"wallet and pool", minesweep.Claims{Pool: "xmr-eu1.nanopool.org:14433", Worker: xmrWallet}, "XMR", "Nanopool", ""},
		{"pool chooses among the wallet's", minesweep.Claims{Pool: "etc.2miners.com:1010", Worker: evmWallet}, "ETC", "2Miners", ""},
		{"cash by the old form", minesweep.Claims{Pool: "bch.viabtc.io:3333", Worker: btcWallet}, "BCH", "ViaBTC", ""},
		{"algorithm chooses", minesweep.Claims{Pool: "pool.example:1", Worker: evmWallet, Algorithm: "Etchash"}, "ETC", "", ""},
		{"nothing chooses", minesweep.Claims{Pool: "pool.example:1", Worker: evmWallet, Algorithm: "ethash"}, "", "", ""},
		{"wallet that this work cannot pay", minesweep.Claims{Pool: "pool.example:1", Worker: btcWallet, Algorithm: "kawpow"}, "", "", ""},
		{"the device says", minesweep.Claims{Coin: "rvn", Pool: "rvn.2miners.com:6060"}, "RVN", "2Miners", ""},
		{"the device says otherwise", minesweep.Claims{Coin: "btc", Pool: "ltc.f2pool.com:3335"}, "BTC", "F2Pool", "the device says coin BTC, its pool mines LTC"},
		{"the device says a name", minesweep.Claims{Coin: "Litecoin", Pool: "ltc.f2pool.com:3335"}, "Litecoin", "F2Pool", ""},
		{"the device says a word", minesweep.Claims{Coin: "=cmd|calc", Pool: "ltc.f2pool.com:3335"}, "=cmd|calc", "F2Pool", ""},
		{"wallet against pool", minesweep.Claims{Pool: "btc.f2pool.com:3333", Worker: xmrWallet}, "XMR", "F2Pool", "the wallet is one of XMR, the pool mines BTC"},
		{"merged mining", minesweep.Claims{Pool: "ltc.f2pool.com:3335", Coin: "DOGE"}, "DOGE", "F2Pool", ""},
		{"paid in another", minesweep.Claims{Pool: "scrypt.eu.nicehash.com:3333", Worker: btcWallet}, "", "NiceHash", ""},
		{"nothing", minesweep.Claims{}, "", "", ""},
	}
	m := newMapper(t)
	for _, tt := range tests {
		tt.said.Class, tt.said.Vendor = minesweep.GPUMiner, "V"
		for _, g := range []*minesweep.Grant{nil, individual} {
			said := tt.said
			if g != nil {
				said.Worker = m.tokens.plainValue(said.Worker) // as it comes out of a scrubbed reply
			}
			o := saw(nil, evidence("f", 4028, minesweep.Confirm, 50, said))
			o.Grant = g
			h := m.Assess(o)
			if h.Coin != tt.coin || h.PoolOperator != tt.operator {
				t.Errorf("%s: coin %q of %q, want %q of %q", tt.name, h.Coin, h.PoolOperator, tt.coin, tt.operator)
			}
			if all := strings.Join(h.Doubts, "|"); tt.doubt == "" && all != "" || !strings.Contains(all, tt.doubt) {
				t.Errorf("%s: doubts %q, want %q", tt.name, h.Doubts, tt.doubt)
			}
		}
	}
}

// TestWalletTokens: a wallet's token keeps its form, stays itself, and is
// given to nothing else.
func TestWalletTokens(t *testing.T) {
	m := newMapper(t)
	for wallet, want := range map[string]string{btcWallet: "btc:#", evmWallet: "evm:#", xmrWallet: "xmr:#", "solo:" + xmrWallet + "/rig1": "xmr:#"} {
		token := m.tokens.plainValue(wallet)
		if !strings.HasPrefix(token, want) || len(token) != len(want)+16 || !isToken.MatchString(token) {
			t.Errorf("%s became %s", wallet, token)
		}
		if m.tokens.plainValue(token) != token || m.tokens.text("to "+token+".", nil) != "to "+token+"." {
			t.Errorf("%s does not stay", token)
		}
		if m.tokens.plainValue(wallet+".rig1") == m.tokens.plainValue(wallet+".rig2") {
			t.Error("two workers of one wallet are one token")
		}
	}
	for _, s := range []string{
		"farmer77", "bob:#0123456789abcdef", "xmr:bob", "xmr:#0123456789ABCDEF", "xmr:#0123456789abcdef0", "xmr:#0123456789abcdef.rig",
		"xmr:xmr:#0123456789abcdef", xmrWallet[:94] + "B", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
	} {
		if token := m.tokens.plainValue(s); token == s || strings.Contains(token, ":") {
			t.Errorf("%q became %q", s, token)
		}
	}
}

func TestState(t *testing.T) {
	rate := func(x float64) *float64 { return &x }
	tests := []struct {
		class minesweep.Class
		said  string
		rate  *float64
		want  string
	}{
		{minesweep.ASIC, "", rate(1e14), "mining"},
		{minesweep.ASIC, "", rate(0), "idle"},
		{minesweep.ASIC, "", nil, ""},
		{minesweep.ASIC, "mining", rate(0), "idle"},
		{minesweep.ASIC, "sleeping", rate(0), "sleeping"},
		{minesweep.ASIC, "tuning", rate(1e12), "tuning"},
		{minesweep.ASIC, "idle", rate(1e12), "idle"},
		{minesweep.CPUMiner, "", rate(0), "idle"},
		{minesweep.Node, "", rate(1e6), ""},
		{minesweep.Node, "mining", rate(0), "mining"},
		{minesweep.Pool, "", rate(1e15), ""},
		{minesweep.FarmController, "", rate(1e15), ""},
	}
	m := newMapper(t)
	for _, tt := range tests {
		c := minesweep.Claims{Class: tt.class, Vendor: "V", State: tt.said, Hashrate: tt.rate, HashrateUnit: "H/s"}
		if h := m.Assess(saw(nil, evidence("f", 4028, minesweep.Confirm, 50, c))); h.State != tt.want {
			t.Errorf("%s that says %q at %v is %q, want %q", tt.class, tt.said, tt.rate, h.State, tt.want)
		}
		if h := m.Assess(saw(nil, evidence("f", 4028, minesweep.Suspect, 50, c))); h.State != tt.said {
			t.Errorf("a suspicion became %q", h.State)
		}
	}
}

func TestLockedIsNoState(t *testing.T) {
	c := minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Locked: true}
	if h := newMapper(t).Assess(saw(nil, evidence("f", 80, minesweep.Confirm, 50, c))); !h.Locked || h.State != "" {
		t.Errorf("locked %t, state %q", h.Locked, h.State)
	}
}

func TestRequests(t *testing.T) {
	refused := reply(4028, "cgminer/version", "", "")
	refused.Refused = "connection refused"
	late := reply(4028, "cgminer/version", "q", "")
	late.Refused = "deadline exceeded"
	o := saw([]minesweep.Reply{
		reply(22, "banner", "", "SSH-2.0"), // unasked
		reply(4028, "cgminer/version", "q", "{}"), late,
		reply(4028, "cgminer/stats", "", "{}"), // recorded without its question
		refused,
	})
	if h := newMapper(t).Assess(o); h.Requests != 3 {
		t.Errorf("%d requests, want 3", h.Requests)
	}
}

func TestAlgorithmHasOneName(t *testing.T) {
	for said, want := range map[string]string{"SHA-256": "sha256d", "rx/0": "randomx", "kaspa": "kheavyhash", "x16rv2": "x16rv2", "X16Rv2": "X16Rv2"} {
		c := minesweep.Claims{Class: minesweep.GPUMiner, Vendor: "V", Algorithm: said}
		if h := newMapper(t).Assess(saw(nil, evidence("f", 80, minesweep.Confirm, 50, c))); h.Algorithm != want {
			t.Errorf("%q is %q, want %q", said, h.Algorithm, want)
		}
	}
}
