package main

import (
	"context"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine is where and with what was measured.
type machine struct {
	CPU, Kernel, Memory, Go string
	Cores                   int
	Date, Command           string
	Versions                []string
	Quick                   bool
}

func machineOf(ctx context.Context, programs []program, now time.Time, o options) machine {
	m := machine{
		CPU: "unknown", Kernel: fileText("/proc/sys/kernel/osrelease"), Cores: runtime.NumCPU(), Go: runtime.Version(),
		Date: now.UTC().Format("2006-01-02 15:04 UTC"), Command: o.command, Quick: o.quick,
	}
	if cpu := fieldOf(fileText("/proc/cpuinfo"), "model name"); cpu != "" {
		m.CPU = cpu
	}
	m.Memory = fieldOf(fileText("/proc/meminfo"), "MemTotal")
	for _, p := range programs {
		if p.mode {
			continue // the same program again
		}
		m.Versions = append(m.Versions, p.name+" "+p.version(ctx, p.path))
	}
	return m
}

func fileText(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// fieldOf returns the value of the first "name : value" line, or "".
func fieldOf(text, name string) string {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
