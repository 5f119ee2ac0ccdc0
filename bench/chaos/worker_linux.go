package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"minesweep/lab/wire"
)

// drains is how long a worker may take to end by SIGTERM before it is killed.
const drains = 20 * time.Second

// worker is one minesweep worker in a network of its own. It is started again
// where it ends without being told to, as its unit would do.
type worker struct {
	name string
	node *wire.Node
	path string
	args []string
	dir  string
	log  *os.File

	mu      sync.Mutex
	cmd     *exec.Cmd // nil: told to end, or never started
	ended   chan struct{}
	unasked []string // how it ended by itself
	closed  bool
}

func (g *ground) newWorker(i int, n *wire.Node) (*worker, error) {
	w := &worker{name: fmt.Sprintf("node%d", i+1), node: n, path: g.path}
	w.dir = filepath.Join(g.dir, w.name)
	if err := os.Mkdir(w.dir, 0o755); err != nil {
		return nil, err
	}
	logs := w.dir
	if g.o.logs != "" {
		logs = g.o.logs
	}
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return nil, err
	}
	var err error
	if w.log, err = os.OpenFile(filepath.Join(logs, w.name+".log"), os.O_CREATE|os.O_TRUNC|os.O_RDWR|os.O_APPEND, 0o644); err != nil {
		return nil, err
	}
	url := fmt.Sprintf("postgres://minesweep@%s:%d/%s?sslmode=disable", n.BaseAddr(), databasePort, database)
	w.args = []string{"worker", "--name", w.name, "--region", "lab", "--db", url}
	return w, nil
}

// start starts the worker, until ctx ends at the latest.
func (w *worker) start(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.cmd != nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, w.path, w.args...)
	cmd.Dir, cmd.Env = w.dir, environment(w.dir, w.path)
	cmd.Stdout, cmd.Stderr = w.log, w.log
	if err := w.node.Start(cmd); err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	w.cmd, w.ended = cmd, make(chan struct{})
	go w.watch(ctx, cmd, w.ended)
	return nil
}

// watch waits for the end of cmd, and starts the worker again where nobody asked
// for that end.
func (w *worker) watch(ctx context.Context, cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	close(ended)
	w.mu.Lock()
	unasked := w.cmd == cmd && ctx.Err() == nil && !w.closed
	if unasked {
		w.cmd = nil
		w.unasked = append(w.unasked, fmt.Sprintf("%s ended by itself, %v: %s", w.name, err, w.lastLine()))
	}
	w.mu.Unlock()
	if !unasked {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(2 * time.Second):
		_ = w.start(ctx) // a failure shows: nothing is sent
	}
}

// end signals the worker and returns how long it took to end, and with which
// exit status; -1 where a signal ended it.
func (w *worker) end(by syscall.Signal) (took time.Duration, status int) {
	w.mu.Lock()
	cmd, ended := w.cmd, w.ended
	w.cmd = nil
	w.mu.Unlock()
	if cmd == nil {
		return 0, 0
	}
	began := time.Now()
	_ = cmd.Process.Signal(by) // fails where it has ended already
	select {
	case <-ended:
	case <-time.After(drains):
		_ = cmd.Process.Kill()
		<-ended
	}
	return time.Since(began), cmd.ProcessState.ExitCode()
}

func (w *worker) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.end(syscall.SIGKILL)
	return w.log.Close()
}

func (w *worker) endedUnasked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.unasked...)
}

// lastLine is what the worker said last.
func (w *worker) lastLine() string {
	const most = 2000
	size, err := w.log.Seek(0, 2)
	if err != nil {
		return err.Error()
	}
	text := make([]byte, min(size, most))
	if _, err := w.log.ReadAt(text, size-int64(len(text))); err != nil && !errors.Is(err, os.ErrClosed) {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
