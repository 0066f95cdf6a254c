//go:build !386

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// guardScript waits until a process is no more, or is being killed and only threads
// are left that wait for a disk that it served itself. Then it ends the disk, for which
// such threads, and whoever asks about loop devices, would wait for ever, and unmounts
// what is on it.
const guardScript = `
while [ -r "/proc/$1/status" ] && ! grep -qE '^State:.[ZX]|^SigPnd:.*[13579bdf]..$' "/proc/$1/status"; do sleep 0.3; done
control=$(mktemp -d) && mount -t fusectl none "$control" && echo 1 > "$control/$2/abort"
umount "$control"; rmdir "$control"
for file in /sys/block/loop*/loop/backing_file; do
	case "$(cat "$file")" in
	*"$3"*) loop=${file#/sys/block/}; umount -l "/dev/${loop%%/*}";;
	esac
done
umount -l "$3"
`

// guard has a process of its own end a disk when this one is killed, and keeps other
// programs that this one starts from holding the disk's connection to the kernel. The
// function that is returned sends the guard home. A program that is on the disk keeps the
// loop device until it ends, as an exchange does with the first command that it cannot
// write.
func (d *blockDisk) guard() (dismiss func(), err error) {
	dir := filepath.Dir(d.name)
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	connection := unix.Minor(info.Sys().(*syscall.Stat_t).Dev)
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return nil, err
	}
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); to == "/dev/fuse" {
			n, err := strconv.Atoi(filepath.Base(fd))
			if err != nil {
				return nil, err
			}
			syscall.CloseOnExec(n)
		}
	}
	cmd := exec.Command("sh", "-c", guardScript, "guard", strconv.Itoa(os.Getpid()), strconv.FormatUint(uint64(connection), 10), dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // what ends a group must not end it
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the guard of a disk: %w", err)
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}, nil
}

// guardedChild has TestBlockGuard be the process that is killed.
const guardedChild = "EXCHANGE_BLOCK_GUARDED"

// TestBlockGuard kills a test that has a file system on a disk that it serves, while a
// thread of it waits for that disk and a process that it started goes on: soon nothing
// of it is left.
func TestBlockGuard(t *testing.T) {
	p := promise.Begin(t, "D3")
	p.NeedDisks()
	if os.Getenv(guardedChild) != "" {
		waitOnDisk(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^TestBlockGuard$", "-test.v")
	cmd.Env = append(os.Environ(), guardedChild+"=1", promise.File+"=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := false
	for lines := bufio.NewScanner(out); !ready && lines.Scan(); {
		ready = lines.Text() == "waits"
	}
	_ = cmd.Process.Kill()
	if _ = cmd.Wait(); !ready {
		t.Fatal("the child did not get so far")
	}
	mark := fmt.Sprintf("exchange-block-%d", cmd.Process.Pid)
	eventually(t, func() error { return nothingLeft(mark) })
	p.Note("a test that is killed leaves no mount and no loop device")
}

// nothingLeft looks for mounts and loop devices of a process.
func nothingLeft(mark string) error {
	table, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	if strings.Contains(string(table), mark) {
		return errors.New("it is still mounted")
	}
	files, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		return err
	}
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && (strings.Contains(string(b), mark) || string(b) == "/disk\n") {
			return fmt.Errorf("%s is %s", file, b)
		}
	}
	return nil
}

// waitOnDisk waits for a disk that does not answer, until the process is killed.
func waitOnDisk(t *testing.T) {
	t.Helper()
	f := blockExt4("data=ordered")
	d := newBlockDisk(t, f.make(t), f.bytes)
	dir := blockDir(t)
	d.mustMount(t, &f, dir)
	file, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), "cat") // until this process is gone
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	d.setHook(func(int64, []byte) syscall.Errno {
		_, _ = os.Stdout.WriteString("waits\n")
		time.Sleep(processTimeout)
		return 0
	})
	_, _ = file.WriteString("text")
	_ = file.Sync() // it never returns
}
