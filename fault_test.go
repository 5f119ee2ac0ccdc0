package minesweep_test

import (
	"encoding/json"
	"testing"

	"minesweep"
)

func TestFaultsAreNamedTheMostFrequentFirst(t *testing.T) {
	for want, f := range map[string]minesweep.Faults{
		"":                                       {},
		"1 no route to host":                     {minesweep.NoRoute: 1},
		"12 no route to host, 1 no buffer space": {minesweep.NoBuffer: 1, minesweep.NoRoute: 12},
		"2 operation not permitted, 2 other":     {minesweep.OtherFault: 2, minesweep.NotPermitted: 2},
		"7 no address or port to send from, 1 other": {minesweep.OtherFault: 1, minesweep.NoSource: 7},
	} {
		if got := f.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestFaultsGoThroughJSON(t *testing.T) {
	var all minesweep.Faults
	for i := range all {
		all[i] = uint64(i) + 1
		if name := minesweep.Fault(i).String(); minesweep.ParseFault(name) != minesweep.Fault(i) || name == "" {
			t.Errorf("kind %d is named %q, which is read as %d", i, name, minesweep.ParseFault(name))
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var again minesweep.Faults
	if err := json.Unmarshal(text, &again); err != nil || again != all {
		t.Errorf("%s was read as %v: %v", text, again, err)
	}
	for text, want := range map[string]minesweep.Faults{
		`{}`: {}, `{"network is down":3}`: {minesweep.NetworkDown: 3},
		`{"a newer kind":3,"another":1}`: {minesweep.OtherFault: 4},
	} {
		if err := json.Unmarshal([]byte(text), &again); err != nil || again != want {
			t.Errorf("%s was read as %v: %v", text, again, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"network is down":-1}`), &again); err == nil {
		t.Error("a count below 0 was read")
	}
}

func TestFaultsAddUp(t *testing.T) {
	a, b := minesweep.Faults{minesweep.NoRoute: 2, minesweep.TooLong: 5}, minesweep.Faults{minesweep.NoRoute: 3}
	if got := a.Plus(b); got != (minesweep.Faults{minesweep.NoRoute: 5, minesweep.TooLong: 5}) || got.Sum() != 10 {
		t.Errorf("together %v", got)
	}
	if got := a.Most(b); got != (minesweep.Faults{minesweep.NoRoute: 3, minesweep.TooLong: 5}) {
		t.Errorf("most %v", got)
	}
	if got := a.UpTo(9); got.Sum() != 9 || got[minesweep.OtherFault] != 2 {
		t.Errorf("up to 9: %v", got)
	}
	if got := a.UpTo(3); got != a {
		t.Errorf("up to less: %v", got)
	}
}
