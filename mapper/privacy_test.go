package mapper

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"minesweep"
)

func personalEvidence() minesweep.Evidence {
	e := evidence("antminer-stock", 4028, minesweep.Confirm, 60, minesweep.Claims{
		Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S19", Pool: "stratum+tcp://farmer77:x@pool.example:3333",
		Worker: "farmer77.rig12", MAC: "02:ab:cd:12:34:56", Serial: "HTX0042", Hostname: "hall3-rack9",
	})
	e.Quote = `"User":"farmer77.rig12","host hall3-rack9","MAC":"02:AB:CD:12:34:56" farmer77.ri`
	return e
}

func TestIndividualsAreHashed(t *testing.T) {
	o := saw(nil, personalEvidence())
	o.Grant = individual
	h := newMapper(t).Assess(o)
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"farmer77", "rig12", "12:34:56", "HTX0042", "hall3"} {
		if strings.Contains(string(text), s) {
			t.Errorf("%q is left in %s", s, text)
		}
	}
	if !regexp.MustCompile(`^02:ab:cd:#[0-9a-f]{8}$`).MatchString(h.MAC) {
		t.Errorf("MAC %q", h.MAC)
	}
	for _, v := range []string{h.Worker, h.Serial, h.Hostname} {
		if !isToken.MatchString(v) {
			t.Errorf("%q is no token", v)
		}
	}
	if !strings.HasSuffix(h.Pool, "@pool.example:3333") {
		t.Errorf("pool %q lost its address", h.Pool)
	}
}

func TestFactoryHostnameLeavesTheModel(t *testing.T) {
	o := saw(nil, evidence("whatsminer", 4028, minesweep.Confirm, 60, minesweep.Claims{
		Vendor: "MicroBT", Model: "WhatsMiner M30S", Hostname: "WhatsMiner", Worker: "WhatsMiner M30S-hall3"}))
	o.Grant = individual
	if h := newMapper(t).Assess(o); h.Model != "WhatsMiner M30S" || !isToken.MatchString(h.Hostname) {
		t.Errorf("model %q, hostname %q", h.Model, h.Hostname)
	}
}

func TestOrganisationsKeepTheirNames(t *testing.T) {
	for _, g := range []*minesweep.Grant{nil, {Privacy: minesweep.Organisation}} {
		o := saw(nil, personalEvidence())
		o.Grant = g
		if h := newMapper(t).Assess(o); h.Worker != "farmer77.rig12" || h.MAC != "02:ab:cd:12:34:56" {
			t.Errorf("grant %+v: worker %q, MAC %q", g, h.Worker, h.MAC)
		}
	}
}

func TestTokensDependOnValueAndKey(t *testing.T) {
	a := tokens{[]byte("0123456789abcdef")}
	b := tokens{[]byte("fedcba9876543210")}
	if a.of("rig1") != a.of(" rig1 ") || a.ofMAC("02-AB-CD-00-00-01") != a.ofMAC("02abcd000001") {
		t.Error("one value, two tokens")
	}
	if a.of("rig1") == a.of("rig2") || a.ofMAC("02:ab:cd:00:00:01") == a.ofMAC("02:ab:cd:00:00:02") {
		t.Error("two values, one token")
	}
	if a.of("rig1") == b.of("rig1") || a.ofMAC("02:ab:cd:00:00:01") == b.ofMAC("02:ab:cd:00:00:01") {
		t.Error("two keys, one token")
	}
	if once := a.of("rig1"); a.of(once) != once {
		t.Error("a token of a token is another")
	}
	if once := a.ofMAC("02:ab:cd:00:00:01"); a.ofMAC(once) != once || a.plainValue(once) != once {
		t.Error("a MAC's token of a token is another")
	}
}

// judge stands for the fingerprints: it reads worker, MAC, serial and hostname
// out of one JSON object.
func judge(t *testing.T, replies []minesweep.Reply) []minesweep.Evidence {
	t.Helper()
	var v struct{ User, Mac, Serial, Hostname, Pool string }
	if err := json.Unmarshal(replies[0].Raw, &v); err != nil {
		t.Fatal(err)
	}
	return []minesweep.Evidence{evidence("f", 4028, minesweep.Confirm, 50, minesweep.Claims{
		Worker: v.User, MAC: strings.ToLower(v.Mac), Serial: v.Serial, Hostname: v.Hostname, Pool: v.Pool,
	})}
}

func TestScrubbedRepliesAreJudgedAlike(t *testing.T) {
	m := newMapper(t)
	for _, raw := range []string{
		`{"user":"farmer77.rig12","mac":"02:AB:CD:12:34:56","serial":"HTX0042","hostname":"hall3","pool":"stratum+tcp://a@p.example:1"}`,
		`{"user":"a\/b","serial":"HTX0042"}`,
		`{"user":"0x52908400098527886E0F7030069857D2E4169EE7/rig","hostname":"02:AB:CD:12:34:56"}`,
		`{"user":"","mac":"00:00:00:00:00:00","serial":"0"}`,
	} {
		plain := []minesweep.Reply{reply(4028, "http/info", "GET", raw)}
		stored := m.Scrub(individual, plain)
		a, b := saw(plain, judge(t, plain)...), saw(stored, judge(t, stored)...)
		a.Grant, b.Grant = individual, individual
		ha, hb := m.Assess(a), m.Assess(b)
		if ha.AssetKey() != hb.AssetKey() {
			t.Errorf("%s: asset %s, from the store %s", raw, ha.AssetKey(), hb.AssetKey())
		}
		if ha.Worker != hb.Worker || ha.Hostname != hb.Hostname || ha.Serial != hb.Serial || ha.Pool != hb.Pool {
			t.Errorf("%s:\n at once %+v\nfrom the store %+v", raw, ha, hb)
		}
	}
}
