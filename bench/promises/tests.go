package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// prefix is what the names of the tests begin with.
const prefix = "TestPromise"

// runTests runs the tests, package by package so that they have the machine to
// themselves, and returns the file of their rows, and whether they failed.
func runTests(ctx context.Context, root string, only []string) (rows string, failed, err error) {
	folders, err := findTests(root, only)
	if err != nil {
		return "", nil, err
	}
	f, err := os.CreateTemp("", "promises")
	if err != nil {
		return "", nil, fmt.Errorf("make a file for rows: %w", err)
	}
	if err := f.Close(); err != nil {
		return "", nil, fmt.Errorf("make a file for rows: %w", err)
	}
	for _, t := range folders {
		fmt.Fprintf(os.Stderr, "promises: %s\n", t.folder)
		test := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout", "6h", "-run", t.pattern, "./"+t.folder)
		test.Dir, test.Env = root, append(os.Environ(), promise.File+"="+f.Name())
		said, err := test.CombinedOutput()
		if ctx.Err() != nil {
			return "", nil, fmt.Errorf("stopped in %s: %w", t.folder, ctx.Err())
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s\n", said)
			failed = fmt.Errorf("tests of %s: %w", t.folder, err)
		}
	}
	return f.Name(), failed, nil
}

// A suite is the tests of promises in one package.
type suite struct {
	folder  string // from the root of the module, with slashes
	pattern string
}

// findTests returns where the tests are, by what the sources say; all that mention
// one of the promises, if any are named.
func findTests(root string, only []string) ([]suite, error) {
	names := make(map[string][]string) // of the tests, by folder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err //nolint:wrapcheck // it names the file
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err //nolint:wrapcheck // it names the file
		}
		folder = filepath.ToSlash(folder)
		names[folder] = append(names[folder], testsIn(text, only)...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for tests: %w", err)
	}
	var suites []suite
	for folder, tests := range names {
		if len(tests) > 0 {
			suites = append(suites, suite{folder, "^(" + strings.Join(tests, "|") + ")$"})
		}
	}
	slices.SortFunc(suites, func(a, b suite) int { return strings.Compare(a.folder, b.folder) })
	return suites, nil
}

// testsIn returns the names of the tests of promises in a source. If promises are
// named, only a source that names one of them counts.
func testsIn(text []byte, only []string) []string {
	if len(only) > 0 && !slices.ContainsFunc(only, func(name string) bool { return bytes.Contains(text, []byte(`"`+name+`"`)) }) {
		return nil
	}
	var names []string
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte("func "+prefix))
		if end := bytes.IndexByte(rest, '('); ok && end > 0 {
			names = append(names, prefix+string(rest[:end]))
		}
	}
	return names
}

// readRows reads what tests have put down.
func readRows(name string) ([]promise.Row, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	var rows []promise.Row
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r promise.Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("read rows: line %d of %s: %w", len(rows)+1, name, err)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return rows, nil
}
