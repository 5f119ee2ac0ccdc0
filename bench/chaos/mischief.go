package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// kind is what goes wrong.
type kind string

const (
	kill    kind = "kill -9 of a worker"
	term    kind = "SIGTERM to a worker"
	cut     kind = "cut from the database"
	crash   kind = "crash of the database"
	restart kind = "restart of the database"
)

// deck holds each kind as often as it comes among so many.
var deck = []kind{kill, kill, kill, term, cut, cut, crash, restart}

// everybody is the node of what hits all of them.
const everybody = -1

// mischief is one thing that goes wrong.
type mischief struct {
	at    time.Duration // since the sweep began to send
	kind  kind
	node  int           // of kill, term and cut; else everybody
	lasts time.Duration // until it is put right: started again, joined again
	known bool          // of cut: the node's kernel knows that its link is down
}

func (m mischief) String() string {
	who := ""
	if m.node != everybody {
		who = fmt.Sprintf(" %d", m.node+1)
	}
	return fmt.Sprintf("%s%s for %.1f s", m.kind, who, m.lasts.Seconds())
}

// lastsFor is how long a kind lasts: from, to.
func (k kind) lastsFor(r *rand.Rand) time.Duration {
	from, to := 500*time.Millisecond, 4*time.Second
	if k == cut {
		from, to = 5*time.Second, 30*time.Second
	}
	return between(r, from, to)
}

// recoup is how long a subject is left alone after it was put right.
const recoup = 3 * time.Second

// forecast says what goes wrong within length. Each kind comes once at least
// before one comes as often as the deck has it, one thing at a time for each
// worker and for the database.
func forecast(r *rand.Rand, nodes int, length time.Duration) []mischief {
	var out []mischief
	var cards []kind
	free := make([]time.Duration, nodes+1) // the last is the database's
	for at := 4*time.Second + between(r, 0, 4*time.Second); at < length; at += between(r, 8*time.Second, 20*time.Second) {
		if len(cards) == 0 {
			cards = slices.Clone(deck)
			r.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
		}
		m := mischief{at: at, kind: cards[0], node: everybody, lasts: cards[0].lastsFor(r), known: r.IntN(2) == 0}
		subject := nodes
		if m.kind != crash && m.kind != restart {
			subject = r.IntN(nodes)
			m.node = subject
		}
		if free[subject] > at {
			continue // the card comes again
		}
		cards = cards[1:]
		free[subject] = at + m.lasts + recoup
		out = append(out, m)
	}
	return out
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}
