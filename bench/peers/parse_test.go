package main

import (
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
)

func targets(texts ...string) (out []netip.AddrPort) {
	for _, t := range texts {
		out = append(out, netip.MustParseAddrPort(t))
	}
	return out
}

// The files are what the programs wrote in the laboratory, cut short.
func TestParseWhatProgramsWrite(t *testing.T) {
	tests := []struct {
		file  string
		parse func(io.Reader) ([]netip.AddrPort, error)
		want  []netip.AddrPort
	}{
		{"minesweep.csv", parseMinesweep, targets("100.64.5.178:4", "100.64.7.213:1")},
		{"masscan.list", parseMasscan, targets("100.64.5.178:4", "100.64.7.213:1")},
		{"zmap.csv", parseZmap(4), targets("100.64.5.178:4", "100.64.18.188:4")},
		{"naabu.txt", parseNaabu, targets("100.64.5.178:4", "100.64.7.213:1")},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			file, err := os.Open("testdata/" + test.file)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			got, err := test.parse(file)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestParseFaults(t *testing.T) {
	tests := []struct {
		name, text, want string
		parse            func(io.Reader) ([]netip.AddrPort, error)
	}{
		{"minesweep, nothing", "", "no header", parseMinesweep},
		{"minesweep, another table", "address,verdict\n", "want address and port", parseMinesweep},
		{"minesweep, no address", "address,port\nx,1\n", "unable to parse", parseMinesweep},
		{"minesweep, no port", "address,port\n10.0.0.1,65536\n", "out of range", parseMinesweep},
		{"minesweep, torn row", "address,port\n10.0.0.1\n", "wrong number of fields", parseMinesweep},
		{"masscan, torn line", "open tcp 80\n", "line 1", parseMasscan},
		{"masscan, no port", "#masscan\nopen tcp x 10.0.0.1 1\n", "line 2", parseMasscan},
		{"zmap, no address", "10.0.0.1\n10.0.0\n", "line 2", parseZmap(1)},
		{"naabu, no port", "10.0.0.1\n", "line 1", parseNaabu},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.parse(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, test.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"address,port\n10.0.0.1,80\n", "#masscan\nopen tcp 80 10.0.0.1 1\n", "saddr\n10.0.0.1\n", "10.0.0.1:80\n"} {
		f.Add([]byte(s))
	}
	parsers := []func(io.Reader) ([]netip.AddrPort, error){parseMinesweep, parseMasscan, parseZmap(7), parseNaabu}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, parse := range parsers {
			got, err := parse(strings.NewReader(string(text)))
			for _, target := range got {
				if err == nil && !target.IsValid() {
					t.Errorf("%q gave %v", text, target)
				}
			}
		}
	})
}

func TestVersionWords(t *testing.T) {
	masscan := "\nMasscan version 1.3.2 ( https://github.com/robertdavidgraham/masscan )\nCompiled on: Feb  2 2021\n"
	for _, test := range []struct{ got, want string }{
		{wordOr(masscanWords, masscan), "1.3.2"},
		{wordOr(zmapWords, "zmap 2.1.1\n"), "2.1.1"},
		{wordOr(naabuWords, "banner\n[INF] Current Version: 2.6.1\n"), "2.6.1"},
		{wordOr(zmapWords, "no such\noption\n"), "option"},
	} {
		if test.got != test.want {
			t.Errorf("version %q, want %q", test.got, test.want)
		}
	}
}
