package recordings

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"minesweep"
)

// ReadTxtar reads one device from a txtar archive. The section "want" is YAML;
// every other section is named by question and port, and optionally by how the
// answer ended (eof, complete, idle, limit, drip, reset) or by the word
// "request" for the bytes that were sent: "cgminer/version 4028 drip". With the
// word "base64" the section's text is base64 of bytes that are no text.
func ReadTxtar(name string, data []byte) (Device, error) {
	return readTxtar(name, data, 0)
}

// ReadDir reads every recording of fsys that matches glob, sorted by name.
func ReadDir(fsys fs.FS, glob string) ([]Device, error) {
	names, err := fs.Glob(fsys, glob)
	if err != nil {
		return nil, fmt.Errorf("recordings %s: %w", glob, err)
	}
	devices := make([]Device, 0, len(names))
	for i, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		d, err := readTxtar(name, data, i)
		if err != nil {
			return nil, err
		}
		devices = append(devices, d)
	}
	return devices, nil
}

func readTxtar(name string, data []byte, index int) (Device, error) {
	if n := namelessSection(data); n > 0 {
		return Device{}, fmt.Errorf(`%s:%d: a section without a name, write "-- QUESTION PORT --"`, name, n)
	}
	archive := txtar.Parse(data)
	d := Device{
		Name:    strings.TrimSuffix(path.Base(name), path.Ext(name)),
		Comment: strings.TrimSpace(string(archive.Comment)),
	}
	requests := make(map[string]string)
	line := 1 + strings.Count(string(archive.Comment), "\n")
	for _, f := range archive.Files {
		if err := d.addFile(f, index, requests); err != nil {
			return Device{}, fmt.Errorf("%s:%d: section %q: %w", name, line, f.Name, err)
		}
		line += 1 + strings.Count(string(f.Data), "\n")
	}
	for i, s := range d.Sections {
		d.Replies[i].Request = []byte(requests[s.key()])
	}
	return d, nil
}

// namelessSection gives the line of a "-- --", or 0; package txtar, version
// 1.14, panics on it.
func namelessSection(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if string(bytes.TrimSpace(line)) == "-- --" {
			return n
		}
	}
	return 0
}

func (s Section) key() string { return s.Probe + " " + strconv.Itoa(int(s.Port)) }

func (d *Device) addFile(f txtar.File, index int, requests map[string]string) error {
	if f.Name == "want" {
		w, err := parseWant(f.Data)
		d.Want = w
		return err
	}
	s, form, err := parseSectionName(f.Name)
	if err != nil {
		return err
	}
	if s.Text, err = form.text(f.Data); err != nil {
		return err
	}
	s.Exact = form.base64
	if form.request {
		requests[s.key()] = s.Text
		return nil
	}
	d.Sections = append(d.Sections, s)
	d.Replies = append(d.Replies, minesweep.Reply{
		Target: address(index, s.Port),
		Probe:  s.Probe,
		Raw:    s.raw(),
		End:    s.End,
	})
	return nil
}

// sectionForm says how the text of a section is to be taken.
type sectionForm struct {
	request bool // what was sent, not the answer
	base64  bool // bytes that are no text
}

func (f sectionForm) text(data []byte) (string, error) {
	if !f.base64 {
		return strings.TrimSuffix(string(data), "\n"), nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(data)), ""))
	if err != nil {
		return "", fmt.Errorf("%w, write standard base64 with padding", err)
	}
	return string(raw), nil
}

func parseSectionName(name string) (s Section, form sectionForm, err error) {
	const example = `write "QUESTION PORT", for example "cgminer/version 4028"`
	words := strings.Fields(name)
	if len(words) < 2 {
		return s, form, fmt.Errorf("%d words, %s", len(words), example)
	}
	port, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil || port == 0 {
		return s, form, fmt.Errorf("port %q is not in 1 to 65535, %s", words[1], example)
	}
	s = Section{Probe: words[0], Port: uint16(port), End: minesweep.EndComplete}
	for _, word := range words[2:] {
		switch end := minesweep.End(word); end {
		case minesweep.EndEOF, minesweep.EndComplete, minesweep.EndIdle, minesweep.EndLimit, minesweep.EndDrip, minesweep.EndReset:
			s.End = end
		case "request":
			form.request = true
		case "base64":
			form.base64 = true
		default:
			return s, form, fmt.Errorf("%q is not an end or a form, write one of: eof, complete, idle, limit, drip, reset, request, base64", word)
		}
	}
	return s, form, nil
}

// raw gives the section's text as the device sent it: HTTP heads have CRLF,
// and a bare body of an HTTP question gets a head, unless the section says how
// a silence ended.
func (s Section) raw() []byte {
	text := s.Text
	switch {
	case s.Exact:
		return []byte(text)
	case text == "" && s.End != minesweep.EndComplete:
		return nil
	case strings.HasPrefix(text, "HTTP/1."):
		head, body, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
		return []byte(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body)
	case strings.HasPrefix(s.Probe, "http/"), strings.HasPrefix(s.Probe, "rpc/"):
		return []byte(bareHTTP(200, text))
	}
	return []byte(text)
}

func bareHTTP(status int, body string) string {
	return "HTTP/1.1 " + strconv.Itoa(status) + " OK\r\n\r\n" + body
}

// address gives the i-th device an address of the documentation block
// 192.0.2.0/24 (RFC 5737); they repeat after 254 devices.
func address(i int, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i%254 + 1)}), port)
}
