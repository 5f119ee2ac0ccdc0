package fingerprints

// keySet tells which keys surely stand nowhere in the documents of a reply.
// Most pointers of the rules lead nowhere in most replies.
type keySet [16]uint64

// keyBit is a number below 1024 that alike keys have alike.
func keyBit(first, last byte, length int) uint16 {
	return uint16(uint(first)*37+uint(last)*101+uint(length)*263) % 1024
}

func bitOf(key []byte) uint16 {
	if len(key) == 0 {
		return 0
	}
	return keyBit(key[0], key[len(key)-1], len(key))
}

func (s *keySet) add(bit uint16) { s[bit/64] |= 1 << (bit % 64) }

// addAll is for a key whose text is not known, since it has escapes.
func (s *keySet) addAll() {
	for i := range s {
		s[i] = ^uint64(0)
	}
}

// may tells whether all keys may be there.
func (s *keySet) may(bits []uint16) bool {
	for _, bit := range bits {
		if s[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}
