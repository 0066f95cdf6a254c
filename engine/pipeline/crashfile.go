package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// The stages in which a command can make the program panic, and what is recorded
// beside that. They are part of the format of the file.
const (
	stageExecute  = "execute"  // before it was journalled
	stagePublish  = "publish"  // after that, by views and streams
	stageSnapshot = "snapshot" // when the journal was folded in the background
	stageRecover  = "recover"  // when it was folded at a start
	stageBarred   = "barred"   // no crash: from here on the command is refused
)

// crashesRefused is after how many crashes for one command a build is not started any
// more.
const crashesRefused = 2

// The bounds of the history. Above the first, the oldest records go until half of it
// is left.
const (
	maxHistoryBytes = 8 << 20
	crashPerm       = 0o600
)

// CrashFile returns where a data directory records crashes.
func CrashFile(data string) string { return filepath.Join(data, crashFile) }

// Crash is a record of the history: a line of JSON.
type Crash struct {
	Time    int64       `json:"time"` // by the clock of the exchange
	Stage   string      `json:"stage"`
	Journal string      `json:"journal"`
	Build   string      `json:"build"`
	Seq     msg.Seq     `json:"sequence"`     // of the command; before it was journalled, the one that it was to have
	At      int64       `json:"command_time"` // of the command
	Kind    string      `json:"kind"`
	Hash    CommandHash `json:"hash"`
	Bytes   string      `json:"command"` // as if it had been refused, in the journal's encoding, in hexadecimal

	Frame  uint64 `json:"frame,omitempty"` // of a command in the journal
	File   string `json:"file,omitempty"`
	Offset int64  `json:"offset,omitempty"`

	Before *CrashBefore `json:"before,omitempty"`
	Panic  string       `json:"panic,omitempty"`
	Stack  string       `json:"stack,omitempty"`
}

// CrashBefore is the part of the batch before a command, which was executed and not
// journalled either.
type CrashBefore struct {
	Commands int     `json:"commands"`
	Seq      msg.Seq `json:"sequence"` // of the first
	Time     int64   `json:"time"`     // of the first
	Bytes    string  `json:"transactions,omitempty"`
}

// durable reports whether the command stands in the journal.
func (c *Crash) durable() bool {
	return c.Stage == stagePublish || c.Stage == stageSnapshot || c.Stage == stageRecover
}

// CommandHash tells commands apart that ask for different things: 32 hexadecimal
// digits. When a command came, and what name a client gave to it, does not count,
// because who tries again may give another.
type CommandHash string

// HashOf returns the hash of a command.
func HashOf(c *msg.Command) CommandHash {
	d := *c
	d.Seq, d.Time, d.CancelName = 1, 0, msg.Name{}
	if d.Kind == msg.Place || d.Kind == msg.CancelReplace || d.Kind == msg.Amend {
		d.Name = msg.Name{}
	}
	sum := sha256.Sum256(encodeRefused(&d))
	return CommandHash(hex.EncodeToString(sum[:16]))
}

// ParseCommandHash reads a hash as it is written.
func ParseCommandHash(text string) (CommandHash, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 16 || hex.EncodeToString(b) != text {
		return "", errors.New("a command hash has 32 hexadecimal digits")
	}
	return CommandHash(text), nil
}

// encodeRefused encodes a command as if it had been refused. A command that makes the
// encoding itself panic is written in another way.
func encodeRefused(c *msg.Command) (b []byte) {
	defer func() {
		if recover() != nil {
			b = fmt.Appendf(nil, "%+v %+v", *c, c.Spec)
		}
	}()
	var e msg.Encoder
	e.Reset(c.Seq, c.Time)
	return e.Append(nil, c, []msg.Event{{Kind: msg.Rejected, Reason: msg.UnknownKind}}) // for some reason, so that it can be decoded
}

// history is the record of crashes of a data directory. It is only appended to, but
// for what its bound takes.
type history struct {
	fs  vfs.FS
	dir string
}

// read returns what is recorded, oldest first. A line that cannot be read, such as
// one that a power cut tore, is warned of.
func (h history) read(warn func(string)) ([]Crash, error) {
	b, err := vfs.ReadFile(h.fs, CrashFile(h.dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of crashes: %w", err)
	}
	var all []Crash
	for n, line := range bytes.Split(b, []byte{'\n'}) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var c Crash
		if err := json.Unmarshal(line, &c); err != nil {
			warn(fmt.Sprintf("line %d of %s is no record of a crash, and is passed over", n+1, CrashFile(h.dir)))
			continue
		}
		all = append(all, c)
	}
	return all, nil
}

// append adds a record, durably.
func (h history) append(c *Crash) error {
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode the record of a crash: %w", err)
	}
	line = append(line, '\n')
	name := CrashFile(h.dir)
	old, err := vfs.ReadFile(h.fs, name)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read the record of crashes: %w", err)
	case len(old)+len(line) > maxHistoryBytes:
		err = vfs.WriteFileSync(h.fs, name, append(newest(old, maxHistoryBytes/2), line...), crashPerm)
	default:
		if len(old) > 0 && old[len(old)-1] != '\n' { // a power cut tore the last one
			line = append([]byte{'\n'}, line...)
		}
		err = h.write(name, line)
	}
	if err != nil {
		return fmt.Errorf("write the record of crashes: %w", err)
	}
	return nil
}

// write appends bytes to the file, durably.
func (h history) write(name string, line []byte) error {
	f, err := h.fs.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, crashPerm)
	if err != nil {
		return err //nolint:wrapcheck // append wraps it
	}
	_, err = f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err //nolint:wrapcheck // append wraps it
	}
	return h.fs.SyncDir(h.dir) //nolint:wrapcheck // append wraps it
}

// newest returns the last whole lines of a text, of at most so many bytes.
func newest(text []byte, most int) []byte {
	if len(text) <= most {
		return text
	}
	text = text[len(text)-most:]
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[i+1:]
	}
	return nil
}
