package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path of this module, and root its folder from here.
const (
	module = "github.com/seed-7d4c2414/exchange"
	root   = "../.."
)

// everything stands for all packages of the module.
const everything = "*"

// A lattice rule says what a package may import beside the standard library.
// What is not listed is forbidden, so a new arrow is drawn here, with a reason.
type latticeRule struct {
	folder  string   // from the root of the module
	imports []string // packages of the module, by their folders
	others  []string // packages of other modules, all of them in use
	why     string
}

// lattice lists every package. Tests may import more.
func lattice() []latticeRule {
	return []latticeRule{
		{
			folder: "engine/msg",
			why:    "the language that all speak has to stand alone, or speaking it would drag the rest in",
		},
		{
			folder: "engine/ring",
			why:    "a ring knows no domain type, so that it can be tested, and read, for itself",
		},
		{
			folder: "journal/vfs",
			why:    "file operations know nothing of what is in the files",
		},
		{
			folder: "engine", imports: []string{"engine/msg"},
			why: "a deterministic state machine: commands in, events out, nothing else to reach for",
		},
		{
			folder: "marketview", imports: []string{"engine/msg"},
			why: "views are folds of events; what they could ask the engine they must be able to derive",
		},
		{
			folder: "engine/flow", imports: []string{"engine/msg"}, others: []string{"github.com/klauspost/compress/zstd"},
			why: "recorded flow becomes commands and is compared with events, whoever executes them; files are compressed",
		},
		{
			folder: "engine/enginetest", imports: []string{"engine/msg"},
			why: "a judge of the engine that used the engine would repeat its mistakes",
		},
		{
			folder: "engine/enginetest/judged", imports: []string{"engine", "engine/enginetest", "engine/msg"},
			why: "the one place where judge and judged meet",
		},
		{
			folder: "journal", imports: []string{"journal/vfs"},
			others: []string{"github.com/klauspost/compress/zstd", "github.com/tidwall/wal"},
			why:    "the log knows bytes and no meaning; segments are tidwall/wal's, payloads are compressed",
		},
		{
			folder: "snapshot", imports: []string{"journal/vfs"}, others: []string{"github.com/klauspost/compress/zstd"},
			why: "sections are bytes to it, and it shares with the journal the files only",
		},
		{
			folder: "engine/pipeline", imports: []string{"engine", "engine/msg", "engine/ring", "journal", "journal/vfs", "snapshot"},
			why: "the one loop joins these; views reach it through an interface of its own, so it needs none of them",
		},
		{
			folder: "gateway", imports: []string{"engine/msg", "marketview"},
			others: []string{"github.com/gorilla/websocket", "github.com/valyala/fasthttp", "golang.org/x/time/rate"},
			why:    "the edge knows commands, events and views; the exchange behind them is an interface",
		},
		{
			folder: "gateway/wire", imports: []string{"engine/msg", "marketview"},
			why: "decimals and times of the public format, of the markets that the views describe",
		},
		{
			folder: "gateway/auth", imports: []string{"engine/msg"},
			why: "who asks is known before anything is read of the exchange",
		},
		{
			folder: "gateway/api", imports: []string{"engine/msg", "gateway", "gateway/auth", "gateway/wire", "marketview"},
			why: "methods are the same whatever carries them, so it knows no carrier",
		},
		{
			folder: "gateway/rest", imports: []string{"gateway/api"}, others: []string{"github.com/valyala/fasthttp"},
			why: "it carries the API over HTTP and decides nothing",
		},
		{
			folder: "gateway/wsapi", imports: []string{"engine/msg", "gateway", "gateway/api", "gateway/auth", "gateway/wire", "marketview"},
			others: []string{"github.com/go-json-experiment/json/jsontext"},
			why:    "it carries the API over websockets, and user data, which are folds; rare requests are read by a library",
		},
		{
			folder: "gateway/stream", imports: []string{"engine/msg", "gateway", "gateway/wire", "marketview"},
			others: []string{"github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext", "golang.org/x/time/rate"},
			why:    "market data is public, so it knows no keys; control messages are read by a library",
		},
		{
			folder: "gateway/admin", imports: []string{"engine/msg", "gateway", "gateway/auth", "gateway/wire", "marketview"},
			others: []string{
				"github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext",
				"github.com/prometheus/client_golang/prometheus", "github.com/prometheus/client_golang/prometheus/collectors",
				"github.com/prometheus/client_golang/prometheus/promhttp",
				"github.com/valyala/fasthttp", "github.com/valyala/fasthttp/fasthttpadaptor", "github.com/valyala/fasthttp/pprofhandler",
			},
			why: "the operator's side; what it cannot reach through the views comes through an interface of its own",
		},
		{
			folder: "cmd/exchange/client", imports: []string{"engine/msg"},
			others: []string{
				"github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext", "github.com/gorilla/websocket", "github.com/valyala/fasthttp",
			},
			why: "it speaks to an exchange from outside, so it may know nothing of the inside",
		},
		{
			folder: "cmd/exchange/demo", imports: []string{"cmd/exchange/client"},
			why: "the simulated traders come in like anybody",
		},
		{
			folder: "cmd/exchange/timeline",
			imports: []string{
				"cmd/exchange/timeline/condition", "engine", "engine/msg", "engine/pipeline", "journal", "journal/vfs", "snapshot",
			},
			why: "the past to stand in, whoever shows it: the engine and what it left on disk",
		},
		{
			folder: "cmd/exchange/timeline/condition", imports: []string{"engine", "engine/msg"},
			why: "conditions ask the engine and the transaction at hand, and know no journal",
		},
		{
			folder: "cmd/exchange", imports: []string{everything},
			others: []string{
				"github.com/BurntSushi/toml", "github.com/HdrHistogram/hdrhistogram-go",
				"charm.land/bubbletea/v2", "charm.land/lipgloss/v2", "github.com/gorilla/websocket", "github.com/parquet-go/parquet-go", "github.com/schollz/progressbar/v3", "github.com/spf13/cobra", "github.com/spf13/pflag",
				"github.com/valyala/fasthttp", "golang.org/x/term",
			},
			why: "it wires; command line, its configuration, progress bars, and whether there is a terminal to draw them on",
		},
		{
			folder: "bench", imports: []string{everything},
			why: "it measures all parts alone and together",
		},
		{
			folder: "engine/planted",
			why:    "names of bugs that builds for tests have; whatever can have one may ask, so it asks nobody",
		},
		{
			folder: "bench/planted",
			why:    "it runs the Go toolchain, and what it looks for is in the builds",
		},
		{
			folder: "bench/promises", imports: []string{"bench/promise", "bench/readme"},
			why: "it runs tests and adds up what they put down",
		},
		{
			folder: "bench/rivals", imports: []string{"bench/promise"}, others: []string{"github.com/tidwall/wal", "go.etcd.io/bbolt"},
			why: "others under the same faults, with nothing of ours in between",
		},
		{
			folder: "bench/result",
			why:    "what was found is plain data, whoever measures, compares, prints or draws it",
		},
		{
			folder: "bench/readme",
			why:    "it puts text between marks, whatever the text says",
		},
		{
			folder: "bench/workload", imports: []string{"engine", "engine/enginetest", "engine/flow", "engine/msg"},
			why: "flows are commands for the engine, which tells what comes of them",
		},
		{
			folder: "bench/allviews", imports: []string{"engine/pipeline", "marketview"},
			why: "the read models as the pipeline takes them",
		},
		{
			folder: "bench/workload/generate", imports: []string{"bench/workload"},
			why: "it writes the files of the common workload",
		},
		{
			folder: "bench/core", imports: []string{"bench/result", "bench/workload", "engine", "engine/msg"},
			why: "the engine alone: nothing of what is around it may be in its figures",
		},
		{
			folder: "bench/latency",
			imports: []string{
				"bench/allviews", "bench/result", "engine", "engine/enginetest", "engine/msg", "engine/pipeline", "journal/vfs", "marketview", "snapshot",
			},
			others: []string{"golang.org/x/sys/unix"},
			why:    "the pipeline beside a bare group commit, which is one system call",
		},
		{
			folder: "bench/recovery",
			imports: []string{
				"bench/allviews", "bench/result", "engine", "engine/enginetest", "engine/msg", "engine/pipeline", "journal", "journal/vfs", "marketview", "snapshot",
			},
			why: "a restart, and each of its parts alone",
		},
		{
			folder: "bench/memory", imports: []string{"bench/readme", "bench/result", "engine", "engine/msg", "marketview"},
			others: []string{"github.com/gorilla/websocket"},
			why:    "what one more of each thing takes; connections are those of a client",
		},
		{
			folder: "bench/counted", imports: []string{"bench/readme", "bench/result", "bench/workload", "engine", "engine/msg", "journal", "marketview"},
			why: "what is the same on every machine and in every run",
		},
		{
			folder: "bench/counted/loop", imports: []string{"bench/workload", "engine", "engine/msg", "marketview"},
			why: "a program of nothing but commands, whose instructions are counted",
		},
		{
			folder: "bench/flash1run", imports: []string{"bench/result"},
			why: "it runs a harness that somebody else built and reads what it prints",
		},
		{
			folder: "bench/throughput",
			imports: []string{
				"bench/allviews", "bench/result", "bench/workload", "engine", "engine/msg", "engine/pipeline", "engine/ring", "journal", "marketview",
			},
			why: "the whole pipeline and each of its stages alone",
		},
		{
			folder:  "bench/report",
			imports: []string{"bench/core", "bench/counted", "bench/flash1run", "bench/latency", "bench/memory", "bench/readme", "bench/recovery", "bench/result", "bench/throughput"},
			why:     "it has everything measured and prints what was found",
		},
		{
			folder: "bench/compare", imports: []string{"bench/result"},
			why: "it holds two results side by side",
		},
		{
			folder: "bench/plot", imports: []string{"bench/result"},
			others: []string{
				"gonum.org/v1/plot", "gonum.org/v1/plot/font", "gonum.org/v1/plot/plotter", "gonum.org/v1/plot/vg", "gonum.org/v1/plot/vg/draw", "gonum.org/v1/plot/vg/vgsvg",
			},
			why: "it draws results with a library",
		},
		{
			folder: "bench/promise",
			why:    "any test may put down how a promise has held, so it needs nothing that is tested",
		},
	}
}

