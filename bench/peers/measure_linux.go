package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"minesweep/lab/wire"
)

// What answers: one pair in a thousand is open, a tenth of the rest refuses.
const (
	responderSeed = 7
	openOneIn     = 1000
	refusePercent = 10
)

// slowest is the rate below which a run is taken to hang.
const slowest = 5000

// ground is the laboratory and what is known of it.
type ground struct {
	lab  *wire.Lab
	site site // without a folder
	gro  bool

	truth    []netip.AddrPort // of the job whose key is truthKey
	truthKey string
}

func newGround() (*ground, error) {
	lab, err := wire.New(wire.Options{})
	if err != nil {
		return nil, err
	}
	g := &ground{lab: lab, gro: true, site: site{device: wire.NearDevice, own: wire.NearAddr()}}
	mac := func(device string, into *string) func() error {
		return func() error {
			i, err := net.InterfaceByName(device)
			if err == nil {
				*into = i.HardwareAddr.String()
			}
			return err
		}
	}
	err = errors.Join(lab.Near(mac(wire.NearDevice, &g.site.mac)), lab.Far(mac(wire.FarDevice, &g.site.gatewayMAC)))
	if err != nil {
		return nil, errors.Join(err, lab.Close())
	}
	return g, nil
}

func (g *ground) setGRO(on bool) error {
	g.gro = on
	return g.lab.SetGRO(on)
}

func (g *ground) truthOf(r *wire.Responder, j job) []netip.AddrPort {
	key := strings.Join(j.targetTexts(), ",") + " " + j.portRange()
	if g.truthKey != key { // runs of one job follow each other
		g.truth = slices.SortedFunc(r.Truth(j.targets, j.portList()), netip.AddrPort.Compare)
		g.truthKey = key
	}
	return g.truth
}

// responderFor answers j and counts what goes elsewhere.
func responderFor(j job) wire.Responder {
	scope := j.targets
	if j.loose {
		scope = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10")}
	}
	return wire.Responder{Seed: responderSeed, OpenOneIn: openOneIn, RefusePercent: refusePercent, Scope: scope}
}

// measure runs p on j once.
func (g *ground) measure(ctx context.Context, p program, j job) (run, error) {
	if p.singlePort && j.rate > 0 {
		j = j.onePort() // else its runs were too short to judge their rate
	}
	r := run{program: p.name, job: j, gro: g.gro}
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := g.site
	s.dir = dir
	if p.prepare != nil {
		if err := p.prepare(ctx, p.path, j, dir); err != nil {
			return r, err
		}
	}
	responder := responderFor(j)
	truth := g.truthOf(&responder, j)
	var found []netip.AddrPort
	for _, one := range p.steps(p.path, j, s) {
		if err := g.lab.Answer(responder); err != nil {
			return r, err
		}
		more, err := g.step(ctx, one, j, dir, &r)
		if err != nil {
			return r, fmt.Errorf("%s on %s: %w", p.name, j, err)
		}
		found = append(found, more...)
	}
	r.score = judge(truth, found)
	return r, nil
}

// step runs one process and adds what it cost and found to r.
func (g *ground) step(ctx context.Context, s step, j job, dir string, r *run) ([]netip.AddrPort, error) {
	before, err := g.lab.Lost()
	if err != nil {
		return nil, err
	}
	if err := g.execute(ctx, s, timeout(s, j), dir, r); err != nil {
		return nil, err
	}
	after, err := g.lab.Lost()
	if err != nil {
		return nil, err
	}
	line, tally := g.lab.Timeline(), g.lab.Tally()
	r.sent += tally.SYNs
	r.outside += tally.Outside
	r.lost += after.Probes - before.Probes
	r.active += line.Last - line.First
	r.pace = paceOf(line.Slots, float64(j.rate))
	return readFound(s, dir)
}

// timeout is far above what a run takes.
func timeout(s step, j job) time.Duration {
	probes := j.addresses() * uint64(s.ports)
	return time.Minute + time.Duration(float64(probes)/slowest*float64(time.Second))
}

// execute runs the process of a step in the laboratory.
func (g *ground) execute(ctx context.Context, s step, limit time.Duration, dir string, r *run) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err := os.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		return err
	}
	defer out.Close()
	words, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		return err
	}
	defer words.Close()
	if s.nudge {
		if err := g.nudge(ctx); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdout, cmd.Stderr = out, words
	begin := time.Now()
	if err := g.lab.Start(cmd); err != nil {
		return err
	}
	wctx, ended := context.WithCancel(ctx)
	peak := make(chan uint64, 1)
	go func() { peak <- watchMemory(wctx, cmd.Process.Pid) }()
	err = cmd.Wait()
	r.wall += time.Since(begin)
	ended()
	r.resident = max(r.resident, <-peak)
	if err != nil {
		text, _ := os.ReadFile(words.Name())
		return fmt.Errorf("%w: %s", err, lastLine(string(text)))
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage) // with the children that it waited for
	if !ok {
		return errors.New("the system does not tell what a process used")
	}
	r.cpu += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	return nil
}

func readFound(s step, dir string) ([]netip.AddrPort, error) {
	name := s.found
	if name == "" {
		name = filepath.Join(dir, "stdout")
	}
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // it found nothing
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found, err := s.parse(io.LimitReader(file, 1<<30))
	if err != nil {
		return nil, fmt.Errorf("what it found: %w", err)
	}
	return found, nil
}
