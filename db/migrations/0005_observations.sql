-- Whether an asset answered when it was looked for: by a sweep that covered it, or
-- by a verification between sweeps (sweep_id 0).
CREATE TABLE observations (
  asset_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sweep_id INTEGER NOT NULL,
  address BLOB NOT NULL,
  answered INTEGER NOT NULL,
  node TEXT NOT NULL,
  PRIMARY KEY (asset_id, at)
);

ALTER TABLE assets ADD COLUMN answered_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN missed_at INTEGER NOT NULL DEFAULT 0;
