package main

import (
	"bytes"
	"os"
	"sync"

	"github.com/projectdiscovery/gologger"
	"github.com/projectdiscovery/gologger/levels"
	"github.com/projectdiscovery/gologger/writer"
)

// sendLog reads naabu's log, the only place where its SYN sender says that a
// packet did not leave. Warnings go to standard error; the rest is dropped.
type sendLog struct {
	mu    sync.Mutex
	fault string
}

var _ writer.Writer = (*sendLog)(nil)

// catchLog takes over the log of naabu and its libraries.
func catchLog() *sendLog {
	log := &sendLog{}
	gologger.DefaultLogger.SetWriter(log)
	gologger.DefaultLogger.SetMaxLevel(levels.LevelDebug)
	return log
}

// Write implements writer.Writer.
func (l *sendLog) Write(data []byte, level levels.Level) {
	for _, mark := range [][]byte{[]byte("send packet"), []byte("could not find"), []byte("set network layer")} {
		if bytes.Contains(data, mark) {
			l.mu.Lock()
			l.fault = string(data)
			l.mu.Unlock()
			return
		}
	}
	if level <= levels.LevelError {
		_, _ = os.Stderr.Write(append(data, '\n'))
	}
}

// take returns what went wrong since the last take, or "".
func (l *sendLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	fault := l.fault
	l.fault = ""
	return fault
}
