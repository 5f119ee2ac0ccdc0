package recordings

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"minesweep"
)

// WriteTxtar writes a device in the form that [ReadTxtar] reads: its comment,
// an answer a section, and what is wanted of it. Reading gives the same bytes
// back; an answer that is no text becomes base64. Who should not be known from
// it must be scrubbed before.
func WriteTxtar(d Device) ([]byte, error) {
	archive := &txtar.Archive{Comment: []byte(strings.TrimSpace(d.Comment) + "\n")}
	for _, r := range d.Replies {
		archive.Files = append(archive.Files, section(r))
	}
	if d.Want != nil {
		want, err := yaml.Marshal(d.Want)
		if err != nil {
			return nil, fmt.Errorf("recording %s: %w", d.Name, err)
		}
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: want})
	}
	return txtar.Format(archive), nil
}

// section writes one reply, as text where reading that gives the same reply.
func section(r minesweep.Reply) txtar.File {
	name := fmt.Sprintf("%s %d", r.Probe, r.Target.Port())
	if r.End != minesweep.EndComplete && r.End != "" {
		name += " " + string(r.End)
	}
	plain := txtar.File{Name: name, Data: append(bytes.ReplaceAll(r.Raw, []byte("\r\n"), []byte("\n")), '\n')}
	back, err := ReadTxtar(r.Probe, txtar.Format(&txtar.Archive{Files: []txtar.File{plain}}))
	if err == nil && len(back.Replies) == 1 && bytes.Equal(back.Replies[0].Raw, r.Raw) {
		return plain
	}
	return txtar.File{Name: name + " base64", Data: base64Lines(r.Raw)}
}

// lineLength is that of MIME (RFC 2045, section 6.8).
const lineLength = 76

func base64Lines(raw []byte) []byte {
	text := base64.StdEncoding.EncodeToString(raw)
	var out bytes.Buffer
	for len(text) > lineLength {
		out.WriteString(text[:lineLength] + "\n")
		text = text[lineLength:]
	}
	out.WriteString(text + "\n")
	return out.Bytes()
}
