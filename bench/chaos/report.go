package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
	"time"
)

//go:embed chaos.md.tmpl
var page string

const reportName = "CHAOS.md"

// report is what the page shows.
type report struct {
	Date, Kernel, Go, Command string
	Cores                     int
	Floors                    []floor
	Said                      []string
	Sweep                     string
	Events                    []event
	Nodes                     []nodeFigures
	Lost                      uint64
}

// event is a row of what went wrong.
type event struct{ At, What, Then string }

func reportOf(o options, f figures, at time.Time) report {
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		kernel = []byte("unknown")
	}
	r := report{Date: at.UTC().Format("2006-01-02 15:04 UTC"), Kernel: strings.TrimSpace(string(kernel)), Go: runtime.Version(),
		Command: o.command, Cores: runtime.NumCPU(), Floors: f.floors(), Said: append(f.misnamed, f.unasked...), Nodes: f.nodes, Lost: f.lost}
	r.Sweep = fmt.Sprintf("%d workers swept %s × %d ports at %d packets/s and %d over each /24, seed %d: %d packets in %.0f s, %.0f/s in the mean.",
		o.workers, stormTargets, o.portsFor(), o.rate, o.per24, o.seed, f.sent, f.length.Seconds(), f.mean)
	for _, h := range f.done {
		e := event{At: fmt.Sprintf("%.1f", h.at.Seconds()), What: h.String()}
		switch h.kind {
		case term:
			e.Then = fmt.Sprintf("ended after %.1f s, status %d", h.took.Seconds(), h.status)
		case cut:
			e.Then = fmt.Sprintf("sent for %.1f s", h.took.Seconds())
		case kill, crash, restart:
		}
		r.Events = append(r.Events, e)
	}
	return r
}

func (r report) markdown() ([]byte, error) {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, r)
	return b.Bytes(), err
}

func writeReport(o options, f figures, at time.Time, out io.Writer) error {
	text, err := reportOf(o, f, at).markdown()
	if err != nil {
		return err
	}
	path := filepath.Join(o.out, reportName)
	fmt.Fprintln(out, "written:", path)
	return os.WriteFile(path, text, 0o644)
}
