package fingerprints_test

import (
	"strings"
	"testing"

	"minesweep"
)

// BenchmarkJudge judges one host each time, by turns all recorded devices and
// innocents, which are a mixture as a sweep meets.
func BenchmarkJudge(b *testing.B) {
	set := load(b)
	hosts := recordedDevices(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		set.Judge(hosts[i%len(hosts)].Replies)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "hosts/s")
}

// BenchmarkJudgeLargestReply judges what a hostile peer can cost at most.
func BenchmarkJudgeLargestReply(b *testing.B) {
	set := load(b)
	page := "HTTP/1.1 200 OK\r\n\r\n<html>" + strings.Repeat("cgminer antminer <title>", 50000)
	nested := `{"STATS":[` + strings.Repeat(`{"GHS 5s":"1","Type":"Antminer"},`, 30000)
	for name, raw := range map[string]string{"page": page, "json": nested} {
		b.Run(name, func(b *testing.B) {
			probe := map[string]string{"page": "http/", "json": "cgminer/stats"}[name]
			replies := []minesweep.Reply{{Probe: probe, Raw: []byte(raw)}}
			b.ReportAllocs()
			for b.Loop() {
				set.Judge(replies)
			}
		})
	}
}
