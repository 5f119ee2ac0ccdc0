package main

import (
	"os"
	"os/user"
	"strconv"
)

// whoami is whom the audit log names: the user that runs this process, the
// machine, and who became that user by sudo.
func (p *program) whoami() string {
	name := "uid " + strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	who := name + "@" + self().Host
	if sudo := p.getenv("SUDO_USER"); sudo != "" && sudo != name {
		who += ", sudo by " + sudo
	}
	return who
}
