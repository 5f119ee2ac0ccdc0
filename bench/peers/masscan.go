package main

import (
	"context"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// wordOr returns the group of pattern in text, or text's last line.
func wordOr(pattern *regexp.Regexp, text string) string {
	if m := pattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return lastLine(text)
}

var masscanWords = regexp.MustCompile(`(?i)masscan version (\S+)`)

func masscanVersion(ctx context.Context, path string) string {
	return wordOr(masscanWords, combined(ctx, path, "--version"))
}

// masscanSteps gives masscan all that it would else look for, the shortest wait
// that hears the last answers, and a rate that no machine reaches.
func masscanSteps(path string, j job, s site) []step {
	found := filepath.Join(s.dir, "found")
	rate := "100000000"
	if j.rate > 0 {
		rate = strconv.Itoa(j.rate)
	}
	args := []string{path, strings.Join(j.targetTexts(), ","), "-p" + j.portRange(), "--rate", rate, "--wait", "2",
		"-e", s.device, "--adapter-ip", s.own.String(), "--adapter-mac", dashed(s.mac), "--router-mac", dashed(s.gatewayMAC),
		"-oL", found}
	return []step{{args: args, found: found, parse: parseMasscan, ports: j.ports, nudge: true}}
}

// dashed writes a MAC as masscan's manual does.
func dashed(mac string) string { return strings.ReplaceAll(mac, ":", "-") }
