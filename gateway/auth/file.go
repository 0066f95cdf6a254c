package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// fileFormat is the version of the file.
const fileFormat = 1

// maxFileBytes bounds the file: MaxKeys of the longest entries fit into it.
const maxFileBytes = 32 << 20

// othersMode are the permissions that a file of secrets must not have.
const othersMode fs.FileMode = 0o077

var (
	errReadable = errors.New("others than its owner can use it (its mode must be 0600)")
	errRegular  = errors.New("it is not a regular file")
	errTooLong  = errors.New("it is too long")
)

// fileHead is the file; its entries are read one by one, so that an error can name
// the entry.
type fileHead struct {
	Format int               `json:"format"`
	Keys   []json.RawMessage `json:"keys"`
}

type fileEntry struct {
	Key     string        `json:"key"`
	Account msg.AccountID `json:"account"`
	Secret  string        `json:"secret,omitempty"`     // of HMAC-SHA256
	Public  string        `json:"public_key,omitempty"` // of Ed25519
	Read    bool          `json:"read"`
	Trade   bool          `json:"trade"`
	IPs     []string      `json:"ips,omitempty"` // from where it may be used; without: from anywhere
}

func readFile(path string) ([]*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w", path, errRegular)
	case info.Mode().Perm()&othersMode != 0:
		return nil, fmt.Errorf("%s: %w", path, errReadable)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", path, err)
	case len(text) > maxFileBytes:
		return nil, fmt.Errorf("%s: %w", path, errTooLong)
	}
	list, err := parseFile(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// parseFile reads the text of the file. No error repeats what stands in it, but for
// names of fields and ids.
func parseFile(text []byte) ([]*Key, error) {
	var head fileHead
	if err := decodeStrict(text, &head); err != nil {
		return nil, err
	}
	// Nothing is too deep for that any more. Of two fields the library has taken the last.
	if err := checkNames(json.NewDecoder(bytes.NewReader(text))); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if head.Format != fileFormat {
		return nil, fmt.Errorf("format %d is not known", head.Format)
	}
	if len(head.Keys) > MaxKeys {
		return nil, fmt.Errorf("%d keys: %w", len(head.Keys), ErrTooMany)
	}
	list := make([]*Key, 0, len(head.Keys))
	seen := make(map[string]bool, len(head.Keys))
	for i, raw := range head.Keys {
		k, err := parseEntry(raw)
		switch {
		case err != nil:
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		case seen[k.ID]:
			return nil, fmt.Errorf("entry %d: key %s: %w", i+1, k.ID, ErrKnown)
		}
		seen[k.ID] = true
		list = append(list, k)
	}
	return list, nil
}

func parseEntry(raw []byte) (*Key, error) {
	var e fileEntry
	if err := decodeStrict(raw, &e); err != nil {
		return nil, err
	}
	switch { // what a draft would have generated must be there
	case e.Key == "":
		return nil, ErrID
	case e.Secret == "" && e.Public == "":
		return nil, ErrSecret
	}
	d := Draft{Account: e.Account, ID: e.Key, Secret: e.Secret, Public: e.Public, Read: e.Read, Trade: e.Trade}
	if e.IPs != nil {
		d.From = make([]netip.Prefix, len(e.IPs))
	}
	for i, text := range e.IPs {
		var err error
		if d.From[i], err = ParseNetwork(text); err != nil {
			return nil, err
		}
	}
	k, _, err := d.key()
	return k, err
}

// decodeStrict reads one JSON value and nothing more.
func decodeStrict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read JSON: something follows its end")
	}
	return nil
}

// checkNames reads a value and refuses an object with two fields of one name, in
// whatever case, as the library reads them.
func checkNames(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err //nolint:wrapcheck // whoever calls says what was read
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := make(map[string]bool)
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err //nolint:wrapcheck // as above
			}
			folded := strings.ToLower(fmt.Sprint(name))
			if seen[folded] {
				return fmt.Errorf("the field %q is there twice", name)
			}
			seen[folded] = true
		}
		if err := checkNames(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the end
	return err         //nolint:wrapcheck // as above
}

func appendFile(dst []byte, list []*Key) ([]byte, error) {
	head := fileHead{Format: fileFormat, Keys: make([]json.RawMessage, len(list))}
	for i, k := range list {
		e := fileEntry{Key: k.ID, Account: k.Account, Read: k.Read, Trade: k.Trade, IPs: k.Networks()}
		if k.secret != nil {
			e.Secret = k.secret.text()
		} else {
			public, err := formatPublic(k.Public)
			if err != nil {
				return dst, fmt.Errorf("key %s: %w", k.ID, err)
			}
			e.Public = public
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return dst, fmt.Errorf("key %s: %w", k.ID, err)
		}
		head.Keys[i] = raw
	}
	text, err := json.MarshalIndent(head, "", " ")
	if err != nil {
		return dst, err
	}
	return append(append(dst, text...), '\n'), nil
}

// writeFile replaces the file in one step: whenever the machine stops, there is the
// old one or the new one, and it is whole.
func writeFile(path string, list []*Key) error {
	text, err := appendFile(nil, list)
	if err != nil {
		return err
	}
	temporary := path + ".tmp"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSynced(temporary, text); err != nil {
		return fmt.Errorf("write %s: %w", temporary, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// moveFile renames a file, if there is one.
func moveFile(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
				return nil
			}
		}
		return err
	}
	return errors.Join(syncDir(filepath.Dir(from)), syncDir(filepath.Dir(to)))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
