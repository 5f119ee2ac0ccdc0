package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"minesweep"
)

// change is one field of a host before and after.
type change struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from"`
	To    json.RawMessage `json:"to"`
}

// unchanging are the fields that no judging decides.
var unchanging = []string{"address", "device", "first_seen", "last_seen"}

// changesOf compares two hosts by their JSON, field by field.
func changesOf(from, to minesweep.Host) []change {
	before, after := hostFieldsOf(from), hostFieldsOf(to)
	fields := maps.Clone(before)
	maps.Copy(fields, after)
	var out []change
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		if string(before[f]) != string(after[f]) && !slices.Contains(unchanging, f) {
			out = append(out, change{f, before[f], after[f]})
		}
	}
	return out
}

func hostFieldsOf(h minesweep.Host) map[string]json.RawMessage {
	fields := make(map[string]json.RawMessage)
	text, err := json.Marshal(h)
	if err != nil { // a number that JSON cannot write: shown as a change of everything
		return map[string]json.RawMessage{"host": json.RawMessage(fmt.Sprintf("%q", err))}
	}
	_ = json.Unmarshal(text, &fields) // what Marshal wrote is an object
	return fields
}

// changesText writes the changes for a table, the verdict first, long lists by
// their name alone.
func changesText(changes []change) string {
	sorted := slices.Clone(changes)
	order := []string{"verdict", "class", "vendor", "model", "firmware", "algorithm", "hashrate"}
	slices.SortStableFunc(sorted, func(a, b change) int { return rankIn(order, a.Field) - rankIn(order, b.Field) })
	out := make([]string, len(sorted))
	for i, c := range sorted {
		out[i] = fmt.Sprintf("%s %s → %s", c.Field, shown(c.From), shown(c.To))
		if strings.HasPrefix(string(c.From)+string(c.To), "[") {
			out[i] = c.Field
		}
	}
	return strings.Join(out, ", ")
}

func rankIn(order []string, s string) int {
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

func shown(v json.RawMessage) string {
	if len(v) == 0 {
		return `""`
	}
	return string(v)
}
