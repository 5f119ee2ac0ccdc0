//go:build !linux

package main

import "os"

// claimStdout returns the protocol's way out and points os.Stdout at standard
// error, so that nothing a library prints can get between the lines.
func claimStdout() (*os.File, error) {
	out := os.Stdout
	os.Stdout = os.Stderr
	return out, nil
}
