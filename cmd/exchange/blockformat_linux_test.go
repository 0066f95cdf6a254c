//go:build !386

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// blockFormat is a file system that is tried. The options of mkfs keep it from
// writing in the background.
type blockFormat struct {
	kind    string   // of mount
	options string   // of mount
	mkfs    []string // the command, the image follows
	bytes   int64
}

// blockExt4 is small, so that an image of it is soon made.
func blockExt4(options string) blockFormat {
	return blockFormat{
		kind: "ext4", options: options, bytes: 24 << 20,
		mkfs: []string{"mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-J", "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"},
	}
}

// blockXFS is as small as mkfs makes it.
func blockXFS() blockFormat {
	return blockFormat{kind: "xfs", bytes: 304 << 20, mkfs: []string{"mkfs.xfs", "-q", "-K"}}
}

// make returns a disk with an empty file system.
func (f *blockFormat) make(t *testing.T) blockContent {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, f.bytes); err != nil {
		t.Fatal(err)
	}
	if out, err := blockCommand(t, append(f.mkfs, image)...); err != nil {
		t.Fatalf("make a file system: %v: %s", err, out)
	}
	defer os.Remove(image) //nolint:errcheck // it goes with its directory
	c, err := readBlockContent(image)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
