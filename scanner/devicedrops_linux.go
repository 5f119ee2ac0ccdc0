package scanner

import "fmt"

// deviceDrops counts what the devices took from us and did not send. Other
// programs of the machine may have a part in it.
type deviceDrops struct {
	routes *routes
	before map[int]uint64 // by interface index, when the scan began
}

func newDeviceDrops(r *routes) *deviceDrops {
	d := &deviceDrops{routes: r, before: make(map[int]uint64)}
	d.each(func(index int, _ string, dropped uint64) { d.before[index] = dropped })
	return d
}

func (d *deviceDrops) each(tell func(index int, name string, dropped uint64)) {
	seen := make(map[int]bool)
	for _, h := range d.routes.hops() {
		link, err := d.routes.kernel.handle.LinkByIndex(h.index)
		if seen[h.index] || err != nil || link.Attrs().Statistics == nil {
			continue
		}
		seen[h.index] = true
		tell(h.index, h.name, link.Attrs().Statistics.TxDropped)
	}
}

// sentence says which device dropped how much, or "".
func (d *deviceDrops) sentence() string {
	sentence := ""
	d.each(func(index int, name string, dropped uint64) {
		if n := dropped - d.before[index]; n > 0 && sentence == "" {
			sentence = fmt.Sprintf("%s dropped %d packets after they were handed to it: what they were for was not probed; a lower --rate or a queue (tc qdisc) helps", name, n)
		}
	})
	return sentence
}
