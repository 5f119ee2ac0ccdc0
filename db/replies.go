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

func (s *Store) storeReplies(ctx context.Context, tx bun.Tx, sweep int64, target netip.AddrPort, replies []minesweep.Reply) error {
	address, port := addressBytes(target.Addr()), int(target.Port())
	_, err := tx.NewDelete().Model((*replyRow)(nil)).
		Where("sweep_id = ? AND address = ? AND port = ?", sweep, address, port).Exec(ctx)
	if err != nil {
		return err
	}
	for seq, reply := range replies {
		hash, err := s.storeBody(ctx, tx, reply.Raw)
		if err != nil {
			return err
		}
		row := &replyRow{
			SweepID: sweep, Address: address, Port: port, Seq: seq, Probe: plain(reply.Probe), TLS: reply.TLS,
			At: micros(reply.At), Request: append([]byte{}, reply.Request...), BodyHash: hash,
			Ended: plain(string(reply.End)), Refused: plain(reply.Refused),
		}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) storeBody(ctx context.Context, tx bun.Tx, raw []byte) ([]byte, error) {
	sum := sha256.Sum256(raw)
	hash := sum[:]
	known, err := tx.NewSelect().Model((*bodyRow)(nil)).Where("hash = ?", hash).Exists(ctx)
	if err != nil || known {
		return hash, err
	}
	packed, err := s.pack(raw)
	if err != nil {
		return nil, err
	}
	_, err = tx.NewInsert().Model(&bodyRow{Hash: hash, Size: int64(len(raw)), Packed: packed}).Exec(ctx)
	return hash, err
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
