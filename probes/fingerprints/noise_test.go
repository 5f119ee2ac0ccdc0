package fingerprints_test

import (
	"math/rand/v2"
	"testing"

	"minesweep"
)

// TestNoiseIsMeasuredInBytes holds random bytes before the rule of Stratum V2:
// some of them are UTF-8 by chance, so that characters would be fewer.
func TestNoiseIsMeasuredInBytes(t *testing.T) {
	set := load(t)
	random := rand.NewChaCha8([32]byte{2, 34})
	for _, n := range []int{205, 233, 234, 235, 300} {
		for range 500 {
			raw := make([]byte, n)
			if _, err := random.Read(raw); err != nil {
				t.Fatal(err)
			}
			fired := false
			for _, e := range set.Judge([]minesweep.Reply{{Probe: "sv2/handshake", Raw: raw}}) {
				fired = fired || e.Fingerprint == "stratum-v2"
			}
			if fired != (n == 234) {
				t.Fatalf("fired on %d bytes is %v: %x", n, fired, raw)
			}
		}
	}
}
