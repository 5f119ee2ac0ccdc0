package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// compare does the works, writes the results and judges them.
func compare(ctx context.Context, o options, now time.Time, out io.Writer) (err error) {
	g, err := newGround()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.lab.Close()) }()
	programs, err := present(o, out)
	if err != nil {
		return err
	}
	s := &series{g: g, o: o, programs: programs, out: out}
	if err := s.all(ctx); err != nil {
		return err
	}
	r := report{results: s.results, floors: floorsOf(s.results, o), Machine: machineOf(ctx, programs, now, o)}
	for _, f := range r.floors {
		fmt.Fprintln(out, f)
	}
	if err := r.write(o.out); err != nil {
		return err
	}
	fmt.Fprintln(out, "written:", filepath.Join(o.out, resultsName), filepath.Join(o.out, plotName))
	if o.check && slices.ContainsFunc(r.floors, func(f floor) bool { return !f.holds }) {
		return errors.New("not everything that is promised holds")
	}
	return nil
}

// present returns the programs that were chosen and are here, with whole paths.
func present(o options, out io.Writer) ([]program, error) {
	var here []program
	for _, p := range catalogue(o) {
		if p.name != minesweepSYN && !slices.Contains(o.programs, p.name) {
			continue
		}
		path, err := exec.LookPath(p.path)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		switch {
		case err != nil && p.ours:
			return nil, fmt.Errorf("%w: run make build", err)
		case err != nil:
			fmt.Fprintf(out, "%s is left out: %v\n", p.name, err)
			continue
		}
		p.path = path
		here = append(here, p)
	}
	return here, nil
}

func (r report) write(dir string) error {
	text, err := r.markdown()
	if err != nil {
		return err
	}
	plot, err := r.svg()
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, resultsName), text, 0o644),
		os.WriteFile(filepath.Join(dir, plotName), plot, 0o644))
}
