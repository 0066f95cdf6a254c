package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/gateway/admin"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// keysFile is where a data directory keeps its API keys.
const keysFile = "keys.json"

// reset ends the exchange of a house, moves what it has on disk aside, and begins
// anew with an empty journal in another house. If that fails half way, nothing is
// left to serve, and the process ends.
func (s *server) reset(ctx context.Context, old *house) (*house, error) {
	switch {
	case !s.settings.allowReset:
		return nil, admin.ErrNotAllowed
	case !s.resetting.TryLock():
		return nil, admin.ErrBusy
	}
	defer s.resetting.Unlock()
	if s.house.Load() != old || !s.ready.CompareAndSwap(true, false) {
		return nil, admin.ErrBusy // it was asked before another reset, or a stop, and comes after it
	}
	fresh, err := s.moveHouse(ctx, old)
	if err != nil {
		err = fmt.Errorf("reset: %w", err)
		s.fail(err)
		return nil, err
	}
	s.house.Store(fresh)
	s.gateway.CloseSessions(websocket.CloseServiceRestart, "the exchange begins anew")
	s.background.Go(old.vacate)
	s.ready.Store(true)
	s.log.Warn("the exchange was reset", "journal", fresh.live.pipeline.JournalID().String())
	return fresh, nil
}

// moveHouse stops the exchange of a house and opens another one.
func (s *server) moveHouse(ctx context.Context, old *house) (*house, error) {
	if err := old.live.pipeline.Stop(); err != nil {
		return nil, fmt.Errorf("stop: %w", err)
	}
	aside, err := s.moveAside()
	if err != nil {
		return nil, err
	}
	s.log.Warn("what was before the reset is kept", "directory", aside)
	fresh, err := s.openHouse()
	if err != nil {
		return nil, err
	}
	if s.settings.demo {
		if err := s.demoAccounts(ctx, fresh); err != nil {
			return nil, errors.Join(err, fresh.close())
		}
	}
	return fresh, nil
}

// moveAside moves snapshots, keys and journal into a directory of their own. The
// journal comes last: as long as it is there nothing has begun anew, and without
// it there is nothing left of before.
func (s *server) moveAside() (string, error) {
	dir := string(s.settings.data)
	aside := filepath.Join(dir, "reset-"+strconv.FormatInt(time.Now().UnixNano(), 10))
	if err := os.Mkdir(aside, 0o700); err != nil {
		return "", err //nolint:wrapcheck // it names the directory
	}
	if err := move(pipeline.SnapshotDir(dir), aside); err != nil {
		return "", err
	}
	if err := s.auth.Keys().Reset(filepath.Join(aside, keysFile)); err != nil {
		return "", err //nolint:wrapcheck // it names the file
	}
	if err := move(pipeline.JournalDir(dir), aside); err != nil {
		return "", err
	}
	for _, d := range []string{aside, dir} {
		if err := vfs.OS().SyncDir(d); err != nil {
			return "", fmt.Errorf("make %s durable: %w", d, err)
		}
	}
	return aside, nil
}

// move moves a directory into another one, if it is there.
func move(from, into string) error {
	err := os.Rename(from, filepath.Join(into, filepath.Base(from)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err //nolint:wrapcheck // it names both
}
