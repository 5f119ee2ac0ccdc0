package db

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"

	"minesweep"
)

// A host is kept as JSON. JSON cannot hold bytes that are not UTF-8, so each
// such byte b becomes the code point escapeBase+b of a private plane, and so
// do the bytes of a code point that is itself in that range: every string
// comes back as it was.
const escapeBase = 0x10FF00

func encodeHost(h minesweep.Host) ([]byte, error) {
	for _, number := range []**float64{&h.Hashrate, &h.PowerW} {
		if *number != nil && (math.IsNaN(**number) || math.IsInf(**number, 0)) {
			*number = nil // no JSON has it, and it says nothing
		}
	}
	mapStrings(reflect.ValueOf(&h).Elem(), escape)
	return json.Marshal(h)
}

func decodeHost(body []byte) (minesweep.Host, error) {
	var h minesweep.Host
	if err := json.Unmarshal(body, &h); err != nil {
		return minesweep.Host{}, err
	}
	mapStrings(reflect.ValueOf(&h).Elem(), unescape)
	return h, nil
}

// mapStrings puts every string of v through f. Slices are copied first: they
// may be the caller's.
func mapStrings(v reflect.Value, f func(string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f(v.String()))
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		v.Set(fresh)
		for i := range v.Len() {
			mapStrings(v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				mapStrings(v.Field(i), f)
			}
		}
	}
}

func escape(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, escaped) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if (r == utf8.RuneError && n == 1) || escaped(r) {
			for _, c := range []byte(s[:n]) {
				b.WriteRune(escapeBase + rune(c))
			}
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func unescape(s string) string {
	if !strings.ContainsFunc(s, escaped) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if escaped(r) {
			b.WriteByte(byte(r - escapeBase))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func escaped(r rune) bool { return r >= escapeBase && r <= escapeBase+0xff }
