package lab

import (
	"net/netip"
	"slices"
	"testing"

	"minesweep"
)

// mostRequests is what a confirmed host may be asked.
const mostRequests = 12

// TestCatalogueIsNamed sweeps one device of every family with minesweep's own
// questions: each must be named by its family's fingerprint, and be what its
// recording says.
func TestCatalogueIsNamed(t *testing.T) {
	t.Parallel()
	hosts, err := Catalogue(netip.MustParsePrefix("127.0.8.0/22"))
	if err != nil {
		t.Fatal(err)
	}
	families, err := Families()
	if err != nil {
		t.Fatal(err)
	}
	byDevice := make(map[string]string, len(families))
	for _, f := range families {
		byDevice[f.Device.Name] = f.ID
	}
	if least := len(families) - len(unasked); len(hosts) < least || least < 100 {
		t.Errorf("%d hosts of %d families", len(hosts), len(families))
	}
	found, recorder := sweepLab(t, hosts)
	for _, h := range hosts {
		id, host := byDevice[h.Device.Name], found[h.Address]
		if !slices.ContainsFunc(host.Evidence, func(e minesweep.QuotedClaim) bool { return e.Fingerprint == id }) {
			t.Errorf("%s: a sweep of %s does not name it: %s %s", id, h.Device.Name, host.Verdict, host.Model)
		}
		if err := h.Device.Check(host); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if host.Requests > mostRequests {
			t.Errorf("%s: %s was sent %d requests", id, h.Device.Name, host.Requests)
		}
	}
	checkReceived(t, recorder, mostRequests)
}

// TestUnaskedAreLessThanRecorded keeps the list of exceptions short: what a
// sweep finds all the same stands there no longer.
func TestUnaskedAreLessThanRecorded(t *testing.T) {
	t.Parallel()
	devices, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	var hosts []Simulated
	for _, d := range devices {
		if unasked[d.Name] != "" {
			hosts = append(hosts, Simulated{Device: housed(d, len(hosts))})
		}
	}
	if len(hosts) != len(unasked) {
		t.Errorf("%d recordings of the %d in unasked", len(hosts), len(unasked))
	}
	if err := place(hosts, netip.MustParsePrefix("127.0.12.0/24")); err != nil {
		t.Fatal(err)
	}
	found, _ := sweepLab(t, hosts)
	for _, h := range hosts {
		if h.Device.Want.Verdict == minesweep.Confirmed && h.Device.Check(found[h.Address]) == nil {
			t.Errorf("%s is found as recorded, take it out of unasked", h.Device.Name)
		}
	}
}
