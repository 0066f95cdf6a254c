package main

import (
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPackageComments demands a comment for each package, in one file, that
// begins as Go's do.
func TestPackageComments(t *testing.T) {
	comments := make(map[string][]string) // by folder
	eachGoFile(t, func(folder, file string) {
		if comments[folder] == nil {
			comments[folder] = []string{}
		}
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, folder, file), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			comments[folder] = append(comments[folder], f.Doc.Text())
		}
	})
	for _, folder := range slices.Sorted(maps.Keys(comments)) {
		begin := "Package " + path.Base(folder) + " "
		if path.Dir(folder) == "cmd" { // below it are packages like any other
			begin = "Command " + path.Base(folder) + " "
		}
		switch all := comments[folder]; {
		case len(all) != 1:
			t.Errorf("%s has %d package comments, it must have one", folder, len(all))
		case !strings.HasPrefix(all[0], begin):
			t.Errorf("the package comment of %s must begin with %q, it is %q", folder, begin, all[0])
		}
	}
}