// TestLattice reads the imports of every package and holds them against the
// lattice.
func TestLattice(t *testing.T) {
	found := packages(t)
	known := make(map[string]bool)
	for _, rule := range lattice() {
		known[rule.folder] = true
		imports, ok := found[rule.folder]
		if !ok {
			t.Errorf("there is a rule for %s and no such package", rule.folder)
			continue
		}
		for _, imported := range slices.Sorted(maps.Keys(imports)) {
			if !rule.allows(imported) {
				t.Errorf("%s must not import %s (%s): %s", rule.folder, imported, imports[imported], rule.why)
			}
		}
		for _, other := range rule.others {
			if imports[other] == "" {
				t.Errorf("%s no longer imports %s: take it off the list", rule.folder, other)
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(found)) {
		if !known[folder] {
			t.Errorf("%s is in no rule: draw it into the lattice, with the reason", folder)
		}
	}
}

// allows reports whether the rule's package may import a path.
func (r *latticeRule) allows(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	folder, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case ours:
		return folder == "engine/planted" || slices.Contains(r.imports, folder) || slices.Contains(r.imports, everything) ||
			strings.HasPrefix(folder, r.folder+"/internal/")
	case strings.Contains(first, "."):
		return slices.Contains(r.others, imported)
	default:
		return imported != "C" // the standard library, and no cgo
	}
}

// packages returns what each package of the module imports, by its folder, and
// in which file. Test files do not count.
func packages(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := make(map[string]map[string]string)
	eachGoFile(t, func(folder, file string) {
		if all[folder] == nil {
			all[folder] = make(map[string]string)
		}
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, folder, file), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Imports {
			imported, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			all[folder][imported] = file
		}
	})
	return all
}

