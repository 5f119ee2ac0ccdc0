package mapper

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"minesweep"
)

var individual = &minesweep.Grant{Name: "g", Privacy: minesweep.Individual}

// personal are realistic replies (values invented) and what must not remain.
func personal() []struct {
	name, raw string
	secrets   []string
	keeps     []string
} {
	xmr := "4" + "8" + strings.Repeat("9vTkQs7", 13) + "AB"
	return []struct {
		name, raw string
		secrets   []string
		keeps     []string
	}{
		{"cgminer pools", `{"STATUS":[{"STATUS":"S","Code":7}],"POOLS":[{"POOL":0,"URL":"stratum+tcp://eu.pool.example:3333","User":"farmer77.rig12","Stratum URL":"eu.pool.example"}],"id":1}` + "\x00",
			[]string{"farmer77", "rig12"}, []string{"stratum+tcp://eu.pool.example:3333", `"POOL":0`}},
		{"escaped slash", `{"User":"acct\/worker9"}`, []string{"worker9"}, nil},
		{"escaped quote", `{"User":"my\"rig9\"x","URL":"u"}`, []string{"rig9"}, []string{`"URL":"u"`}},
		{"cut in a value", `{"POOLS":[{"User":"farmer77.ri`, []string{"farmer77"}, []string{`{"POOLS":[{"User":"#`}},
		{"text api", "STATUS=S,Code=7|POOL=0,URL=stratum+tcp://p.example:3333,Status=Alive,User=farmer77.rig12,Quota=1|\x00",
			[]string{"farmer77"}, []string{"Status=Alive", "Quota=1"}},
		{"ccminer pool", "POOL=p;URL=stratum+tcp://p.example:3333;USER=DDogeWaLLet1234567890abcdefghijkLm;SOLO=0|",
			[]string{"DDogeWaLLet"}, []string{"SOLO=0|"}},
		{"network info", `{"nettype":"DHCP","macaddr":"02:AB:CD:12:34:56","hostname":"antMiner-hall3","conf_ipaddress":""}`,
			[]string{"12:34:56", "hall3"}, []string{"02:ab:cd:#", "DHCP"}},
		{"bare mac", `{"mac":"02ABCD123456","x":1}`, []string{"123456"}, []string{`"02:ab:cd:#`}},
		{"mac with a line feed (HonorKnight)", `{"macAddress":"02:AB:CD:12:34:56\n"}`, []string{"12:34:56"}, []string{`"02:ab:cd:#`}},
		{"dashed mac", "eth0 HWaddr 02-AB-CD-12-34-56 up", []string{"12-34-56"}, []string{"02:ab:cd:#"}},
		{"axeos", `{"macAddr":"02:AB:CD:12:34:57","hostname":"attic","ssid":"HomeNet-5","stratumUser":"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.axe","hashRate":1203.5}`,
			[]string{"12:34:57", "attic", "HomeNet", "bc1q"}, []string{"1203.5"}},
		{"avalon", `{"STATS":[{"MM ID0":"Ver[1246-83] DNA[0123456789abcdef] MEMFREE[12]"}]}`, []string{"0123456789abcdef"}, []string{"Ver[1246-83]", "MEMFREE[12]"}},
		{"serials", `{"PSU":{"SerialNo":"B1202A19C0042"},"Serial No":"HTM-31S-7","sn": 20210417001,"count":20210417001}`,
			[]string{"B1202A19", "HTM-31S-7", `"sn": 2`}, []string{`"count":20210417001`}},
		{"serials by the last word", `{"Ctrl Board SN":"S1270001","cb_sn":"PROTO-1","cpuSerial":"00200035","ASN":"AS64500"}`,
			[]string{"S1270001", "PROTO-1", "00200035"}, []string{"AS64500"}},
		{"list of serials", `{"Board Serial Numbers":["YNAH0001", "YNAH0002"],"Coins":["BTC"]}`, []string{"YNAH0001", "YNAH0002"}, []string{`["BTC"]`}},
		{"luci", `<tr><td width="33%">Hostname</td><td>WhatsMiner-Bay4</td></tr>`, []string{"Bay4"}, []string{"Hostname</td><td>#"}},
		{"a pool under a device's key", `{"connection_details":{"hostname":"rvn.pool.example","port":6060,"username":"farmer77"},"address":"bch.pool.example:3200","hostname":"rig4.smith.example"}`,
			[]string{"farmer77", "rig4", "smith"}, []string{`"hostname":"rvn.pool.example","port":6060`, `"bch.pool.example:3200"`}},
		{"a device's name before a port", `{"hostname":"attic","port":4028,"mac":"02:AB:CD:12:34:56"}`, []string{"attic", "12:34:56"}, []string{`,"port":4028,`}},
		{"uri", `{"connection":{"uri":"stratum1+ssl://0x52908400098527886E0F7030069857D2E4169EE7.rig1@eth.example:5555"}}`,
			[]string{"0x5290", "rig1"}, []string{"stratum1+ssl://evm:#", "@eth.example:5555"}},
		{"loose wallets", "mine to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT or kaspa:" + strings.Repeat("q", 61) + " or " + xmr + " now",
			[]string{"1Boat", "qqqqqq", "4" + "89vTkQs7"}, []string{"mine to btc:#", " now"}},
		{"work is no wallet", `{"result":["0x` + strings.Repeat("ab", 32) + `","0x1"]}`, nil, []string{strings.Repeat("ab", 32)}},
		{"placeholders", `{"User":"","serial":"0000","hostname":"unknown","mac":"00:00:00:00:00:00"}`, nil,
			[]string{`{"User":"","serial":"0000","hostname":"unknown","mac":"00:00:00:00:00:00"}`}},
	}
}

