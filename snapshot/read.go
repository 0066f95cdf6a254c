package snapshot

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// errUnusable says that a snapshot's header is whole, and that the caller refused what it says.
var errUnusable = errors.New("not usable")

// Read returns the snapshot in the file path. Every bit of the file is checked: a file that is not exactly what Write made, or
// that has the name of a snapshot of another sequence, is a *CorruptError.
func Read(fsys vfs.FS, path string) (*Snapshot, error) {
	return read(fsys, path, nil)
}

// read is Read for the snapshots whose meta usable accepts. Of any other no section is read, and the error is errUnusable. A
// nil usable accepts all.
func read(fsys vfs.FS, path string, usable func(*Meta) error) (*Snapshot, error) {
	var s Snapshot
	err := visit(fsys, path, func(r *reader) error {
		s.Meta = r.h.Meta
		if err := r.accept(usable); err != nil {
			return err
		}
		var err error
		s.Sections, err = r.sections()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// Verify checks the file path as Read does, and keeps only what it needs for one section at a time.
func Verify(fsys vfs.FS, path string) (Meta, error) { return verify(fsys, path, nil) }

// verify is Verify for the snapshots whose meta usable accepts, as read is Read.
func verify(fsys vfs.FS, path string, usable func(*Meta) error) (Meta, error) {
	var m Meta
	err := visit(fsys, path, func(r *reader) error {
		m = r.h.Meta
		if err := r.accept(usable); err != nil {
			return err
		}
		var data []byte // reused by every section
		for i := range r.h.table {
			var err error
			if data, err = r.section(i, data); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Meta{}, err
	}
	return m, nil
}

// ReadMeta returns the meta of the file path after checking the file's length and header, and none of its sections.
func ReadMeta(fsys vfs.FS, path string) (Meta, error) {
	var m Meta
	err := visit(fsys, path, func(r *reader) error {
		m = r.h.Meta
		return nil
	})
	return m, err
}

// reader reads a file from its beginning to its end.
type reader struct {
	path   string
	f      vfs.File
	h      *header
	offset int64         // of what is read next
	buf    []byte        // of stored bytes; reused by every section that is read alone
	zstd   *zstd.Decoder // nil until the first section
}

// visit opens the file path, reads its header and calls f.
func visit(fsys vfs.FS, path string, f func(*reader) error) (err error) {
	file, err := vfs.Open(fsys, path)
	if err != nil {
		return fmt.Errorf("open snapshot: %w", err)
	}
	r := reader{path: path, f: file}
	defer func() {
		if r.zstd != nil {
			r.zstd.Close()
		}
		if cerr := file.Close(); cerr != nil && err == nil {
			err = fmt.Errorf("close snapshot: %w", cerr)
		}
	}()
	if err := r.header(); err != nil {
		return err
	}
	return f(&r)
}

// header reads the header and holds it against the length and the name of the file.
func (r *reader) header() error {
	info, err := r.f.Stat()
	if err != nil {
		return fmt.Errorf("stat snapshot: %w", err)
	}
	var b [maxHeaderBytes]byte
	if err := r.fill(b[:prefixBytes], "the header"); err != nil {
		return err
	}
	n, err := headerBytes(r.path, b[:prefixBytes])
	if err != nil {
		return err
	}
	if err := r.fill(b[prefixBytes:n], "the header"); err != nil {
		return err
	}
	if r.h, err = decodeHeader(r.path, b[:n]); err != nil {
		return err
	}
	if got, want := info.Size(), r.h.fileBytes(); got != want {
		return &CorruptError{r.path, min(got, want), fmt.Sprintf("the file has %d bytes, should have %d", got, want)}
	}
	if seq, ok := parseName(filepath.Base(r.path)); ok && seq != r.h.Seq {
		return &CorruptError{r.path, 32, fmt.Sprintf("it is the snapshot of sequence %d", r.h.Seq)}
	}
	return nil
}

// accept asks usable about the meta that was read.
func (r *reader) accept(usable func(*Meta) error) error {
	if usable == nil {
		return nil
	}
	m := r.h.Meta // a copy: usable must not change what is returned
	if err := usable(&m); err != nil {
		return fmt.Errorf("snapshot %s is %w: %w", r.path, errUnusable, err)
	}
	return nil
}

// sections reads all sections. They are decompressed at once, as far as there are processors: for whoever starts again that is
// time in which nothing else can be done.
func (r *reader) sections() ([]Section, error) {
	z, err := r.decoder()
	if err != nil {
		return nil, err
	}
	sections, errs := make([]Section, len(r.h.table)), make([]error, len(r.h.table))
	var decompressing sync.WaitGroup
	for i := range sections {
		e, begin := &r.h.table[i], r.offset
		stored, err := r.stored(i, nil)
		if err != nil {
			errs[i] = err
			break
		}
		decompressing.Go(func() {
			sections[i] = Section{Name: e.name, Version: e.version}
			sections[i].Data, errs[i] = r.decompress(z, e, begin, stored, nil)
		})
	}
	decompressing.Wait()
	for _, err := range errs { // the first one is what reading one after the other would have found
		if err != nil {
			return nil, err
		}
	}
	return sections, nil
}

// section reads section i, which must be the next one, and returns its data in the memory of buf where that is large enough.
func (r *reader) section(i int, buf []byte) ([]byte, error) {
	z, err := r.decoder()
	if err != nil {
		return nil, err
	}
	begin := r.offset
	if r.buf, err = r.stored(i, r.buf); err != nil {
		return nil, err
	}
	return r.decompress(z, &r.h.table[i], begin, r.buf, buf)
}

// stored reads the stored bytes of section i, which must be the next one, in the memory of buf where that is large enough.
func (r *reader) stored(i int, buf []byte) ([]byte, error) {
	e := &r.h.table[i]
	begin := r.offset
	// The length of the file has been checked, so it bounds this one.
	stored := grow(buf, int(e.storedBytes))
	if err := r.fill(stored, "a section"); err != nil {
		return nil, err
	}
	if got := checksum(stored); got != e.checksum {
		return nil, r.corrupt(begin, e, "checksum is %08x, should be %08x", got, e.checksum)
	}
	return stored, nil
}

// decompress returns the data of a section, whose stored bytes begin at an offset, in the memory of buf where that is large
// enough.
func (r *reader) decompress(z *zstd.Decoder, e *entry, begin int64, stored, buf []byte) ([]byte, error) {
	raw := int(e.rawBytes)
	data, err := z.DecodeAll(stored, grow(buf, raw)[:0:raw])
	if err != nil {
		return nil, r.corrupt(begin, e, "decompress: %v", err)
	}
	if len(data) != raw {
		return nil, r.corrupt(begin, e, "decompressed to %d bytes, should be %d", len(data), raw)
	}
	return data, nil
}

// decoder returns the decompressor, which is made when it is needed first.
func (r *reader) decoder() (*zstd.Decoder, error) {
	if r.zstd == nil {
		z, err := newDecoder()
		if err != nil {
			return nil, err
		}
		r.zstd = z
	}
	return r.zstd, nil
}

// newDecoder returns a decoder that takes what does not fit into the capacity it is given for an error, so that no more is
// allocated than the header claims. As many may use it at once as there are processors.
func newDecoder() (*zstd.Decoder, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, fmt.Errorf("make a zstd decoder: %w", err)
	}
	return z, nil
}

// corrupt returns an error about the stored bytes of a section.
func (r *reader) corrupt(offset int64, e *entry, format string, args ...any) error {
	return &CorruptError{r.path, offset, fmt.Sprintf("section %q: ", e.name) + fmt.Sprintf(format, args...)}
}

// fill reads len(b) bytes. A file that ends before is corrupt; any other failure is the world's.
func (r *reader) fill(b []byte, what string) error {
	n, err := io.ReadFull(r.f, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &CorruptError{r.path, r.offset + int64(n), "the file ends within " + what}
	}
	if err != nil {
		return fmt.Errorf("read snapshot %s at offset %d: %w", r.path, r.offset, err)
	}
	r.offset += int64(n)
	return nil
}

// grow returns n bytes, in the memory of buf if they fit.
func grow(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}
