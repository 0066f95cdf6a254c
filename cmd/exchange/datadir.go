package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// checkDataDir returns an error that says why dir is no data directory, so that
// nothing is looked for, or made, where there is none.
func checkDataDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist", dir)
	case err != nil:
		return fmt.Errorf("look at the data directory: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	info, err = os.Stat(pipeline.JournalDir(dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is no data directory: it has no journal", dir)
	case err != nil:
		return fmt.Errorf("look at the journal: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is no data directory: its journal is not a directory", dir)
	}
	return nil
}

// checkEmpty returns an error if dir is there and holds anything.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at the data directory: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: a new data directory is needed", dir)
	}
	return nil
}
