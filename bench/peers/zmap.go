package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
)

var zmapWords = regexp.MustCompile(`zmap (\S+)`)

func zmapVersion(ctx context.Context, path string) string {
	return wordOr(zmapWords, combined(ctx, path, "--version"))
}

// zmapSteps runs zmap once a port, for it takes no more, without its blacklist,
// which holds the laboratory's addresses, and with the shortest cool-down.
func zmapSteps(threads int) func(string, job, site) []step {
	return func(path string, j job, s site) []step { return zmapRuns(path, threads, j, s) }
}

func zmapRuns(path string, threads int, j job, s site) []step {
	var steps []step
	for _, port := range j.portList() {
		found := filepath.Join(s.dir, fmt.Sprintf("found-%d", port))
		args := []string{path, "-p", strconv.Itoa(int(port)), "-r", strconv.Itoa(j.rate), "-T", strconv.Itoa(threads), "-c", "1", "-b", "/dev/null",
			"-i", s.device, "-S", s.own.String(), "-G", s.gatewayMAC, "-q", "--disable-syslog", "-o", found}
		steps = append(steps, step{
			args: append(args, j.targetTexts()...), found: found, parse: parseZmap(port), ports: 1,
		})
	}
	return steps
}
