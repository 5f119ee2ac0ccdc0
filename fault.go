package minesweep

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Fault is why a probe was not sent: one of a few kinds, in the words of the
// system where it has some.
type Fault uint8

// The kinds of fault. OtherFault is what has no kind of its own, and what an
// older version counted without saying why.
const (
	OtherFault Fault = iota
	NoRoute
	NetworkUnreachable
	NetworkDown
	NotPermitted // a firewall of this machine took the packet
	PermissionDenied
	NoBuffer
	NoSocket
	NoSource
	TooLong
	InvalidArgument
	faultKinds
)

var faultNames = [faultKinds]string{
	OtherFault: "other", NoRoute: "no route to host", NetworkUnreachable: "network is unreachable",
	NetworkDown: "network is down", NotPermitted: "operation not permitted", PermissionDenied: "permission denied",
	NoBuffer: "no buffer space", NoSocket: "no socket left", NoSource: "no address or port to send from",
	TooLong: "message too long", InvalidArgument: "invalid argument",
}

// String returns the name of the kind; ParseFault reads it.
func (f Fault) String() string {
	if f >= faultKinds {
		f = OtherFault
	}
	return faultNames[f]
}

// ParseFault returns the kind of that name, and OtherFault for a name that is none.
func ParseFault(name string) Fault {
	if i := slices.Index(faultNames[:], name); i >= 0 {
		return Fault(i)
	}
	return OtherFault
}

// Faults counts probes that were not sent, by kind.
type Faults [faultKinds]uint64

// Sum returns how many there are of all kinds.
func (f Faults) Sum() (n uint64) {
	for _, c := range f {
		n += c
	}
	return n
}

// Plus returns the sum of both, kind by kind.
func (f Faults) Plus(g Faults) Faults {
	for i := range f {
		f[i] += g[i]
	}
	return f
}

// Most returns the greater of both, kind by kind.
func (f Faults) Most(g Faults) Faults {
	for i := range f {
		f[i] = max(f[i], g[i])
	}
	return f
}

// UpTo returns f with so many more of OtherFault that the sum is n, or f where
// it is that already.
func (f Faults) UpTo(n uint64) Faults {
	if sum := f.Sum(); sum < n {
		f[OtherFault] += n - sum
	}
	return f
}

// String names the kinds that there are, the most frequent first: "12 no route
// to host, 1 no buffer space". It is "" where nothing is counted.
func (f Faults) String() string {
	var kinds []Fault
	for i, n := range f {
		if n > 0 {
			kinds = append(kinds, Fault(i))
		}
	}
	slices.SortFunc(kinds, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(f[b], f[a]), cmp.Compare(a-1, b-1)) // OtherFault-1 is the greatest
	})
	parts := make([]string, len(kinds))
	for i, k := range kinds {
		parts[i] = fmt.Sprintf("%d %s", f[k], k)
	}
	return strings.Join(parts, ", ")
}

// MarshalJSON writes an object of the kinds that there are, by name.
func (f Faults) MarshalJSON() ([]byte, error) {
	named := make(map[string]uint64)
	for i, n := range f {
		if n > 0 {
			named[faultNames[i]] = n
		}
	}
	return json.Marshal(named)
}

// UnmarshalJSON reads such an object; a name that is no kind counts as OtherFault.
func (f *Faults) UnmarshalJSON(text []byte) error {
	var named map[string]uint64
	if err := json.Unmarshal(text, &named); err != nil {
		return err
	}
	*f = Faults{}
	for name, n := range named {
		f[ParseFault(name)] += n
	}
	return nil
}
