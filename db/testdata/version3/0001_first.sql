-- Times are microseconds since 1970, 0 for none. Addresses are 16 bytes, IPv4
-- mapped. Words of devices are in bodies as bytes; the text columns beside them
-- are lower case, shortened, and for searching only.

CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  secret BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  changes INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE grants (
  name TEXT PRIMARY KEY,
  prefixes TEXT NOT NULL,
  authority TEXT NOT NULL,
  basis TEXT NOT NULL,
  contact TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  hours TEXT NOT NULL,
  zone TEXT NOT NULL,
  rate INTEGER NOT NULL,
  rate_per24 INTEGER NOT NULL,
  privacy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL
);

CREATE TABLE exclusions (
  prefix TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

-- Each row's hash covers the one before it.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL
);
CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TABLE sweeps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plan_hash BLOB NOT NULL,
  label TEXT NOT NULL,
  targets TEXT NOT NULL,
  ports TEXT NOT NULL,
  seed INTEGER NOT NULL,
  settled INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0,
  open INTEGER NOT NULL DEFAULT 0,
  closed INTEGER NOT NULL DEFAULT 0,
  filtered INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0,
  owner_host TEXT NOT NULL,
  owner_pid INTEGER NOT NULL,
  owner_start TEXT NOT NULL,
  runs INTEGER NOT NULL DEFAULT 1,
  status TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sweeps_running ON sweeps (plan_hash) WHERE status = 'running';

CREATE TABLE open_ports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
  address BLOB NOT NULL,
  port INTEGER NOT NULL,
  engine TEXT NOT NULL,
  at INTEGER NOT NULL,
  asked_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (sweep_id, address, port)
);
CREATE INDEX open_ports_pending ON open_ports (sweep_id, id) WHERE asked_at = 0;

CREATE TABLE reply_bodies (
  hash BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  packed BLOB NOT NULL
);

CREATE TABLE replies (
  sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
  address BLOB NOT NULL,
  port INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  probe TEXT NOT NULL,
  tls INTEGER NOT NULL,
  at INTEGER NOT NULL,
  request BLOB NOT NULL,
  body_hash BLOB NOT NULL REFERENCES reply_bodies (hash),
  ended TEXT NOT NULL,
  refused TEXT NOT NULL,
  PRIMARY KEY (sweep_id, address, port, seq)
);

CREATE TABLE assets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  address BLOB NOT NULL,
  sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  class TEXT NOT NULL,
  vendor TEXT NOT NULL,
  model TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  pool TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX assets_address ON assets (address, id);
CREATE INDEX assets_vendor ON assets (vendor, model);
CREATE INDEX assets_last_seen ON assets (last_seen);

CREATE TABLE asset_addresses (
  asset_id INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  address BLOB NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (asset_id, address)
);
CREATE INDEX asset_addresses_address ON asset_addresses (address, last_seen);

CREATE TABLE hosts (
  sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
  address BLOB NOT NULL,
  asset_id INTEGER REFERENCES assets (id),
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  class TEXT NOT NULL,
  vendor TEXT NOT NULL,
  model TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  pool TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (sweep_id, address)
);
CREATE INDEX hosts_asset ON hosts (asset_id, last_seen);
CREATE INDEX hosts_address ON hosts (address);
