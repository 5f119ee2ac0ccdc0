//go:build root

package main_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// line is one series of a plot.
type line struct {
	name, colour string
	ys           []float64
}

const (
	plotWidth, plotHeight                    = 720.0, 320.0
	plotLeft, plotRight, plotTop, plotBottom = 60.0, 20.0, 40.0, 45.0
)

// linePlot draws series over the same xs, from 0 up, as SVG.
func linePlot(title, xName, yName string, xs []float64, lines ...line) []byte {
	top, end := 0.0, max(1, slices.Max(xs))
	for _, l := range lines {
		top = max(top, slices.Max(l.ys))
	}
	step := roundStep(top / 5)
	top = math.Ceil(top/step) * step
	x := func(v float64) float64 { return plotLeft + v/end*(plotWidth-plotLeft-plotRight) }
	y := func(v float64) float64 { return plotHeight - plotBottom - v/top*(plotHeight-plotTop-plotBottom) }
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/><text x="%g" y="20" font-size="14">%s</text>`+"\n", plotLeft, title)
	for v := 0.0; v <= top; v += step {
		fmt.Fprintf(&b, `<path d="M%g %.1fH%g" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n",
			plotLeft, y(v), plotWidth-plotRight, plotLeft-6, y(v)+4, v)
	}
	for v, every := 0.0, roundStep(end/6); v <= end; v += every {
		fmt.Fprintf(&b, `<text x="%.1f" y="%g" text-anchor="middle">%g</text>`+"\n", x(v), plotHeight-plotBottom+18, v)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">%s</text><text x="12" y="%g">%s</text>`+"\n",
		plotWidth/2, plotHeight-8, xName, plotTop-6, yName)
	for i, l := range lines {
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, l.colour)
		for k, v := range l.ys {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(xs[k]), y(v))
		}
		fmt.Fprintf(&b, `"/><text x="%g" y="20" fill="%s">%s</text>`+"\n", plotWidth-plotRight-80*float64(len(lines)-i), l.colour, l.name)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// roundStep is the next 1, 2 or 5 times a power of ten.
func roundStep(least float64) float64 {
	if least <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least {
			return m * power
		}
	}
	return 10 * power
}
