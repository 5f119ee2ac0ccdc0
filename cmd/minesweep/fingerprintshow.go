package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/probes/fingerprints"
)

// shownFingerprint is a fingerprint with what shows that it works.
type shownFingerprint struct {
	fingerprintRow
	Rule       string    `json:"rule"`       // the file
	Recordings []exhibit `json:"recordings"` // on which one of its rules fires
	Refuted    []exhibit `json:"refuted"`    // on which it fires and another outweighs it
}

// exhibit is one recording and what the fingerprint saw in it.
type exhibit struct {
	Recording string             `json:"recording"`
	Verdict   minesweep.Verdict  `json:"verdict"`
	Device    string             `json:"device"` // as the host is named
	Strength  minesweep.Strength `json:"strength"`
	Probe     string             `json:"probe"`
	Quote     string             `json:"quote"`
}

func (p *program) fingerprintsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "one fingerprint: its rules, its recordings, what it may be confused with", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			shown, err := p.showFingerprint(args[0])
			if err != nil {
				return err
			}
			if p.settings.format == "table" {
				return p.printFingerprint(shown)
			}
			return writeJSON(p.stdout, shown)
		},
	}
}

func (p *program) showFingerprint(id string) (shownFingerprint, error) {
	rules, err := p.rules()
	if err != nil {
		return shownFingerprint{}, err
	}
	for _, f := range rules.List() {
		if f.ID != id {
			continue
		}
		shown := shownFingerprint{fingerprintRow: newFingerprintRow(f), Recordings: []exhibit{}, Refuted: []exhibit{}}
		if shown.Rule, err = p.ruleText(id); err != nil {
			return shown, err
		}
		return shown, p.exhibits(rules, &shown)
	}
	return shownFingerprint{}, usagef("fingerprint %q does not exist; minesweep fingerprints list shows them", id)
}

// ruleText returns the file of a fingerprint, the user's own before ours.
func (p *program) ruleText(id string) (string, error) {
	sources := []fs.FS{fingerprints.Embedded()}
	if dir := p.settings.fingerprints; dir != "" {
		sources = append(sources, os.DirFS(dir))
	}
	var text []byte
	var err error
	for _, source := range sources {
		if text, err = fs.ReadFile(source, id+".yaml"); err == nil {
			return string(text), nil
		}
	}
	return "", err
}

// exhibits judges every recording there is and keeps those on which the
// fingerprint fires.
func (p *program) exhibits(rules *fingerprints.Set, shown *shownFingerprint) error {
	devices, err := everyRecording(p.settings.fingerprints)
	if err != nil {
		return usage(err)
	}
	m, err := keyless()
	if err != nil {
		return err
	}
	for _, d := range devices {
		h := p.identify(rules, m, d)
		for _, e := range h.Evidence {
			if e.Fingerprint != shown.ID {
				continue
			}
			x := exhibit{d.Name, h.Verdict, named(h.Vendor, h.Model), e.Strength, e.Probe, e.Quote}
			if h.Vendor == shown.Vendor || shown.Vendor == "" {
				shown.Recordings = append(shown.Recordings, x)
			} else {
				shown.Refuted = append(shown.Refuted, x)
			}
			break
		}
	}
	return nil
}

func (p *program) printFingerprint(f shownFingerprint) error {
	var out strings.Builder
	out.WriteString(strings.TrimRight(f.Rule, "\n") + "\n\nrecordings on which it fires\n")
	for _, x := range f.Recordings {
		out.WriteString(x.line())
	}
	if len(f.Refuted) > 0 {
		out.WriteString("\nrecordings on which it fires and something heavier names the device\n")
	}
	for _, x := range f.Refuted {
		out.WriteString(x.line())
	}
	fmt.Fprintf(&out, "\nmay be confused with\n  %s\n", oneLine(f.Confusables))
	_, err := p.stdout.Write([]byte(out.String()))
	return err
}

func (x exhibit) line() string {
	return fmt.Sprintf("  %-28s %-10s %-28s %s\n", clip(x.Recording, 28), x.Verdict, clip(x.Device, 28), clip(x.Quote, 60))
}
