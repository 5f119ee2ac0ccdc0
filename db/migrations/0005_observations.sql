-- Observations themselves are in the scripts beside this one.

-- checked_at is when the asset answered or was missed last; tried_at is when a
-- verification had no answer, which counts only if a second has none.
ALTER TABLE assets ADD COLUMN answered_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN missed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN tried_at INTEGER NOT NULL DEFAULT 0;
UPDATE assets SET answered_at = last_seen, checked_at = last_seen;
CREATE INDEX assets_checked ON assets (checked_at) WHERE verdict = 'confirmed';

-- The audit log says who; its last entry is kept beside it, so that entries cut
-- off at its end are missed.
ALTER TABLE audit ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE installation ADD COLUMN audit_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE installation ADD COLUMN audit_hash BLOB NOT NULL DEFAULT '';
UPDATE installation SET
  audit_seq = coalesce((SELECT max(seq) FROM audit), 0),
  audit_hash = coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), '');
