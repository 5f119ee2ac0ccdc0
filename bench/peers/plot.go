package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed plot.svg.tmpl
var plotText string

// The plot's measures, in pixels.
const (
	plotWidth  = 760
	nameWidth  = 100
	barsWidth  = plotWidth - nameWidth - 100 // what is left is for values
	barHeight  = 18
	barStep    = 26
	headHeight = 26
	panelGap   = 20
)

// drawing, panel and bar are what the template draws.
type drawing struct {
	Title, About         string
	Width, Height, FootY int
	Panels               []panel
}

type panel struct {
	Title                 string
	HeadY, X, Top, Bottom int
	Bars                  []bar
	values                []spread
	names                 []string
	format                string
	scale                 float64 // by which a value is divided for its text
}

type bar struct {
	Name, Value, Class, Whisker string
	X, Y, Height, NameX, TextY  int
	Width, ValueX               float64
}

// svg draws packets/s and CPU a probe on the unlimited work, of the programs
// that did the whole of it.
func (r report) svg() ([]byte, error) {
	pairs := r.results.unlimited
	rate := panel{Title: "Packets per second, thousands (more is better)", format: "%.0f", scale: 1000}
	cpu := panel{Title: "CPU per probe, µs (less is better)", format: "%.2f", scale: 1}
	add := func(name string, runs []run) {
		rate.put(name, spreadOver(runs, run.perSecond))
		cpu.put(name, spreadOver(runs, run.cpuPerProbe))
	}
	what := "."
	if len(pairs) > 0 {
		what = ", " + pairs[0].ours.job.String() + "; median, least and most."
		add(minesweepSYN, ours(pairs))
	}
	for _, peer := range peersIn(pairs) {
		if with := of(pairs, peer); with[0].theirs.job.probes() == with[0].ours.job.probes() {
			add(peer, theirs(with))
		}
	}
	return draw(drawing{
		Title: "minesweep beside other scanners",
		About: fmt.Sprintf("No rate limit%s %s, %d cores, %s.", what, r.Machine.CPU, r.Machine.Cores, firstWord(r.Machine.Date)),
	}, rate, cpu)
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

func (p *panel) put(name string, s spread) {
	p.names, p.values = append(p.names, name), append(p.values, s)
}

func draw(d drawing, panels ...panel) ([]byte, error) {
	y := 0
	for _, p := range panels {
		y = p.place(y) + panelGap
		d.Panels = append(d.Panels, p)
	}
	d.Width, d.FootY, d.Height = plotWidth, y, y+10
	t, err := template.New(plotName).Parse(plotText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, d)
	return b.Bytes(), err
}

// place lays the panel out from y down and returns where it ends.
func (p *panel) place(y int) int {
	p.HeadY, p.X, p.Top = y+16, nameWidth, y+headHeight
	var most float64
	for _, s := range p.values {
		most = max(most, s.most)
	}
	for i, s := range p.values {
		p.Bars = append(p.Bars, p.bar(p.names[i], s, most, p.Top+i*barStep+(barStep-barHeight)/2))
	}
	p.Bottom = p.Top + len(p.values)*barStep
	return p.Bottom
}

func (p *panel) bar(name string, s spread, most float64, y int) bar {
	at := func(v float64) float64 {
		if most == 0 {
			return 0
		}
		return float64(int(v/most*barsWidth*10)) / 10
	}
	b := bar{Name: name, Value: fmt.Sprintf(p.format, s.median/p.scale), X: nameWidth, Y: y, Height: barHeight,
		NameX: nameWidth - 8, TextY: y + barHeight - 5, Width: at(s.median), ValueX: nameWidth + at(s.most) + 8}
	if strings.HasPrefix(name, minesweepSYN) {
		b.Class = " ours"
	}
	if s.n < 2 {
		return b
	}
	middle, low, high := y+barHeight/2, nameWidth+at(s.least), nameWidth+at(s.most)
	b.Whisker = fmt.Sprintf("M%.1f %dV%dM%.1f %dH%.1fM%.1f %dV%d", low, y+5, y+barHeight-5, low, middle, high, high, y+5, y+barHeight-5)
	return b
}
