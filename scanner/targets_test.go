package scanner

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestParseTargets(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"192.0.2.7", "[192.0.2.7-192.0.2.7]"},
		{"192.0.2.0/24", "[192.0.2.0-192.0.2.255]"},
		{"192.0.2.77/24", "[192.0.2.0-192.0.2.255]"},
		{"10.0.0.1-10.0.0.9", "[10.0.0.1-10.0.0.9]"},
		{"10.0.0.1-9", "[10.0.0.1-10.0.0.9]"},
		{"10.0.0.9-9", "[10.0.0.9-10.0.0.9]"},
		{"10.0.0.250-10.0.1.4", "[10.0.0.250-10.0.1.4]"},
		{"10.0.0.1-5,10.0.0.4-9 10.0.0.10", "[10.0.0.1-10.0.0.10]"},
		{"2001:db8::/126", "[2001:db8::-2001:db8::3]"},
		{"2001:db8::1-2001:db8::9", "[2001:db8::1-2001:db8::9]"},
		{"::ffff:192.0.2.7", "[192.0.2.7-192.0.2.7]"},
		{"::ffff:192.0.2.0/120", "[192.0.2.0-192.0.2.255]"},
		{"2001:db8::/112", "[2001:db8::-2001:db8::ffff]"},
		{"2001:db8::fff0-2001:db8::1:5", "[2001:db8::fff0-2001:db8::1:5]"},
		{"0.0.0.0/0", "[0.0.0.0-255.255.255.255]"},
	} {
		set, err := ParseTargets([]string{c.in})
		if err != nil {
			t.Errorf("ParseTargets(%q): %v", c.in, err)
			continue
		}
		if got := fmt.Sprint(set.Ranges()); got != c.want {
			t.Errorf("ParseTargets(%q) = %s, want %s", c.in, got, c.want)
		}
	}
}

func TestParseTargetsSaysWhatIsWrong(t *testing.T) {
	const example = "write for example 192.0.2.0/24"
	for in, want := range map[string]string{
		"":                   "no target given, " + example,
		"10.0.0.300":         `"10.0.0.300" is not an address, prefix or range, ` + example,
		"10.0.0.0/33":        `"10.0.0.0/33" is not`,
		"10.0.0.1-10.0.0":    `"10.0.0.1-10.0.0" is not`,
		"10.0.0.1-256":       `"10.0.0.1-256" is not`,
		"10.0.0.1-":          `"10.0.0.1-" is not`,
		"-":                  `"-" is not`,
		"10.0.0.9-1":         `range "10.0.0.9-1" ends before it begins, write for example 192.0.2.1-192.0.2.9`,
		"10.0.0.1-2001::1":   `"10.0.0.1-2001::1" is not`,
		"2001:db8::1-9999":   `"2001:db8::1-9999" is not`,
		"fe80::1%eth0":       `"fe80::1%eth0" is not`,
		"example.org":        `"example.org" is not`,
		"2001:db8::/64":      "2001:db8::/64 is more than /112: nobody can sweep it; give a list of known addresses with -iL, --known or a DNS name",
		"2001:db8::5/111":    "2001:db8::/111 is more than /112",
		"::1-::1:1":          "::1-::1:1 is more than /112",
		"::-ffff::":          "::-ffff:: is more than /112",
		"10.0.0.1:80":        `"10.0.0.1:80" is not`,
		"010.0.0.1":          `"010.0.0.1" is not`,
		"10.0.0.0/24-10.1.1": `"10.0.0.0/24-10.1.1" is not`,
	} {
		if _, err := ParseTargets([]string{in}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("ParseTargets(%q): %v; want %q", in, err, want)
		}
	}
}

func TestReadTargets(t *testing.T) {
	const file = "\ufeff# our miners\r\n192.0.2.1, 192.0.2.2\r\n\r\n192.0.2.3-4 # row 2\r\n\t192.0.2.5/32"
	set, err := ReadTargets("targets.txt", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(set.Ranges()); got != "[192.0.2.1-192.0.2.5]" {
		t.Errorf("read %s", got)
	}
}

func TestReadTargetsNamesFileAndLine(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1\n# x\n10.0.0.300\n": `targets.txt:3: "10.0.0.300" is not an address, prefix or range, write for example 192.0.2.0/24`,
		"# nothing\n":                  "targets.txt: it holds no target",
		"192.0.2.1\n" + strings.Repeat("1", maxTargetLine+1): "targets.txt:2: the line is longer than 1 MiB",
	} {
		if _, err := ReadTargets("targets.txt", strings.NewReader(in)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v; want %q", err, want)
		}
	}
}

func FuzzReadTargets(f *testing.F) {
	for _, s := range []string{
		"192.0.2.0/24", "10.0.0.1-9", "10.0.0.1-10.0.0.9", "2001:db8::/64", "\ufeff::1\r\n# c\n1.2.3.4",
		"::ffff:1.2.3.4/97", "1.2.3.4-::ffff:1.2.3.9", "x\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		set, err := ReadTargets("f", strings.NewReader(s))
		if err != nil {
			if set != nil || !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("an error and a set, or no name: %v", err)
			}
			return
		}
		if len(set.Ranges()) == 0 {
			t.Error("nothing was read and no error was given")
		}
		mapped := netip.MustParseAddr("::ffff:0:0")
		for _, r := range set.Ranges() {
			if r.From().Is4In6() && r.From() != mapped {
				t.Errorf("range %s has an address in mapped form", r)
			}
		}
	})
}
