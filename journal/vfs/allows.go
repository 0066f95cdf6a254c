package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// mostPending bounds the changes of one directory since its last SyncDir of which Allows tries all subsets.
const mostPending = 16

// ReadTree returns the files under dir with their contents, by their names relative to it, with slashes. The name of a directory
// ends in a slash and has no contents. What else there is, such as links, is an error.
func ReadTree(fsys FS, dir string) (map[string][]byte, error) {
	tree := make(map[string][]byte)
	if err := readTree(fsys, dir, "", tree); err != nil {
		return nil, fmt.Errorf("read the tree of %s: %w", dir, err)
	}
	return tree, nil
}

func readTree(fsys FS, dir, prefix string, tree map[string][]byte) error {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, base := range names {
		name := filepath.Join(dir, base)
		info, err := fsys.Stat(name)
		switch {
		case err != nil:
			return err
		case info.IsDir():
			tree[prefix+base+"/"] = nil
			err = readTree(fsys, name, prefix+base+"/", tree)
		case info.Mode().IsRegular():
			tree[prefix+base], err = ReadFile(fsys, name)
		default:
			return &fs.PathError{Op: "read", Path: name, Err: errors.ErrUnsupported}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Allows reports whether a power cut at this moment may leave the files of tree, which is as ReadTree returns it: nil, or what is
// not one of the outcomes of CrashClone.
func (m *Mem) Allows(tree map[string][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	dirs := map[string][]string{"": nil} // the base names in each directory
	for name := range tree {
		dir, base := path.Split(strings.TrimSuffix(name, "/"))
		dirs[dir] = append(dirs[dir], base)
		if strings.HasSuffix(name, "/") {
			dirs[name] = append(dirs[name], nil...)
		}
	}
	return m.root.allows("", tree, dirs)
}

// allows finds a subset of the changes of a directory that leaves its names, each with contents that its file may have.
func (n *node) allows(name string, tree map[string][]byte, dirs map[string][]string) error {
	if len(n.pending) > mostPending {
		return fmt.Errorf("%d changes of directory %q are not durable, only %d can be tried", len(n.pending), name, mostPending)
	}
	want := dirs[name]
	slices.Sort(want)
	var why error
	for subset := 1<<len(n.pending) - 1; subset >= 0; subset-- {
		entries := maps.Clone(n.synced)
		for i, ch := range n.pending {
			if subset&(1<<i) != 0 {
				ch.apply(entries)
			}
		}
		if names := slices.Sorted(maps.Keys(entries)); !slices.Equal(names, want) {
			if why == nil {
				why = fmt.Errorf("directory %q has %q, which no subset of its changes gives; with all of them it has %q", name, want, names)
			}
			continue
		}
		err := allowed(name, entries, tree, dirs)
		if err == nil {
			return nil
		}
		why = err
	}
	return why
}

// allowed compares each entry of a directory with the tree.
func allowed(prefix string, entries map[string]*node, tree map[string][]byte, dirs map[string][]string) error {
	for _, base := range slices.Sorted(maps.Keys(entries)) {
		n, name := entries[base], prefix+base
		data, isFile := tree[name]
		switch {
		case n.dir && isFile:
			return fmt.Errorf("%s is a file, and must be a directory", name)
		case n.dir:
			if err := n.allows(name+"/", tree, dirs); err != nil {
				return err
			}
		case !isFile:
			return fmt.Errorf("%s is a directory, and must be a file", name)
		default:
			if err := n.holds(data); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// holds reports whether a power cut may leave these contents of a file.
func (n *node) holds(data []byte) error {
	lo, hi := len(n.durable), len(n.durable)
	for _, size := range n.sizes {
		lo, hi = min(lo, size), max(hi, size)
	}
	if len(data) < lo || len(data) > hi {
		return fmt.Errorf("%d bytes, may have %d to %d", len(data), lo, hi)
	}
	room := make([]byte, hi)
	copy(room, n.durable)
	written := make(map[int][]int)
	for _, versions := range n.versions() {
		written[n.dirty[versions[0]].at] = versions
	}
	for at := 0; at*sectorBytes < len(data); at++ {
		from, to := at*sectorBytes, min((at+1)*sectorBytes, len(data))
		found := bytes.Equal(room[from:to], data[from:to])
		for _, v := range written[at] {
			put(room, n.dirty[v])
			found = found || bytes.Equal(room[from:to], data[from:to])
		}
		if !found {
			return fmt.Errorf("the sector at offset %d holds what none of %d writes since the last sync left there", from, len(written[at]))
		}
	}
	return nil
}
