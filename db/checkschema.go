package db

import "context"

// CheckSchema returns an error where somebody has changed the tables since
// [Open], so that this program does not know them any more.
func (s *Store) CheckSchema(ctx context.Context) error {
	version, err := s.version(ctx)
	switch {
	case err != nil:
		return s.explain(err)
	case version != int64(len(migrations)):
		return newer(s.path, version)
	}
	return nil
}

// version returns how many scripts the tables have.
func (s *Store) version(ctx context.Context) (version int64, err error) {
	if s.Postgres() {
		version, _, err = s.serverVersion(ctx, s.reader)
		return version, err
	}
	err = s.reader.NewRaw("PRAGMA user_version").Scan(ctx, &version)
	return version, err
}
