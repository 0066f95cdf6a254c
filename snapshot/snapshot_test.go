package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// dir is the directory of the tests in memory.
const dir = "data/snapshot"

// state returns a snapshot of seq with three sections, of which one is empty, with size bytes in all.
func state(seq uint64, size int) *Snapshot {
	rng := rand.New(rand.NewPCG(seq, uint64(size)))
	return &Snapshot{
		Meta: Meta{
			Journal:    [16]byte{1, 2, 3, 15: 16},
			Seq:        seq,
			Time:       1_700_000_000_000_000_000 + int64(seq),
			Digest:     rng.Uint64(),
			Epoch:      3,
			Frame:      seq / 2,
			FrameHash:  [16]byte{0xaa, 15: 0xbb},
			Derivation: 1,
		},
		Sections: []Section{
			{Name: "engine", Version: 7, Data: halfRandom(rng, size/2)},
			{Name: "empty", Version: 1},
			{Name: "view/depth", Version: math.MaxUint32, Data: halfRandom(rng, size-size/2)},
		},
	}
}

// halfRandom returns n bytes that compress somewhat.
func halfRandom(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32() & 0x0f * uint32(i/64%2))
	}
	return b
}

func mustWrite(t *testing.T, fsys vfs.FS, s *Snapshot) Info {
	t.Helper()
	info, err := Write(fsys, dir, s)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// store puts bytes into a file, and what is not about the test into the background.
func store(t *testing.T, fsys vfs.FS, path string, data []byte) {
	t.Helper()
	if err := fsys.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := vfs.WriteFileSync(fsys, path, data, 0o640); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, fsys vfs.FS, path string) []byte {
	t.Helper()
	b, err := vfs.ReadFile(fsys, path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// diff returns how got differs from want, "" if it does not.
func diff(got, want *Snapshot) string {
	same := func(a, b Section) bool {
		return a.Name == b.Name && a.Version == b.Version && bytes.Equal(a.Data, b.Data)
	}
	if got.Meta == want.Meta && slices.EqualFunc(got.Sections, want.Sections, same) {
		return "" // cmp takes a second for a megabyte
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

func TestRoundTrip(t *testing.T) {
	for name, fsys := range map[string]struct {
		vfs.FS
		dir string
	}{
		"mem": {vfs.NewMem(), dir},
		"os":  {vfs.OS(), filepath.Join(t.TempDir(), "snapshot")},
	} {
		t.Run(name, func(t *testing.T) {
			many := &Snapshot{Meta: Meta{Seq: math.MaxUint64, Time: math.MinInt64}}
			for i := range MaxSections {
				name := strings.Repeat("x", MaxNameBytes-3) + fmt.Sprintf("%03d", i)
				many.Sections = append(many.Sections, Section{Name: name, Data: []byte{byte(i)}})
			}
			for _, want := range []*Snapshot{{}, state(1, 0), state(2, 1), state(3, 1000), state(4, 3<<20), many} {
				info, err := Write(fsys, fsys.dir, want)
				if err != nil {
					t.Fatal(err)
				}
				got, err := Read(fsys, info.Path)
				if err != nil {
					t.Fatal(err)
				}
				if d := diff(got, want); d != "" {
					t.Errorf("snapshot %d (-want +got):\n%s", want.Seq, d)
				}
				meta, err := Verify(fsys, info.Path)
				if err != nil || meta != want.Meta {
					t.Errorf("Verify = %+v, %v, want %+v", meta, err, want.Meta)
				}
				meta, err = ReadMeta(fsys, info.Path)
				if err != nil || meta != want.Meta {
					t.Errorf("ReadMeta = %+v, %v, want %+v", meta, err, want.Meta)
				}
				st, err := fsys.Stat(info.Path)
				if err != nil || st.Size() != info.Bytes || info.Seq != want.Seq {
					t.Errorf("info %+v, file of %d bytes, %v", info, st.Size(), err)
				}
			}
		})
	}
}

func TestSectionByName(t *testing.T) {
	s := state(1, 100)
	sec, ok := s.Section("view/depth")
	if !ok || sec.Version != math.MaxUint32 || !bytes.Equal(sec.Data, s.Sections[2].Data) {
		t.Errorf("Section(view/depth) = %v, %t", sec, ok)
	}
	if sec, ok := s.Section("view"); ok {
		t.Errorf("Section(view) = %v, want none", sec)
	}
}

func TestWriteRefusesWhatReadWould(t *testing.T) {
	tooMany := make([]Section, MaxSections+1)
	for i := range tooMany {
		tooMany[i].Name = strconv.Itoa(i)
	}
	for _, c := range []struct {
		want     string
		sections []Section
	}{
		{"257 sections, the limit is 256", tooMany},
		{"section 0: a name of 0 bytes", []Section{{}}},
		{"section 0: a name of 65 bytes", []Section{{Name: strings.Repeat("x", 65)}}},
		{"section 1: name \"a b\"", []Section{{Name: "a"}, {Name: "a b"}}},
		{"section 0: name \"\\x7f\"", []Section{{Name: "\x7f"}}},
		{"section 2: a second one with the name \"a\"", []Section{{Name: "a"}, {Name: "b"}, {Name: "a"}}},
	} {
		fsys := vfs.NewMem()
		_, err := Write(fsys, dir, &Snapshot{Meta: Meta{Seq: 5}, Sections: c.sections})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that says %q", err, c.want)
		}
		if _, err := fsys.Stat(dir); err == nil {
			t.Errorf("%s: the directory was made", c.want)
		}
	}
}

// Writing a sequence again replaces the file, whatever was there.
func TestWriteReplaces(t *testing.T) {
	fsys := vfs.NewMem()
	s := state(5, 200)
	info := mustWrite(t, fsys, s)
	store(t, fsys, info.Path, []byte("rubbish"))
	if again := mustWrite(t, fsys, s); again != info {
		t.Errorf("second Write = %+v, first %+v", again, info)
	}
	got, err := Read(fsys, info.Path)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(got, s); d != "" {
		t.Error(d)
	}
}

// Read says which snapshot it is about, and what the system said.
func TestReadOfNothing(t *testing.T) {
	_, err := Read(vfs.OS(), filepath.Join(t.TempDir(), "x.snap"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "x.snap") {
		t.Errorf("error %v, want one that names the file and wraps os.ErrNotExist", err)
	}
}

// A section takes the memory of its data and the compressed bytes, and Verify that of the largest section only.
func TestVerifyReusesMemory(t *testing.T) {
	fsys := vfs.NewMem()
	s := &Snapshot{}
	for i := range 20 {
		s.Sections = append(s.Sections, Section{Name: strconv.Itoa(i), Data: make([]byte, 1<<20)})
	}
	info := mustWrite(t, fsys, s)
	got := allocated(func() {
		if _, err := Verify(fsys, info.Path); err != nil {
			t.Error(err)
		}
	})
	if got > 3<<20 {
		t.Errorf("Verify of 20 sections of 1 MiB allocated %d bytes", got)
	}
}
