package journal

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// windowBytes is how much of a segment is fetched at a time, more or less.
const windowBytes = 64 << 10

// A window is the part of a segment that is in memory: the bytes from the next entry on, as far as fetched.
type window struct {
	file  vfs.File
	at    int64  // offset in file of the next entry
	bytes []byte // what lies there
	buf   []byte // holds bytes; reused for every segment
}

// fetch makes w.bytes at least want long if the file has that many.
func (w *window) fetch(want int) error {
	have := len(w.bytes)
	if want <= have {
		return nil
	}
	if want > len(w.buf) {
		grown := make([]byte, want+windowBytes)
		copy(grown, w.bytes)
		w.buf = grown
	} else {
		copy(w.buf, w.bytes)
	}
	n, err := w.file.ReadAt(w.buf[have:], w.at+int64(have))
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read segment: %w", err)
	}
	w.bytes = w.buf[:have+n]
	return nil
}

// load parses the next entry into e. If w.bytes is empty afterwards, the segment has none.
func (w *window) load(e *entry) error {
	want := e.parse(w.bytes)
	for want > len(w.bytes) {
		have := len(w.bytes)
		if err := w.fetch(want); err != nil {
			return err
		}
		if len(w.bytes) == have {
			return nil
		}
		want = e.parse(w.bytes)
	}
	return nil
}

// take steps over n bytes, which stay readable until the next fetch.
func (w *window) take(n int) {
	w.at += int64(n)
	w.bytes = w.bytes[n:]
}

// peek fetches into b what lies at the beginning of the file, and leaves the window as it is.
func (w *window) peek(b []byte) ([]byte, error) {
	n, err := w.file.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	return b[:n], nil
}

// jump goes to an offset.
func (w *window) jump(at int64) { w.at, w.bytes = at, nil }

// forget drops what is in memory, to read it again.
func (w *window) forget() { w.bytes = nil }

// open makes f, from its beginning, what the window looks at. It closes the file before.
func (w *window) open(f vfs.File) error {
	old := w.file
	w.file, w.at, w.bytes = f, 0, nil
	if old == nil {
		return nil
	}
	if err := old.Close(); err != nil {
		return fmt.Errorf("close segment: %w", err)
	}
	return nil
}

// laterPromise searches what follows the beginning of the next entry for whole headers of the journal id, at any offset, and
// returns the highest frame that one of them says is durable. It leaves the window empty.
func (w *window) laterPromise(id ID) (frame uint64, err error) {
	at := w.at
	defer func() {
		w.at = at
		w.forget()
	}()
	w.forget()
	w.at++
	for {
		if err := w.fetch(windowBytes); err != nil {
			return 0, err
		}
		frame = max(frame, promiseIn(w.bytes, id))
		if len(w.bytes) < headerBytes {
			return frame, nil
		}
		w.take(len(w.bytes) - headerBytes + 1) // a header may lie across the border
	}
}
