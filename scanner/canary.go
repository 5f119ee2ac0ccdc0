package scanner

import (
	"context"
	"fmt"
	"net"
	"time"
)

const (
	canaryWait  = 3 * time.Second
	canaryEvery = 5 * time.Second
)

// canary listens on a port of our own, has the child probe it, and fails where
// the answer is not heard. A deaf engine looks like an empty network.
func (s *scan) canary(ctx context.Context) error {
	before := s.standing()
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	defer func() { _ = listener.Close() }()
	own, revoke, err := s.cfg.Guard.permitOwn(listener)
	if err != nil {
		return err
	}
	defer revoke()
	reports := s.await(own)
	defer s.forget(own)
	probe := func() error {
		if err := s.scope.permit(own); err != nil {
			return err
		}
		return s.child.send(Command{Target: own})
	}
	if err := s.send(ctx, probe); err != nil {
		return err
	}
	if err := s.hear(ctx, own.String(), reports); err != nil {
		return err
	}
	s.proven.Store(before)
	return s.send(ctx, s.scope.withdraw)
}

func (s *scan) hear(ctx context.Context, own string, reports <-chan Report) error {
	timer := time.NewTimer(canaryWait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-reports:
			if r.State == StateOpen {
				return nil
			}
			if r.State != StateSent {
				return s.deaf(own)
			}
		case <-timer.C:
			return s.deaf(own)
		}
	}
}

func (s *scan) deaf(own string) error {
	if s.tally.sent.Load() == 0 {
		return deaf("canary %s was not heard: the engine is deaf, nothing was scanned", own)
	}
	return deaf("canary %s was not heard: the engine went deaf, what it sent in the last %s does not count", own, canaryEvery)
}
