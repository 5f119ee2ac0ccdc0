package db

// PathOf lets tests open the file of a store by the side.
func PathOf(s *Store) string { return s.path }
