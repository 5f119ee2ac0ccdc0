package db

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// nodeSilentFor is how long a node that lives may be silent.
const nodeSilentFor = 15 * time.Second

// Node is a process that works on lanes.
type Node struct {
	Name      string // unique among the nodes of a store
	Region    string
	Owner     Owner // which process it is
	Version   string
	Engines   []string      // that it has, such as "syn" and "connect"
	Doing     string        // for people; "" nothing
	Skew      time.Duration // of its clock from the database's, as it measured
	StartedAt time.Time     // the three are by its own clock
	Heartbeat time.Time
	StoppedAt time.Time // zero: it has not said that it stops

	Alive bool // heard of in the last 15 s, and not stopped; read only
}

type nodeRow struct {
	bun.BaseModel `bun:"table:nodes,alias:n"`

	Name        string `bun:",pk"`
	Region      string
	Host        string
	PID         int    `bun:"pid"`
	Start       string `bun:"start"`
	Version     string
	Engines     string // with spaces between
	Doing       string
	Skew        int64 // microseconds
	StartedAt   int64
	HeartbeatAt int64
	StoppedAt   int64
}

func (r *nodeRow) node(now time.Time) Node {
	return Node{
		Name: r.Name, Region: r.Region, Owner: Owner{Host: r.Host, PID: r.PID, Start: r.Start}, Version: r.Version,
		Engines: strings.Fields(r.Engines), Doing: r.Doing, Skew: time.Duration(r.Skew) * time.Microsecond,
		StartedAt: instant(r.StartedAt), Heartbeat: instant(r.HeartbeatAt), StoppedAt: instant(r.StoppedAt),
		Alive: r.StoppedAt == 0 && now.Sub(instant(r.HeartbeatAt)) < nodeSilentFor,
	}
}

// PutNode shows a sign of life of a node and stores all that it says of itself,
// in the place of what was there under its name. Its heartbeat is now.
func (s *Store) PutNode(ctx context.Context, n Node) error {
	row := &nodeRow{
		Name: plain(n.Name), Region: plain(n.Region), Host: plain(n.Owner.Host), PID: n.Owner.PID, Start: plain(n.Owner.Start),
		Version: plain(n.Version), Engines: plain(strings.Join(n.Engines, " ")), Doing: plain(n.Doing),
		Skew: n.Skew.Microseconds(), StartedAt: micros(n.StartedAt), HeartbeatAt: micros(s.now()), StoppedAt: micros(n.StoppedAt),
	}
	return s.writeOwn(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).On("CONFLICT (name) DO UPDATE").
			Set("region = EXCLUDED.region").Set("host = EXCLUDED.host").Set("pid = EXCLUDED.pid").Set("start = EXCLUDED.start").
			Set("version = EXCLUDED.version").Set("engines = EXCLUDED.engines").Set("doing = EXCLUDED.doing").
			Set("skew = EXCLUDED.skew").Set("started_at = EXCLUDED.started_at").
			Set("heartbeat_at = EXCLUDED.heartbeat_at").Set("stopped_at = EXCLUDED.stopped_at").Exec(ctx)
		return err
	})
}

// Nodes returns all nodes that the store has heard of, by name.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	var rows []nodeRow
	if err := s.reader.NewSelect().Model(&rows).OrderExpr("name").Scan(ctx); err != nil {
		return nil, s.explain(err)
	}
	nodes := make([]Node, len(rows))
	for i := range rows {
		nodes[i] = rows[i].node(s.now())
	}
	return nodes, nil
}
