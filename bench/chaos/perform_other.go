//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
	"time"
)

func perform(context.Context, options, func() time.Time, io.Writer) error {
	return errors.New("the laboratory is made of Linux's network namespaces; run this on Linux, as root")
}
