package vfs

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Mem is a file system in memory that can be copied as a power cut would leave it: see CrashClone for what that may be.
// Contents are durable only after File.Sync, a directory's entries only after SyncDir of that directory, the directory's own
// entry included. Its methods may be called from any goroutine.
type Mem struct {
	mu    sync.Mutex // guards everything below, the nodes included
	root  *node
	limit int64 // bytes that all files together may hold; 0 = no bound
}

// A node is a file or a directory. Of each it holds the state that programs see and the one that is durable.
type node struct {
	dir bool

	data, durable []byte   // of a file
	dirty         []sector // what was written to it since, in order
	sizes         []int    // the lengths it has had since
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

// Limit bounds what all files together may hold: a write beyond that writes what still fits and fails with ENOSPC, until files
// are removed or cut. 0 takes the bound away.
func (m *Mem) Limit(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = bytes
}

// Clone returns a copy of everything that programs see, all of it durable: the machine was turned off in order, or only the
// process has died.
func (m *Mem) Clone() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Mem{root: m.root.clone()}
}

// Fork returns a copy that can lose what m can lose.
func (m *Mem) Fork() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Mem{root: m.root.fork(map[*node]*node{}), limit: m.limit}
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

// fork copies n with all that is not durable; done keeps a file that is reachable by two names one file.
func (n *node) fork(done map[*node]*node) *node {
	if n == nil {
		return nil
	}
	if c, ok := done[n]; ok {
		return c
	}
	c := &node{dir: n.dir, data: slices.Clone(n.data), durable: slices.Clone(n.durable), dirty: slices.Clone(n.dirty), sizes: slices.Clone(n.sizes)}
	done[n] = c
	if !n.dir {
		return c
	}
	c.entries, c.synced = make(map[string]*node, len(n.entries)), make(map[string]*node, len(n.synced))
	for name, e := range n.entries {
		c.entries[name] = e.fork(done)
	}
	for name, e := range n.synced {
		c.synced[name] = e.fork(done)
	}
	for _, ch := range n.pending {
		c.pending = append(c.pending, change{ch.remove, ch.add, ch.node.fork(done)})
	}
	return c
}

// bytes returns what the files under n hold.
func (n *node) bytes() int64 {
	sum := int64(len(n.data))
	for _, e := range n.entries {
		sum += e.bytes()
	}
	return sum
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
		n.resize(0)
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
