package schedules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"minesweep/db"
)

// join refuses a name that a living node has, and a second process on a SQLite
// file.
func join(ctx context.Context, c NodeConfig) error {
	if strings.TrimSpace(c.Name) == "" {
		return errors.New("node: it has no name, write for example --name north-1")
	}
	nodes, err := c.Store.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if !c.holds(n) {
			continue
		}
		who := fmt.Sprintf("process %d on %s, since %s", n.Owner.PID, n.Owner.Host, n.StartedAt.Local().Format(time.DateTime))
		if !c.Store.Postgres() {
			return fmt.Errorf("the store is worked by node %s (%s), and SQLite takes one such process: stop that one, or move to PostgreSQL with minesweep db copy", n.Name, who)
		}
		if n.Name == c.Name {
			return fmt.Errorf("node %s lives already (%s): give this one another --name", n.Name, who)
		}
	}
	return nil
}

// holds reports whether the process behind a node still runs. On this host that
// is seen; of others their signs of life tell.
func (c NodeConfig) holds(n db.Node) bool {
	switch {
	case n.Owner == c.Owner || !n.StoppedAt.IsZero():
		return false
	case c.Alive != nil && n.Owner.Host == c.Owner.Host:
		return c.Alive(n.Owner)
	}
	return n.Alive
}

// inherit gives back the lanes of who had the SQLite file before: it is dead, for
// this process could join. On PostgreSQL others may live, and the tick looks.
func (n *node) inherit(ctx context.Context) error {
	if n.store.Postgres() {
		return nil
	}
	lanes, err := n.store.Orphans(ctx, 0, n.queue.Enqueue)
	if err != nil {
		return fmt.Errorf("node %s: %w", n.name, err)
	}
	if len(lanes) > 0 {
		n.log.InfoContext(ctx, "lanes of a process that is gone", "lanes", len(lanes))
	}
	return n.mend(ctx, 0)
}
