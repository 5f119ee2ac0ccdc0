package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

func goodReport() report {
	r := report{results: good(), Machine: machine{CPU: `<Fast> & "odd" CPU`, Cores: 2, Date: "2026-11-21 09:00 UTC", Command: "bench/peers -check", Versions: []string{"minesweep 1", "zmap 2"}}}
	r.floors = floorsOf(r.results, options{works: workNames})
	return r
}

func TestMarkdownTellsAll(t *testing.T) {
	r := goodReport()
	r.results.failures = []failure{{false, "naabu: killed"}}
	text, err := r.markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2026-11-21", "bench/peers -check", "minesweep 1, zmap 2", "## No limit", "## Wall time", "## At a set rate",
		"## 10,000 prefixes", "## An exclusion", "0 of 1200 were out of scope", "naabu: killed", "| PASS | 100.64.0.0/12 × 4 ports: packets/s", "| masscan | 100.64.0.0/12 × 4 ports | 800 |", "| 25000 | off | minesweep |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	columns := 0 // a table's rows are as long as its header
	for line := range strings.Lines(string(text)) {
		n := strings.Count(line, "|")
		if n > 0 && columns > 0 && n != columns {
			t.Errorf("%d columns after %d: %s", n-1, columns-1, line)
		}
		columns = n
	}
}

func TestMarkdownOfNothing(t *testing.T) {
	text, err := report{}.markdown()
	if err != nil || strings.Contains(string(text), "## No limit") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestPlotIsWellFormed(t *testing.T) {
	for name, r := range map[string]report{"full": goodReport(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			plot, err := r.svg()
			if err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(bytes.NewReader(plot))
			d.Strict = true
			rects := 0
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%v in\n%s", err, plot)
				}
				if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
					rects++
				}
			}
			if want := map[string]int{"full": 8, "empty": 0}[name]; rects != want {
				t.Errorf("%d bars, want %d", rects, want)
			}
			if !strings.Contains(string(plot), "prefers-color-scheme: dark") {
				t.Error("the plot is for light pages only")
			}
		})
	}
}

var barWidth = regexp.MustCompile(`<rect class="bar[^"]*" x="\d+" y="\d+" width="([\d.]+)"`)

// The longest bar fills the room, the others are in proportion; whiskers show a spread.
func TestPlotIsInProportion(t *testing.T) {
	r := goodReport()
	plot, err := r.svg()
	if err != nil {
		t.Fatal(err)
	}
	var widths []string
	for _, m := range barWidth.FindAllStringSubmatch(string(plot), -1)[:4] {
		widths = append(widths, m[1])
	}
	// minesweep 1200, masscan 800, zmap 1000, naabu 300 packets/s over 560 pixels
	if got := strings.Join(widths, " "); got != "560 373.3 466.6 140" {
		t.Errorf("widths %s", got)
	}
	// minesweep has three runs, the peers one each
	if n := strings.Count(string(plot), `class="whisker"`); n != 2 {
		t.Errorf("%d whiskers, want 2", n)
	}
}

// A program that did only a part of the work is not drawn beside the others.
func TestPlotLeavesOutSmallerWork(t *testing.T) {
	r := goodReport()
	small := r.results.unlimited[0]
	small.theirs.program, small.theirs.job = minesweepNaabu, small.ours.job.narrowed(4)
	r.results.unlimited = append(r.results.unlimited, small)
	plot, err := r.svg()
	if err != nil || strings.Contains(string(plot), "--engine") {
		t.Errorf("%v\n%s", err, plot)
	}
}
