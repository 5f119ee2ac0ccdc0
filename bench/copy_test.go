package bench

import (
	"cmp"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver that fills the store

	"minesweep/db"
	"minesweep/lab/postgres"
)

// filled is a store of n hosts, each with an open port, two replies, an asset
// and an observation, as SQL that a file of ours takes. @n is the number.
const filled = `
INSERT INTO sweeps (id, plan_hash, label, targets, ports, seed, settled, total, owner_host, owner_pid, owner_start, status, started_at, heartbeat_at, finished_at)
VALUES (1, x'00', '', '10.0.0.0/8', '4028', 1, 16777216, 16777216, 'a', 1, '', 'done', 1, 2, 2);
INSERT INTO lanes (sweep_id, kind, lane, state, settled, total, runs) VALUES (1, 'discover', 0, 'done', 16777216, 16777216, 1);
CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @n)
  SELECT i, unhex(printf('00000000000000000000FFFF%08X', 167772160 + i)) AS addr, printf('%064X', i / 20) AS h FROM n;
INSERT INTO open_ports (sweep_id, address, port, engine, at, asked_at, heard, ttl, win, options, part)
  SELECT 1, addr, 4028, 'syn', 1760000000000000 + i, 1760000001000000 + i, 1, 57, 64240, 'mss,sack,ts,ws', i % 256 FROM n;
INSERT INTO reply_bodies (hash, size, packed) SELECT unhex(h), 900, randomblob(420) FROM n GROUP BY h;
INSERT INTO replies (sweep_id, address, port, seq, probe, tls, at, request, body_hash, ended, refused)
  SELECT 1, addr, 4028, s, 'cgminer/version', 0, 1760000001000000 + i, x'7b22636f6d6d616e64223a2276657273696f6e227d', unhex(h), 'eof', ''
  FROM n, (SELECT 0 AS s UNION SELECT 1);
INSERT INTO assets (id, key, address, sweep_id, first_seen, last_seen, verdict, class, vendor, model, algorithm, pool, body)
  SELECT i + 1, printf('mac:02:00:%08X', i), addr, 1, 1760000001000000 + i, 1760000001000000 + i, 'confirmed', 'asic', 'bitmain', 'antminer s19 pro', 'sha256d',
  'stratum+tcp://pool.example:3333', CAST(printf(@body, i, i) AS BLOB) FROM n;
INSERT INTO asset_addresses (asset_id, address, first_seen, last_seen) SELECT i + 1, addr, 1760000001000000 + i, 1760000001000000 + i FROM n;
INSERT INTO hosts (sweep_id, address, asset_id, first_seen, last_seen, verdict, class, vendor, model, algorithm, pool, body)
  SELECT 1, address, id, first_seen, last_seen, verdict, class, vendor, model, algorithm, pool, body FROM assets;
INSERT INTO observations (asset_id, at, sweep_id, address, answered, node) SELECT i + 1, 1760000001000000 + i, 1, addr, 1, 'n1' FROM n;
`

// body is what is kept of one host.
const body = `{"address":"10.0.0.1","verdict":"confirmed","class":"asic","vendor":"Bitmain","model":"Antminer S19 Pro","firmware":"stock","algorithm":"sha256d","coin":"","hashrate":1.1e14,"hashrate_unit":"H/s","power_w":3250,"power_source":"model","pool":"stratum+tcp://pool.example:3333","pool_operator":"","worker":"#%016x","mac":"02:00:5e:#%016x","serial":"","uptime_s":86400,"locked":false,"ports":[{"port":4028,"protocol":"cgminer"}],"requests":3,"evidence":[{"fingerprint":"antminer","probe":"cgminer/version","port":4028,"strength":"confirm","quote":"\"Type\":\"Antminer S19 Pro\""}],"doubts":[]}`

// fill makes a store of n hosts.
func fill(b *testing.B, path string, n int) {
	b.Helper()
	store, err := db.Open(b.Context(), path, time.Now)
	must(b, err)
	must(b, store.Close())
	file, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)")
	must(b, err)
	file.SetMaxOpenConns(1)
	defer func() { _ = file.Close() }()
	script := strings.NewReplacer("@n", strconv.Itoa(n), "@body", "'"+body+"'").Replace(filled)
	_, err = file.ExecContext(b.Context(), script)
	must(b, err)
}

// BenchmarkCopy moves a store of MINESWEEP_COPY_HOSTS hosts (20,000) to
// PostgreSQL, reads it back and compares sums, which CopyTo does by itself.
func BenchmarkCopy(b *testing.B) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("MINESWEEP_COPY_HOSTS"), "20000"))
	must(b, err)
	path := filepath.Join(b.TempDir(), "minesweep.db")
	fill(b, path, n)
	source, err := db.Open(b.Context(), path, time.Now)
	must(b, err)
	defer func() { _ = source.Close() }()
	var server postgres.One
	b.Cleanup(func() { must(b, server.Close()) })
	rows := int64(0)
	for b.Loop() {
		target, err := db.Open(b.Context(), server.Fresh(b, func(string) error { return nil }), time.Now)
		must(b, err)
		must(b, source.CopyTo(b.Context(), target, func(c db.Copied) { rows += c.Rows; b.Logf("%-16s %9d rows %s", c.Table, c.Rows, c.Sum[:16]) }))
		must(b, target.Close())
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
