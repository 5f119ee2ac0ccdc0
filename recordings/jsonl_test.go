package recordings

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"minesweep"
)

const pair = `{"device":"a","port":4028,"request":"{\"command\":\"version\"}","response":"x"}` + "\n"

func TestReadJSONLGroupsByDevice(t *testing.T) {
	in := pair +
		`{"target":"b","port":80,"request":"GET / HTTP/1.1\r\nHost: x\r\n\r\n","response":"HTTP/1.1 200 OK\r\n\r\nhi","mining":false,"end":"open-after-idle"}` + "\n" +
		`{"device":"a","proto":"http","port":80,"request":"/summary","response":"{}","status":401,"expected":{"type":"T"}}` + "\n" +
		`{"device":"c","port":80,"request":"/x","response":"secret","login":true}` + "\n"
	devices, err := ReadJSONL("in.jsonl", strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	if len(devices) != 2 {
		t.Fatalf("%d devices, want 2: one with login lines only does not count", len(devices))
	}
	a, b := devices[0], devices[1]
	if a.Name != "a" || len(a.Replies) != 2 || string(a.Expected) != `{"type":"T"}` {
		t.Errorf("first device is %+v", a)
	}
	if a.Replies[0].Probe != "cgminer/version" || a.Replies[1].Probe != "http/summary" {
		t.Errorf("questions %q and %q", a.Replies[0].Probe, a.Replies[1].Probe)
	}
	if got := string(a.Replies[1].Raw); got != "HTTP/1.1 401 OK\r\n\r\n{}" {
		t.Errorf("a bare body became %q", got)
	}
	if b.Mining == nil || *b.Mining || b.Replies[0].End != minesweep.EndIdle || b.Replies[0].Probe != "http/" {
		t.Errorf("second device is %+v", b)
	}
}

func TestReadJSONLBase64AndEnds(t *testing.T) {
	in := `{"device":"a","port":1,"request":"PING","response_base64":"AAEC","end":"peer-closed"}` + "\n" +
		`{"device":"a","port":1,"request":"PING","response":"","end":"Connection reset by peer"}`
	devices, err := ReadJSONL("in.jsonl", strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	r := devices[0].Replies
	if !bytes.Equal(r[0].Raw, []byte{0, 1, 2}) || r[0].End != minesweep.EndEOF || r[1].End != minesweep.EndReset {
		t.Errorf("replies are %+v", r)
	}
}

func TestReadJSONLRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{pair + "nonsense", "f:2: not a JSON object"},
		{`{"port":1,"request":"x","response":"y"}`, "f:1: neither device nor target"},
		{`{"device":"a","port":1,"request":"x"}`, "f:1: neither response nor response_base64"},
		{`{"device":"a","port":99999,"request":"x","response":"y"}`, "f:1: not a JSON object of the right form"},
		{`{"device":"a","request":"x","response_base64":"%%"}`, "f:1: response_base64"},
		{`{"device":"a","proto":"udp","request":"x","response":"y"}`, "f:1: proto \"udp\""},
		{pair + strings.Repeat("x", maxLine+1), "f:2: the line is longer than 4 MiB"},
	} {
		_, err := ReadJSONL("f", strings.NewReader(c.in))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.40s: error %v, want it to begin %q", c.in, err, c.want)
		}
	}
}

func TestReadJSONLShared(t *testing.T) {
	for name, least := range map[string]int{"dev.jsonl": 100, "programs.jsonl": 30} {
		f, err := os.Open("../../shared/recordings/" + name)
		if err != nil {
			t.Skip("the shared recordings are not here")
		}
		devices, err := ReadJSONL(name, f)
		f.Close()
		if err != nil || len(devices) < least {
			t.Errorf("%s: %d devices, error %v", name, len(devices), err)
		}
	}
}

func FuzzReadJSONL(f *testing.F) {
	f.Add([]byte(pair))
	f.Add([]byte(`{"target":"a","proto":"http","request":"/","response_base64":"AA==","status":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		devices, err := ReadJSONL("f", bytes.NewReader(data))
		if err != nil && devices != nil {
			t.Error("devices beside an error")
		}
	})
}
