package main

import (
	"cmp"
	"fmt"
)

const (
	asksByDefault = 1024 // 60 KB each at most, garbage included
	filesForRest  = 256  // the store, the engine, standard streams
)

// asks is how many hosts are asked at the same time: as many as wanted, 0 for
// the default, and no more than this process may open files.
func (p *program) asks(want int) int {
	n := cmp.Or(want, asksByDefault)
	limit, known := openFiles()
	room := max(limit-filesForRest, limit/2)
	if !known || n <= room {
		return n
	}
	p.notice(fmt.Sprintf("asks %d hosts at a time and not %d: this process may open %d files (ulimit -n)", room, n, limit))
	return room
}
