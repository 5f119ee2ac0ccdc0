package recordings

import (
	"strings"
	"testing"
	"testing/fstest"

	"minesweep"
)

const recorded = `Facts of a device.
-- cgminer/version 4028 --
{"VERSION":[]}
-- http/ 80 eof --
HTTP/1.1 401 Unauthorized
WWW-Authenticate: Digest realm="x"

<html>
</html>
-- http/api 80 --
{}
-- banner 23 drip --

-- banner 23 request --
hello
-- want --
verdict: confirmed
hashrate: 1.1e14
`

func TestReadTxtar(t *testing.T) {
	d, err := ReadTxtar("testdata/thing.txtar", []byte(recorded))
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "thing" || d.Comment != "Facts of a device." || len(d.Replies) != 4 || len(d.Sections) != 4 {
		t.Fatalf("device is %+v", d)
	}
	if d.Want.Verdict != minesweep.Confirmed || *d.Want.Hashrate != 1.1e14 {
		t.Errorf("want is %+v", d.Want)
	}
	wants := []struct {
		probe, target, raw string
		end                minesweep.End
	}{
		{"cgminer/version", "192.0.2.1:4028", `{"VERSION":[]}`, minesweep.EndComplete},
		{"http/", "192.0.2.1:80", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\"\r\n\r\n<html>\n</html>", minesweep.EndEOF},
		{"http/api", "192.0.2.1:80", "HTTP/1.1 200 OK\r\n\r\n{}", minesweep.EndComplete},
		{"banner", "192.0.2.1:23", "", minesweep.EndDrip},
	}
	for i, want := range wants {
		r := d.Replies[i]
		if r.Probe != want.probe || r.Target.String() != want.target || string(r.Raw) != want.raw || r.End != want.end {
			t.Errorf("reply %d is %s %s %q %s", i, r.Probe, r.Target, r.Raw, r.End)
		}
	}
	if string(d.Replies[3].Request) != "hello" {
		t.Errorf("the request is %q", d.Replies[3].Request)
	}
}

func TestReadTxtarRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"-- cgminer/version --\n", `f.txtar:1: section "cgminer/version": 1 words`},
		{"note\n-- banner 0 --\n", `f.txtar:2: section "banner 0": port "0"`},
		{"-- banner 22 --\nx\n-- banner 22 soon --\n", `f.txtar:3: section "banner 22 soon": "soon" is not an end`},
		{"note\n-- --", `f.txtar:2: a section without a name`},
		{"-- want --\nverdikt: confirmed\n", `f.txtar:1: section "want": `},
		{"-- want --\nclass: asic\n", `f.txtar:1: section "want": no verdict`},
		{"-- want --\nverdict: sure\n", `f.txtar:1: section "want": verdict "sure"`},
	} {
		_, err := ReadTxtar("f.txtar", []byte(c.in))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: error %v, want it to begin %q", c.in, err, c.want)
		}
	}
}

func TestReadDirNumbersDevices(t *testing.T) {
	fsys := fstest.MapFS{
		"testdata/a.txtar": {Data: []byte("-- banner 22 --\nx\n")},
		"testdata/b.txtar": {Data: []byte("-- banner 22 --\ny\n")},
		"testdata/c.txt":   {Data: []byte("no recording")},
	}
	devices, err := ReadDir(fsys, "testdata/*.txtar")
	if err != nil || len(devices) != 2 {
		t.Fatalf("%d devices, error %v", len(devices), err)
	}
	if got := devices[1].Replies[0].Target.String(); got != "192.0.2.2:22" {
		t.Errorf("the second device has %s", got)
	}
}

func FuzzReadTxtar(f *testing.F) {
	f.Add([]byte(recorded))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ReadTxtar("f.txtar", data)
		if err == nil && len(d.Replies) != len(d.Sections) {
			t.Error("replies and sections differ")
		}
	})
}

func TestAnEmptySectionThatEndedIsSilence(t *testing.T) {
	d, err := ReadTxtar("d.txtar", []byte("x\n-- http/ 80 eof --\n\n-- http/2/summary 80 --\n\n-- want --\nverdict: silent\n"))
	if err != nil {
		t.Fatal(err)
	}
	if raw := d.Replies[0].Raw; len(raw) != 0 {
		t.Errorf("a peer that closed without a byte answered %q", raw)
	}
	if raw := string(d.Replies[1].Raw); raw != "HTTP/1.1 200 OK\r\n\r\n" {
		t.Errorf("an empty page is %q", raw)
	}
}
