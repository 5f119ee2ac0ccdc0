package scanner

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"minesweep"
)

// everyPort makes a sieve that knows no unused port, so that it never knocks.
func everyPort(t testing.TB) *Sieve {
	t.Helper()
	all, err := ParsePorts("-")
	if err != nil {
		t.Fatal(err)
	}
	return NewSieve(SieveConfig{Ports: all})
}

// told is what a port says, and what the rules make of it.
type told struct {
	raw      string
	strength minesweep.Strength // "" nothing
	gone     bool               // no connection was made
}

func (x told) to(s *Sieve, p minesweep.OpenPort) {
	r := minesweep.Reply{Target: p.Target, Probe: "http/", Request: []byte("GET /"), Raw: []byte(x.raw)}
	replies, evidence := []minesweep.Reply{r}, []minesweep.Evidence{{Port: 22, Strength: minesweep.Confirm}}
	if x.gone {
		replies = nil
	}
	if x.strength != "" {
		evidence = append(evidence, minesweep.Evidence{Port: p.Target.Port(), Strength: x.strength})
	}
	s.Heard(p, replies, evidence)
}

// network is 254 addresses of one /24 with one port open.
type network struct {
	name  string
	stack func(i int) minesweep.Stack
	says  func(i int) told
	asked func(n int) bool // how many of them may be asked
	must  []int            // these are asked in any case
}

func all(n int) bool { return n == 254 }

// few is 7 before they are alike and one in 32 after.
func few(n int) bool { return n == 7+7 }

func same(s minesweep.Stack) func(int) minesweep.Stack {
	return func(int) minesweep.Stack { return s }
}

func always(x told) func(int) told { return func(int) told { return x } }

var networks = []network{
	{"a middlebox that says nothing", same(boxed), always(told{}), few, nil},
	{"a middlebox that says the same", same(boxed), always(told{raw: "HTTP/1.1 403 Forbidden\r\n\r\n"}), few, nil},
	{"a farm of equal Antminers", same(linux), always(told{raw: "antMiner", strength: minesweep.Confirm}), all, nil},
	{"equal pages that may be miners", same(linux), always(told{raw: "login", strength: minesweep.Suspect}), all, nil},
	{"equal nodes that do not mine", same(linux), always(told{raw: "false", strength: minesweep.Refute}), all, nil},
	{"routers, each with a page of its own", same(linux),
		func(i int) told { return told{raw: fmt.Sprintf("<title>router %d</title>", i)} }, all, nil},
	{"routers, one of seven with a page", same(linux), func(i int) told {
		if i%7 == 3 {
			return told{raw: "login"}
		}
		return told{}
	}, all, nil},
	{"nobody there when asked", same(boxed), always(told{gone: true}), all, nil},
	{"only an echo", same(boxed), always(told{raw: "GET /", strength: minesweep.Decoy}), few, nil},
	{"stacks of many kinds", func(i int) minesweep.Stack {
		return minesweep.Stack{Heard: true, TTL: uint8(i % 50), Window: 8192, Options: "M"}
	}, always(told{}), all, nil},
	{"a miner behind the middlebox with a stack of its own", func(i int) minesweep.Stack {
		if i == 200 {
			return linux
		}
		return boxed
	}, func(i int) told {
		if i == 200 {
			return told{raw: "antMiner", strength: minesweep.Confirm}
		}
		return told{}
	}, func(n int) bool { return n == 7+7+1 }, []int{200}},
	{"not heard, and nothing said", same(minesweep.Stack{}), always(told{}), func(n int) bool { return n == 63+5 }, nil},
	{"not heard, one of twenty says something", same(minesweep.Stack{}), func(i int) told {
		if i%20 == 10 {
			return told{raw: "login"}
		}
		return told{}
	}, all, nil},
}

func TestSieveHoldsBackWhatAnswersAlike(t *testing.T) {
	for _, tt := range networks {
		t.Run(tt.name, func(t *testing.T) {
			s, n, asked := everyPort(t), 0, map[int]bool{}
			for i := range 254 {
				p := openPort(fmt.Sprintf("10.1.2.%d:443", i+1), tt.stack(i))
				why, err := s.Sift(t.Context(), p, nil)
				if err != nil {
					t.Fatal(err)
				}
				if why == "" {
					n++
					asked[i] = true
					tt.says(i).to(s, p)
				}
			}
			if !tt.asked(n) {
				t.Errorf("%d of 254 were asked", n)
			}
			for _, i := range tt.must {
				if !asked[i] {
					t.Errorf("address %d was not asked", i)
				}
			}
		})
	}
}

