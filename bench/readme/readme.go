// Package readme puts tables that commands print into README.md, between the two
// lines that mark each.
package readme

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Root returns the folder of the module.
func Root(ctx context.Context) (string, error) {
	file, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("ask for the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(file))), nil
}

// Put replaces what a file has between the lines begin and end.
func Put(path, begin, end, table string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the README: %w", err)
	}
	text, err = Replace(text, begin, end, table)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // it is for all to read
		return fmt.Errorf("write the README: %w", err)
	}
	return nil
}

// Replace replaces what a text has between the lines begin and end.
func Replace(text []byte, begin, end, table string) ([]byte, error) {
	before, rest, ok := strings.Cut(string(text), begin+"\n")
	if !ok {
		return nil, fmt.Errorf("the README has no line %q", begin)
	}
	_, after, ok := strings.Cut(rest, end+"\n")
	if !ok {
		return nil, fmt.Errorf("the README has no line %q", end)
	}
	return []byte(before + begin + "\n" + table + end + "\n" + after), nil
}

// Grouped returns a number with commas between the thousands.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
