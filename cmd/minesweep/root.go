package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"minesweep/db"
)

// version is what --version says.
const version = "0.1.0"

// run executes one command line and returns the exit status.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.rootCommand()
	root.SetArgs(nmapFlags(args))
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	return p.report(root.ExecuteContext(db.By(ctx, p.whoami())))
}

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "minesweep",
		Short:         "find cryptocurrency miners in ranges you have authority over",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          subcommandOnly,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := p.configure(c.Flags()); err != nil {
				return usage(err)
			}
			return usage(checkFormat(p.settings.format))
		},
	}
	f := root.PersistentFlags()
	f.StringVar(&p.settings.db, "db", "sqlite://minesweep.db", "the store (or MINESWEEP_DB)")
	f.StringVarP(&p.settings.format, "output", "o", "table", "table, json, jsonl or csv")
	f.StringVar(&p.settings.config, "config", "", "YAML `FILE` of flag values; flags and MINESWEEP_… outrank it")
	f.StringVar(&p.settings.fingerprints, "fingerprints", "", "load the rules in `DIR` beside the built-in ones")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; %s --help lists the flags", err, c.CommandPath())
	})
	root.AddCommand(p.grantCommand(), p.excludeCommand(), p.scanCommand(), p.probeCommand(),
		p.identifyCommand(), p.fingerprintsCommand(), p.assetsCommand(), p.sweepsCommand(), p.schedulesCommand(), p.serveCommand(), p.workerCommand(), p.nodesCommand(),
		p.auditCommand(), p.dbCommand(), p.recordCommand(), p.relabelCommand(), p.labCommand(), p.demoCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// subcommandOnly refuses a word that is no command, with what comes nearest.
func subcommandOnly(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	c.SuggestionsMinimumDistance = 2
	near := ""
	if s := c.SuggestionsFor(args[0]); len(s) > 0 {
		near = fmt.Sprintf("; did you mean %s?", strings.Join(s, " or "))
	}
	return usagef("%s has no command %q%s", c.CommandPath(), args[0], near)
}

// visitCommands calls visit with the flags of each command below c.
func visitCommands(c *cobra.Command, visit func(*pflag.FlagSet)) {
	visit(c.Flags())
	visit(c.PersistentFlags())
	for _, child := range c.Commands() {
		visitCommands(child, visit)
	}
}

// group makes a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: subcommandOnly,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(children...)
	return c
}

// wantArgs is cobra's argument check with our exit status.
func wantArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usagef("%s: %w; the form is: %s", c.CommandPath(), err, c.UseLine())
		}
		return nil
	}
}

// withStore opens the store, runs use and closes it.
func (p *program) withStore(ctx context.Context, use func(*db.Store) error) (err error) {
	store, err := db.Open(ctx, p.settings.db, p.now)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := store.Close(); err == nil {
			err = cerr
		}
	}()
	return use(store)
}
