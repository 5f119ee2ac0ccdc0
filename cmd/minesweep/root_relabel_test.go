//go:build root

package main_test

import (
	"strings"
	"testing"

	"minesweep"
)

// widget is a miner that the built-in rules do not know by name.
const widget = `Invented.
-- cgminer/version 4028 --
{"STATUS":[{"STATUS":"S","When":7,"Code":22,"Msg":"versions","Description":"widget"}],"VERSION":[{"WidgetMiner":"Widget 3","API":"3.7"}],"id":1}
-- want --
verdict: confirmed
class: asic
vendor: Widget
model: Widget 3
`

const widgetRule = `id: widget
about: Widget's own firmware, by its cgminer API.
confusables: Nothing else says WidgetMiner.
claims: {class: asic, vendor: Widget}
rules:
  - probe: cgminer/version
    when:
      - json: /VERSION/0/WidgetMiner
        match: '^Widget (?P<n>\d+)$'
    strength: confirm
    weight: 80
    claims: {model: 'Widget ${n}'}
`

// TestRootRelabelSendsNothing names a device by a new rule, while the device
// is still there and could be asked.
func TestRootRelabelSendsNothing(t *testing.T) {
	n, far := newNetwork(t), newNetwork(t)
	n.join(t, far)
	far.ip(t, "route add blackhole default") // takes the control packets and says nothing
	b := newBuilt(t, n)
	write(t, b.dir, "rules/widget.txtar", widget)
	write(t, b.dir, "rules/widget.yaml", widgetRule)
	device := n.start(t, nil, b.dir, b.path, "lab", "127.78.0.0/28", "--recordings", "rules")
	n.awaitPorts(t, device, "127.78.0.1:4028")
	b.grant(t, "127.78.0.0/28")
	checkHosts(t, b.scan(t, "127.78.0.0/28", "--ports", "4028"),
		wantHost{"a widget", "127.78.0.1", []uint16{4028}, confirmed, minesweep.ASIC})

	const change = `model "" → "Widget 3"`
	for _, c := range []struct {
		args []string
		want string // of its standard output
	}{
		{[]string{"relabel", "--dry-run", "--fingerprints", "rules"}, change},
		{[]string{"relabel", "--fingerprints", "rules"}, change},
		{[]string{"assets", "list", "-o", "jsonl"}, `"model":"Widget 3"`},
	} {
		got := b.silently(t, c.args...)
		if got.status != 0 || !strings.Contains(got.stdout, c.want) {
			t.Errorf("minesweep %s: exit status %d, standard output without %s: %q", strings.Join(c.args, " "), got.status, c.want, got.stdout)
		}
	}
	select {
	case <-device.ended:
		t.Errorf("the device was gone before the end: %v", device.err)
	default:
	}
}
