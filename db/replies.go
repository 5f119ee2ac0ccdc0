package db

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"

	"github.com/uptrace/bun"

	"minesweep"
)

// replyRow is a reply without its bytes: those are kept once for all replies
// that are alike, which in a farm most are.
type replyRow struct {
	bun.BaseModel `bun:"table:replies,alias:r"`

	SweepID  int64  `bun:",pk"`
	Address  []byte `bun:",pk"`
	Port     int    `bun:",pk"`
	Seq      int    `bun:",pk"`
	Probe    string
	TLS      bool `bun:"tls"`
	At       int64
	Request  []byte
	BodyHash []byte
	Ended    string // how the reading ended; "end" is a word of SQL
	Refused  string

	Size   int64  `bun:",scanonly"`
	Packed []byte `bun:",scanonly"`
}

type bodyRow struct {
	bun.BaseModel `bun:"table:reply_bodies,alias:b"`

	Hash   []byte `bun:",pk"` // SHA-256 of the bytes as received
	Size   int64
	Packed []byte // DEFLATE (RFC 1951)
}

// packedReplies are the rows of a port's replies, made ready before the
// transaction that stores them: the one writer should not wait for a hash.
type packedReplies struct {
	rows   []*replyRow
	bodies []*bodyRow // that the store did not hold yet
}

func (s *Store) packReplies(ctx context.Context, sweep int64, target netip.AddrPort, replies []minesweep.Reply) (packedReplies, error) {
	var p packedReplies
	raws := make(map[string][]byte, len(replies)) // by hash
	for seq, reply := range replies {
		sum := sha256.Sum256(reply.Raw)
		raws[string(sum[:])] = reply.Raw
		p.rows = append(p.rows, &replyRow{
			SweepID: sweep, Address: addressBytes(target.Addr()), Port: int(target.Port()), Seq: seq,
			Probe: plain(reply.Probe), TLS: reply.TLS,
			At: micros(reply.At), Request: append([]byte{}, reply.Request...), BodyHash: sum[:],
			Ended: plain(string(reply.End)), Refused: plain(reply.Refused),
		})
	}
	if err := s.forgetKnown(ctx, raws); err != nil {
		return p, err
	}
	for _, row := range p.rows {
		raw, fresh := raws[string(row.BodyHash)]
		if !fresh {
			continue
		}
		delete(raws, string(row.BodyHash))
		packed, err := s.pack(raw)
		if err != nil {
			return p, err
		}
		p.bodies = append(p.bodies, &bodyRow{Hash: row.BodyHash, Size: int64(len(raw)), Packed: packed})
	}
	return p, nil
}

// forgetKnown takes out of raws what the store holds. Bodies are never removed,
// so it holds them still when the transaction comes.
func (s *Store) forgetKnown(ctx context.Context, raws map[string][]byte) error {
	if len(raws) == 0 {
		return nil
	}
	hashes := make([][]byte, 0, len(raws))
	for hash := range raws {
		hashes = append(hashes, []byte(hash))
	}
	var known []bodyRow
	err := s.reader.NewSelect().Model(&known).Column("hash").Where("hash IN (?)", bun.List(hashes)).Scan(ctx)
	for i := range known {
		delete(raws, string(known[i].Hash))
	}
	return s.explain(err)
}

// storeReplies puts rows in the place of what the port answered before.
func storeReplies(ctx context.Context, tx bun.Tx, sweep int64, target netip.AddrPort, p packedReplies) error {
	_, err := tx.NewDelete().Model((*replyRow)(nil)).
		Where("sweep_id = ? AND address = ? AND port = ?", sweep, addressBytes(target.Addr()), int(target.Port())).Exec(ctx)
	if err == nil && len(p.bodies) > 0 {
		_, err = tx.NewInsert().Model(&p.bodies).On("CONFLICT (hash) DO NOTHING").Exec(ctx)
	}
	if err == nil && len(p.rows) > 0 {
		_, err = tx.NewInsert().Model(&p.rows).Exec(ctx)
	}
	return err
}

func (r *replyRow) reply() (minesweep.Reply, error) {
	raw, err := unpack(r.Packed, r.Size)
	if err != nil {
		return minesweep.Reply{}, fmt.Errorf("reply %s: %w", r.Probe, err)
	}
	return minesweep.Reply{
		Target: netip.AddrPortFrom(addressOf(r.Address), uint16(r.Port)), Probe: r.Probe, At: instant(r.At),
		Request: r.Request, Raw: raw, End: minesweep.End(r.Ended), TLS: r.TLS, Refused: r.Refused,
	}, nil
}

// pack compresses. Its tables are 1 MB, which a reply of 1 KB should not pay
// for each time.
func (s *Store) pack(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	w, ok := s.packers.Get().(*flate.Writer)
	if !ok {
		var err error
		if w, err = flate.NewWriter(&out, flate.DefaultCompression); err != nil {
			return nil, err
		}
	}
	defer s.packers.Put(w)
	w.Reset(&out)
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unpack reads exactly size bytes, so that a damaged row cannot fill memory.
func unpack(packed []byte, size int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), size+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) != size {
		return nil, fmt.Errorf("it has %d bytes or more where %d were stored", len(raw), size)
	}
	return raw, nil
}
