package scanner

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParsePortSpan(t *testing.T) {
	for text, want := range map[string]portSpan{
		"61000-61015": {61000, 61015}, "40000": {40000, 40000}, "1-65535": {1, 65535}, "7-7": {7, 7},
	} {
		got, err := parsePortSpan(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if again, err := parsePortSpan(got.String()); again != got || err != nil {
			t.Errorf("%q does not come back: %v, %v", text, again, err)
		}
		if n := got.count(); n != int(want.to)-int(want.from)+1 {
			t.Errorf("%q: %d ports", text, n)
		}
	}
	for _, text := range []string{"", "0", "0-5", "5-4", "65536", "1-65536", "-1", "1-", "1-2-3", "+1", " 1", "a", strings.Repeat("9", 1000)} {
		if got, err := parsePortSpan(text); err == nil || len(err.Error()) > 200 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if n := (portSpan{}).count(); n != 0 {
		t.Errorf("the zero span has %d ports", n)
	}
}

func TestChooseSpans(t *testing.T) {
	for _, c := range []struct {
		name     string
		local    portSpan
		reserved string
		first    []portSpan
		count    int
		roomy    bool
	}{
		{"Linux's own range", portSpan{32768, 60999}, "", []portSpan{{61000, 61063}, {61064, 61127}}, 70 + 496, true},
		{"reserved above", portSpan{32768, 60999}, "8080,61015-61020\n", []portSpan{{61064, 61127}, {61128, 61191}}, 69 + 495, true},
		{"none above", portSpan{2000, 65535}, "", []portSpan{{1936, 1999}, {1872, 1935}}, 15, true},
		{"63 are too few", portSpan{1087, 65472}, "", []portSpan{{61000, 61063}}, 70, false},
		{"64 are enough", portSpan{1087, 65471}, "", []portSpan{{65472, 65535}}, 1, true},
		{"all are the kernel's", portSpan{1, 65535}, "61000", []portSpan{{61064, 61127}}, 69, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			spans, roomy := chooseSpans(c.local, parsePortList(c.reserved))
			if roomy != c.roomy || len(spans) != c.count || !slices.Equal(spans[:len(c.first)], c.first) {
				t.Errorf("%d spans from %v on, room %v", len(spans), spans[:min(2, len(spans))], roomy)
			}
			for _, s := range spans {
				if s.count() != spanPorts || roomy && s.overlaps(c.local) {
					t.Errorf("span %v", s)
				}
			}
		})
	}
}

func TestHoldPortsKeepsOthersOut(t *testing.T) {
	local := []netip.Addr{netip.MustParseAddr("127.77.0.1")}
	held, err := holdPorts(local, portSpan{})
	if err != nil {
		t.Fatal(err)
	}
	defer held.release()
	if held.span.count() != spanPorts {
		t.Fatalf("held %v", held.span)
	}
	_, err = holdPorts(local, portSpan{held.span.to, held.span.to})
	if err == nil || !strings.Contains(err.Error(), "is in use by another program") {
		t.Errorf("named and in use: %v", err)
	}
	other, err := holdPorts(local, portSpan{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.release()
	if other.span.overlaps(held.span) {
		t.Errorf("%v and %v are held at once", held.span, other.span)
	}
	held.release()
	held.release()
	again, err := holdPorts(local, held.span)
	if err != nil {
		t.Fatalf("released: %v", err)
	}
	again.release()
	_, err = holdPorts([]netip.Addr{netip.MustParseAddr("192.0.2.1")}, portSpan{61000, 61015})
	if err == nil || !strings.HasPrefix(err.Error(), "source address 192.0.2.1 is not on this machine") {
		t.Errorf("an address of nobody: %v", err)
	}
}
