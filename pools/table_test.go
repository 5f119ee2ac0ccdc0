package pools

import (
	"strings"
	"testing"
)

func load(t testing.TB) *Table {
	t.Helper()
	table, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestLookup(t *testing.T) {
	table := load(t)
	tests := []struct{ address, operator, coin string }{
		{"stratum+tcp://btc.f2pool.com:3333", "F2Pool", "BTC"},
		{"stratum+tcp://wallet.rig@BTC.F2Pool.COM.:3333/path", "F2Pool", "BTC"},
		{"ssl://etcssl.f2pool.com:8180", "F2Pool", "ETC"},
		{"eth.f2pool.com:6688", "F2Pool", "ETH"},
		{"f2pool.com", "F2Pool", ""},
		{"xmr-eu1.nanopool.org:14433", "Nanopool", "XMR"},
		{"stratum2+tcp://v2.stratum.braiins.com/u95GEReVMjK6k5YqiSFNqqTnKU4ypU2Wm8awa6tmbmDMk1bWt", "Braiins Pool", "BTC"},
		{"stratum+tcp://eu.stratum.slushpool.com:3333", "Braiins Pool", "BTC"},
		{"stratum+tcp://solo-btc.2miners.com:2323", "2Miners", "BTC"},
		{"ae.2miners.com:4040", "2Miners", "AE"},
		{"monero.herominers.com:1111", "HeroMiners", "XMR"},
		{"de.ethereum-classic.miningpoolhub.com:1", "Mining Pool Hub", "ETC"},
		{"mining.viabtc.io:3002", "ViaBTC", "ZEC"},
		{"mining.viabtc.io:3010", "ViaBTC", "ETC"},
		{"mining.viabtc.io:9999", "ViaBTC", ""},
		{"stratum.ltc.viabtc.io:3333", "ViaBTC", "LTC"},
		{"stratum+tcp://daggerhashimoto.eu.nicehash.com:3353#xnsub", "NiceHash", ""},
		{"ltc-doge.example.net:3333", "", "LTC"},
		{"xmr.pool.example.com:3333", "", "XMR"},
		{"btc-ltc.example.com:3333", "", ""},
		{"gulf.moneroocean.stream:10128", "MoneroOcean", "XMR"},
		{"rx.unmineable.com:3333", "unMineable", ""},
		{"eu1.ethermine.org:4444", "Ethermine", "ETH"},
		{"eu1-etc.ethermine.org:4444", "Ethermine", "ETC"},
		{"ss.antpool.com:3333", "AntPool", ""},
		{"a.f2pool.com:1,b.viabtc.com:2", "F2Pool", ""},
		// none of these is the operator's
		{"evil-f2pool.com:3333", "", ""},
		{"f2pool.com.evil.org:3333", "", ""},
		{"http://evil.org/f2pool.com", "", ""},
		{"stratum+tcp://f2pool.com@evil.org:1", "", ""},
		{"f2pооl.com:3333", "", ""}, // Cyrillic o
		{"xn--f2pl-0fhb.com:3333", "", ""},
		{"192.0.2.7:3333", "", ""},
		{"stratum+tcp://[2001:db8::7]:3333", "", ""},
		{"2001:db8::7", "", ""},
		{"f2pool.com:99999", "", ""},
		{"f2pool.com:x", "", ""},
		{"", "", ""}, {"://", "", ""}, {"@", "", ""}, {".", "", ""}, {"..", "", ""}, {"*", "", ""},
		{"\x1b[31mf2pool.com", "", ""},
		{"btc.com", "BTC.com", ""},
		{"com", "", ""},
		{strings.Repeat("a.", 600) + "f2pool.com", "", ""},
	}
	for _, tt := range tests {
		if got := table.Lookup(tt.address); got.Operator != tt.operator || got.Coin != tt.coin {
			t.Errorf("Lookup(%q) = %q, %q; want %q, %q", tt.address, got.Operator, got.Coin, tt.operator, tt.coin)
		}
	}
	if !table.Lookup("x.nicehash.com:1").PaysAny || table.Lookup("btc.f2pool.com").PaysAny {
		t.Error("who pays in any coin is not told")
	}
}

func TestRows(t *testing.T) {
	table := load(t)
	if len(table.rows) < 450 {
		t.Errorf("%d rows, the table was longer", len(table.rows))
	}
	for at, p := range table.rows {
		if at.port == 0 && table.Lookup("x9."+at.domain).Operator != p.Operator {
			t.Errorf("a name below %s is not %s", at.domain, p.Operator)
		}
	}
}

func TestFaults(t *testing.T) {
	for rows, want := range map[string]string{
		"f2pool,,F,,,K\n":              `pools.csv:2: domain "f2pool" is none`,
		"F2pool.com,,F,,,K\n":          `pools.csv:2: domain "F2pool.com" is none`,
		"a.com,0,F,,,K\n":              `pools.csv:2: port "0" is none`,
		"a.com,,F,btc,,K\n":            `pools.csv:2: coin "btc" is no ticker`,
		"a.com,,F,BTC/BCH,,K\n":        `pools.csv:2: coin "BTC/BCH" is no ticker`,
		"a.com,,F,,all,K\n":            `pools.csv:2: pays "all", write any or nothing`,
		"a.com,,,BTC,,K\n":             "pools.csv:2: a.com: operator and source must be there",
		"a.com,,F,BTC,,\n":             "pools.csv:2: a.com: operator and source must be there",
		"a.com,,F,,,K\na.com,,G,,,K\n": "pools.csv:3: a.com stands there twice",
		"a.com,,F\n":                   "pools.csv:2: wrong number of fields",
	} {
		if _, err := read(strings.NewReader(header + "\n" + rows)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", rows, err, want)
		}
	}
}

// FuzzLookup: whatever a device writes as its pool, the search ends, and an
// operator is only named where the host's name ends as a row says.
func FuzzLookup(f *testing.F) {
	for _, s := range []string{"stratum+tcp://a.b@btc.f2pool.com:3333/x", "[::1]:1", "f2pool.com.evil.org", "mining.viabtc.io:3002", "ltc-doge.x.y"} {
		f.Add(s)
	}
	table := load(f)
	f.Fuzz(func(t *testing.T, s string) {
		p := table.Lookup(s)
		host, port := split(s)
		if p.Operator == "" {
			return
		}
		domain, row, _ := table.find(host, port)
		if row.Operator != p.Operator || host != domain && !strings.HasSuffix(host, "."+domain) {
			t.Fatalf("%q is %s by %q", s, p.Operator, domain)
		}
	})
}
