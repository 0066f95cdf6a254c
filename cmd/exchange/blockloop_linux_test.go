//go:build !386

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// blockMount is a file system on a loop device over a blockDisk.
type blockMount struct {
	dir  string
	loop *os.File // keeps the device until the file system has it
}

// mount mounts a disk's file system at dir. The error is the kernel's.
func (d *blockDisk) mount(f *blockFormat, dir string) (*blockMount, error) {
	loop, err := blockAttach(d.name)
	if err != nil {
		return nil, err
	}
	m := &blockMount{dir: dir, loop: loop}
	if err := syscall.Mount(loop.Name(), dir, f.kind, syscall.MS_NOATIME, f.options); err != nil {
		return nil, errors.Join(fmt.Errorf("mount %s: %w", f.kind, err), loop.Close())
	}
	return m, nil
}

// mustMount mounts until the test ends, or unmount is called.
func (d *blockDisk) mustMount(t *testing.T, f *blockFormat, dir string) *blockMount {
	t.Helper()
	m, err := d.mount(f, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if m.loop != nil {
			_ = m.unmount()
		}
	})
	return m
}

// blockPatience is how long a mount that is busy is tried again.
const blockPatience = 2 * time.Second

// unmount unmounts, and with it the loop device is free again.
func (m *blockMount) unmount() error {
	var err error
	for end := time.Now().Add(blockPatience); ; time.Sleep(time.Millisecond) {
		if err = syscall.Unmount(m.dir, 0); !errors.Is(err, syscall.EBUSY) || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("unmount: %w", err), syscall.Unmount(m.dir, syscall.MNT_DETACH))
	}
	loop := m.loop
	m.loop = nil
	return errors.Join(err, loop.Close())
}

// blockAttach puts a loop device over a file. It is freed when nobody has it open
// and nothing is mounted from it any more.
func blockAttach(file string) (*os.File, error) {
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("make a loop device: %w", err)
	}
	defer control.Close() //nolint:errcheck // nothing is written
	backing, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("make a loop device: %w", err)
	}
	defer backing.Close() //nolint:errcheck // the loop device has it
	config := unix.LoopConfig{Fd: uint32(backing.Fd()), Size: blockSector}
	config.Info.Flags = unix.LO_FLAGS_AUTOCLEAR
	copy(config.Info.File_name[:], filepath.Base(filepath.Dir(file)))
	const attempts = 100 // others take loop devices too
	for range attempts {
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, fmt.Errorf("find a free loop device: %w", err)
		}
		loop, err := os.OpenFile("/dev/loop"+strconv.Itoa(n), os.O_RDWR, 0)
		if err != nil {
			return nil, fmt.Errorf("make a loop device: %w", err)
		}
		err = unix.IoctlLoopConfigure(int(loop.Fd()), &config)
		if err == nil {
			return loop, nil
		}
		_ = loop.Close()
		if !errors.Is(err, syscall.EBUSY) {
			return nil, fmt.Errorf("configure a loop device: %w", err)
		}
	}
	return nil, errors.New("every loop device was taken by another")
}

// blockLeftovers unmounts what a test has left that was killed: first the file
// systems on loop devices, then the disks below them. The devices free themselves.
func blockLeftovers(t *testing.T) {
	t.Helper()
	table, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	var below []string
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		device, dir := fields[0], fields[1]
		if blockAbandoned(device) {
			below = append(below, dir)
		}
		name, isLoop := strings.CutPrefix(device, "/dev/loop")
		if !isLoop {
			continue
		}
		file, err := os.ReadFile(filepath.Join("/sys/block", "loop"+name, "loop/backing_file"))
		if err == nil && blockAbandoned(string(file)) {
			t.Logf("unmount %s, which a killed test has left", dir)
			_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		}
	}
	for _, dir := range below {
		t.Logf("unmount %s, which a killed test has left", dir)
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	}
}

// blockAbandoned reports whether something was made by a test that is no more.
func blockAbandoned(name string) bool {
	m := regexp.MustCompile(`exchange-block-(\d+)`).FindStringSubmatch(name)
	if m == nil {
		return false
	}
	_, err := os.Stat("/proc/" + m[1])
	return errors.Is(err, os.ErrNotExist)
}

// blockCommand runs a tool of the system.
func blockCommand(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processTimeout)
	defer cancel()
	return exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
}
