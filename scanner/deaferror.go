package scanner

import (
	"errors"
	"fmt"
)

// ErrDeaf is wrapped by the error of a run that ended because the engine did not
// hear what it should have heard; what it sent since then does not count.
var ErrDeaf = errors.New("the engine is deaf")

// deafError is one sentence that wraps [ErrDeaf] without repeating it.
type deafError string

func deaf(format string, args ...any) error { return deafError(fmt.Sprintf(format, args...)) }

func (e deafError) Error() string { return string(e) }

func (deafError) Unwrap() error { return ErrDeaf }
