package lab

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"minesweep"
	"minesweep/recordings"
)

// innocentSeed makes the same innocents each time.
const innocentSeed = 0x1e55

// Innocents returns n hosts that do not mine, on the first n addresses of the
// prefix after its first: every innocent recording once, and between them and
// after them recordings altered and moved to ports where miners listen, servers
// of invented JSON and pages in the words of mining, random banners, and every
// [Behaviour]. They are the same for the same n. Want of each says the most
// that a sweep may find.
func Innocents(prefix netip.Prefix, n int) ([]Simulated, error) {
	devices, err := embedded()
	if err != nil {
		return nil, err
	}
	recorded, said := innocentsAndMiners(devices)
	hosts := make([]Simulated, n)
	next := 0
	for i := range hosts {
		if next < len(recorded) && i%4 != 3 {
			hosts[i].Device = housed(recorded[next], next)
			next++
			continue
		}
		hosts[i] = invented(i, recorded, said)
	}
	return hosts, place(hosts, prefix)
}

// innocentsAndMiners parts the recordings of innocents from what miners said.
func innocentsAndMiners(devices []recordings.Device) (innocent []recordings.Device, said []recordings.Section) {
	for _, d := range devices {
		if strings.HasPrefix(d.Name, "innocent-") {
			innocent = append(innocent, d)
			continue
		}
		for _, x := range d.Sections {
			if d.Want.Verdict == minesweep.Confirmed && !x.Exact && x.Text != "" {
				said = append(said, x)
			}
		}
	}
	return innocent, said
}

// invented makes the i-th host that is not as recorded.
func invented(i int, recorded []recordings.Device, said []recordings.Section) Simulated {
	r := rand.New(rand.NewPCG(innocentSeed, uint64(i))) //nolint:gosec // reproducible on purpose, and i is no negative
	makers := []func(*rand.Rand) Simulated{jsonAPI, jsonLines, wordPage, keyValues, asciiBanner, binaryBanner, misbehaving}
	switch kind := r.IntN(len(makers) + 7); {
	case kind < len(makers):
		return makers[kind](r)
	case kind < len(makers)+2 && len(said) > 0:
		return quoted(pick(r, said), r)
	}
	return Simulated{Device: altered(pick(r, recorded), r)}
}

// hinted are ports where miners, pools and nodes listen and where a sweep asks
// accordingly.
var hinted = []uint16{
	4028, 80, 3333, 443, 4433, 8080, 6060, 4067, 4068, 18081, 8545, 14444, 22333, 44444, 42000, 20000, 10555, 21550,
	9090, 3335, 60070, 4014, 5000, 1880, 4444, 5555, 8332, 34254, 8117, 8008, 8888, 4000, 4029, 8359, 9588, 4048,
	3434, 7111, 3456, 5777, 16666, 7777, 4058, 4005, 2222, 6099, 1234, 3001, 8443, 18088, 3337, 9999, 8001, 2345,
}

var (
	longNumber = regexp.MustCompile(`\b[1-9]\d{3,}\b`)
	httpHead   = regexp.MustCompile(`(?s)^HTTP/1\..*?\n\n`)
)

// altered gives a recording other numbers and another port; the answers of its
// further ports stay where they are.
func altered(d recordings.Device, r *rand.Rand) recordings.Device {
	d.Name += "-altered"
	d.Sections = slices.Clone(d.Sections)
	from, to := d.Sections[0].Port, pick(r, hinted)
	if slices.ContainsFunc(d.Sections, func(x recordings.Section) bool { return x.Port == to }) {
		to = from
	}
	for k, x := range d.Sections {
		if x.Port == from {
			d.Sections[k].Port = to
		}
		if !x.Exact {
			head := httpHead.FindString(x.Text)
			d.Sections[k].Text = head + longNumber.ReplaceAllStringFunc(x.Text[len(head):], func(s string) string { return digits(r, len(s)) })
		}
	}
	d.Replies = nil
	return d
}

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(r.IntN(10))
	}
	b[0] = '1' + byte(r.IntN(9))
	return string(b)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// misbehaving is one of the behaviours; none of them is more than a decoy.
func misbehaving(r *rand.Rand) Simulated {
	b := pick(r, []Behaviour{Echo, Tarpit, EndlessBanner, SameBytes, Mute, Reset})
	verdict := minesweep.DecoyHost
	if b == Mute || b == Reset {
		verdict = minesweep.Silent
	}
	return behaves(string(b), b, verdict, pick(r, hinted))
}

// inventedHost stands on one hinted port.
func inventedHost(name string, r *rand.Rand, sections ...recordings.Section) Simulated {
	port := pick(r, hinted)
	for i := range sections {
		sections[i].Port = port
	}
	return Simulated{Device: recordings.Device{
		Name: "invented-" + name, Sections: sections, Want: &recordings.Want{Verdict: minesweep.Unidentified},
	}}
}