// eachGoFile calls visit with every Go file of the module, its folder given from
// the root with slashes. Other modules in it, data and hidden folders are left out.
func eachGoFile(t *testing.T, visit func(folder, file string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || isModule(name)) {
				return filepath.SkipDir
			}
			return nil
		}
		if folder, file := path.Split(filepath.ToSlash(rel)); strings.HasSuffix(file, ".go") {
			visit(path.Clean(folder), file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// TestLatticeForbids holds the rules themselves against what must never be.
func TestLatticeForbids(t *testing.T) {
	rules := make(map[string]latticeRule)
	for _, r := range lattice() {
		rules[r.folder] = r
	}
	for _, c := range []struct {
		folder, imported string
		want             bool
	}{
		{"engine", "fmt", true},
		{"engine", module + "/engine/msg", true},
		{"engine", module + "/journal", false},
		{"engine", module + "/marketview", false},
		{"engine", "github.com/tidwall/wal", false},
		{"engine/msg", module + "/engine", false},
		{"engine/pipeline", module + "/marketview", false},
		{"journal", module + "/engine/msg", false},
		{"snapshot", module + "/engine/msg", false},
		{"marketview", module + "/engine", false},
		{"cmd/exchange", module + "/marketview", true},
		{"cmd/exchange", "github.com/stretchr/testify/assert", false},
		{"engine/ring", "C", false},
	} {
		r := rules[c.folder]
		if got := r.allows(c.imported); got != c.want {
			t.Errorf("%s may import %s: %v, want %v", c.folder, c.imported, got, c.want)
		}
	}
}
