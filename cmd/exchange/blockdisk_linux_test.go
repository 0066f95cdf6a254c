//go:build !386

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// The FUSE library does not build on 386, so nothing of these tests does.

// blockDisk is a disk that this process serves: a file of a FUSE file system, to
// be put under a loop device. It sees each write and each flush that the kernel
// sends to the disk, in their order, and nothing that is still in the kernel's
// memory. What it does about them is the test's choice.
type blockDisk struct {
	fs.Inode

	name  string // of the file
	bytes int64

	mu      sync.Mutex // guards all below
	content blockContent
	written []blockWrite // since record was called; a flush is a write of nothing
	records bool
	hook    blockHook
}

// blockWrite is a write that the disk was sent, or a flush when data is nil: then
// all writes before it were durable once it had returned.
type blockWrite struct {
	off  int64
	data []byte
}

// blockHook is asked before a write (with its data) or a flush (with none) is
// carried out, and may take its time. What it returns is the answer, instead of
// carrying it out, unless it is 0.
type blockHook func(off int64, data []byte) syscall.Errno

var (
	_ fs.NodeOpener    = (*blockDisk)(nil)
	_ fs.NodeReader    = (*blockDisk)(nil)
	_ fs.NodeWriter    = (*blockDisk)(nil)
	_ fs.NodeFsyncer   = (*blockDisk)(nil)
	_ fs.NodeGetattrer = (*blockDisk)(nil)
	_ fs.NodeSetattrer = (*blockDisk)(nil)
)

// newBlockDisk serves a disk with some content until the test ends.
func newBlockDisk(t *testing.T, content blockContent, size int64) *blockDisk {
	t.Helper()
	blockLeftovers(t)
	d := &blockDisk{bytes: size, content: content}
	dir := filepath.Join(t.TempDir(), blockName())
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	root := &fs.Inode{}
	server, err := fs.Mount(dir, root, &fs.Options{
		MountOptions: fuse.MountOptions{
			FsName: blockName(), Name: "exchangeblock", DirectMountStrict: true, MaxWrite: 1 << 20, DisableXAttrs: true,
		},
		OnAdd: func(ctx context.Context) {
			root.AddChild("disk", root.NewPersistentInode(ctx, d, fs.StableAttr{Mode: syscall.S_IFREG}), false)
		},
	})
	if err != nil {
		t.Fatalf("mount a disk that is served: %v", err)
	}
	d.name = filepath.Join(dir, "disk")
	dismiss, err := d.guard()
	if err != nil {
		t.Error(err)
		dismiss = func() {}
	}
	t.Cleanup(func() {
		defer dismiss()
		if err := server.Unmount(); err != nil {
			t.Errorf("unmount the disk that is served: %v", err)
			_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		}
		server.Wait()
	})
	return d
}

// Open has every request come here at once: the loop device keeps nothing back.
func (d *blockDisk) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

// Getattr implements fs.NodeGetattrer.
func (d *blockDisk) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size, out.Blksize = syscall.S_IFREG|0o600, uint64(d.bytes), blockPage
	return 0
}

// Setattr lets times be set and does nothing about it.
func (d *blockDisk) Setattr(ctx context.Context, f fs.FileHandle, _ *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	return d.Getattr(ctx, f, out)
}

// Read implements fs.NodeReader.
func (d *blockDisk) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n := max(0, min(int64(len(dest)), d.bytes-off))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.content.readAt(dest[:n], off)
	return fuse.ReadResultData(dest[:n]), 0
}

// Write implements fs.NodeWriter.
func (d *blockDisk) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	if err := d.asked(off, data); err != 0 {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.content.writeAt(data, off)
	if d.records {
		d.written = append(d.written, blockWrite{off, bytes.Clone(data)})
	}
	return uint32(len(data)), 0
}

// Fsync implements fs.NodeFsyncer: it is what a flush of the loop device becomes.
func (d *blockDisk) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	if err := d.asked(0, nil); err != 0 {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.records {
		d.written = append(d.written, blockWrite{})
	}
	return 0
}

func (d *blockDisk) asked(off int64, data []byte) syscall.Errno {
	d.mu.Lock()
	hook := d.hook
	d.mu.Unlock()
	if hook == nil {
		return 0
	}
	return hook(off, data)
}

// setHook has a hook asked from now on; nil asks nobody.
func (d *blockDisk) setHook(h blockHook) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook = h
}

// put puts another disk in the place of this one, which nobody may be using.
func (d *blockDisk) put(c blockContent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.content = c
}

// now returns what is on the disk: what a power cut would leave if it took nothing of
// what the disk was sent.
func (d *blockDisk) now() blockContent {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.content.clone()
}

// record returns what is on the disk, all of it durable, and begins to record.
func (d *blockDisk) record() blockContent {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records, d.written = true, nil
	return d.content.clone()
}

// recorded ends recording and returns what was recorded.
func (d *blockDisk) recorded() []blockWrite {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records = false
	return d.written
}

// position returns how many writes and flushes were recorded up to now.
func (d *blockDisk) position() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.written)
}

// blockName marks what a test of this process mounts, so that what one leaves that
// was killed can be told from what another is using.
func blockName() string { return fmt.Sprintf("exchange-block-%d", os.Getpid()) }
