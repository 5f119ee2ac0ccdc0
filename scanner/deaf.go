package scanner

import (
	"math"
	"sync/atomic"
	"time"
)

const (
	deafAfter    = int64(3 * time.Second)
	deafExpected = 20 // answers that were due and did not come
	deafDoubt    = 3  // of them make a canary's word count no longer
	rarely       = 5  // answers a second; below that a canary has to prove that the engine hears
)

// deafness watches whether answers come as evenly as the random order of the
// probes makes them: a receiver that went deaf looks like an empty network. The
// answers of canaries are not among those that it counts.
type deafness struct {
	sentAtLast uint64 // probes sent when the last answer was heard
	last       int64
	canary     atomic.Int64 // when a canary was heard
}

// check reports an error where answers stopped. It is called a few times a
// second with the number of probes sent, of answers heard, and the time of the
// last one.
func (d *deafness) check(sent, heard uint64, last, now int64) error {
	if last != d.last {
		d.last, d.sentAtLast = last, sent
	}
	due := d.due(sent, heard)
	if now-last < deafAfter || due < deafExpected {
		return nil
	}
	return deaf("nothing was heard for %s while about %.0f answers were due: the engine went deaf, what it sent since then does not count",
		time.Duration(now-last).Round(time.Second), due)
}

// due is how many answers should have come since the last one, at least: two
// standard deviations below the mean, for a few early ones say little.
func (d *deafness) due(sent, heard uint64) float64 {
	known := float64(heard) - 2*math.Sqrt(float64(heard))
	if known <= 0 || d.sentAtLast == 0 {
		return 0
	}
	return float64(sent-min(sent, d.sentAtLast)) * known / float64(d.sentAtLast)
}

// proven is when the engine was last seen to hear: up to then its silence
// means silence. Where answers are rare the canary has to do, unless they
// should have come since.
func (d *deafness) proven(sent, heard uint64, last, now int64) int64 {
	if float64(heard) < rarely*float64(now)/float64(time.Second) && d.due(sent, heard) < deafDoubt {
		return max(last, d.canary.Load())
	}
	return last
}
