//go:build root

package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"minesweep"
	"minesweep/scanner"
)

// TestRootSteadyInside is what TestRootSteady starts in the network of its
// laboratory: it runs one command line in this process and writes a row a
// second about itself while discovery is at work.
func TestRootSteadyInside(t *testing.T) {
	path := os.Getenv("MINESWEEP_STEADY_TABLE")
	if path == "" {
		t.Skip("TestRootSteady starts it")
	}
	table, err := os.Create(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	fmt.Fprintln(table, "second,goroutines,heap_bytes,live_bytes,resident_bytes")
	var said bytes.Buffer
	var discovering atomic.Bool
	p := &program{
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: &said, getenv: os.Getenv, now: time.Now, lookup: scanner.SystemLookup,
		newSYN: func(cfg scanner.SYNConfig) (minesweep.Scanner, error) {
			engine, err := newSYN(cfg)
			return watchedScanner{engine, &discovering}, err
		},
	}
	before := runtime.NumGoroutine()
	began := time.Now()
	status := make(chan int)
	go func() { status <- p.run(t.Context(), flag.Args()) }()
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for ended := false; !ended; {
		select {
		case got := <-status:
			if ended = true; got != exitDone {
				t.Errorf("exit status %d", got)
			}
		case now := <-each.C:
			if discovering.Load() {
				fmt.Fprintf(table, "%.0f,%s\n", now.Sub(began).Seconds(), sample(t))
			}
		}
	}
	t.Log(said.String())
	settleTo(t, before)
}

// watchedScanner tells whether it is at work.
type watchedScanner struct {
	minesweep.Scanner
	at *atomic.Bool
}

func (w watchedScanner) Scan(ctx context.Context, plan minesweep.Plan, sink minesweep.Sink) error {
	w.at.Store(true)
	defer w.at.Store(false)
	return w.Scanner.Scan(ctx, plan, sink)
}

// sample is a row about this process.
func sample(t *testing.T) string {
	t.Helper()
	read := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(read)
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d,%d,%d,%d", runtime.NumGoroutine(), read[0].Value.Uint64(), read[1].Value.Uint64(), resident*os.Getpagesize())
}

// settleTo wants no more goroutines than there were before, a moment later.
func settleTo(t *testing.T, before int) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond) // a goroutine that ends tells nobody
	defer look.Stop()
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		<-look.C
	}
	stacks := make([]byte, 64<<10)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}
