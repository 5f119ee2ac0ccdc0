//go:build root

package main_test

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep/lab/wire"
)

const (
	steadySmoke = 6 * time.Second
	steadyLong  = 2 * time.Minute // from here on a run is long enough to compare its parts
	steadyPorts = 16
	steadyRate  = 100_000
	steadyMost  = 1.15 // how much the last third of a long run may be above the middle one
)

// TestRootSteady sweeps a province for as long as MINESWEEP_STEADY says, with
// services behind it that are asked, and wants memory and goroutines to be no
// more at the end than in the middle. Such a run leaves a table and a plot in bench/.
func TestRootSteady(t *testing.T) {
	length := steadySmoke
	if text := os.Getenv("MINESWEEP_STEADY"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil || length < time.Second {
			t.Fatalf("MINESWEEP_STEADY=%q is no duration, write 10m", text)
		}
	}
	province := netip.MustParsePrefix("100.64.0.0/10")
	addresses := min(uint32(length.Seconds()*steadyRate/steadyPorts), 1<<22)
	targets := netipx.IPRangeFrom(province.Addr(), offset(province.Addr(), addresses-1))
	ports := manyPorts(steadyPorts)
	w := newWired(t, wire.Options{}, wire.Responder{Seed: 51, OpenOneIn: 2000, RefusePercent: 5,
		Scope: []netip.Prefix{province}, Places: []wire.Place{{Prefix: province, Kind: wire.Real}}})
	w.grantFast(t, province.String())
	var pages atomic.Int64
	for _, port := range ports {
		w.listen(t, port, func(c net.Conn) { pages.Add(service(c)) })
	}
	samples := w.sampled(t, targets.String(), portList(ports))

	found := w.openPorts(t, "1")
	open := 0
	for target := range w.lab.Responder().Truth(targets.Prefixes(), ports) {
		if open++; !found[target] {
			t.Errorf("%s is open and was not found", target)
		}
	}
	if open == 0 || len(found) != open || pages.Load() == 0 {
		t.Errorf("%d are open, %d were found, %d pages were asked for", open, len(found), pages.Load())
	}
	w.within(t)
	t.Logf("%.0f packets/s, %d open ports, %d pages", w.lab.Timeline().PerSecond(), open, pages.Load())
	samples.compare(t, length >= steadyLong)
	if os.Getenv("MINESWEEP_STEADY") != "" {
		samples.publish(t, filepath.Join("..", "..", "bench"))
	}
}

// sampled runs the sweep inside a test binary in the near network, which looks
// at itself.
func (w *wired) sampled(t *testing.T, targets, ports string) samples {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(t.TempDir(), "steady.csv")
	cmd := w.command(t, "scan", targets, "--ports", ports, "--engine", "syn", "--rate", strconv.Itoa(steadyRate))
	cmd.Path, cmd.Args = self, append([]string{self, "-test.run=^TestRootSteadyInside$", "-test.v", "-test.timeout=0"}, cmd.Args[1:]...)
	cmd.Env = append(cmd.Env, "MINESWEEP_STEADY_TABLE="+table)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := w.lab.Start(cmd); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	t.Logf("inside:\n%s", &out)
	if err != nil {
		t.Fatal(err)
	}
	return readSamples(t, table)
}

// service is what stands behind an open port: a plain web server on every
// fourth address, and on the others one that says nothing. It returns 1 for a page.
func service(c net.Conn) (pages int64) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	host, _ := netip.AddrFromSlice(c.LocalAddr().(*net.TCPAddr).IP.To4())
	if host.As4()[3]%4 != 0 {
		_, _ = io.Copy(io.Discard, c)
		return 0
	}
	request := make([]byte, 4096)
	n, _ := c.Read(request)
	if !bytes.HasPrefix(request[:n], []byte("GET ")) {
		return 0
	}
	const page = "<!DOCTYPE html><title>Welcome</title><h1>It works</h1>\n"
	fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nServer: plain\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
	return 1
}

func offset(a netip.Addr, n uint32) netip.Addr {
	b := a.As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+n)
	return netip.AddrFrom4(b)
}

// samples is what the sweep was like, a row a second: second, goroutines, and
// bytes of the heap, of what lives on it, and of resident memory.
type samples struct {
	text []byte
	rows [][]float64
}

const (
	columnSecond = iota
	columnGoroutines
	columnHeap
	columnLive
	columnResident
)

func readSamples(t *testing.T, path string) (s samples) {
	t.Helper()
	var err error
	if s.text, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(s.text)).ReadAll()
	if err != nil || len(records) < 4 {
		t.Fatalf("%d samples: %v", len(records), err)
	}
	for _, record := range records[1:] {
		row := make([]float64, len(record))
		for i, field := range record {
			if row[i], err = strconv.ParseFloat(field, 64); err != nil {
				t.Fatal(err)
			}
		}
		s.rows = append(s.rows, row)
	}
	return s
}

// compare holds the last third against the middle one.
func (s samples) compare(t *testing.T, strict bool) {
	t.Helper()
	for _, c := range []struct {
		name   string
		column int
		unit   float64
	}{{"goroutines", columnGoroutines, 1}, {"MB of live heap", columnLive, 1 << 20}, {"MB of heap", columnHeap, 1 << 20}, {"MB resident", columnResident, 1 << 20}} {
		third := len(s.rows) / 3
		middle, last := s.median(c.column, third, 2*third), s.median(c.column, 2*third, len(s.rows))
		t.Logf("%s: %.1f in the middle third, %.1f in the last", c.name, middle/c.unit, last/c.unit)
		if strict && last > steadyMost*middle {
			t.Errorf("%s grow from %.1f to %.1f", c.name, middle/c.unit, last/c.unit)
		}
	}
}

func (s samples) median(column, from, to int) float64 {
	values := s.values(column, 1)[from:to]
	slices.Sort(values)
	return values[len(values)/2]
}

func (s samples) values(column int, unit float64) []float64 {
	out := make([]float64, len(s.rows))
	for i, row := range s.rows {
		out[i] = row[column] / unit
	}
	return out
}

// publish writes the table and its plot.
func (s samples) publish(t *testing.T, dir string) {
	t.Helper()
	plot := linePlot("Memory of a sweep of a simulated province", "seconds", "MB", s.values(columnSecond, 1),
		line{"resident", "#1f77b4", s.values(columnResident, 1<<20)}, line{"heap", "#d62728", s.values(columnHeap, 1<<20)})
	for name, text := range map[string][]byte{"steady.csv": s.text, "steady.svg": plot} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
