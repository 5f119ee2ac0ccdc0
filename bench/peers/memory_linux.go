package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// memoryEvery is how often a process is looked at. The kernel keeps the peak, so
// only what grows in the last moment before the end is missed.
const memoryEvery = 25 * time.Millisecond

// watchMemory returns, when ctx ends, the most bytes that process pid and its
// descendants held, each at its own peak. The kernel's figure in rusage is of no
// use: a process begins with that of the one that started it.
func watchMemory(ctx context.Context, pid int) uint64 {
	peaks := map[int]uint64{}
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		for _, p := range family(pid) {
			peaks[p] = max(peaks[p], peakOf(p))
		}
		select {
		case <-ctx.Done():
			var sum uint64
			for _, n := range peaks {
				sum += n
			}
			return sum
		case <-tick.C:
		}
	}
}

// family returns pid and its descendants.
func family(pid int) []int {
	out := []int{pid}
	files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	if err != nil {
		return out
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		for _, f := range bytes.Fields(text) {
			if child, err := strconv.Atoi(string(f)); err == nil {
				out = append(out, family(child)...)
			}
		}
	}
	return out
}

// peakOf returns VmHWM of a process in bytes, 0 where it ended.
func peakOf(pid int) uint64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	return peakIn(text)
}

func peakIn(status []byte) uint64 {
	_, rest, ok := bytes.Cut(status, []byte("\nVmHWM:"))
	if !ok {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	f := bytes.Fields(line)
	if len(f) != 2 {
		return 0
	}
	n, err := strconv.ParseUint(string(f[0]), 10, 64)
	if err != nil {
		return 0
	}
	return n * 1024
}
