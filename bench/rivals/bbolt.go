package rivals

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// bboltLockTimeout is how long the lock of a database is waited for. Who did not
// close it may be this very process.
const bboltLockTimeout = time.Second

// bboltStore is a bucket of bbolt, the records under their numbers.
type bboltStore struct {
	db *bbolt.DB
}

func openBbolt(dir string) (*bboltStore, error) {
	o := *bbolt.DefaultOptions
	o.Timeout = bboltLockTimeout
	db, err := bbolt.Open(filepath.Join(dir, "bbolt.db"), 0o600, &o)
	if err != nil {
		return nil, fmt.Errorf("open bbolt: %w", err)
	}
	return &bboltStore{db: db}, nil
}

func bboltBucket() []byte { return []byte("records") }

func (s *bboltStore) Append(records [][]byte) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bboltBucket())
		if err != nil {
			return err //nolint:wrapcheck // Append wraps it
		}
		for _, r := range records {
			n, err := b.NextSequence()
			if err != nil {
				return err //nolint:wrapcheck // Append wraps it
			}
			if err := b.Put(binary.BigEndian.AppendUint64(nil, n), r); err != nil {
				return err //nolint:wrapcheck // Append wraps it
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return nil
}

func (s *bboltStore) Records(visit func(record []byte) error) error {
	err := s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bboltBucket())
		if b == nil {
			return nil // nothing was appended
		}
		return b.ForEach(func(_, r []byte) error { return visit(r) }) //nolint:wrapcheck // Records wraps it
	})
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return nil
}

func (s *bboltStore) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close bbolt: %w", err)
	}
	return nil
}
