package web

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Systemd tells systemd that the process is ready, and again and again that it
// lives while [Sight.Healthy] says so; getenv reads NOTIFY_SOCKET and
// WATCHDOG_USEC (sd_notify(3)). It returns nil when ctx ends, and at once where
// nobody listens.
func (s *Sight) Systemd(ctx context.Context, getenv func(string) string) error {
	path := getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	// An unnamed socket of this machine: no target is reached by it.
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("systemd: %w", err)
	}
	defer func() { _ = conn.Close() }()
	say := func(word string) error {
		if _, err := conn.WriteToUnix([]byte(word), &net.UnixAddr{Name: path, Net: "unixgram"}); err != nil {
			return fmt.Errorf("systemd: %s could not be said: %w", word, err)
		}
		return nil
	}
	if err := say("READY=1"); err != nil {
		return err
	}
	if err := s.watchdog(ctx, getenv("WATCHDOG_USEC"), say); err != nil {
		return err
	}
	<-ctx.Done()
	return say("STOPPING=1")
}

// watchdog says twice in each period that the process lives.
func (s *Sight) watchdog(ctx context.Context, period string, say func(string) error) error {
	usec, err := strconv.ParseInt(period, 10, 64)
	if err != nil || usec < 2000 {
		return nil // systemd does not watch
	}
	tick := time.NewTicker(time.Duration(usec) * time.Microsecond / 2)
	defer tick.Stop()
	for {
		if s.Healthy() == nil {
			if err := say("WATCHDOG=1"); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
