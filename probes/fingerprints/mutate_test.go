package fingerprints_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"minesweep"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// mutations are what a broken line or a hostile device makes of an answer; at
// is a place in it.
var mutations = []struct {
	name   string
	change func(raw []byte, at int) []byte
}{
	{"cut", func(raw []byte, at int) []byte { return raw[:at] }},
	{"beginning lost", func(raw []byte, at int) []byte { return raw[at:] }},
	{"bit 7 flipped", func(raw []byte, at int) []byte { return flip(raw, at, 0x80) }},
	{"bit 5 flipped", func(raw []byte, at int) []byte { return flip(raw, at, 0x20) }},
	{"invalid UTF-8", func(raw []byte, at int) []byte { return slices.Insert(raw, at, []byte("\xff\xc3\xed\xa0\x80")...) }},
	{"control characters", func(raw []byte, at int) []byte { return slices.Insert(raw, at, []byte("\x00\x07\b\r\n\u0085")...) }},
	{"nested deeply", func(raw []byte, at int) []byte {
		return slices.Insert(raw, at, []byte(strings.Repeat(`{"a":[`, 200))...)
	}},
	{"terminal escapes", func(raw []byte, _ int) []byte { return inStrings(raw, "\x1b[31m\x1b]0;x\a\\u001b[2J") }},
	{"HTML", func(raw []byte, _ int) []byte { return inStrings(raw, `<img src=x onerror=alert(1)>\u202e`) }},
	{"formula", func(raw []byte, _ int) []byte { return replaceStrings(raw, `=HYPERLINK(\"http://a.example\";\"x\")`) }},
	{"NaN", func(raw []byte, _ int) []byte { return numbers.ReplaceAll(raw, []byte(":NaN")) }},
	{"Infinity", func(raw []byte, _ int) []byte { return numbers.ReplaceAll(raw, []byte(":-Infinity")) }},
	{"huge numbers", func(raw []byte, _ int) []byte { return numbers.ReplaceAll(raw, []byte(":1e308")) }},
	{"duplicate keys", func(raw []byte, _ int) []byte { return keys.ReplaceAll(raw, []byte(`$1"$2":[],"$2":`)) }},
	{"twice", func(raw []byte, _ int) []byte { return slices.Concat(raw, raw) }},
}

const cut = 0 // the first of the mutations

var (
	numbers = regexp.MustCompile(`:\s*-?\d+(\.\d+)?`)
	keys    = regexp.MustCompile(`([{,])"([^"]{1,40})":`)
	values  = regexp.MustCompile(`:\s*"([^"]{1,200})"`)
)

func flip(raw []byte, at int, bits byte) []byte {
	if at < len(raw) {
		raw[at] ^= bits
	}
	return raw
}

func inStrings(raw []byte, s string) []byte {
	return values.ReplaceAll(raw, []byte(`:"${1}`+s+`"`))
}

func replaceStrings(raw []byte, s string) []byte {
	return values.ReplaceAllLiteral(raw, []byte(`:"`+s+`"`))
}

// mutant is a device of which one answer was changed.
func mutant(d recordings.Device, reply, mutation, at int) []minesweep.Reply {
	replies := slices.Clone(d.Replies)
	r := &replies[reply]
	r.Raw = mutations[mutation].change(bytes.Clone(r.Raw), at)
	return replies
}

// specimen is a recorded device and the makes that it may be taken for.
type specimen struct {
	recordings.Device
	innocent bool
	vendors  []string
	makes    map[string]bool // of all specimens; a name that nothing bears is no make
}

func specimens(t testing.TB, set *fingerprints.Set) []specimen {
	var list []specimen
	makes := make(map[string]bool)
	for _, d := range recordedDevices(t) {
		makes[d.Want.Vendor] = d.Want.Vendor != ""
		s := specimen{Device: d, innocent: d.Want.Class == "" && d.Want.Verdict != minesweep.Confirmed}
		s.vendors = append(s.vendors, "", d.Want.Vendor)
		for _, e := range set.Judge(d.Replies) {
			s.vendors = append(s.vendors, e.Claims.Vendor)
		}
		list = append(list, s)
	}
	for i := range list {
		list[i].makes = makes
	}
	return list
}

// check judges a mutant: an innocent one is not confirmed, a miner not by
// another make, and what is said of either is clean.
func (s specimen) check(t *testing.T, set *fingerprints.Set, replies []minesweep.Reply, mutation int) {
	t.Helper()
	what := mutations[mutation].name
	for _, e := range set.Judge(replies) {
		if fault := fingerprints.Unclean(e); fault != "" {
			t.Errorf("%s, %s: %s", s.Name, what, fault)
		}
		if e.Strength != minesweep.Confirm {
			continue
		}
		if s.innocent {
			t.Errorf("%s, %s: %s confirms it by %s: %s", s.Name, what, e.Fingerprint, e.Probe, e.Quote)
		}
		if v := e.Claims.Vendor; s.makes[v] && !slices.Contains(s.vendors, v) && (mutation == cut || copied[v] != s.Want.Class) {
			t.Errorf("%s, %s: %s says that it is %s: %s", s.Name, what, e.Fingerprint, e.Claims.Vendor, e.Quote)
		}
	}
}

// copied are the makes whose answers others took over and changed a word in:
// without that word, and nothing cut, theirs is taken for the original.
var copied = map[string]minesweep.Class{
	"Bitaxe": minesweep.HomeMiner, "EWBF": minesweep.GPUMiner, "Claymore": minesweep.GPUMiner,
}

// cutsOfEach is the number of places at which each answer is cut.
const cutsOfEach = 5

// TestMutants changes each answer of each recording in each way, and cuts it at
// places spread over it. FuzzMutate does so anywhere.
func TestMutants(t *testing.T) {
	set := load(t)
	for n, s := range specimens(t, set) {
		if underRace && n%8 != 0 {
			continue
		}
		for reply := range s.Replies {
			size := len(s.Replies[reply].Raw)
			for i := range cutsOfEach {
				s.check(t, set, mutant(s.Device, reply, cut, (2*i+1)*size/(2*cutsOfEach)), cut)
			}
			for m := 1; m < len(mutations); m++ {
				s.check(t, set, mutant(s.Device, reply, m, (n+m)%7*size/7), m)
			}
		}
	}
}

func FuzzMutate(f *testing.F) {
	set := load(f)
	all := specimens(f, set)
	for i := 0; i < len(all); i += 8 {
		f.Add(uint16(i), uint8(i), uint8(i), uint32(i*37))
	}
	f.Fuzz(func(t *testing.T, device uint16, reply, mutation uint8, at uint32) {
		s := all[int(device)%len(all)]
		if len(s.Replies) == 0 {
			return
		}
		i, m := int(reply)%len(s.Replies), int(mutation)%len(mutations)
		place := int(at) % (len(s.Replies[i].Raw) + 1)
		if m != cut && s.Want.Class == minesweep.ASIC {
			// Of a version whose Type lost a letter of its key, what Bitmain added is left.
			s.vendors = append(slices.Clone(s.vendors), "Bitmain")
		}
		s.check(t, set, mutant(s.Device, i, m, place), m)
	})
}
