package pools

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

//go:embed pools.csv
var poolsCSV string

// Pool is what the table says of a pool's address.
type Pool struct {
	Operator string // who runs it; "" not known
	Coin     string // ticker in upper case; "" not known, or several
	PaysAny  bool   // it pays in another coin than it mines: no wallet tells the coin
}

// Table finds pools by their address. It never changes and is safe for
// concurrent use.
type Table struct{ rows map[place]Pool }

// place is a domain, in lower case, and a port; 0 stands for all.
type place struct {
	domain string
	port   uint16
}

const header = "domain,port,operator,coin,pays,source"

// Load returns the table of the pools that come with minesweep. An error means
// that pools.csv is faulty, and names the line.
func Load() (*Table, error) { return embedded() }

var embedded = sync.OnceValues(func() (*Table, error) { return read(strings.NewReader(poolsCSV)) })

func read(r io.Reader) (*Table, error) {
	t := &Table{rows: make(map[place]Pool)}
	c := csv.NewReader(r)
	for n := 0; ; n++ {
		row, err := c.Read()
		if err == io.EOF {
			return t, nil
		}
		var fault *csv.ParseError
		if errors.As(err, &fault) {
			return nil, fmt.Errorf("pools.csv:%d: %w, write %s", fault.Line, fault.Err, header)
		}
		if err != nil {
			return nil, fmt.Errorf("pools.csv: %w", err)
		}
		line, _ := c.FieldPos(0)
		if n == 0 {
			if strings.Join(row, ",") != header {
				return nil, fmt.Errorf("pools.csv:1: write the header %s", header)
			}
			continue
		}
		if err := t.enter(row); err != nil {
			return nil, fmt.Errorf("pools.csv:%d: %w", line, err)
		}
	}
}

func (t *Table) enter(row []string) error {
	at := place{domain: row[0]}
	if !isName(row[0]) || strings.ToLower(row[0]) != row[0] || !strings.Contains(row[0], ".") {
		return fmt.Errorf("domain %q is none, write for example f2pool.com", row[0])
	}
	if row[1] != "" {
		n, err := strconv.ParseUint(row[1], 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("port %q is none, write 1 to 65535 or nothing", row[1])
		}
		at.port = uint16(n)
	}
	p := Pool{Operator: row[2], Coin: row[3], PaysAny: row[4] == "any"}
	switch {
	case p.Operator == "" || row[5] == "":
		return fmt.Errorf("%s: operator and source must be there", row[0])
	case p.Coin != strings.ToUpper(p.Coin) || strings.Trim(p.Coin, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "":
		return fmt.Errorf("coin %q is no ticker, write for example BTC", p.Coin)
	case row[4] != "" && !p.PaysAny:
		return fmt.Errorf("pays %q, write any or nothing", row[4])
	}
	if _, twice := t.rows[at]; twice {
		return fmt.Errorf("%s stands there twice with port %q", row[0], row[1])
	}
	t.rows[at] = p
	return nil
}

// Lookup returns what the table knows of a pool's address in whatever form a
// device writes it: with scheme, user, port and path, or without. A name is
// found by its ending, at a dot. The coin is that of the port where the
// operator documents one, else what a label such as xmr-eu1 says, else the
// pool's only one; of a name that the table does not know, a label alone may
// say the coin. An IP address says nothing.
func (t *Table) Lookup(address string) Pool {
	host, port := split(address)
	if host == "" {
		return Pool{}
	}
	domain, p, byPort := t.find(host, port)
	if byPort {
		return p
	}
	below := strings.TrimSuffix(strings.TrimSuffix(host, domain), ".")
	if domain == "" {
		below = withoutDomain(host)
	}
	if coin := coinOfLabels(below); coin != "" {
		p.Coin = coin
	}
	return p
}

// find returns the longest row that the host ends in, at a dot; on one domain
// the row of the port comes first.
func (t *Table) find(host string, port uint16) (domain string, p Pool, byPort bool) {
	for rest, more := host, true; more; _, rest, more = strings.Cut(rest, ".") {
		if p, ok := t.rows[place{rest, port}]; ok && port != 0 {
			return rest, p, true
		}
		if p, ok := t.rows[place{domain: rest}]; ok {
			return rest, p, false
		}
	}
	return "", Pool{}, false
}
