package scanner

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"

	"minesweep"
)

// errNoSource says that no address of this machine is of the target's family.
var errNoSource = errors.New("no address of this machine is of its family")

// faultOfErrno are the kinds of what the system says, the more telling first.
var faultOfErrno = [...]struct {
	errno syscall.Errno
	fault minesweep.Fault
}{
	{syscall.EHOSTUNREACH, minesweep.NoRoute},
	{syscall.ENETUNREACH, minesweep.NetworkUnreachable},
	{syscall.ENETDOWN, minesweep.NetworkDown},
	{syscall.EPERM, minesweep.NotPermitted},
	{syscall.EACCES, minesweep.PermissionDenied},
	{syscall.ENOBUFS, minesweep.NoBuffer},
	{syscall.ENOMEM, minesweep.NoBuffer},
	{syscall.EMFILE, minesweep.NoSocket},
	{syscall.ENFILE, minesweep.NoSocket},
	{syscall.EADDRNOTAVAIL, minesweep.NoSource},
	{syscall.EMSGSIZE, minesweep.TooLong},
	{syscall.EINVAL, minesweep.InvalidArgument},
}

// FaultOf returns of what kind the error is for a probe that was not sent.
func FaultOf(err error) minesweep.Fault {
	for _, f := range faultOfErrno {
		if errors.Is(err, f.errno) {
			return f.fault
		}
	}
	if errors.Is(err, errNoSource) {
		return minesweep.NoSource
	}
	return minesweep.OtherFault
}

// FaultIn returns of what kind a fault is of which only a sentence is known,
// such as a line of naabu's log.
func FaultIn(text string) minesweep.Fault {
	text = strings.ToLower(text)
	for _, f := range faultOfErrno {
		if strings.Contains(text, f.errno.Error()) {
			return f.fault
		}
	}
	switch {
	case strings.Contains(text, "could not find correct source"):
		return minesweep.NoSource
	case strings.Contains(text, "could not find route"):
		return minesweep.NoRoute
	}
	return minesweep.OtherFault
}

// faultCounts counts faults for any number of goroutines.
type faultCounts [len(minesweep.Faults{})]atomic.Uint64

func (c *faultCounts) add(f minesweep.Fault) { c[f].Add(1) }

func (c *faultCounts) load() (sum minesweep.Faults) {
	for i := range c {
		sum[i] = c[i].Load()
	}
	return sum
}
