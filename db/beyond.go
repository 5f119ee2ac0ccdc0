package db

import "minesweep"

// beyondOf reads what is settled above a cursor. What cannot be read says
// nothing: those steps are sent again.
func beyondOf(stored []byte, cursor int64) minesweep.Beyond {
	beyond, err := minesweep.ParseBeyond(stored)
	if err != nil {
		return minesweep.Beyond{}
	}
	return beyond.From(uint64(cursor))
}

// further is what is settled by two checkpoints of one lane, in whatever order
// they came. What is settled stays so, hence both are true: the higher cursor, and
// above it what the one says that knows of more steps.
func further(a, b minesweep.Progress) (cursor uint64, beyond minesweep.Beyond) {
	if a.Cursor+a.Beyond.Count(a.Cursor) > b.Cursor+b.Beyond.Count(b.Cursor) {
		a, b = b, a
	}
	cursor = max(a.Cursor, b.Cursor)
	return cursor, b.Beyond.From(cursor)
}
