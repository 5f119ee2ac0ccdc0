package probes

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"minesweep"
)

// reading bounds one exchange in time and size.
type reading struct {
	idle, total time.Duration
	limit       int
}

// answer is what one exchange brought.
type answer struct {
	raw     []byte
	end     minesweep.End
	refused string
}

// exchange sends the question and reads until its answer is complete or a
// bound is reached. The error is ctx's and nothing else.
func (r reading) exchange(ctx context.Context, conn net.Conn, p Probe, target netip.AddrPort) (answer, error) {
	w := r.watch(ctx, conn)
	defer w.stop()
	if p.TLS {
		client := tls.Client(conn, tlsConfig())
		if err := client.HandshakeContext(ctx); err != nil {
			end := w.endOf(err, 0)
			return answer{end: end, refused: noTLS + refusal(end)}, ctx.Err()
		}
		conn = client
	}
	if p.Request != "" {
		_, _ = conn.Write(p.fill(target)) // the reading tells what became of it
	}
	raw, end := r.read(conn, w, p.Framing.framer())
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	a := answer{raw: raw, end: end}
	if len(raw) == 0 {
		a.refused = refusal(end)
	}
	return a, nil
}

// Thousands of peers may be silent at the same time, so that the first buffer
// is small; one who has much to say gets a larger one.
const (
	firstRead = 1 << 10
	nextReads = 16 << 10
)

func (r reading) read(conn net.Conn, w *watch, f framer) ([]byte, minesweep.End) {
	var raw []byte
	buf := make([]byte, firstRead)
	for {
		n, err := conn.Read(buf[:min(len(buf), r.limit-len(raw))])
		if n > 0 {
			w.heard(n)
			raw = append(raw, buf[:n]...)
			if n == firstRead && len(buf) == firstRead {
				buf = make([]byte, nextReads)
			}
			if f.complete(raw, len(raw)-n) {
				return raw, minesweep.EndComplete
			}
			if len(raw) >= r.limit {
				return raw, minesweep.EndLimit
			}
		}
		if err != nil {
			return raw, w.endOf(err, len(raw))
		}
	}
}

// noTLS begins the reason of a reply whose TLS handshake failed.
const noTLS = "tls handshake: "

func refusal(end minesweep.End) string {
	switch end {
	case minesweep.EndReset:
		return "connection reset"
	case minesweep.EndEOF:
		return "closed without an answer"
	}
	return "deadline exceeded"
}

// tlsConfig accepts any certificate and every version: devices have
// self-signed ones from years ago, and we identify the peer, we do not trust
// it. Nothing secret is ever sent.
func tlsConfig() *tls.Config {
	suites := make([]uint16, 0, 32)
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		suites = append(suites, s.ID)
	}
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: suites} //nolint:gosec // see above
}

// watch ends a connection's reads and writes when the peer falls silent, when
// the total time is over, or when ctx ends. It uses timers, not the clock.
type watch struct {
	idle     time.Duration
	silence  *time.Timer
	silent   atomic.Bool
	trickle  *time.Timer
	reads    atomic.Int64
	bytes    atomic.Int64
	stopFunc func() bool
	struck   chan struct{}
	cancel   context.CancelFunc
}

func (r reading) watch(ctx context.Context, conn net.Conn) *watch {
	_ = conn.SetDeadline(time.Time{})
	ctx, cancel := context.WithTimeout(ctx, r.total)
	w := &watch{idle: r.idle, cancel: cancel, struck: make(chan struct{})}
	w.stopFunc = context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0)) // long past: every read and write returns
		close(w.struck)
	})
	w.silence = time.AfterFunc(r.idle, func() {
		w.silent.Store(true)
		cancel()
	})
	// Half of the time tells a tarpit: it spoke again and again and said nothing.
	w.trickle = time.AfterFunc(r.total/2, func() {
		if w.reads.Load() >= dripReads && w.bytes.Load() < dripBytes {
			cancel()
		}
	})
	return w
}

// A peer that in half of the total time was read dripReads times and gave less
// than dripBytes drips.
const (
	dripReads = 4
	dripBytes = 64
)

// heard starts the wait for silence anew.
func (w *watch) heard(n int) {
	w.silence.Reset(w.idle)
	w.reads.Add(1)
	w.bytes.Add(int64(n))
}

// stop releases the watch; the connection may be used again afterwards.
func (w *watch) stop() {
	w.silence.Stop()
	w.trickle.Stop()
	if !w.stopFunc() {
		<-w.struck
	}
	w.cancel()
}

// endOf says how a reading of n bytes ended that ended with err.
func (w *watch) endOf(err error, n int) minesweep.End {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		if n > 0 && !w.silent.Load() {
			return minesweep.EndDrip
		}
		return minesweep.EndIdle
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return minesweep.EndReset
	}
	return minesweep.EndEOF
}
