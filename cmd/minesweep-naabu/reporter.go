package main

import (
	"encoding/json"
	"io"
	"os"
	"sync"

	"minesweep/scanner"
)

// reporter writes reports, one a line, for any number of goroutines.
type reporter struct {
	mu  sync.Mutex
	out io.Writer
}

func (r *reporter) write(report scanner.Report) {
	line, err := json.Marshal(report)
	if err != nil {
		line, _ = json.Marshal(scanner.Report{Error: err.Error()})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.out.Write(append(line, '\n')); err != nil {
		// Nobody listens any more, and whatever is sent from now on is for nothing.
		os.Exit(1)
	}
}
