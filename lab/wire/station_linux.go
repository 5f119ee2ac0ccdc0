package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// block is a map of one value, which a program reaches without a look-up and
// this process as memory.
type block struct {
	*ebpf.Map
	memory []byte
}

func newBlock(name string, size int) (*block, error) {
	m, err := ebpf.NewMap(&ebpf.MapSpec{Name: "wire_" + name, Type: ebpf.Array, KeySize: 4, ValueSize: uint32(size),
		MaxEntries: 1, Flags: unix.BPF_F_MMAPABLE})
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", name, err)
	}
	memory, err := unix.Mmap(m.FD(), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		_ = m.Close()
		return nil, fmt.Errorf("map %s: %w", name, err)
	}
	return &block{m, memory}, nil
}

func (b *block) close() {
	_ = unix.Munmap(b.memory)
	b.memory = nil
	_ = b.Close()
}

// maps are what a program reads and writes.
type maps struct {
	state, timelines, ports, pairs *block
	scope4, scope6, places         *ebpf.Map
}

// station is a responder at work.
type station struct {
	Responder
	maps
	program *ebpf.Program
}

// newStation loads the program that does what r says.
func newStation(r Responder) (_ *station, err error) {
	s := &station{Responder: r}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := s.makeBlocks(); err != nil {
		return nil, err
	}
	if err := s.makePlaces(); err != nil {
		return nil, err
	}
	if r.Scope != nil {
		if err := s.makeScope(); err != nil {
			return nil, err
		}
	}
	s.program, err = load("wire_responder", s.assemble(s.maps))
	return s, err
}

func (r *Responder) check() error {
	is4 := func(p netip.Prefix) bool { return p.Addr().Is4() }
	switch {
	case len(r.Options)%4 != 0 || len(r.Options) > 40:
		return fmt.Errorf("TCP options are %d bytes long; whole words of 4, at most 40", len(r.Options))
	case len(r.Watch) > mostWatched:
		return fmt.Errorf("%d places to watch; at most %d", len(r.Watch), mostWatched)
	case slices.ContainsFunc(r.Watch, func(p netip.Prefix) bool { return !is4(p) }):
		return errors.New("places to watch are IPv4")
	case slices.ContainsFunc(r.Places, func(p Place) bool { return !is4(p.Prefix) }):
		return errors.New("places are IPv4")
	}
	return r.Pairs.check()
}

func (s *station) makeBlocks() (err error) {
	if s.state, err = newBlock("state", stateSize); err != nil {
		return err
	}
	if s.timelines, err = newBlock("timelines", (1+len(s.Watch))*slots*4); err != nil {
		return err
	}
	if len(s.Pairs.Ports) == 0 {
		return nil
	}
	if s.ports, err = newBlock("ports", 2<<16); err != nil {
		return err
	}
	copy(s.ports.memory, s.Pairs.table())
	s.pairs, err = newBlock("pairs", s.Pairs.size())
	return err
}

func trie(name string, address, value uint32) (*ebpf.Map, error) {
	m, err := ebpf.NewMap(&ebpf.MapSpec{Name: "wire_" + name, Type: ebpf.LPMTrie, KeySize: 4 + address, ValueSize: value,
		MaxEntries: 1 << 20, Flags: unix.BPF_F_NO_PREALLOC})
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", name, err)
	}
	return m, nil
}

// trieKey is p as a trie of prefixes has it.
func trieKey(p netip.Prefix) []byte {
	key := binary.NativeEndian.AppendUint32(nil, uint32(p.Bits()))
	return append(key, p.Masked().Addr().AsSlice()...)
}

// makePlaces fills the trie that says how prefixes answer, where there are any.
func (s *station) makePlaces() (err error) {
	for _, p := range s.Places {
		if s.places == nil {
			if s.places, err = trie("places", 4, 16); err != nil {
				return err
			}
		}
		value := make([]byte, 16)
		binary.NativeEndian.PutUint32(value, uint32(p.Kind))
		binary.NativeEndian.PutUint32(value[4:], p.After)
		if err := s.places.Put(trieKey(p.Prefix), value); err != nil {
			return fmt.Errorf("place %s: %w", p.Prefix, err)
		}
	}
	return nil
}

func (s *station) makeScope() (err error) {
	if s.scope4, err = trie("scope4", 4, 4); err != nil {
		return err
	}
	if s.scope6, err = trie("scope6", 16, 4); err != nil {
		return err
	}
	for _, p := range s.Scope {
		m := s.scope4
		if p.Addr().Is6() {
			m = s.scope6
		}
		if err := m.Put(trieKey(p), uint32(1)); err != nil {
			return fmt.Errorf("scope %s: %w", p, err)
		}
	}
	return nil
}

func (s *station) close() {
	if s.program != nil {
		_ = s.program.Close()
	}
	for _, b := range []*block{s.state, s.timelines, s.ports, s.pairs} {
		if b != nil {
			b.close()
		}
	}
	for _, m := range []*ebpf.Map{s.scope4, s.scope6, s.places} {
		if m != nil {
			_ = m.Close()
		}
	}
}

// Answer puts r on far0 in place of what answered before. All counts begin
// anew. Nothing is left unanswered in between.
func (l *Lab) Answer(r Responder) error {
	s, err := newStation(r)
	if err != nil {
		return fmt.Errorf("responder: %w", err)
	}
	if l.answering == nil {
		l.answering, err = l.far.attach(s.program, FarDevice)
	} else {
		err = l.answering.Update(s.program)
	}
	if err != nil {
		s.close()
		return fmt.Errorf("responder: %w", err)
	}
	if l.station != nil {
		l.station.close()
	}
	l.station = s
	return nil
}

// Responder tells what answers now.
func (l *Lab) Responder() *Responder { return &l.station.Responder }

// Seen reads how many SYNs each of the responder's Pairs got.
func (l *Lab) Seen() (*Seen, error) {
	if l.station.pairs == nil {
		return nil, errors.New("no pairs are counted; say which in Responder.Pairs")
	}
	return &Seen{l.station.Pairs, slices.Clone(l.station.pairs.memory)}, nil
}
