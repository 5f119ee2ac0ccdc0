package db

// PathOf lets tests open the file of a store by the side.
func PathOf(s *Store) string { return s.path }

// The forms in which bodies are kept, for the fuzzers.
var (
	EncodeHost  = encodeHost
	DecodeHost  = decodeHost
	ForPostgres = forPostgres
	Pack        = (&Store{}).pack
	Unpack      = unpack
)

// CopiedTables are those that [Store.CopyTo] copies.
var CopiedTables = copied[:]

// MissPage makes one transaction look for misses among so many assets.
func (s *Store) MissPage(assets int) { s.missPage = assets }

// Cut parts ranges behind an address.
var Cut = cut
