package scanner

import (
	"fmt"
	"sync/atomic"
	"time"
)

const (
	deafAfter    = int64(3 * time.Second)
	deafExpected = 20 // answers that were due and did not come
	rarely       = 5  // answers a second; below that a canary has to prove that the engine hears
)

// deafness watches whether answers come as evenly as the random order of the
// probes makes them: a receiver that went deaf looks like an empty network.
type deafness struct {
	sentAtLast uint64 // probes sent when the last answer was heard
	last       int64
	canary     atomic.Int64 // when a canary was heard
}

// check reports an error where answers stopped. It is called a few times a
// second with the number of probes sent, of answers heard, and the time of the
// last one.
func (d *deafness) check(sent, received uint64, last, now int64) error {
	if last != d.last {
		d.last, d.sentAtLast = last, sent
	}
	if received == 0 || d.sentAtLast == 0 || now-last < deafAfter {
		return nil
	}
	expected := float64(sent-d.sentAtLast) * float64(received) / float64(d.sentAtLast)
	if expected < deafExpected {
		return nil
	}
	return fmt.Errorf("nothing was heard for %s while about %.0f answers were due: the engine went deaf, what it sent since then does not count",
		time.Duration(now-last).Round(time.Second), expected)
}

// proven is when the engine was last seen to hear: up to then its silence
// means silence. Where answers are rare the canary has to do.
func (d *deafness) proven(received uint64, last, now int64) int64 {
	if float64(received) < rarely*float64(now)/float64(time.Second) {
		return max(last, d.canary.Load())
	}
	return last
}