func TestScrub(t *testing.T) {
	m := newMapper(t)
	for _, tt := range personal() {
		t.Run(tt.name, func(t *testing.T) {
			in := []minesweep.Reply{reply(4028, "cgminer/pools", "q", tt.raw)}
			got := string(m.Scrub(individual, in)[0].Raw)
			for _, s := range tt.secrets {
				if !strings.Contains(tt.raw, s) && !strings.Contains(strings.ToLower(tt.raw), s) {
					t.Fatalf("the test is wrong: %q holds no %q", tt.raw, s)
				}
				if strings.Contains(got, s) {
					t.Errorf("%q is left in %q", s, got)
				}
			}
			for _, s := range tt.keeps {
				if !strings.Contains(got, s) {
					t.Errorf("%q is missing in %q", s, got)
				}
			}
			if json.Valid([]byte(tt.raw)) && !json.Valid([]byte(got)) {
				t.Errorf("no longer JSON: %q", got)
			}
			if string(in[0].Raw) != tt.raw {
				t.Error("the caller's bytes were changed")
			}
			if again := string(m.Scrub(individual, []minesweep.Reply{reply(1, "", "", got)})[0].Raw); again != got {
				t.Errorf("scrubbed twice it is %q, once %q", again, got)
			}
		})
	}
}

func TestScrubOfABareSerial(t *testing.T) {
	m := newMapper(t)
	const raw = "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\nHKYDYPUBDJBBA0124"
	in := []minesweep.Reply{reply(6060, "http/get_sn", "", raw), reply(6060, "http/productName", "", raw)}
	out := m.Scrub(individual, in)
	if got := string(out[0].Raw); strings.Contains(got, "HKYDY") || !strings.HasPrefix(got, "HTTP/1.1 200 OK") {
		t.Errorf("got %q", got)
	}
	if got := string(out[1].Raw); got != raw {
		t.Errorf("the answer to another question became %q", got)
	}
}

func TestScrubLeavesAnOrganisationAlone(t *testing.T) {
	m := newMapper(t)
	in := []minesweep.Reply{reply(1, "x", "", `{"User":"farmer77"}`)}
	for _, g := range []*minesweep.Grant{nil, {Privacy: minesweep.Organisation}} {
		if got := m.Scrub(g, in); string(got[0].Raw) != `{"User":"farmer77"}` {
			t.Errorf("grant %+v: %q", g, got[0].Raw)
		}
	}
	if got := m.Scrub(&minesweep.Grant{}, in); strings.Contains(string(got[0].Raw), "farmer77") {
		t.Error(`privacy "" does not mean individual`)
	}
}

// FuzzScrub: whatever a peer sends, scrubbing ends, keeps JSON JSON, and done
// twice changes nothing more.
func FuzzScrub(f *testing.F) {
	for _, tt := range personal() {
		f.Add([]byte(tt.raw))
	}
	m := newMapper(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		once := m.tokens.scrub(bytes.Clone(raw))
		if json.Valid(raw) && !json.Valid(once) {
			t.Fatalf("%q became %q, which is no JSON", raw, once)
		}
		if twice := m.tokens.scrub(bytes.Clone(once)); !bytes.Equal(once, twice) {
			t.Fatalf("%q became %q and then %q", raw, once, twice)
		}
	})
}
