package schedules

import (
	"encoding/json"
	"errors"
	"time"
)

// errFull says that a lane is to be offered to other nodes: this one has its part.
var errFull = errors.New("this node has its part of the lanes")

// offersARound is how often a lane is passed on before it waits.
const offersARound = 16

// offerAgain returns when a lane that a full node has refused is offered again,
// and offers says how often it was. Each node looks for jobs twice a second: what
// comes back at once is found by all the others before this one looks again, so
// that an idle node gets it wherever in the row it is. A lane that nobody takes
// waits after each round.
func (p paces) offerAgain(offers int64) time.Duration {
	if (offers+1)%offersARound == 0 {
		return p.refused
	}
	return p.refused / 20
}

// offersOf reads how often a job was put off, which River counts in its metadata.
func offersOf(metadata []byte) int64 {
	var said struct {
		Snoozes int64 `json:"snoozes"`
	}
	if json.Unmarshal(metadata, &said) != nil {
		return 0
	}
	return max(said.Snoozes, 0)
}
