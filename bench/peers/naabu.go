package main

import (
	"context"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var naabuWords = regexp.MustCompile(`Current Version: v?(\S+)`)

func naabuVersion(ctx context.Context, path string) string {
	return wordOr(naabuWords, combined(ctx, path, "-version", "-disable-update-check", "-no-color"))
}

// naabuSteps runs naabu's own program without name look-ups, updates, host
// discovery and repeats. more are flags of a mode.
func naabuSteps(more ...string) func(string, job, site) []step {
	return func(path string, j job, s site) []step {
		found := filepath.Join(s.dir, "found")
		rate := "100000000"
		if j.rate > 0 {
			rate = strconv.Itoa(j.rate)
		}
		args := []string{path, "-host", strings.Join(j.targetTexts(), ","), "-p", j.portRange(), "-scan-type", "s", "-rate", rate,
			"-retries", "1", "-warm-up-time", "1", "-interface", s.device, "-Pn", "-no-color", "-silent", "-no-stdin",
			"-disable-update-check", "-output", found}
		// It writes below its home.
		env := []string{"HOME=" + s.dir, "XDG_CONFIG_HOME=" + s.dir}
		return []step{{args: append(args, more...), env: env, found: found, parse: parseNaabu, ports: j.ports}}
	}
}
