package main

import (
	"encoding/json"
	"io"
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
	// A parent that is gone has closed the input too, which ends the program.
	_, _ = r.out.Write(append(line, '\n'))
}
