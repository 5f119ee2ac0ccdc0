//go:build root

package postgres_test

import (
	"os/exec"
	"testing"

	"minesweep/lab/postgres"
	"minesweep/lab/wire"
)

func TestRootInANetworkOfItsOwn(t *testing.T) {
	network, err := wire.NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = network.Close() })
	if err := network.Run(exec.Command("ip", "link", "set", "lo", "up")); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Start(t.Context(), postgres.Options{Listen: "127.0.0.1:5433", Inside: network.Inside})
	postgres.Need(t, err)
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := value(t, s.URL("postgres"), "SELECT 'out'"); err == nil {
		t.Fatal("it is reached from outside its network")
	}
	if word, err := value(t, s.SocketURL("postgres"), "SELECT 'in'"); err != nil || word != "in" {
		t.Fatalf("by its socket: %q, %v", word, err)
	}
	probe := exec.Command("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5433")
	if err := network.Run(probe); err != nil {
		t.Fatalf("inside its network: %v", err)
	}
}
