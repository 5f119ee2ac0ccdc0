package scanner

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	writeWait = 10 * time.Second // a child that takes no line for so long is stuck
	exitWait  = 2 * time.Second
	stderrCap = 4 << 10
)

// errChildGone says that a line could not be written because the child is
// gone; why is told by the reader.
var errChildGone = errors.New("minesweep-naabu is gone")

// child is minesweep-naabu at work, in a home of its own so that what naabu
// writes under HOME and TMPDIR goes away with it.
type child struct {
	cmd    *exec.Cmd
	home   string
	lines  *bufio.Scanner
	out    *os.File
	stderr *head
	ended  chan struct{} // closed when the process is gone
	result error         // of the process; read after ended

	mu sync.Mutex
	in *os.File
}

// startChild starts the program at path, which is killed when ctx ends. extra
// is added to its environment.
func startChild(ctx context.Context, path string, args, extra []string) (*child, error) {
	home, err := os.MkdirTemp("", "minesweep-naabu-")
	if err != nil {
		return nil, fmt.Errorf("minesweep-naabu: %w", err)
	}
	c := &child{home: home, stderr: &head{}, ended: make(chan struct{})}
	if err := c.start(ctx, path, args, extra); err != nil {
		_ = os.RemoveAll(home)
		return nil, fmt.Errorf("minesweep-naabu: %w", err)
	}
	return c, nil
}

func (c *child) start(ctx context.Context, path string, args, extra []string) error {
	childIn, in, err := os.Pipe()
	if err != nil {
		return err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, childIn.Close(), in.Close())
	}
	c.in, c.out = in, out
	c.lines = bufio.NewScanner(out)
	c.lines.Buffer(make([]byte, 0, 4096), MaxReport)
	c.cmd = exec.CommandContext(ctx, path, args...)
	c.cmd.Env = append(childEnv(c.home), extra...)
	c.cmd.Dir = c.home
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = childIn, childOut, c.stderr
	c.cmd.WaitDelay = exitWait
	tieToParent(c.cmd)
	started := make(chan error)
	go c.live(started)
	err = <-started
	_, _ = childIn.Close(), childOut.Close()
	if err != nil {
		_, _ = in.Close(), out.Close()
	}
	return err
}

// live starts the process and waits for it on one thread: the kernel's
// death-of-parent signal is sent when the starting thread ends, not the process.
func (c *child) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	c.result = c.cmd.Wait()
	close(c.ended)
}

// childEnv is all of the environment that the child sees.
func childEnv(home string) []string {
	env := []string{
		"HOME=" + home, "TMPDIR=" + home,
		"XDG_CONFIG_HOME=" + home, "XDG_CACHE_HOME=" + home, "XDG_DATA_HOME=" + home,
	}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// send writes one line. It returns errChildGone where the reader will say why.
func (c *child) send(command Command) error {
	line, err := json.Marshal(command)
	if err != nil {
		return fmt.Errorf("minesweep-naabu: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Closing the pipe wakes a writer that sleeps because nobody reads.
	var stuck atomic.Bool
	watch := time.AfterFunc(writeWait, func() { stuck.Store(true); _ = c.in.Close() })
	defer watch.Stop()
	if _, err = c.in.Write(append(line, '\n')); err == nil {
		return nil
	}
	if stuck.Load() {
		return fmt.Errorf("minesweep-naabu takes no more targets: nothing was read for %s", writeWait)
	}
	return errChildGone
}

// next returns the child's next line. io.EOF never comes out: a child that
// ends is an error that says how.
func (c *child) next() (Report, error) {
	if c.lines.Scan() {
		report, err := ParseReport(c.lines.Bytes())
		if err != nil {
			return Report{}, fmt.Errorf("minesweep-naabu: %w", err)
		}
		return report, nil
	}
	if errors.Is(c.lines.Err(), bufio.ErrTooLong) {
		return Report{}, fmt.Errorf("minesweep-naabu wrote a line longer than %d KiB", MaxReport>>10)
	}
	return Report{}, c.death()
}

// death waits for the process to be gone and says how it ended.
func (c *child) death() error {
	how := "it closed its output"
	select {
	case <-c.ended:
		how = "exit status 0"
		if c.result != nil {
			how = c.result.Error()
		}
	case <-time.After(exitWait):
	}
	if said := c.stderr.sentence(); said != "" {
		how += ": " + said
	}
	return fmt.Errorf("minesweep-naabu ended before its work was done: %s", how)
}

// kill ends the process, without waiting for it.
func (c *child) kill() {
	select {
	case <-c.ended: // its number may be another's by now
	default:
		killGroup(c.cmd)
	}
}

// close kills the process, waits until it is gone and removes its home.
func (c *child) close() {
	c.kill()
	<-c.ended
	_, _ = c.in.Close(), c.out.Close()
	_ = os.RemoveAll(c.home)
}

// head keeps the first bytes written to it and swallows the rest.
type head struct {
	mu   sync.Mutex
	kept []byte
}

var _ io.Writer = (*head)(nil)

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if room := stderrCap - len(h.kept); room > 0 {
		h.kept = append(h.kept, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

// sentence returns the first line that says something, without control characters.
func (h *head) sentence() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for line := range strings.Lines(string(h.kept)) {
		clean := strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(line, ""))
		if clean = strings.TrimSpace(clean); clean != "" {
			return clean[:min(len(clean), 300)]
		}
	}
	return ""
}
