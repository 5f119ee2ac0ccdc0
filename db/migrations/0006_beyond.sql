-- What a lane has settled above its cursor, so that it is not sent again after a
-- crash; errors by kind, as JSON.
ALTER TABLE lanes ADD COLUMN beyond BLOB NOT NULL DEFAULT '';
ALTER TABLE lanes ADD COLUMN faults TEXT NOT NULL DEFAULT '';

-- The lane's beyond when the stint began: it does not send these.
ALTER TABLE stints ADD COLUMN skips BLOB NOT NULL DEFAULT '';
