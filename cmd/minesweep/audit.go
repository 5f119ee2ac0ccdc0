package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"minesweep/db"
)

func (p *program) auditCommand() *cobra.Command {
	return group("audit", "who did what, and who was probed", p.auditList(), p.auditVerify(), p.auditProbes())
}

// auditRow is an entry of the audit log as audit list shows it.
type auditRow struct {
	Seq    int64  `json:"entry"`
	At     string `json:"at"`
	Who    string `json:"who"`
	Action string `json:"action"`
	Detail string `json:"detail"`
}

var auditColumns = []column[auditRow]{
	{"ENTRY", func(r auditRow) string { return strconv.FormatInt(r.Seq, 10) }, 0},
	{"AT", func(r auditRow) string { return r.At }, 0},
	{"WHO", func(r auditRow) string { return r.Who }, 0},
	{"ACTION", func(r auditRow) string { return r.Action }, 0},
	{"DETAIL", func(r auditRow) string { return r.Detail }, 100},
}

func (p *program) auditList() *cobra.Command {
	var since, action string
	c := &cobra.Command{
		Use: "list", Short: "the audit log, the newest entry last", Args: wantArgs(cobra.NoArgs),
		Example: "  minesweep audit list --since 36h\n  minesweep audit list --action exclude -o jsonl",
		RunE: func(c *cobra.Command, _ []string) error {
			from, err := parseSince("--since", since, p.now())
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				w := newRowWriter(p, auditColumns)
				err := s.Audit(c.Context(), func(e db.AuditEntry) error {
					if e.At.Before(from) || !isAction(e.Action, action) {
						return nil
					}
					return w.write(auditRow{e.Seq, stamp(e.At), e.Who, e.Action, e.Detail})
				})
				if cerr := w.close(); err == nil {
					err = cerr
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&since, "since", "", "since a date (2026-11-20), a time (RFC 3339) or within a time (36h)")
	c.Flags().StringVar(&action, "action", "", `only of this action, such as "exclude add" or all of "exclude"`)
	return c
}

// isAction reports whether an action is the wanted one, or of the wanted group.
func isAction(action, wanted string) bool {
	return wanted == "" || action == wanted || strings.HasPrefix(action, wanted+" ")
}

// parseSince reads a date, an instant or how long ago; "" is the zero time.
func parseSince(flag, text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	return parseDay(flag, text, "UTC", time.Time{})
}

func (p *program) auditVerify() *cobra.Command {
	var noted string
	c := &cobra.Command{
		Use: "verify", Short: "check that no entry of the audit log was changed, removed or put in",
		Long: `Walk the audit log from its first entry: each one's hash covers the one before, and
the last one is kept beside the log. Who can write the database can write all of
it anew; that shows only against an entry noted elsewhere: verify prints the last
one as NUMBER:HASH, and takes it again with --noted.`,
		Example: "  minesweep audit verify\n  minesweep audit verify --noted 12:9f2c…",
		Args:    wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			note, err := parseNoted(noted)
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.verifyAudit(c.Context(), s, note) })
		},
	}
	c.Flags().StringVar(&noted, "noted", "", "`NUMBER:HASH` of an entry, as verify printed it before")
	return c
}

// notedEntry is an entry of the log as somebody noted it; seq 0: nobody did.
type notedEntry struct {
	seq  int64
	hash []byte
}

func parseNoted(text string) (notedEntry, error) {
	if text == "" {
		return notedEntry{}, nil
	}
	number, word, _ := strings.Cut(text, ":")
	seq, err := strconv.ParseInt(number, 10, 64)
	hash, herr := hex.DecodeString(word)
	if err != nil || herr != nil || seq < 1 || len(hash) != 32 {
		return notedEntry{}, fmt.Errorf("--noted %q is no entry, write it as audit verify prints it: a number, a colon and 64 hexadecimal digits", text)
	}
	return notedEntry{seq, hash}, nil
}

// auditVerdict is what audit verify found.
type auditVerdict struct {
	Entries int64  `json:"entries"`
	First   string `json:"first"`
	Last    string `json:"last"`
	Head    string `json:"head"` // NUMBER:HASH of the last entry; "" where there is none
}

var auditVerdictColumns = []column[auditVerdict]{
	{"ENTRIES", func(v auditVerdict) string { return strconv.FormatInt(v.Entries, 10) }, 0},
	{"FIRST", func(v auditVerdict) string { return v.First }, 0},
	{"LAST", func(v auditVerdict) string { return v.Last }, 0},
	{"HEAD", func(v auditVerdict) string { return v.Head }, 100},
}

func (p *program) verifyAudit(ctx context.Context, s *db.Store, noted notedEntry) error {
	var v auditVerdict
	err := s.Audit(ctx, func(e db.AuditEntry) error {
		if e.Seq == noted.seq && !bytes.Equal(e.Hash, noted.hash) {
			return fmt.Errorf("the audit log was written anew: entry %d has the hash %x, and %x was noted", e.Seq, e.Hash, noted.hash)
		}
		if v.Entries++; v.Entries == 1 {
			v.First = stamp(e.At)
		}
		v.Last, v.Head = stamp(e.At), fmt.Sprintf("%d:%x", e.Seq, e.Hash)
		return nil
	})
	if err == nil && noted.seq > v.Entries {
		err = fmt.Errorf("the audit log was written anew: it has %d entries, and entry %d was noted", v.Entries, noted.seq)
	}
	if err != nil {
		return err
	}
	if p.settings.format != "table" {
		return writeRows(p, auditVerdictColumns, []auditVerdict{v})
	}
	if v.Entries == 0 {
		_, err = fmt.Fprintln(p.stdout, "the audit log is empty")
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "the audit log is whole: %d entries from %s to %s, the last one is %s\n", v.Entries, v.First, v.Last, v.Head)
	return err
}
