package main

import (
	"fmt"
	"os"
	"strings"

	"minesweep/db"
)

// self names this process so that another can tell whether it still lives.
func self() db.Owner {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return db.Owner{Host: host, PID: os.Getpid(), Start: processStart(os.Getpid())}
}

// alive reports whether the process that began a sweep still runs. A process
// id alone is not enough: after a reboot another program may wear it.
func alive(o db.Owner) bool {
	me := self()
	if o.Host != me.Host {
		return true // another machine's: its heartbeat decides
	}
	started := processStart(o.PID)
	return started != "" && started == o.Start
}

// processStart returns the boot and the tick at which a process began, or ""
// where there is none such (proc(5), field 22 of stat).
func processStart(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, ok := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return fields[19]
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19]
}
