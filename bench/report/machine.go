package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// machine says where it measures, as far as the system tells.
func machine() result.Machine {
	m := result.Machine{
		CPU: runtime.GOARCH, Cores: runtime.NumCPU(), OS: runtime.GOOS,
		Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = field(text, "model name", m.CPU)
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.Memory = gibibytes(field(text, "MemTotal", ""))
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.OS = "Linux " + strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/mounts"); err == nil {
		m.Disk = fileSystem(text, os.TempDir())
	}
	return m
}

// field returns what stands behind a name and a colon.
func field(text []byte, name, otherwise string) string {
	for line := range bytes.Lines(text) {
		if key, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return otherwise
}

// gibibytes turns what the kernel says of its memory into a rounded size.
func gibibytes(kilobytes string) string {
	number, _, _ := strings.Cut(kilobytes, " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(n/(1<<20), 'f', 1, 64) + " GiB"
}

// fileSystem returns the type of the file system that a folder is on.
func fileSystem(mounts []byte, dir string) string {
	kind, longest := "", -1
	for lines := bufio.NewScanner(bytes.NewReader(mounts)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 3 {
			continue
		}
		at := strings.TrimSuffix(f[1], "/")
		if (dir == at || strings.HasPrefix(dir, at+"/")) && len(at) >= longest {
			kind, longest = f[2], len(at)
		}
	}
	return kind
}

// commit names the commit of a tree, with a + behind it if the tree has changes.
func commit(ctx context.Context, root string) string {
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err //nolint:wrapcheck // whatever it is, the commit is not known
	}
	name, err := git("rev-parse", "--short=10", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changes, err := git("status", "--porcelain", "--untracked-files=no"); err != nil || changes != "" {
		name += "+"
	}
	return name
}
