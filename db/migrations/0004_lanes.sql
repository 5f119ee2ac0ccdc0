-- Sweeps are walked in lanes, which nodes take in turn; nights plan them.

-- A lane is a shard of a sweep's order (discover) or the /24s of one hash (ask).
-- One process runs it at a time: the one whose number is in runs.
CREATE TABLE lanes (
  sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
  kind TEXT NOT NULL,
  lane INTEGER NOT NULL,
  state TEXT NOT NULL,
  settled INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  open INTEGER NOT NULL DEFAULT 0,
  closed INTEGER NOT NULL DEFAULT 0,
  filtered INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0,
  received INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0,
  slowed INTEGER NOT NULL DEFAULT 0,
  peak_rate INTEGER NOT NULL DEFAULT 0,
  peak_per24 INTEGER NOT NULL DEFAULT 0,
  sending INTEGER NOT NULL DEFAULT 0,
  resent INTEGER NOT NULL DEFAULT 0,
  runs INTEGER NOT NULL DEFAULT 0,
  node TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  heartbeat_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sweep_id, kind, lane)
);
CREATE INDEX lanes_unfinished ON lanes (state, heartbeat_at) WHERE state <> 'done';

-- A stint is a lane in the hands of one node: who sent what, and when. Steps are
-- those of the lane; to_step is 0 while the stint lasts, and where its node died.
CREATE TABLE stints (
  sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
  kind TEXT NOT NULL,
  lane INTEGER NOT NULL,
  run INTEGER NOT NULL,
  node TEXT NOT NULL,
  from_step INTEGER NOT NULL,
  to_step INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (sweep_id, kind, lane, run)
);
CREATE INDEX stints_started ON stints (started_at);

CREATE TABLE nodes (
  name TEXT PRIMARY KEY,
  region TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  start TEXT NOT NULL,
  version TEXT NOT NULL,
  engines TEXT NOT NULL,
  doing TEXT NOT NULL,
  skew INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  stopped_at INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE schedules (
  name TEXT PRIMARY KEY,
  cron TEXT NOT NULL,
  zone TEXT NOT NULL,
  hours TEXT NOT NULL,
  grants TEXT NOT NULL,
  ports TEXT NOT NULL,
  rate INTEGER NOT NULL,
  rate_per24 INTEGER NOT NULL,
  passes INTEGER NOT NULL,
  pass_gap INTEGER NOT NULL,
  lanes INTEGER NOT NULL,
  engine TEXT NOT NULL,
  missed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  looked_at INTEGER NOT NULL,
  paused_at INTEGER NOT NULL DEFAULT 0,
  removed_at INTEGER NOT NULL DEFAULT 0
);

-- What became of each night of a schedule.
CREATE TABLE nights (
  schedule TEXT NOT NULL,
  planned_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  sweep_id INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT '',
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (schedule, planned_at)
);

-- queue: '' is a scan of one process, 'nightly' and 'ondemand' go by lanes.
-- hours and zone are the window in which it may send; discovered: every lane of
-- discovery is done.
ALTER TABLE sweeps ADD COLUMN queue TEXT NOT NULL DEFAULT '';
ALTER TABLE sweeps ADD COLUMN schedule TEXT NOT NULL DEFAULT '';
ALTER TABLE sweeps ADD COLUMN hours TEXT NOT NULL DEFAULT '';
ALTER TABLE sweeps ADD COLUMN zone TEXT NOT NULL DEFAULT '';
ALTER TABLE sweeps ADD COLUMN rate_per24 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN discovered BOOLEAN NOT NULL DEFAULT FALSE;

-- Which ask lane a port belongs to: a hash of its /24.
ALTER TABLE open_ports ADD COLUMN part INTEGER NOT NULL DEFAULT 0;

ALTER TABLE exclusions ADD COLUMN who TEXT NOT NULL DEFAULT '';

INSERT INTO lanes (sweep_id, kind, lane, state, settled, total, sent, open, closed, filtered, refused, errors,
  received, dropped, slowed, peak_rate, peak_per24, sending, runs, heartbeat_at)
SELECT id, 'discover', 0, CASE status WHEN 'done' THEN 'done' ELSE 'ready' END, settled, total, sent, open, closed,
  filtered, refused, errors, received, dropped, slowed, peak_rate, peak_per24, sending, runs, heartbeat_at FROM sweeps;
