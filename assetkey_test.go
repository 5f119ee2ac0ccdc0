package minesweep_test

import (
	"net/netip"
	"testing"

	"minesweep"
)

func TestAssetKey(t *testing.T) {
	addr := netip.MustParseAddr("10.0.0.7")
	tests := []struct {
		name string
		host minesweep.Host
		want string
	}{
		{"mac", minesweep.Host{MAC: "02:AA:bb:00:00:01", Serial: "SN1234"}, "mac:02:aa:bb:00:00:01"},
		{"hashed mac", minesweep.Host{MAC: "02:aa:bb:#12345678"}, "mac:02:aa:bb:#12345678"},
		{"zero mac", minesweep.Host{MAC: "00:00:00:00:00:00", Serial: "SN1234", Vendor: "Canaan"}, "serial:canaan:SN1234"},
		{"broadcast mac", minesweep.Host{MAC: "FF:FF:FF:FF:FF:FF"}, "addr:10.0.0.7"},
		{"serial", minesweep.Host{Serial: "HTX-0099", Vendor: "Bitmain"}, "serial:bitmain:HTX-0099"},
		{"placeholder serial", minesweep.Host{Serial: "unknown"}, "addr:10.0.0.7"},
		{"short serial", minesweep.Host{Serial: "1"}, "addr:10.0.0.7"},
		{"zero serial", minesweep.Host{Serial: "00000000"}, "addr:10.0.0.7"},
		{"nothing", minesweep.Host{}, "addr:10.0.0.7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.host.Address = addr
			if got := tt.host.AssetKey(); got != tt.want {
				t.Errorf("AssetKey() = %q, want %q", got, tt.want)
			}
		})
	}
}
