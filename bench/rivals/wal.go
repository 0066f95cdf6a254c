package rivals

import (
	"fmt"
	"path/filepath"

	"github.com/tidwall/wal"
)

// walSegmentBytes is as small as in the journal of the exchange, so that a short
// run makes new segments too.
const walSegmentBytes = 1 << 20

// walStore is a log of tidwall/wal.
type walStore struct {
	log *wal.Log
	end uint64 // index of the last record
}

func openWAL(dir string, unsynced bool) (*walStore, error) {
	o := *wal.DefaultOptions
	o.SegmentSize, o.NoSync = walSegmentBytes, unsynced
	log, err := wal.Open(filepath.Join(dir, "wal"), &o)
	if err != nil {
		return nil, fmt.Errorf("open wal: %w", err)
	}
	end, err := log.LastIndex()
	if err != nil {
		_ = log.Close() // the first error is the one to tell
		return nil, fmt.Errorf("find last index: %w", err)
	}
	return &walStore{log: log, end: end}, nil
}

func (s *walStore) Append(records [][]byte) error {
	var b wal.Batch
	end := s.end
	for _, r := range records {
		end++
		b.Write(end, r)
	}
	if err := s.log.WriteBatch(&b); err != nil {
		return fmt.Errorf("write through index %d: %w", end, err)
	}
	s.end = end
	return nil
}

func (s *walStore) Records(visit func(record []byte) error) error {
	first, err := s.log.FirstIndex()
	if err != nil {
		return fmt.Errorf("find first index: %w", err)
	}
	if first == 0 {
		return nil // an empty log
	}
	for i := first; i <= s.end; i++ {
		r, err := s.log.Read(i)
		if err != nil {
			return fmt.Errorf("read index %d: %w", i, err)
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *walStore) Close() error {
	if err := s.log.Close(); err != nil {
		return fmt.Errorf("close wal: %w", err)
	}
	return nil
}
