package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"minesweep/lab"
	"minesweep/lab/postgres"
	"minesweep/lab/wire"
)

// database is the name of the one that the workers share.
const database = "minesweep"

const databasePort = 5432

// ground is where it takes place: networks, database, targets and workers.
type ground struct {
	o       options
	path    string // of minesweep
	dir     string
	cluster *wire.Cluster
	server  *postgres.Server
	fleet   *lab.Lab
	devices []lab.Simulated
	heard   *lab.Recorder
	ports   []uint16
	workers []*worker
}

// newGround makes everything but the sweep; workers are not started. Close must
// be called also where it fails.
func newGround(ctx context.Context, o options) (g *ground, err error) {
	g = &ground{o: o, heard: &lab.Recorder{Now: time.Now}}
	if g.path, err = exec.LookPath(o.minesweep); err == nil {
		g.path, err = filepath.Abs(g.path)
	}
	if err != nil {
		return g, fmt.Errorf("%w: run make build", err)
	}
	tidy()
	if g.dir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", folderPrefix, os.Getpid())); err != nil {
		return g, err
	}
	if g.cluster, err = wire.NewCluster(wire.Options{}, o.workers); err != nil {
		return g, err
	}
	g.server, err = postgres.Start(ctx, postgres.Options{Listen: fmt.Sprintf("0.0.0.0:%d", databasePort),
		Inside: g.cluster.Base().Inside, Durable: true})
	if err != nil {
		return g, err
	}
	if err := g.server.CreateDatabase(ctx, database, ""); err != nil {
		return g, err
	}
	for i, n := range g.cluster.Nodes() {
		w, err := g.newWorker(i, n)
		if err != nil {
			return g, err
		}
		g.workers = append(g.workers, w)
	}
	return g, nil
}

// folderPrefix begins the name of a run's folder; the number of its process follows.
const folderPrefix = "minesweep-chaos-"

// tidy removes the folders of runs that were killed. All else of theirs went
// with their process.
func tidy() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*-*"))
	for _, path := range left {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(path), folderPrefix+"%d-", &pid); err == nil && syscall.Kill(pid, 0) != nil {
			_ = os.RemoveAll(path)
		}
	}
}

// close ends all that runs and removes all that was made.
func (g *ground) close() error {
	var errs []error
	for _, w := range g.workers {
		errs = append(errs, w.close())
	}
	if g.fleet != nil {
		g.fleet.Close()
	}
	if g.server != nil {
		errs = append(errs, g.server.Close())
	}
	if g.cluster != nil {
		errs = append(errs, g.cluster.Close())
	}
	if g.dir != "" {
		errs = append(errs, os.RemoveAll(g.dir))
	}
	return errors.Join(errs...)
}

// people puts targets into the far network: simulated miners at random places,
// and pairs that are open by their hash and say nothing.
func (g *ground) people(ctx context.Context) (err error) {
	g.ports = portList(g.o.portsFor())
	if g.devices, err = lab.Fleet(stormTargets, g.o.devices); err != nil {
		return err
	}
	places := rand.New(rand.NewPCG(g.o.seed, 1)).Perm(1 << (32 - stormTargets.Bits())) //nolint:gosec // no secret
	r := wire.Responder{Seed: uint32(g.o.seed), OpenOneIn: 4000, RefusePercent: 10,
		Scope: []netip.Prefix{stormTargets}, Watch: networksOf(stormTargets),
		Pairs: wire.Pairs{Base: stormTargets, Ports: g.ports}}
	for i := range g.devices {
		g.devices[i].Address = offset(stormTargets.Addr(), places[i])
		r.Places = append(r.Places, wire.Place{Prefix: netip.PrefixFrom(g.devices[i].Address, 32), Kind: wire.Passed})
	}
	if err := g.cluster.Answer(r); err != nil {
		return err
	}
	return g.cluster.Far(func() (err error) {
		g.fleet, err = lab.StartRecorded(ctx, g.devices, g.heard)
		return err
	})
}

func offset(a netip.Addr, n int) netip.Addr {
	b := a.As4()
	n += int(b[2])<<8 | int(b[3])
	b[1] += byte(n >> 16)
	b[2], b[3] = byte(n>>8), byte(n)
	return netip.AddrFrom4(b)
}

// networksOf are the /24s of a prefix.
func networksOf(p netip.Prefix) (out []netip.Prefix) {
	for a := p.Masked().Addr(); p.Contains(a); a = offset(a, 256) {
		out = append(out, netip.PrefixFrom(a, 24))
	}
	return out
}

// truth is what is open: pairs by their hash, and where the miners listen.
func (g *ground) truth() map[netip.AddrPort]bool {
	out := make(map[netip.AddrPort]bool)
	for target := range g.cluster.Responder().Truth([]netip.Prefix{stormTargets}, g.ports) {
		out[target] = true
	}
	for _, d := range g.devices {
		for _, x := range d.Device.Sections {
			if slices.Contains(g.ports, x.Port) {
				out[netip.AddrPortFrom(d.Address, x.Port)] = true
			}
		}
	}
	return out
}

// minesweep runs a command beside the database and returns what it printed.
func (g *ground) minesweep(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, g.path, append(args, "--db", g.server.SocketURL(database))...)
	cmd.Dir, cmd.Env = g.dir, environment(g.dir, g.path)
	var out []byte
	err := g.cluster.Base().Inside(func() (err error) {
		out, err = cmd.Output()
		return err
	})
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return out, fmt.Errorf("minesweep %s: %w", args[0], err)
	}
	return out, nil
}

func environment(home, path string) []string {
	return []string{"PATH=" + filepath.Dir(path) + ":" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C"}
}
