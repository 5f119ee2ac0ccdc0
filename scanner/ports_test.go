package scanner

import (
	"slices"
	"strings"
	"testing"
)

func TestParsePorts(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []uint16
	}{
		{"80", []uint16{80}},
		{"80,443,80", []uint16{80, 443}},
		{" 80 , 8000-8002 ", []uint16{80, 8000, 8001, 8002}},
		{"8001,8000-8002", []uint16{8001, 8000, 8002}},
		{"-3", []uint16{1, 2, 3}},
		{"65534-", []uint16{65534, 65535}},
		{"9,tier1,4028", append([]uint16{9}, Tier1()...)},
		{"all-tiers", AllTiers()},
		{"tier1,all-tiers", append(Tier1(), without(AllTiers(), Tier1())...)},
	} {
		got, err := ParsePorts(c.in)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("ParsePorts(%q) = %v, %v; want %v", c.in, got, err, c.want)
		}
	}
	if all, err := ParsePorts("-"); err != nil || len(all) != 65535 || all[0] != 1 {
		t.Errorf("ParsePorts(-) gives %d ports, %v", len(all), err)
	}
}

func TestParsePortsSaysWhatIsWrong(t *testing.T) {
	for in, want := range map[string]string{
		"":           `"" is not a port from 1 to 65535 or a range of them, write for example 80,443,8000-8100`,
		"80,":        `"" is not a port`,
		"0":          `"0" is not a port`,
		"65536":      `"65536" is not a port`,
		"80,http":    `"http" is not a port`,
		"90-80":      `ports "90-80" end before they begin, write for example 8000-8100`,
		"1-2-3":      `"1-2-3" is not a port`,
		"T:80":       `"T:80" is not a port`,
		"+80":        `"+80" is not a port`,
		"80 81":      `"80 81" is not a port`,
		"tier2":      `"tier2" is not a port`,
		"-0":         `"-0" is not a port`,
		"1,\x1b[31m": `"\x1b[31m" is not a port`,
	} {
		if ports, err := ParsePorts(in); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("ParsePorts(%q) = %d ports, %v; want %q", in, len(ports), err, want)
		}
	}
}

func TestTiers(t *testing.T) {
	all := AllTiers()
	for _, list := range [][]uint16{Tier1(), all} {
		sorted := slices.Sorted(slices.Values(list))
		if len(slices.Compact(sorted)) != len(list) || sorted[0] == 0 {
			t.Errorf("a port comes twice or is 0: %v", list)
		}
	}
	if len(Tier1()) != 11 || len(without(all, Tier1())) != len(all)-11 {
		t.Errorf("tier 1 is not 11 ports of all tiers: %v", Tier1())
	}
	Tier1()[0] = 1
	if Tier1()[0] != 4028 {
		t.Error("a caller can change the table")
	}
}

func without(list, drop []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(list), func(p uint16) bool { return slices.Contains(drop, p) })
}

func FuzzParsePorts(f *testing.F) {
	for _, s := range []string{"80", "1-", "-", "tier1,9", "80,,", "8-7", "all-tiers"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ports, err := ParsePorts(s)
		if (err == nil) == (len(ports) == 0) {
			t.Errorf("ParsePorts(%q) = %v, %v", s, ports, err)
		}
		if slices.Contains(ports, 0) {
			t.Errorf("ParsePorts(%q) gives port 0", s)
		}
	})
}
