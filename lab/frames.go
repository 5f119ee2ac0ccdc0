package lab

import (
	"encoding/binary"
	"encoding/json"
	"strings"
)

// frames puts the length before each JSON document of a recorded text: uint32,
// little-endian, as BTMiner's API 3 does. What is no JSON is one frame.
func frames(text string) []byte {
	var out []byte
	in := json.NewDecoder(strings.NewReader(text))
	for in.More() {
		var document json.RawMessage
		if in.Decode(&document) != nil {
			return frame(nil, []byte(text))
		}
		out = frame(out, document)
	}
	return out
}

func frame(out, document []byte) []byte {
	out = binary.LittleEndian.AppendUint32(out, uint32(len(document))) //nolint:gosec // a recording is no 4 GiB
	return append(out, document...)
}
