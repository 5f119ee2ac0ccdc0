package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"minesweep"
	"minesweep/db"
)

// exports reports whether what is written leaves for a file or another program:
// the table is for the reader, and so is what a terminal shows.
func (p *program) exports() bool {
	if p.settings.format == "table" {
		return false
	}
	file, ok := p.stdout.(*os.File)
	if !ok {
		return true
	}
	info, err := file.Stat()
	return err != nil || info.Mode()&os.ModeCharDevice == 0
}

// exported writes into the audit log that rows left, also where they ended with
// err, and returns err.
func (p *program) exported(ctx context.Context, s *db.Store, err error, what string, rows int) error {
	if !p.exports() {
		return err
	}
	detail := fmt.Sprintf("what=%q format=%s rows=%d", what, p.settings.format, rows)
	return errors.Join(err, s.Note(context.WithoutCancel(ctx), "export", detail))
}

// filterText is what was asked for: the flags that a command was given of its own.
func filterText(fl *pflag.FlagSet, own func(*pflag.FlagSet)) string {
	var b strings.Builder
	mine := pflag.NewFlagSet("", pflag.ContinueOnError)
	own(mine)
	fl.Visit(func(f *pflag.Flag) {
		if mine.Lookup(f.Name) != nil {
			fmt.Fprintf(&b, " --%s %s", f.Name, f.Value)
		}
	})
	return b.String()
}

// readAsset writes into the audit log that the record of a person's device was
// read: one under a grant of privacy individual, or under none any more.
func readAsset(ctx context.Context, s *db.Store, a minesweep.Asset) error {
	grants, err := s.Grants(ctx)
	if err != nil || privacyGrant(grants, a.Host.Address).Privacy == minesweep.Organisation {
		return err
	}
	return s.Note(ctx, "read person", fmt.Sprintf("key=%q address=%s", a.Key, a.Host.Address))
}

// asksByHand writes into the audit log, before the first packet, that one
// device is asked: whose it is says the grant.
func asksByHand(ctx context.Context, s *db.Store, by string, grant *minesweep.Grant, targets []netip.AddrPort) error {
	action := "read person"
	if grant.Privacy == minesweep.Organisation {
		action = by
	}
	ports := make([]uint16, len(targets))
	for i, t := range targets {
		ports[i] = t.Port()
	}
	return s.Note(ctx, action, fmt.Sprintf("%sports=%s grant=%q", byHand(targets[0].Addr(), by), portsText(ports), grant.Name))
}

// byHand is how the detail of such an entry begins.
func byHand(addr netip.Addr, by string) string {
	return fmt.Sprintf("address=%s by=%s ", addr.Unmap(), by)
}
