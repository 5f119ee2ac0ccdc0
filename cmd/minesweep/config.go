package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

const envPrefix = "MINESWEEP_"

// configure gives each flag that the command line does not set its value from
// the environment (MINESWEEP_RATE_PER_24 for --rate-per-24), else from the
// file of --config.
func (p *program) configure(flags *pflag.FlagSet) error {
	k := koanf.New("\x00") // flags have no nested names, so nothing splits
	if path := p.configPath(flags); path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return fmt.Errorf("configuration %s: %w", path, err)
		}
		if err := checkKeys(path, k.Keys(), flags); err != nil {
			return err
		}
	}
	if err := k.Load(p.environment(), nil); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		if failed != nil || f.Changed || !k.Exists(f.Name) {
			return
		}
		if err := flags.Set(f.Name, k.String(f.Name)); err != nil {
			failed = fmt.Errorf("configuration of --%s: %w", f.Name, err)
		}
	})
	return failed
}

func (p *program) configPath(flags *pflag.FlagSet) string {
	if flags.Changed("config") {
		return p.settings.config
	}
	return p.getenv(envPrefix + "CONFIG")
}

func (p *program) environment() koanf.Provider {
	return env.Provider("\x00", env.Opt{Prefix: envPrefix, TransformFunc: func(k, v string) (string, any) {
		return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(k, envPrefix)), "_", "-"), v
	}})
}

// checkKeys refuses a key that is no flag of any command, so that a typing
// mistake does not silently leave a default in force.
func checkKeys(path string, keys []string, flags *pflag.FlagSet) error {
	sort.Strings(keys)
	for _, key := range keys {
		if flags.Lookup(key) == nil && !knownFlag(key) {
			return fmt.Errorf("configuration %s: key %q is no flag of minesweep", path, key)
		}
	}
	return nil
}

// knownFlag says whether some command has the flag: one file serves them all.
func knownFlag(name string) bool {
	known := false
	visitCommands((&program{}).rootCommand(), func(f *pflag.FlagSet) { known = known || f.Lookup(name) != nil })
	return known
}
