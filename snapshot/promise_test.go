package snapshot

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// TestPromiseFlippedSnapshot flips every bit of a snapshot of 64 KiB, and sets every
// byte to zeros and to ones, in the long form; of every seventh byte when rows are put
// down. Beside an older snapshot, reading names the file, and a restart, which is tried
// for every 31st, warns and takes the older one. It shows what becomes of damage in
// what is read, and not that the older one is whole too.
func TestPromiseFlippedSnapshot(t *testing.T) {
	const fileBytes = 64 << 10
	p := promise.Begin(t, "D7")
	fsys := vfs.NewMem()
	mustWrite(t, fsys, state(3, 300))
	info := mustWrite(t, fsys, state(9, 4*fileBytes))
	data := load(t, fsys, info.Path)
	if len(data) < fileBytes {
		t.Fatalf("the snapshot has %d bytes", len(data))
	}
	step := promise.Scale(97, 7, 1)
	var next, tried, failed atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for at := int(next.Add(int64(step))) - step; at < fileBytes; at = int(next.Add(int64(step))) - step {
				for _, value := range flipsOf(data[at]) {
					rotten := vfs.NewRotten(fsys, vfs.Rot{Name: info.Path, At: int64(at), Value: value})
					err := noticed(rotten, info.Path)
					if tried.Add(1)%31 == 0 {
						err = errors.Join(err, passedOver(rotten, info.Path))
					}
					if err != nil && failed.Add(1) <= 5 {
						t.Errorf("byte %d as %02x: %v", at, value, err)
					}
				}
			}
		})
	}
	workers.Wait()
	p.Add(int(tried.Load()), int(failed.Load()))
}

// flipsOf returns what a byte becomes when one of its bits, or all, are other ones.
func flipsOf(b byte) []byte {
	var values []byte
	for bit := range 8 {
		values = append(values, b^1<<bit)
	}
	for _, all := range []byte{0, 0xff} {
		if b != all {
			values = append(values, all)
		}
	}
	return values
}

// noticed checks that a damaged snapshot is named.
func noticed(fsys vfs.FS, path string) error {
	_, err := Verify(fsys, path)
	var c *CorruptError
	if !errors.As(err, &c) || c.File != path || c.Reason == "" {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}

// passedOver checks that a restart warns of a damaged snapshot and takes the older one.
func passedOver(fsys vfs.FS, path string) error {
	warned := ""
	s, err := Newest(fsys, filepath.Dir(path), nil, func(line string) { warned = line })
	if err != nil || s == nil || s.Seq != 3 || !strings.Contains(warned, path) {
		return fmt.Errorf("newest: %+v, %w, warning %q", s, err, warned)
	}
	return nil
}
