package fingerprints

import (
	"bytes"

	"minesweep"
)

// echoID names the one rule that is not a file: a peer that sends back what it
// was sent proves nothing of itself.
const echoID = "echo"

// longEcho is the length from which a request inside a reply cannot be chance;
// "summary" stands in many an honest answer.
const longEcho = 16

func isEcho(request, raw []byte) bool {
	request, raw = bytes.TrimSpace(request), bytes.TrimSpace(raw)
	switch {
	case len(request) == 0:
		return false
	case bytes.Equal(request, raw):
		return true
	case len(raw) >= longEcho && bytes.HasPrefix(request, raw):
		return true
	}
	return len(request) >= longEcho && bytes.Contains(raw, request)
}

func (v view) echoEvidence() minesweep.Evidence {
	return minesweep.Evidence{
		Fingerprint: echoID, Probe: v.probe, Port: v.port,
		Strength: minesweep.Decoy, Weight: 100,
		Quote: printable(v.raw, maxQuote),
	}
}
