package vfs

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// sectorBytes is what a disk writes whole or not at all.
const sectorBytes = 512

// Mem is a file system in memory that can be copied as a power cut would leave it. It is as unkind as POSIX allows: contents
// are durable only after File.Sync, a directory's entries only after SyncDir of that directory, the directory's own entry
// included. Its methods may be called from any goroutine.
type Mem struct {
	mu   sync.Mutex // guards everything below, the nodes included
	root *node
}

// A node is a file or a directory. Of each it holds the state that programs see and the one that is durable.
type node struct {
	dir bool

	data, durable []byte // of a file
	locked        bool

	entries map[string]*node // of a directory
	synced  map[string]*node
	pending []change // what leads from synced to entries, in order
}

// A change is one step of a directory. It is atomic also when it touches two names, as a rename does.
type change struct {
	remove, add string // "" = none
	node        *node
}

// NewMem returns an empty file system.
func NewMem() *Mem { return &Mem{root: newDir()} }

func newDir() *node {
	return &node{dir: true, entries: map[string]*node{}, synced: map[string]*node{}}
}

// CrashClone returns what a power cut at this moment would leave. With a nil rng that is what was synced and nothing else.
// Otherwise chance decides what else reached the disk: of each directory any of its later changes, of each file any of its
// changed sectors, each new or as it was, and any length between the old and the new.
func (m *Mem) CrashClone(rng *rand.Rand) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Mem{root: m.root.crash(rng, map[*node]*node{})}
}

// Clone returns a copy of everything that programs see, all of it durable.
func (m *Mem) Clone() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Mem{root: m.root.clone()}
}

// crash copies n; done keeps a file that is reachable by two names one file.
func (n *node) crash(rng *rand.Rand, done map[*node]*node) *node {
	if c, ok := done[n]; ok {
		return c
	}
	if !n.dir {
		data := n.durable
		if rng != nil {
			data = tear(rng, n.durable, n.data)
		}
		c := &node{data: slices.Clone(data), durable: slices.Clone(data)}
		done[n] = c
		return c
	}
	left := maps.Clone(n.synced)
	if rng != nil {
		for _, ch := range n.pending {
			if rng.IntN(2) == 0 {
				ch.apply(left)
			}
		}
	}
	c := newDir()
	for _, name := range slices.Sorted(maps.Keys(left)) { // sorted: a seed must give one outcome
		c.entries[name] = left[name].crash(rng, done)
	}
	c.synced = maps.Clone(c.entries)
	done[n] = c
	return c
}

func (n *node) clone() *node {
	if !n.dir {
		return &node{data: slices.Clone(n.data), durable: slices.Clone(n.data)}
	}
	c := newDir()
	for name, e := range n.entries {
		c.entries[name] = e.clone()
	}
	c.synced = maps.Clone(c.entries)
	return c
}

// tear returns a mix of the durable and the visible contents of a file.
func tear(rng *rand.Rand, durable, visible []byte) []byte {
	if slices.Equal(durable, visible) {
		return durable
	}
	lo, hi := min(len(durable), len(visible)), max(len(durable), len(visible))
	size := lo + rng.IntN(hi-lo+1)
	if rng.IntN(2) == 0 {
		size = len(visible) // the usual outcome deserves more than one chance in a thousand
	}
	out := make([]byte, size)
	for at := 0; at < size; at += sectorBytes {
		from := durable
		if rng.IntN(2) == 0 {
			from = visible
		}
		if at < len(from) {
			copy(out[at:min(at+sectorBytes, size)], from[at:])
		}
	}
	return out
}

func (c change) apply(entries map[string]*node) {
	if c.remove != "" {
		delete(entries, c.remove)
	}
	if c.add != "" {
		entries[c.add] = c.node
	}
}

// change makes a step visible and remembers it for SyncDir.
func (n *node) change(c change) {
	c.apply(n.entries)
	n.pending = append(n.pending, c)
}

// walk returns the node called name, or nil.
func (m *Mem) walk(name string) *node {
	n := m.root
	for _, part := range parts(name) {
		if n == nil || !n.dir {
			return nil
		}
		n = n.entries[part]
	}
	return n
}

func parts(name string) []string {
	clean := strings.Trim(filepath.ToSlash(filepath.Clean(name)), "/")
	if clean == "" || clean == "." {
		return nil
	}
	return strings.Split(clean, "/")
}

