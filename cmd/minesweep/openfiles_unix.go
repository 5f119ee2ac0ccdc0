//go:build unix

package main

import "golang.org/x/sys/unix"

// moreFiles raises the soft limit of open files to the hard one, for this
// process and for the engine that it starts. Where that is not allowed the
// limit stays as it is, and [program.asks] goes by it.
func moreFiles() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Cur >= l.Max {
		return
	}
	l.Cur = l.Max
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
}

// openFiles returns how many files this process may have open.
func openFiles() (int, bool) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0, false
	}
	return int(min(uint64(l.Cur), 1<<30)), true //nolint:unconvert // signed on some systems
}
