package main

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/gateway/admin"
)

// storageChanged tells of room on the disk that gets scarce, or is there again.
func (s *server) storageChanged(r pipeline.StorageReport) {
	tell := s.log.Warn
	if r.Level == pipeline.StorageOK {
		tell = s.log.Info
	}
	tell("the room on the disk has changed", "storage", r.Level.String(), "free_bytes", r.Free.Bytes, "free_files", r.Free.Files, "reserve_bytes", r.Ballast)
}

// noBallast removes the reserve of an exchange that ran here before, where none is
// wanted now.
func (s *server) noBallast() error {
	if s.settings.pipeline.Storage.Reserve != 0 {
		return nil
	}
	if err := pipeline.DropBallast(string(s.settings.data)); err != nil {
		return fmt.Errorf("remove the reserve of the disk: %w", err)
	}
	return nil
}

// readStorage returns what the metrics tell of the disk.
func readStorage(r pipeline.StorageReport) admin.StorageReading {
	return admin.StorageReading{
		Looked: r.Looked, Low: r.Level != pipeline.StorageOK, Full: r.Level == pipeline.StorageFull,
		Free: r.Free.Bytes, Files: r.Free.Files, Ballast: r.Ballast,
	}
}