func TestSieveSaysHowManyAreAlike(t *testing.T) {
	s := everyPort(t)
	for i := range 8 {
		p := openPort(fmt.Sprintf("10.1.2.%d:443", i+1), boxed)
		why, err := s.Sift(t.Context(), p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if why == "" {
			told{}.to(s, p)
		} else if want := "8 addresses of 10.1.2.0/24 answer port 443 alike and 7 that were asked said nothing"; why != want {
			t.Errorf("%q, want %q", why, want)
		} else {
			return
		}
	}
	t.Error("none was held back")
}

// TestSieveOpensAgain lets a true service appear behind a middlebox that was
// recognised: one in 32 is asked, and then all are.
func TestSieveOpensAgain(t *testing.T) {
	s, held, after := everyPort(t), 0, 0
	for i := range 254 {
		p := openPort(fmt.Sprintf("10.1.2.%d:443", i+1), boxed)
		why, _ := s.Sift(t.Context(), p, nil)
		switch {
		case why != "" && after > 0:
			t.Fatalf("address %d is held back after a true service was found", i)
		case why != "":
			held++
		case i < 100:
			told{}.to(s, p)
		default:
			after++
			told{raw: "antMiner", strength: minesweep.Confirm}.to(s, p)
		}
	}
	if held < 60 || after < 60 {
		t.Errorf("%d held back, %d asked after", held, after)
	}
	// Nor is any other port of that network.
	for i := range 20 {
		p := openPort(fmt.Sprintf("10.1.2.%d:80", i+1), boxed)
		if why, _ := s.Sift(t.Context(), p, nil); why != "" {
			t.Fatalf("port 80: %s", why)
		}
		told{}.to(s, p)
	}
}

// atOnce sifts n addresses at the same time and returns those let through, and
// a function that gives the reasons of the others once they are done.
func atOnce(ctx context.Context, s *Sieve, n int) (through func() []minesweep.OpenPort, end func() []string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var out []minesweep.OpenPort
	var reasons []string
	for i := range n {
		wg.Go(func() {
			p := minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 2, byte(i)}), 443), Stack: boxed}
			why, err := s.Sift(ctx, p, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				reasons = append(reasons, err.Error())
			} else if why != "" {
				reasons = append(reasons, why)
			} else {
				out = append(out, p)
			}
		})
	}
	through = func() []minesweep.OpenPort {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		now := out
		out = nil
		return now
	}
	return through, func() []string { wg.Wait(); return reasons }
}

func TestSieveWaitsForTheSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := everyPort(t)
		through, end := atOnce(t.Context(), s, 200)
		sample := through()
		if len(sample) < 4 || len(sample) > 8 {
			t.Fatalf("%d are asked before any has answered", len(sample))
		}
		for _, p := range sample {
			told{}.to(s, p)
		}
		if n := len(through()); n > 200/32+1 {
			t.Errorf("%d more are asked", n)
		}
		if reasons := end(); len(reasons) < 180 || !strings.Contains(reasons[0], "said nothing") {
			t.Errorf("%d held back: %q", len(reasons), reasons)
		}
	})
}

func TestSieveLetsAllThroughWhereOneIsReal(t *testing.T) {
	for _, tt := range []struct {
		name string
		says [2]told
	}{
		{"a miner", [2]told{{raw: "antMiner", strength: minesweep.Confirm}, {}}},
		{"answers that differ", [2]told{{raw: "a"}, {raw: "b"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := everyPort(t)
				through, end := atOnce(t.Context(), s, 200)
				sample := through()
				tt.says[0].to(s, sample[0])
				tt.says[1].to(s, sample[1])
				if n := len(through()); len(sample)+n != 200 {
					t.Errorf("%d and %d are asked of 200", len(sample), n)
				}
				if reasons := end(); len(reasons) > 0 {
					t.Errorf("held back: %q", reasons)
				}
			})
		})
	}
}

func TestSieveWaitsNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		through, end := atOnce(t.Context(), everyPort(t), 200)
		first := len(through())
		time.Sleep(31 * time.Second)
		if n := len(through()); first+n != 200 {
			t.Errorf("%d and, when the wait is over, %d are asked of 200", first, n)
		}
		end()
	})
}

func TestSieveEndsItsWaitWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		through, end := atOnce(ctx, everyPort(t), 200)
		n := len(through())
		cancel()
		reasons := end()
		if len(reasons) != 200-n || reasons[0] != context.Canceled.Error() {
			t.Errorf("%d of %d: %q", len(reasons), 200-n, reasons[:1])
		}
	})
}

// TestSieveGivesThePlaceOfWhoFailed asks others where a sample does not connect.
func TestSieveGivesThePlaceOfWhoFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := everyPort(t)
		for i := range 8 {
			s.heldAlready(openPort(fmt.Sprintf("10.1.2.%d:443", 240+i), boxed))
		}
		through, end := atOnce(t.Context(), s, 200)
		sample := through()
		told{gone: true}.to(s, sample[0])
		if n := len(through()); len(sample) != 4 || n != 1 {
			t.Errorf("%d are asked, and %d take the place of one; want 4 and 1", len(sample), n)
		}
		for _, p := range sample[1:] {
			told{gone: true}.to(s, p)
		}
		if n := len(through()); n != 195 {
			t.Errorf("once none of the sample connected, %d are asked, want the other 195", n)
		}
		end()
	})
}
