package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is a server while it runs.
type process struct {
	cmd   *exec.Cmd
	pid   int
	ended chan struct{} // closed when it has ended
	err   error         // how it ended, after that
}

// launch starts the server. It is to end with this process, which Linux ties to
// the thread that started it: that thread waits for it, in the server's network.
func (s *Server) launch() (*process, error) {
	log, err := os.OpenFile(s.dir.log(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data()) //nolint:noctx // it outlives the call that starts it
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = s.dir.path, log, log
	p.cmd.SysProcAttr = s.dir.owner.attributes()
	started := make(chan error, 1)
	go func() {
		defer close(p.ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		inside := s.options.Inside
		if inside == nil {
			inside = func(f func() error) error { return f() }
		}
		p.err = inside(func() error {
			err := p.cmd.Start()
			_ = log.Close()
			started <- err
			if err != nil {
				return err
			}
			return p.cmd.Wait()
		})
		select {
		case started <- p.err: // where there was no way inside
		default:
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	p.pid = p.cmd.Process.Pid
	return p, nil
}

// end signals the server and waits for it; one that does not end is killed.
func (p *process) end(by syscall.Signal) error {
	if err := p.cmd.Process.Signal(by); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("PostgreSQL did not end within %s after %s and was killed", patience, by)
	}
}
