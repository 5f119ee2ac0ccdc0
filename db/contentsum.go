package db

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
)

// contentSum is what a table holds, in one number: the sum of the SHA-256 of
// its rows, so that the order of rows, which databases choose, does not matter.
type contentSum struct {
	rows  int64
	words [4]uint64
}

// add takes one row in. Numbers and booleans of both databases read alike.
func (s *contentSum) add(values []any) error {
	var stack [1024]byte
	row := stack[:0]
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			row = append(row, 'n')
		case bool:
			row = appendNumber(row, b2i(v))
		case int16:
			row = appendNumber(row, int64(v))
		case int32:
			row = appendNumber(row, int64(v))
		case int64:
			row = appendNumber(row, v)
		case string:
			row = append(appendLength(row, 't', len(v)), v...)
		case []byte:
			row = append(appendLength(row, 'b', len(v)), v...)
		default:
			return fmt.Errorf("a column is a %T, which no table of ours has", v)
		}
	}
	sum := sha256.Sum256(row)
	var carry uint64
	for i := range s.words {
		s.words[i], carry = bits.Add64(s.words[i], binary.LittleEndian.Uint64(sum[i*8:]), carry)
	}
	s.rows++
	return nil
}

func b2i(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

func appendNumber(row []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(row, 'i'), uint64(n))
}

func appendLength(row []byte, kind byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(row, kind), uint32(n))
}

// String is the sum in hexadecimal, most significant digit first.
func (s contentSum) String() string {
	var b [32]byte
	for i, w := range s.words {
		binary.BigEndian.PutUint64(b[(3-i)*8:], w)
	}
	return hex.EncodeToString(b[:])
}
