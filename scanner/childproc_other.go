//go:build !linux

package scanner

import "os/exec"

// tieToParent does nothing here: the child ends when its standard input does.
func tieToParent(*exec.Cmd) {}

// killGroup kills the child.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
