package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// deterministic are the packages in which the same commands must always give the
// same events and the same bytes.
func deterministic() []string { return []string{"engine", "engine/msg"} }

// nondeterministic are packages that bring in a clock, chance, other goroutines,
// the world outside, or the layout of memory. Those below them count as well.
func nondeterministic() []string {
	return []string{
		"crypto/rand", "hash/maphash", "io", "log", "maps", "math/rand", "net", "os", "reflect", "runtime", "sync", "syscall", "time",
		"unique", "unsafe", "weak",
	}
}

// TestDeterminism reads the source of the deterministic packages.
func TestDeterminism(t *testing.T) {
	for _, folder := range deterministic() {
		fset := token.NewFileSet()
		var files []*ast.File
		eachGoFile(t, func(in, file string) {
			if in != folder || strings.HasSuffix(file, "_test.go") {
				return
			}
			f, err := parser.ParseFile(fset, filepath.Join(root, folder, file), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		})
		found, err := findNondeterminism(fset, files, importer.ForCompiler(fset, "gc", exportData(t, "./"+folder)))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range found {
			t.Error(text)
		}
	}
}

// findNondeterminism returns what in the files of a package is forbidden.
func findNondeterminism(fset *token.FileSet, files []*ast.File, imp types.Importer) ([]string, error) {
	info := types.Info{Types: make(map[ast.Expr]types.TypeAndValue)}
	config := types.Config{Importer: imp}
	if _, err := config.Check("checked", fset, files, &info); err != nil {
		return nil, fmt.Errorf("check types: %w", err)
	}
	var found []string
	report := func(at token.Pos, what string) {
		found = append(found, fmt.Sprintf("%v: %s", fset.Position(at), what))
	}
	for _, f := range files {
		for _, s := range f.Imports {
			if name := strings.Trim(s.Path.Value, `"`); forbidden(name) {
				report(s.Pos(), "imports "+name)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				report(n.Pos(), "starts a goroutine")
			case *ast.SelectStmt:
				report(n.Pos(), "selects")
			case *ast.ChanType:
				report(n.Pos(), "has a channel")
			case *ast.RangeStmt:
				if _, ok := info.Types[n.X].Type.Underlying().(*types.Map); ok {
					report(n.Pos(), "ranges over a map")
				}
			case ast.Expr:
				if isFloat(info.Types[n].Type) {
					report(n.Pos(), "has floating point")
				}
			}
			return true
		})
	}
	return found, nil
}

func forbidden(imported string) bool {
	return slices.ContainsFunc(nondeterministic(), func(name string) bool {
		return imported == name || strings.HasPrefix(imported, name+"/")
	})
}

// isFloat reports whether t is a number with floating point.
func isFloat(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsFloat|types.IsComplex) != 0
}

// exportData returns where the compiled types of a package's imports are read.
func exportData(t *testing.T, pkg string) importer.Lookup {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", pkg)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list the imports of %s: %v\n%s", pkg, err, &stderr)
	}
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if name, file, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			files[name] = file
		}
	}
	return func(name string) (io.ReadCloser, error) { return os.Open(files[name]) }
}

// TestDeterminismFinds plants each thing that is forbidden.
func TestDeterminismFinds(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`import "time"; var _ time.Duration`, "imports time"},
		{`import "sync/atomic"; var _ atomic.Bool`, "imports sync/atomic"},
		{`import "math/rand/v2"; var _ = rand.Int`, "imports math/rand/v2"},
		{`func f() { go f() }`, "starts a goroutine"},
		{`var c chan int`, "has a channel"},
		{`func f() { select {} }`, "selects"},
		{`func f(m map[int]int) { for range m {} }`, "ranges over a map"},
		{`type m map[int]int; func f(s struct{ m }) { for k := range s.m { _ = k } }`, "ranges over a map"},
		{`func f(m map[int]int) { for i := range len(m) { _ = i } }`, ""},
		{`type price float64`, "has floating point"},
		{`func f(n int) bool { return n > 2.0 }`, ""},
		{`func f() { x := 0.5; _ = x }`, "has floating point"},
		{`func f(s []int) { for i, v := range s { _, _ = i, v } }`, ""},
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "planted.go", "package p\n"+strings.ReplaceAll(c.source, "; ", "\n"), 0)
		if err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		found, err := findNondeterminism(fset, []*ast.File{f}, importer.ForCompiler(fset, "source", nil))
		if err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		all := strings.Join(found, "\n")
		if c.want == "" && all != "" || !strings.Contains(all, c.want) {
			t.Errorf("%s\nfinds %q, want %q", c.source, all, c.want)
		}
	}
}
