package scanner

import (
	"errors"
	"fmt"
	"time"

	"minesweep"
)

const replyWait = time.Second

// DefaultInFlight is how many connections naabu has in flight unless
// [NaabuConfig.InFlight] says otherwise.
const DefaultInFlight = 2048

// NaabuConfig is what a [Naabu] needs.
type NaabuConfig struct {
	// Path is the helper, minesweep-naabu; "" looks beside the executable and
	// then in PATH.
	Path string
	// Engine is "auto", "connect" or "syn"; "" means auto: SYN where the
	// process may and libpcap is present, connect elsewhere.
	Engine string
	// Guard admits each target. Required.
	Guard *Guard
	// Timeout is how long an answer is waited for; 0: 1 s.
	Timeout time.Duration
	// InFlight is how many connections may be tried at once; 0: [DefaultInFlight]. SYN
	// probes that wait for an answer are not counted.
	InFlight int
	// Now tells the time. Required.
	Now func() time.Time
	// Notice takes one sentence for the operator, such as which engine is used
	// and why. It may be nil, and may be called from several goroutines.
	Notice func(string)
}

// Naabu finds open ports with naabu's engine, which runs in a child process.
// It implements [minesweep.Scanner]; scans may run at the same time.
type Naabu struct {
	cfg      NaabuConfig
	path     string
	childEnv []string // added to the child's environment; of tests only
}

var _ minesweep.Scanner = (*Naabu)(nil)

// NewNaabu looks for the helper. The error of a missing one says where it was
// looked for and how it is built.
func NewNaabu(cfg NaabuConfig) (*Naabu, error) {
	switch cfg.Engine {
	case "":
		cfg.Engine = "auto"
	case "auto", "connect", "syn":
	default:
		return nil, fmt.Errorf("engine %q is not known, write auto, connect or syn", clip(cfg.Engine))
	}
	switch {
	case cfg.Guard == nil:
		return nil, errors.New("naabu: no guard was given")
	case cfg.Now == nil:
		return nil, errors.New("naabu: no clock was given")
	case cfg.Timeout < 0 || cfg.InFlight < 0:
		return nil, errors.New("naabu: a bound is below 0")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = replyWait
	}
	if cfg.InFlight == 0 {
		cfg.InFlight = DefaultInFlight
	}
	if cfg.Notice == nil {
		cfg.Notice = func(string) {}
	}
	path, err := findHelper(cfg.Path)
	if err != nil {
		return nil, err
	}
	return &Naabu{cfg: cfg, path: path}, nil
}
