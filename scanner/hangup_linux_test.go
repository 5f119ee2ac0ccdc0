package scanner

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// TestCloseForgetsWhatWasNotTaken: a peer that does not take what it was sent is
// reset, for the kernel would go on sending it.
func TestCloseForgetsWhatWasNotTaken(t *testing.T) {
	t.Parallel()
	peer, conn := dialled(t)
	if _, err := peer.Write([]byte{'+'}); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = conn.Write(make([]byte, 64<<20)) }() // more than the buffers hold
	tcp := conn.(*guardedConn).Conn.(*net.TCPConn)
	for t.Context().Err() == nil && notTaken(tcp) < 256<<10 {
		time.Sleep(time.Millisecond)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, peer); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer read %v, want %v", err, syscall.ECONNRESET)
	}
}

// TestCloseResetsTheSilent: whether a peer that says nothing still lives is not
// known, and an end in order would be repeated to one that does not.
func TestCloseResetsTheSilent(t *testing.T) {
	t.Parallel()
	peer, conn := dialled(t)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, peer); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer read %v, want %v", err, syscall.ECONNRESET)
	}
}

// TestCloseEndsWhatWasTaken: a peer that keeps up sees an end, and no fault.
func TestCloseEndsWhatWasTaken(t *testing.T) {
	t.Parallel()
	peer, conn := dialled(t)
	if _, err := conn.Write(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(peer, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Write([]byte{'+'}); err != nil { // with it comes the acknowledgement
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, peer); n != 0 || err != nil {
		t.Errorf("the peer read %d bytes more and %v, want the end", n, err)
	}
}

// dialled returns both ends of a connection that a guard let through.
func dialled(t *testing.T) (peer, conn net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := newGuard(t, &book{grants: grants("127.0.0.0/8")}, time.Now)
	conn, err = g.Dial(t.Context(), netip.MustParseAddrPort(l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	peer, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	return peer, conn
}
