package fingerprints_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"minesweep"
	"minesweep/probes/fingerprints"
)

// maxMemory is what judging one host may take, whatever its replies hold.
const maxMemory = 4 << 20

// hostile are answers that cost the most, each repeated up to its size.
var hostile = []struct {
	name, probe         string
	before, piece, last string
}{
	{"a page", "http/", "HTTP/1.1 200 OK\r\n\r\n", "cgminer ANTMINER <title>x", ""},
	{"a head", "http/", "HTTP/1.1 401 x\r\n", "WWW-Authenticate: Basic realm=\"x\"\r\n", "\r\n\r\n"},
	{"titles", "http/", "HTTP/1.1 200 OK\r\n\r\n", "<title", ">&amp;</title>"},
	{"a banner", "banner", "", "\x1b[31m\xff", ""},
	{"brackets", "cgminer/stats", "", "[", ""},
	{"short lists", "cgminer/stats", "[", "[],", "1]"},
	{"numbers", "http/api/v1/info", "[", "1,", "1]"},
	{"members", "cgminer/stats", "", `{"a":1,`, ""},
	{"open members", "cgminer/stats", "{", `"a":1,`, ""},
	{"one key again and again", "cgminer/version", "{", `"VERSION":[{"Type":"Antminer S9"}],`, `"STATUS":[]}`},
	{"unlike keys", "cgminer/stats", `{"STATS":[{`, `"%d":0,`, `"Type":"Antminer S9"}]}`},
	{"devices", "cgminer/devs", `{"STATUS":[{"STATUS":"S","Code":9,"Msg":"ASC(s)"}],"DEVS":[`, `{"ASC":0,"MHS av":1.5,"URL":"x"},`, `{}]}`},
	{"pools", "cgminer/pools", `{"STATUS":[{"STATUS":"S","Code":7,"Msg":"Pool(s)","Description":"cgminer 4.9.0"}],"POOLS":[`, `{"URL":"x"},`, `{}]}`},
	{"control characters", "cgminer/version", `{"STATUS":[{"Msg":"`, "\x01", `"}]}`},
	{"escapes", "cgminer/version", `{"STATUS":[{"Msg":"`, `\u0041`, `"}]}`},
	{"escaped keys", "cgminer/version", `{"STATUS":[{`, `"\u0041":"\u0042",`, `"x":1}]}`},
	{"words", "cgminer/version", `{"STATUS":[`, `nan inf x `, `]}`},
	{"commas", "cgminer/version", `{"STATUS":[`, `,`, `]}`},
	{"documents", "stratum/subscribe", "", "{\"id\":1,\"result\":[]}\n", ""},
	{"pipe text", "cgminer/summary", "STATUS=S,Code=11,Msg=Summary", "|SUMMARY,Elapsed=1", "|"},
	{"fields", "cgminer/summary", "STATUS=S,Code=11|SUMMARY", ",a=1", "|"},
	{"escaped text", "cgminer/summary", "STATUS=S,Code=11|SUMMARY", `,\,=\|`, "|"},
	{"key=value text", "ccminer/threads", "", "GPU=0;KHS=1|", ""},
	{"bare fields", "ccminer/summary", "NAME=ccminer;VER=2.3;", "a;", "|"},
	{"joined commands", "cgminer/version+summary", "{", `"a%d":[{"x":1}],`, `"summary":[{}]}`},
}

// answer repeats the piece to about n bytes.
func answer(before, piece, last string, n int) []byte {
	var b strings.Builder
	b.Grow(n + 1024)
	b.WriteString(before)
	for i := 0; b.Len() < n; i++ {
		if strings.Contains(piece, "%d") {
			fmt.Fprintf(&b, piece, i)
		} else {
			b.WriteString(piece)
		}
	}
	b.WriteString(last)
	return []byte(b.String())
}

// TestMemoryIsBounded sends one long answer, one of just what is judged of a
// reply twice, and thousands of short ones.
func TestMemoryIsBounded(t *testing.T) {
	set := load(t)
	shapes := []struct{ size, replies int }{{250 << 10, 2}, {10 << 20, 1}, {60 << 10, 9}, {1000, 3000}}
	if underRace {
		shapes = shapes[:1]
	}
	for _, h := range hostile {
		for _, shape := range shapes {
			raw := answer(h.before, h.piece, h.last, shape.size)
			replies := make([]minesweep.Reply, shape.replies)
			for i := range replies {
				target := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(4000+i))
				replies[i] = minesweep.Reply{Target: target, Probe: h.probe, Raw: raw}
			}
			if got := allocated(set, replies); got > maxMemory {
				t.Errorf("%s, %d of %d bytes: judging takes %d KiB", h.name, shape.replies, len(raw), got>>10)
			}
		}
	}
}

// allocated gives the bytes that judging one host allocates, all told, with
// nothing kept from earlier ones.
func allocated(set *fingerprints.Set, replies []minesweep.Reply) uint64 {
	runtime.GC()
	runtime.GC() // the second empties what the first left in pools
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	set.Judge(replies)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestOversizeIsSaid holds that nothing is left unread in silence, and that a
// long page does not hide a short answer.
func TestOversizeIsSaid(t *testing.T) {
	set := load(t)
	version := `{"STATUS":[{"STATUS":"S","Code":22,"Msg":"CGMiner versions","Description":"cgminer 4.9.2"}],"VERSION":[{"CGMiner":"4.9.2","API":"3.1"}],"id":1}`
	replies := []minesweep.Reply{{Probe: "cgminer/version", Raw: []byte(version)}}
	if evidence := set.Judge(replies); len(evidence) == 0 || noted(evidence) {
		t.Fatalf("evidence is %+v", evidence)
	}
	for range 3 {
		replies = append([]minesweep.Reply{{Probe: "http/", Raw: answer("HTTP/1.1 200 OK\r\n\r\n", "x", "", 1<<20)}}, replies...)
	}
	evidence := set.Judge(replies)
	if !noted(evidence) || evidence[0].Strength != minesweep.Confirm {
		t.Errorf("evidence is %+v", evidence)
	}
	large := answer("[", "1,", "1]", 200<<10)
	if evidence := set.Judge([]minesweep.Reply{{Probe: "cgminer/stats", Raw: large}}); !noted(evidence) {
		t.Errorf("evidence of a list of 100000 numbers is %+v", evidence)
	}
}

func noted(evidence []minesweep.Evidence) bool {
	last := evidence[len(evidence)-1]
	return last.Fingerprint == "oversize" && last.Strength == minesweep.Note
}
