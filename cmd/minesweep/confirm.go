package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"minesweep/schedules"
)

// worthSaying is from when on a sweep's length is told before it begins.
const worthSaying = time.Minute

// reconcile says how long a sweep takes, and does not let it begin unasked
// where a grant ends before it: what is not sent by then is refused by the
// guard, and the sweep passes over it.
func (p *program) reconcile(w schedules.Workload, force bool) error {
	e := w.Estimate()
	if e.Takes >= worthSaying {
		p.notice(e.String())
	}
	short := w.Shortfall(e, p.now())
	if short == "" {
		return nil
	}
	if force {
		p.notice("going on by --force, but " + short)
		return nil
	}
	if p.onTerminal() && confirm(p.stdin, p.stderr, fmt.Sprintf("minesweep: %s; %s. Go on? [y/N] ", oneLine(e.String()), oneLine(short))) {
		return nil
	}
	return usagef("%s, but %s: nothing was sent. Add --force, or make it smaller by --shard or --ports", e, short)
}

// onTerminal reports whether a person can be asked.
func (p *program) onTerminal() bool {
	in, ok := p.stdin.(*os.File)
	out, ok2 := p.stderr.(*os.File)
	return ok && ok2 && isatty.IsTerminal(in.Fd()) && isatty.IsTerminal(out.Fd())
}

// confirm asks a question that a y answers with yes.
func confirm(in io.Reader, out io.Writer, question string) bool {
	if _, err := io.WriteString(out, question); err != nil {
		return false
	}
	line, _ := bufio.NewReader(io.LimitReader(in, 100)).ReadString('\n')
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}
