package lab

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"minesweep"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// Catalogue returns one device of every product family, on the first addresses
// of the prefix after its first, in the order of the fingerprints' IDs. The
// recording chosen for a family is one that a sweep reaches and that confirms
// it, if there is such. A service on a port that no sweep
// tries is moved to one that hints at nothing. Families of which a sweep asks
// too little to name them are left out; [Families] has them.
func Catalogue(prefix netip.Prefix) ([]Simulated, error) {
	families, err := Families()
	if err != nil {
		return nil, err
	}
	var hosts []Simulated
	for i, f := range families {
		if unasked[f.Device.Name] == "" {
			hosts = append(hosts, Simulated{Device: housed(f.Device, i)})
		}
	}
	return hosts, place(hosts, prefix)
}

// place gives the hosts the first addresses of the prefix after its first.
func place(hosts []Simulated, prefix netip.Prefix) error {
	addr := prefix.Masked().Addr()
	for i := range hosts {
		if addr = addr.Next(); !prefix.Contains(addr) {
			return fmt.Errorf("lab: %s has no room for %d devices", prefix, len(hosts))
		}
		hosts[i].Address = addr
	}
	return nil
}

// Family is a product family and the recording that shows it.
type Family struct {
	ID     string // of the fingerprint
	Device recordings.Device
}

// Families returns the recording of every fingerprint, by ID. A fingerprint
// that no recording shows is an error.
func Families() ([]Family, error) {
	devices, err := embedded()
	if err != nil {
		return nil, err
	}
	set, err := fingerprints.Load(fingerprints.Embedded())
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	shown := make(map[string][]candidate)
	for _, d := range devices {
		for id, place := range standing(set.Judge(d.Replies)) {
			shown[id] = append(shown[id], candidate{Device: d, place: place})
		}
	}
	var out []Family
	for _, f := range set.List() {
		if len(shown[f.ID]) == 0 {
			return nil, fmt.Errorf("lab: no recording shows %s", f.ID)
		}
		out = append(out, Family{ID: f.ID, Device: slices.MinFunc(shown[f.ID], candidate.compare).Device})
	}
	return out, nil
}

// candidate is a recording that shows a family; place counts the families that
// outweigh it there.
type candidate struct {
	recordings.Device
	place int
}

// standing ranks the families of one recording, the heaviest first.
func standing(evidence []minesweep.Evidence) map[string]int {
	out := make(map[string]int)
	for _, e := range evidence {
		if _, known := out[e.Fingerprint]; !known {
			out[e.Fingerprint] = len(out)
		}
	}
	return out
}

// compare puts first what shows the family best: mining proven, reached by a
// sweep's first question, named first on it, the fullest, by name.
func (a candidate) compare(b candidate) int {
	return cmp.Or(
		cmp.Compare(a.rank(), b.rank()),
		cmp.Compare(min(a.place, 1), min(b.place, 1)),
		cmp.Compare(len(b.Sections), len(a.Sections)),
		cmp.Compare(a.Name, b.Name),
	)
}

func (a candidate) rank() int {
	rank := 0
	if a.Want.Verdict != minesweep.Confirmed {
		rank += 2
	}
	if !answersFirst(a.Device) {
		rank++
	}
	if unasked[a.Name] != "" {
		rank += 4
	}
	return rank
}
