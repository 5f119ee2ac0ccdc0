package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
	"minesweep/mapper"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// TestStoreHoldsNobody sweeps homes and then looks for what names a person in
// every stored reply and host.
func TestStoreHoldsNobody(t *testing.T) {
	skipInRace(t)
	t.Parallel()
	f := newField(t, "127.9.12.0/24", 120)
	f.run(f.scan...)
	store, err := db.Open(t.Context(), f.db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	shown := bytes.ToLower([]byte(f.run("sweeps", "show", "1", "-o", "jsonl") + f.run("assets", "list", "-o", "jsonl")))
	looked := 0
	for addr, want := range f.truth {
		replies, err := store.Replies(t.Context(), 1, addr)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{want.MAC, want.Worker, want.Serial} {
			if len(secret) < 5 || strings.HasPrefix(secret, "#") {
				continue // too short to tell from chance
			}
			looked++
			if bytes.Contains(shown, []byte(strings.ToLower(secret))) {
				t.Errorf("host %s: the map shows %q", addr, secret)
			}
			for _, r := range replies {
				if bytes.Contains(bytes.ToLower(r.Raw), []byte(strings.ToLower(secret))) {
					t.Errorf("host %s: the stored reply to %s holds %q", addr, r.Probe, secret)
				}
			}
		}
	}
	if looked < 40 {
		t.Errorf("only %d names were looked for: the fleet names nobody", looked)
	}
}

// TestScrubbedRepliesJudgeTheSame: what is taken out before judging changes
// neither what a device is nor by what token it is known.
func TestScrubbedRepliesJudgeTheSame(t *testing.T) {
	skipInRace(t)
	t.Parallel()
	rules, err := fingerprints.Load(fingerprints.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	devices, err := recordings.ReadDir(fingerprints.Recordings(), "testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapper.New(mapper.Config{Key: []byte("0123456789abcdef0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	home := &minesweep.Grant{Name: "homes", Privacy: minesweep.Individual}
	judge := func(replies []minesweep.Reply) minesweep.Host {
		h := m.Assess(minesweep.Observation{Replies: replies, Evidence: rules.Judge(replies), Grant: home})
		h.Evidence, h.Doubts = nil, nil // they quote, and a token quotes otherwise
		return h
	}
	for _, d := range devices {
		plain, scrubbed := judge(d.Replies), judge(m.Scrub(home, d.Replies))
		if !reflect.DeepEqual(plain, scrubbed) {
			t.Errorf("%s:\nas received %+v\nas stored   %+v", d.Name, plain, scrubbed)
		}
	}
}
