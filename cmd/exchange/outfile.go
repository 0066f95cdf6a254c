package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// outFile is a file that is there whole or not at all: it is written under another name
// in the same directory, and renamed in the end.
type outFile struct {
	*os.File

	name string
	kept bool
}

// newOutFile begins to write a file.
func newOutFile(name string) (*outFile, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a directory", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("make the file: %w", err)
	}
	return &outFile{File: f, name: name}, nil
}

// keep makes what was written durable and gives it its name.
func (f *outFile) keep() error {
	err := f.Chmod(0o644)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), f.name)
	}
	if err == nil {
		f.kept = true
		err = vfs.OS().SyncDir(filepath.Dir(f.name))
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", f.name, err)
	}
	return nil
}

// close closes the file, and removes it unless it is kept.
func (f *outFile) close() error {
	err := f.Close()
	if !f.kept {
		if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err //nolint:wrapcheck // it names the file
}
