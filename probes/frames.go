package probes

import (
	"bytes"
	"encoding/binary"
)

// maxFrame is the longest frame that is believed: no answer is kept beyond it.
const maxFrame = maxLimit

// lengthBytes of a frame come before its JSON.
const lengthBytes = 4

// frames finds the end of the first frame that is no heartbeat. What does not
// begin like a frame is read as whatever it is.
type frames struct {
	at    int // where the frame being read begins
	other framer
}

func (f *frames) complete(raw []byte, from int) bool {
	for f.other == nil {
		n, found := frameAt(raw[f.at:])
		switch {
		case found == partOfFrame:
			return false
		case found == noFrame:
			f.other, from = &sniffer{}, 0
		case n > 0:
			return true
		default:
			f.at += lengthBytes
		}
	}
	return f.other.complete(raw, from)
}

type frameFound int

const (
	wholeFrame frameFound = iota
	partOfFrame
	noFrame
)

// frameAt looks for a frame at the beginning of b and returns the length of its
// JSON, as far as it is there; 0 is a heartbeat.
func frameAt(b []byte) (int, frameFound) {
	if len(b) < lengthBytes {
		return 0, partOfFrame
	}
	n := binary.LittleEndian.Uint32(b)
	body := b[lengthBytes:]
	switch {
	case n == 0:
		return 0, wholeFrame
	case n > maxFrame || len(body) > 0 && body[0] != '{':
		return 0, noFrame
	case uint32(len(body)) < n: //nolint:gosec // a body is at most maxLimit long
		return len(body), partOfFrame
	}
	return int(n), wholeFrame
}

// deframe returns the JSON of the frames in raw, one a line, without lengths
// and heartbeats; a last one that is cut stays cut. What holds no frame comes
// back as it is.
func deframe(raw []byte) []byte {
	var out []byte
	for rest := raw; ; {
		n, found := frameAt(rest)
		if n > 0 {
			if len(out) > 0 {
				out = append(out, '\n')
			}
			out = append(out, bytes.TrimRight(rest[lengthBytes:lengthBytes+n], "\x00")...)
		}
		if found != wholeFrame {
			break
		}
		rest = rest[lengthBytes+n:]
	}
	if len(out) == 0 {
		return raw
	}
	return out
}

// act ends behind the bytes that a Stratum V2 responder sends: one more says
// that it is none.
type act struct{ other framer }

const secondAct = 234

func (a *act) complete(raw []byte, from int) bool {
	if from == 0 && bytes.HasPrefix(raw, []byte("HTTP/")) {
		a.other = &httpMessage{}
	}
	if a.other != nil {
		return a.other.complete(raw, from)
	}
	return len(raw) > secondAct
}
