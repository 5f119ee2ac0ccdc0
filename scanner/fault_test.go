package scanner

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"minesweep"
)

func TestFaultOf(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, c := range []struct {
		err  error
		want minesweep.Fault
	}{
		{syscall.EHOSTUNREACH, minesweep.NoRoute},
		{dial(syscall.ENETUNREACH), minesweep.NetworkUnreachable},
		{fmt.Errorf("interface eth0 is down: %w (%w)", errDown, syscall.ENETDOWN), minesweep.NetworkDown},
		{syscall.EPERM, minesweep.NotPermitted},
		{dial(syscall.EACCES), minesweep.PermissionDenied},
		{syscall.ENOBUFS, minesweep.NoBuffer},
		{syscall.ENOMEM, minesweep.NoBuffer},
		{dial(syscall.EMFILE), minesweep.NoSocket},
		{dial(syscall.ENFILE), minesweep.NoSocket},
		{dial(syscall.EADDRNOTAVAIL), minesweep.NoSource},
		{errNoSource, minesweep.NoSource},
		{syscall.EMSGSIZE, minesweep.TooLong},
		{syscall.EINVAL, minesweep.InvalidArgument},
		{syscall.EIO, minesweep.OtherFault},
		{errors.New("no route to host"), minesweep.OtherFault}, // a sentence is not asked
		{nil, minesweep.OtherFault},
	} {
		if got := FaultOf(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}

func TestFaultIn(t *testing.T) {
	for text, want := range map[string]minesweep.Fault{
		"Can not send packet to 10.0.0.1:80 port: write ip4 0.0.0.0->10.0.0.1: sendto: operation not permitted\n": minesweep.NotPermitted,
		"Can not send packet to 10.0.0.1:80 port: could not send packet to 10.0.0.1: sendmsg: message too long":   minesweep.TooLong,
		"could not find route to host 10.0.0.1:80: no route found for 10.0.0.1":                                   minesweep.NoRoute,
		"could not find correct source ipv4 for 10.0.0.1:80":                                                      minesweep.NoSource,
		"Can not set network layer for 10.0.0.1:80 port: nil":                                                     minesweep.OtherFault,
		"": minesweep.OtherFault,
	} {
		if got := FaultIn(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
