-- Whether an asset answered when it was looked for: by a sweep that covered it, or
-- by a verification between sweeps (sweep_id 0).
CREATE TABLE observations (
  asset_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sweep_id INTEGER NOT NULL,
  address BLOB NOT NULL,
  answered BOOLEAN NOT NULL,
  node TEXT NOT NULL,
  PRIMARY KEY (asset_id, at)
);
CREATE INDEX observations_address ON observations (address, at) WHERE sweep_id = 0;
INSERT INTO observations (asset_id, at, sweep_id, address, answered, node)
SELECT asset_id, first_seen, sweep_id, address, TRUE, '' FROM hosts WHERE asset_id IS NOT NULL
ON CONFLICT (asset_id, at) DO NOTHING;
