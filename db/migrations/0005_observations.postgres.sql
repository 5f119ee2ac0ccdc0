-- A partition a month, made by EnsureMonths.
-- Whether an asset answered when it was looked for: by a sweep that covered it, or
-- by a verification between sweeps (sweep_id 0).
CREATE TABLE observations (
  asset_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  sweep_id BIGINT NOT NULL,
  address BYTEA NOT NULL,
  answered BOOLEAN NOT NULL,
  node TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (asset_id, at)
) PARTITION BY RANGE (at);
CREATE INDEX observations_address ON observations (address, at) WHERE sweep_id = 0;
-- What comes before its month has a partition.
CREATE TABLE observations_other PARTITION OF observations DEFAULT;
