-- What the report says of a sweep: its engine, the rate asked (0: what the grants
-- allow), for how long it was sending, and whether open ports are asked.
ALTER TABLE sweeps ADD COLUMN engine TEXT NOT NULL DEFAULT '';
ALTER TABLE sweeps ADD COLUMN rate_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN sending INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN questions INTEGER NOT NULL DEFAULT 1;
