package recovery

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/allviews"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// options are those of a pipeline on a directory: of an exchange with all views, whose
// disk does not hold it up.
func options(dir string) pipeline.Options {
	var now atomic.Int64
	return pipeline.Options{
		Dir: dir, Ring: 1 << 15, MaxOrders: -1, Views: allviews.New, Sync: pipeline.Sync{Mode: pipeline.SyncNever},
		Clock: func() int64 { return now.Add(int64(time.Microsecond)) },
	}
}

// directory is a data directory, as a kill leaves it.
type directory struct {
	dir    string
	end    pipeline.Position
	after  msg.Seq // of the snapshot, 0 when there is none
	events int     // of the commands behind that
}

// writer fills a directory.
type writer struct {
	pipeline *pipeline.Pipeline
	seq      msg.Seq // of the last command put
	snapshot msg.Seq // that was taken, 0 before
}

// write runs an exchange in a directory beside dir, has fill give it commands, and
// leaves in dir what is on disk then.
func write(dir string, fill func(*writer) error) (d directory, err error) {
	running := dir + ".running"
	w := &writer{}
	if w.pipeline, err = pipeline.Start(options(running)); err != nil {
		return d, fmt.Errorf("fill a directory: %w", err)
	}
	err = fill(w)
	if err == nil {
		err = w.wait()
	}
	if err == nil {
		err = copyDirectory(dir, running)
	}
	if err = errors.Join(err, w.pipeline.Stop(), os.RemoveAll(running)); err != nil {
		return d, err
	}
	d = directory{dir: dir, end: w.pipeline.Durable(), after: w.snapshot}
	d.events, err = countEvents(dir, d.after)
	return d, err
}

// countEvents returns the number of events behind a command, which is the last one of
// its frame.
func countEvents(dir string, after msg.Seq) (n int, err error) {
	r, err := journal.OpenReader(pipeline.JournalDir(dir), journal.ReaderOptions{})
	if err == nil {
		defer func() { err = errors.Join(err, r.Close()) }()
		err = r.SeekSeq(uint64(after) + 1)
	}
	for f := (journal.Frame{}); err == nil; {
		if err = r.Next(&f); err == nil {
			n += int(f.Events)
		}
	}
	if !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("count events: %w", err)
	}
	return n, nil
}

// copyDirectory copies what a kill leaves.
func copyDirectory(to, from string) error {
	for _, part := range []string{pipeline.JournalDir(""), pipeline.SnapshotDir("")} {
		err := os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join(from, part)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("copy a data directory: %w", err)
		}
	}
	return nil
}

// put hands a command over as soon as there is room.
func (w *writer) put(c *msg.Command) error {
	for {
		err := w.pipeline.Put(c)
		if err == nil {
			w.seq++
			return nil
		}
		if !errors.Is(err, pipeline.ErrBusy) {
			return fmt.Errorf("put command %d: %w", w.seq+1, err)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// putAll hands over n commands.
func (w *writer) putAll(n int, next func(*msg.Command)) error {
	var c msg.Command
	for range n {
		next(&c)
		if err := w.put(&c); err != nil {
			return err
		}
	}
	return nil
}

// putEach hands over these commands.
func (w *writer) putEach(commands []msg.Command) error {
	for i := range commands {
		if err := w.put(&commands[i]); err != nil {
			return err
		}
	}
	return nil
}

// takeSnapshot has a snapshot taken after all that was put.
func (w *writer) takeSnapshot() error {
	err := w.wait()
	if err == nil {
		w.snapshot, err = w.pipeline.TakeSnapshot()
	}
	if err != nil {
		return fmt.Errorf("take a snapshot: %w", err)
	}
	return nil
}

// wait waits until all that was put is published.
func (w *writer) wait() error {
	for w.pipeline.Published() < w.seq {
		if err := w.pipeline.Err(); err != nil {
			return fmt.Errorf("fill a directory: %w", err)
		}
		time.Sleep(100 * time.Microsecond)
	}
	return nil
}

// busyDirectory writes a directory with n resting orders in its snapshot and n
// commands after that.
func busyDirectory(dir string, n int) (directory, error) {
	return write(dir, func(w *writer) error {
		b := NewBusy()
		err := w.putEach(b.Setup())
		if err == nil {
			err = w.putAll(n, b.Rest)
		}
		if err == nil {
			err = w.takeSnapshot()
		}
		if err == nil {
			err = w.putAll(n, b.Step)
		}
		return err
	})
}

// shapedAccounts is how many accounts the shaped flow has.
const shapedAccounts = 1000

// shapedDirectory writes a directory with n commands of the shaped flow and no
// snapshot.
func shapedDirectory(dir string, n int) (directory, error) {
	return write(dir, func(w *writer) error {
		s := enginetest.NewShaped(23, shapedAccounts)
		if err := w.putEach(s.Setup(msg.Balances)); err != nil {
			return err
		}
		return w.putAll(n, s.Next)
	})
}
