package scanner

import (
	"os/exec"
	"syscall"
)

// tieToParent lets the kernel kill the child when this process dies, however
// it dies, and keeps a Ctrl-C of the terminal from reaching the child first.
func tieToParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// killGroup kills the child and whatever it started itself.
func killGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
