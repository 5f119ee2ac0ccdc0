package recordings

import (
	"bytes"
	"net/netip"
	"testing"

	"minesweep"
)

// TestWriteTxtar writes what a device may say and reads the same back.
func TestWriteTxtar(t *testing.T) {
	raws := map[string]string{
		"json":          `{"VERSION":[{"Type":"Antminer S19"}]}`,
		"http":          "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n<html>\n</html>",
		"http with LF":  "HTTP/1.1 200 OK\nServer: x\n\nbody",
		"a NUL behind":  "STATUS=S|\x00",
		"a last line":   "two\nlines\n",
		"a section":     "before\n-- cgminer/pools 4028 --\nafter",
		"binary":        "\xff\xfe\x00\x01",
		"line ends":     "one\r\ntwo\nthree",
		"empty":         "",
		"a byte":        "\x80",
		"only newlines": "\n\n",
	}
	for name, raw := range raws {
		for _, probe := range []string{"cgminer/version", "http/"} {
			r := minesweep.Reply{Target: netip.MustParseAddrPort("192.0.2.1:4028"), Probe: probe, Raw: []byte(raw), End: minesweep.EndEOF}
			text, err := WriteTxtar(Device{Name: "d", Comment: "Facts.", Replies: []minesweep.Reply{r}, Want: &Want{Verdict: minesweep.Silent}})
			if err != nil {
				t.Fatal(err)
			}
			d, err := ReadTxtar("d.txtar", text)
			if err != nil || len(d.Replies) != 1 || !bytes.Equal(d.Replies[0].Raw, r.Raw) || d.Replies[0].End != r.End {
				t.Errorf("%s, %s: %v, read back %+v, wrote\n%s", name, probe, err, d.Replies, text)
			}
			if d.Comment != "Facts." || d.Want == nil || d.Want.Verdict != minesweep.Silent {
				t.Errorf("%s: comment %q, want %v", name, d.Comment, d.Want)
			}
		}
	}
}

func TestReadBase64(t *testing.T) {
	d, err := ReadTxtar("d.txtar", []byte("-- sv2/handshake 34254 eof base64 --\n/wAB\nAg==\n"))
	if err != nil || string(d.Replies[0].Raw) != "\xff\x00\x01\x02" || d.Replies[0].End != minesweep.EndEOF {
		t.Errorf("read %+v, %v", d.Replies, err)
	}
	if _, err := ReadTxtar("d.txtar", []byte("-- sv2/handshake 34254 base64 --\n!\n")); err == nil {
		t.Error("no base64 is accepted")
	}
}