// parent returns the directory that holds name, and name's base.
func (m *Mem) parent(op, name string) (*node, string, error) {
	d := m.walk(filepath.Dir(name))
	if d == nil || !d.dir {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return d, filepath.Base(name), nil
}

// OpenFile implements FS.
func (m *Mem) OpenFile(name string, flag int, _ fs.FileMode) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.parent("open", name)
	if err != nil {
		return nil, err
	}
	n := d.entries[base]
	switch {
	case n == nil && flag&os.O_CREATE == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n == nil:
		n = &node{}
		d.change(change{add: base, node: n})
	case flag&os.O_CREATE != 0 && flag&os.O_EXCL != 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case n.dir && flag != os.O_RDONLY:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if flag&os.O_TRUNC != 0 {
		n.data = nil
	}
	return &memFile{fs: m, node: n, name: name, atEnd: flag&os.O_APPEND != 0}, nil
}

// Rename implements FS. Both names must be in one directory, as all our renames are.
func (m *Mem) Rename(oldName, newName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if filepath.Dir(oldName) != filepath.Dir(newName) {
		panic(fmt.Sprintf("vfs: rename %s to another directory: %s", oldName, newName))
	}
	d, base, err := m.parent("rename", oldName)
	if err != nil {
		return err
	}
	n := d.entries[base]
	if n == nil {
		return &fs.PathError{Op: "rename", Path: oldName, Err: fs.ErrNotExist}
	}
	d.change(change{remove: base, add: filepath.Base(newName), node: n})
	return nil
}

// Remove implements FS.
func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, err := m.parent("remove", name)
	if err != nil {
		return err
	}
	n := d.entries[base]
	if n == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	if n.dir && len(n.entries) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrInvalid}
	}
	d.change(change{remove: base})
	return nil
}

// ReadDir implements FS.
func (m *Mem) ReadDir(name string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.walk(name)
	if d == nil || !d.dir {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	return slices.Sorted(maps.Keys(d.entries)), nil
}

// MkdirAll implements FS.
func (m *Mem) MkdirAll(name string, _ fs.FileMode) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.root
	for _, part := range parts(name) {
		e := n.entries[part]
		if e == nil {
			e = newDir()
			n.change(change{add: part, node: e})
		}
		if !e.dir {
			return &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrExist}
		}
		n = e
	}
	return nil
}

// Stat implements FS.
func (m *Mem) Stat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.walk(name)
	if n == nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return n.info(name), nil
}

// SyncDir implements FS.
func (m *Mem) SyncDir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.walk(name)
	if d == nil || !d.dir {
		return &fs.PathError{Op: "sync", Path: name, Err: fs.ErrNotExist}
	}
	d.synced, d.pending = maps.Clone(d.entries), nil
	return nil
}

// memFile is an open file of a Mem.
type memFile struct {
	fs       *Mem
	node     *node
	name     string
	at       int64
	atEnd    bool // every write goes to the end
	hasLock  bool
	isClosed bool
}

// check returns the error of an operation on a closed file.
func (f *memFile) check(op string) error {
	if f.isClosed {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrClosed}
	}
	return nil
}

func (f *memFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil // the end is told by the next call
	}
	return n, err
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("read"); err != nil {
		return 0, err
	}
	if f.node.dir {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) Write(p []byte) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("write"); err != nil {
		return 0, err
	}
	if f.atEnd {
		f.at = int64(len(f.node.data))
	}
	end := f.at + int64(len(p))
	f.node.grow(end)
	copy(f.node.data[f.at:end], p)
	f.at = end
	return len(p), nil
}

// grow makes the file at least size bytes long, with zeros.
func (n *node) grow(size int64) {
	if missing := size - int64(len(n.data)); missing > 0 {
		n.data = append(n.data, make([]byte, missing)...)
	}
}

func (f *memFile) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("truncate"); err != nil {
		return err
	}
	f.node.grow(size)
	f.node.data = f.node.data[:size]
	return nil
}

func (f *memFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("sync"); err != nil {
		return err
	}
	f.node.durable = slices.Clone(f.node.data)
	return nil
}

func (f *memFile) Close() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("close"); err != nil {
		return err
	}
	f.isClosed = true
	if f.hasLock {
		f.node.locked = false
	}
	return nil
}

func (f *memFile) TryLock() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.node.locked {
		return ErrLocked
	}
	f.node.locked, f.hasLock = true, true
	return nil
}

func (f *memFile) Stat() (fs.FileInfo, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return f.node.info(f.name), f.check("stat")
}

func (n *node) info(name string) fs.FileInfo {
	return memInfo{name: filepath.Base(name), size: int64(len(n.data)), dir: n.dir}
}

type memInfo struct {
	name string
	size int64
	dir  bool
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }

func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
