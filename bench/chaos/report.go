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
var stormPage string

// machine is where and how was measured.
type machine struct {
	Date, Kernel, Go, Command string
	Cores                     int
}

func machineOf(o options, at time.Time) machine {
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		kernel = []byte("unknown")
	}
	return machine{at.UTC().Format("2006-01-02 15:04 UTC"), strings.TrimSpace(string(kernel)), runtime.Version(), o.command, runtime.NumCPU()}
}

// report is what the page of a storm shows.
type report struct {
	Machine machine
	Floors  []floor
	Said    []string
	Sweep   string
	Events  []event
	Nodes   []nodeFigures
	Lost    uint64
}

// event is a row of what went wrong.
type event struct{ At, What, Then string }

func reportOf(o options, f figures, at time.Time) report {
	r := report{Machine: machineOf(o, at), Floors: f.floors(), Said: append(f.misnamed, f.unasked...), Nodes: f.nodes, Lost: f.lost}
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

// writePage fills a page and writes it into the folder of the options.
func writePage(o options, page, name string, data any, out io.Writer) error {
	t, err := template.New(name).Parse(page)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	path := filepath.Join(o.out, name)
	fmt.Fprintln(out, "written:", path)
	return os.WriteFile(path, b.Bytes(), 0o644)
}
