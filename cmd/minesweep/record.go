package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
	"minesweep/mapper"
	"minesweep/probes"
	"minesweep/recordings"
	"minesweep/scanner"
)

// recordFlags are the flags of record.
type recordFlags struct{ name, out, ports string }

func (p *program) recordCommand() *cobra.Command {
	var f recordFlags
	c := &cobra.Command{
		Use: "record ADDR|ADDR:PORT", Short: "ask one device and write a recording of it, with persons taken out",
		Long:    "Ask one device that a grant covers and write what it answered as a .txtar recording, for a rule\nof your own. Workers, wallets, MACs, serials and hostnames become hashes under a key that is thrown\naway; the device's own address becomes 192.0.2.1. Read it before you pass it on.",
		Example: "  minesweep record 192.0.2.7 --name gizmo-7 --out rules/gizmo-7.txtar",
		Args:    wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			targets, err := recordTargets(args[0], f.ports)
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.record(c.Context(), s, f, targets) })
		},
	}
	c.Flags().StringVar(&f.name, "name", "device", "name of the device, written into the recording")
	c.Flags().StringVar(&f.out, "out", "", "write to `FILE`, which must not exist (default: standard output)")
	c.Flags().StringVarP(&f.ports, "ports", "p", "tier1", "ports to ask where ADDR names none")
	return c
}

func recordTargets(arg, ports string) ([]netip.AddrPort, error) {
	if target, err := netip.ParseAddrPort(arg); err == nil {
		return []netip.AddrPort{target}, nil
	}
	addr, err := netip.ParseAddr(arg)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address, write for example 192.0.2.7 or 192.0.2.7:4028", arg)
	}
	list, err := scanner.ParsePorts(ports)
	if err != nil {
		return nil, err
	}
	targets := make([]netip.AddrPort, len(list))
	for i, port := range list {
		targets[i] = netip.AddrPortFrom(addr, port)
	}
	return targets, nil
}

func (p *program) record(ctx context.Context, s *db.Store, f recordFlags, targets []netip.AddrPort) error {
	guard, err := scanner.NewGuard(ctx, scanner.GuardConfig{Load: s.Scope, Now: p.now})
	if err != nil {
		return err
	}
	grant, err := guard.Scope().Decide(targets[0].Addr())
	if err != nil {
		return err
	}
	rules, err := p.rules()
	if err != nil {
		return err
	}
	if err := asksByHand(ctx, s, "record", grant, targets); err != nil {
		return err
	}
	replies, err := p.askAll(ctx, guard, rules, targets)
	if err != nil {
		return err
	}
	if len(replies) == 0 {
		return fmt.Errorf("host %s: nothing answered, so there is nothing to record", targets[0].Addr())
	}
	d, err := p.anonymous(f.name, rules, replies)
	if err != nil {
		return err
	}
	text, err := recordings.WriteTxtar(d)
	if err != nil {
		return err
	}
	return p.writeNew(f.out, text)
}

// askAll asks port after port; what one said decides what the next is asked.
func (p *program) askAll(ctx context.Context, guard *scanner.Guard, rules minesweep.Judge, targets []netip.AddrPort) ([]minesweep.Reply, error) {
	asker := probes.NewAsker(probes.AskerConfig{Dialer: guard, Now: p.now})
	var replies []minesweep.Reply
	for _, target := range targets {
		known := minesweep.Known{Replies: replies, Confirmed: confirms(rules.Judge(replies))}
		got, err := asker.Ask(ctx, minesweep.OpenPort{Target: target, At: p.now(), Engine: "record"}, known)
		if err != nil {
			return nil, err
		}
		replies = append(replies, got...)
	}
	return replies, nil
}

func confirms(evidence []minesweep.Evidence) bool {
	return len(evidence) > 0 && evidence[0].Strength == minesweep.Confirm
}

// anonymous takes persons and the address out of the replies, whatever the
// grant allows: recordings are passed on. The key is used once and forgotten.
func (p *program) anonymous(name string, rules minesweep.Judge, replies []minesweep.Reply) (recordings.Device, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return recordings.Device{}, err
	}
	m, err := mapper.New(mapper.Config{Key: key})
	if err != nil {
		return recordings.Device{}, err
	}
	own := []byte(replies[0].Target.Addr().String())
	d := recordings.Device{Name: name, Comment: name + ", recorded by minesweep " + version + ". Say here what it is and how that is known."}
	for _, r := range m.Scrub(&minesweep.Grant{Privacy: minesweep.Individual}, replies) {
		r.Raw = bytes.ReplaceAll(r.Raw, own, []byte("192.0.2.1"))
		r.Target = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), r.Target.Port())
		d.Replies = append(d.Replies, r)
	}
	d.Want = wantOf(p.identify(rules, m, d))
	return d, nil
}

// wantOf makes an expectation of what was judged; who corrects the recording
// corrects this.
func wantOf(h minesweep.Host) *recordings.Want {
	w := &recordings.Want{
		Verdict: h.Verdict, Class: h.Class, Vendor: h.Vendor, Model: h.Model, Firmware: h.Firmware,
		Algorithm: h.Algorithm, Coin: h.Coin, Hashrate: h.Hashrate, HashrateUnit: h.HashrateUnit,
		Pool: h.Pool, PoolOperator: h.PoolOperator, State: h.State,
	}
	if h.PowerSource == mapper.Measured {
		w.PowerW = h.PowerW
	}
	if h.Locked {
		w.Locked = &h.Locked
	}
	return w
}

// writeNew writes to standard output, or to a file that was not there.
func (p *program) writeNew(path string, text []byte) (err error) {
	if path == "" {
		_, err := p.stdout.Write(text)
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usagef("record: %s is there already, choose another name", path)
	}
	if err != nil {
		return usage(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = file.Write(text)
	return err
}
