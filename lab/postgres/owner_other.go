//go:build !linux

package postgres

import (
	"errors"
	"os"
	"syscall"
)

// owner is who the server runs as; elsewhere than on Linux, as we do.
type owner struct{}

func serverOwner() (owner, error) {
	return owner{}, errors.New("only on Linux does it end with the process that started it")
}

func (o owner) attributes() *syscall.SysProcAttr { return nil }

func (o owner) give(string) error { return nil }

func lockFile(*os.File) error { return nil }
