package probes

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"minesweep"
)

func TestFrames(t *testing.T) {
	const beat = "\x00\x00\x00\x00"
	a, b := framed(`{"a":1}`), framed(`{"b":2}`)
	for _, c := range []struct {
		name, raw string
		at        int // bytes after which it is complete; 0: never
		want      string
	}{
		{"one", a, 11, `{"a":1}`},
		{"behind heartbeats", beat + beat + a, 19, `{"a":1}`},
		{"two", a + b, 11, `{"a":1}` + "\n" + `{"b":2}`},
		{"two with a heartbeat between", a + beat + b, 11, `{"a":1}` + "\n" + `{"b":2}`},
		{"cut", framed(`{"a":1}`)[:9], 0, `{"a":`},
		{"a NUL at the end", framed("{}\x00"), 7, "{}"},
		{"heartbeats alone", beat + beat, 0, beat + beat},
		{"half a length", "\x19\x00", 0, "\x19\x00"},
		{"a length and nothing", "\x19\x00\x00\x00", 0, "\x19\x00\x00\x00"},
		{"JSON without a length", `{"a":1}`, 7, `{"a":1}`},
		{"HTTP", "HTTP/1.1 400 x\r\nContent-Length: 1\r\n\r\n?", 38, "HTTP/1.1 400 x\r\nContent-Length: 1\r\n\r\n?"},
		{"a TLS alert", "\x15\x03\x03\x00\x02\x02\x28", 5, "\x15\x03\x03\x00\x02\x02\x28"},
		{"longer than any", "\xff\xff\xff\x7f{}\x00", 7, "\xff\xff\xff\x7f{}\x00"},
		{"text in a frame", "\x02\x00\x00\x00hi\x00", 5, "\x02\x00\x00\x00hi\x00"},
		{"a frame and something else", a + "SSH-2.0-x\r\n", 11, `{"a":1}`},
	} {
		for _, step := range []int{1, 1000} {
			if got := completeAt(Frames.framer(), c.raw, step); !within(got, c.at, step, len(c.raw)) {
				t.Errorf("%s: complete after %d bytes in steps of %d, want %d", c.name, got, step, c.at)
			}
		}
		if got := string(deframe([]byte(c.raw))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAct(t *testing.T) {
	for name, c := range map[string]struct {
		raw string
		at  int
	}{
		"second act": {strings.Repeat("\xe7", secondAct), 0},
		"one more":   {strings.Repeat("\xe7", secondAct+1), secondAct + 1},
		"HTTP":       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!", 41},
	} {
		if got := completeAt(Act.framer(), c.raw, 1000); !within(got, c.at, 1000, len(c.raw)) {
			t.Errorf("%s: complete after %d bytes, want %d", name, got, c.at)
		}
	}
}

// TestEchoOfAFrame: what comes back with its length is our own, and stays as it
// is for whoever looks for echoes.
func TestEchoOfAFrame(t *testing.T) {
	d := device(t, map[string]string{"whatsminer3/get.device.info": whatsminer3DeviceInfo})
	replies, err := asker(d).Ask(t.Context(), openPort("192.0.2.7:4433"), minesweep.Known{})
	if err != nil || len(replies) != 1 || string(replies[0].Raw) != whatsminer3DeviceInfo {
		t.Errorf("asked %q, %v", probesOf(replies), err)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte(framed(`{"a":1}`)), 3)
	f.Add([]byte("\x00\x00\x00\x00"+framed(`{}`)+framed(`{"b":[]}`)), 1)
	f.Add([]byte("\x15\x03\x03\x00\x02\x02\x28"), 2)
	f.Add([]byte("\xff\xff\xff\xff{"), 1)
	f.Fuzz(func(t *testing.T, raw []byte, step int) {
		if step < 1 {
			return
		}
		before := bytes.Clone(raw)
		got := deframe(raw)
		if len(got) > len(raw) || !bytes.Equal(raw, before) {
			t.Errorf("%q became %q, and the input %q", before, got, raw)
		}
		slow, fast := completeAt(Frames.framer(), string(raw), step), completeAt(Frames.framer(), string(raw), len(raw)+1)
		if slow != 0 && fast == 0 && !bytes.Contains(raw, []byte("0\r\n\r\n")) {
			t.Errorf("%q is complete after %d bytes in steps of %d and never at once", raw, slow, step)
		}
		if n, found := frameAt(raw); n < 0 || n > maxFrame || found == wholeFrame && n > len(raw)-lengthBytes ||
			found == wholeFrame && n > 0 && uint32(n) != binary.LittleEndian.Uint32(raw) {
			t.Errorf("a frame of %d bytes in %q", n, raw)
		}
	})
}
