package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func openStore(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t *testing.T, s *Store, d Draft) (*Key, string) {
	t.Helper()
	k, secret, err := s.Add(d)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func TestStoreKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	s := openStore(t, path)
	if _, err := os.Lstat(path); err == nil {
		t.Error("there is a file before there is a key")
	}
	generated, secret := add(t, s, Draft{Account: 1, Read: true})
	chosen, _ := add(t, s, Draft{Account: 2, ID: "k", Secret: "s", Trade: true})
	public, none := add(t, s, Draft{Account: 2, Public: publicText, Read: true, Trade: true, From: networks(t, "127.0.0.1", "10.0.0.0/8", "2001:db8::/32")})
	gone, _ := add(t, s, Draft{Account: 3, ID: "gone", Read: true})
	if len(generated.ID) != generatedLen || len(secret) != generatedLen || none != "" || !isID(secret) {
		t.Errorf("generated %q, %q; of a public key %q", generated.ID, secret, none)
	}
	if !generated.fresh || chosen.fresh || public.fresh {
		t.Errorf("fresh: %v %v %v", generated.fresh, chosen.fresh, public.fresh)
	}
	if err := s.Delete("gone"); err != nil {
		t.Fatal(err)
	}
	if s.Holds(gone) || !s.Holds(chosen) {
		t.Error("a deleted key is held, or one that is there is not")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	again := openStore(t, path)
	if again.Len() != 3 || again.Lookup([]byte("gone")) != nil {
		t.Errorf("%d keys after opening again", again.Len())
	}
	for _, k := range []*Key{generated, chosen, public} {
		got := again.Lookup([]byte(k.ID))
		if got == nil || got.Account != k.Account || got.Read != k.Read || got.Trade != k.Trade || got.tag != k.tag ||
			!bytes.Equal(got.Public, k.Public) || !slices.Equal(got.From, k.From) || (got.secret == nil) != (k.secret == nil) {
			t.Errorf("%v comes back as %v", k, got)
			continue
		}
		if got.secret != nil && got.secret.text() != k.secret.text() {
			t.Errorf("%v comes back with another secret", k)
		}
		if got.fresh {
			t.Errorf("%v is fresh after it was read", k)
		}
	}
	if of := again.Of(2); len(of) != 2 || of[0].ID != "k" || of[1].ID != public.ID {
		t.Errorf("the keys of account 2 are %v", of)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestStoreRefuses(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "keys.json"))
	add(t, s, Draft{Account: 1, ID: "k", Secret: "s", Read: true})
	long := strings.Repeat("x", MaxIDLen+1)
	for name, c := range map[string]struct {
		d    Draft
		want error
	}{
		"fee account":     {Draft{Read: true}, ErrAccount},
		"no such account": {Draft{Account: msg.MaxAccounts + 1, Read: true}, ErrAccount},
		"no permission":   {Draft{Account: 1}, ErrPermission},
		"known":           {Draft{Account: 1, ID: "k", Read: true}, ErrKnown},
		"id of blanks":    {Draft{Account: 1, ID: "a b", Read: true}, ErrID},
		"long id":         {Draft{Account: 1, ID: long, Read: true}, ErrID},
		"odd secret":      {Draft{Account: 1, Secret: "ä", Read: true}, ErrSecret},
		"long secret":     {Draft{Account: 1, Secret: long, Read: true}, ErrSecret},
		"both":            {Draft{Account: 1, Secret: "s", Public: publicText, Read: true}, ErrBoth},
		"no address":      {Draft{Account: 1, Read: true, From: []netip.Prefix{}}, ErrNetworks},
		"odd address":     {Draft{Account: 1, Read: true, From: []netip.Prefix{{}}}, ErrNetwork},
		"address twice":   {Draft{Account: 1, Read: true, From: networks(t, "10.0.0.1", "::ffff:10.0.0.1")}, ErrNetworks},
		"many addresses":  {Draft{Account: 1, Read: true, From: make([]netip.Prefix, MaxNetworks+1)}, ErrNetworks},
		"no base64":       {Draft{Account: 1, Public: "?", Read: true}, ErrPublic},
		"no key":          {Draft{Account: 1, Public: "AAAA", Read: true}, ErrPublic},
		"another key": {Draft{
			Account: 1, Read: true,
			Public: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==",
		}, ErrPublic},
	} {
		if k, secret, err := s.Add(c.d); !errors.Is(err, c.want) || k != nil || secret != "" {
			t.Errorf("%s: got %v, %q, %v, want %v", name, k, secret, err, c.want)
		}
	}
	if err := s.Delete("x"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("got %v, want %v", err, ErrUnknownKey)
	}
	if s.Len() != 1 {
		t.Errorf("%d keys, want 1", s.Len())
	}
	full := make([]*Key, MaxKeys)
	for i := range full {
		full[i] = &Key{ID: fmt.Sprint("key", i)}
	}
	s.now.Store(newKeyring(full))
	if _, _, err := s.Add(Draft{Account: 1, Read: true}); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v, want %v", err, ErrTooMany)
	}
}

// canary is a secret that must not be read anywhere.
const canary = "CANARY-secret-0123456789"

func TestFileRefused(t *testing.T) {
	good := `{"key":"k","account":1,"secret":"` + canary + `","read":true,"trade":true}`
	file := func(entries ...string) string {
		return `{"format":1,"keys":[` + strings.Join(entries, ",") + `]}`
	}
	if list, err := parseFile([]byte(file(good))); err != nil || len(list) != 1 || !list[0].Trade {
		t.Fatalf("the good file: %v, %v", list, err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "read JSON"},
		"no JSON":       {"keys", "read JSON"},
		"cut":           {file(good)[:40], "read JSON"},
		"trailing":      {file(good) + "{}", "something follows"},
		"list":          {"[]", "read JSON"},
		"no format":     {`{"keys":[]}`, "format 0"},
		"later format":  {`{"format":2,"keys":[]}`, "format 2"},
		"unknown field": {`{"format":1,"keys":[],"more":1}`, `"more"`},
		"unknown field of an entry": {
			file(good, `{"key":"b","account":1,"secret":"`+canary+`","reads":true}`), `entry 2: read JSON: json: unknown field "reads"`,
		},
		"twice":         {file(good, good), "entry 2: key k"},
		"a field twice": {file(strings.Replace(good, `"trade"`, `"read":false,"trade"`, 1)), `the field "read" is there twice`},
		"a field in capitals too": {
			file(strings.Replace(good, `"trade"`, `"Read":false,"trade"`, 1)), `the field "Read" is there twice`,
		},
		"two formats":      {`{"format":1,"format":1,"keys":[]}`, `the field "format" is there twice`},
		"no id":            {file(`{"account":1,"secret":"` + canary + `","read":true}`), "entry 1: auth: a key id"},
		"no secret":        {file(`{"key":"k","account":1,"read":true}`), "entry 1: auth: a secret"},
		"odd secret":       {file(`{"key":"k","account":1,"secret":"` + canary + ` ","read":true}`), "entry 1: auth: a secret"},
		"secret as number": {file(`{"key":"k","account":1,"secret":1,"read":true}`), "entry 1: read JSON"},
		"odd public key":   {file(`{"key":"k","account":1,"public_key":"` + canary + `","read":true}`), "entry 1: auth: a public key"},
		"odd network":      {file(`{"key":"k","account":1,"secret":"` + canary + `","read":true,"ips":["10.1.2.3/8"]}`), "entry 1: auth: an address"},
		"empty network":    {file(`{"key":"k","account":1,"secret":"` + canary + `","read":true,"ips":[]}`), "entry 1: auth: a list of addresses"},
		"account 0":        {file(`{"key":"k","secret":"` + canary + `","read":true}`), "entry 1: auth: a key is of an account"},
		"negative account": {file(`{"key":"k","account":-1,"secret":"` + canary + `","read":true}`), "entry 1: read JSON"},
		"no permission":    {file(`{"key":"k","account":1,"secret":"` + canary + `"}`), "entry 1: auth: a key may"},
	} {
		path := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %s and the path", name, err, c.want)
		}
		if strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s: the error tells the secret", name)
		}
		if text, _ := os.ReadFile(path); string(text) != c.text {
			t.Errorf("%s: the file was touched", name)
		}
	}
}

func TestFileForOthersRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.json")
	add(t, openStore(t, path), Draft{Account: 1, Read: true})
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644, 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, errReadable) {
			t.Errorf("mode %v: got %v, want %v", mode, err, errReadable)
		}
	}
	if _, err := Open(dir); !errors.Is(err, errRegular) {
		t.Errorf("a directory: got %v, want %v", err, errRegular)
	}
	long := filepath.Join(dir, "long.json")
	if err := os.WriteFile(long, bytes.Repeat([]byte(" "), maxFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(long); !errors.Is(err, errTooLong) {
		t.Errorf("a long file: got %v, want %v", err, errTooLong)
	}
}

// TestLongestFile pins that a store can read what it has written.
func TestLongestFile(t *testing.T) {
	id := strings.Repeat("i", MaxIDLen-5)
	secret := newSecret(strings.Repeat("s", MaxIDLen))
	list := make([]*Key, MaxKeys)
	from := make([]netip.Prefix, MaxNetworks)
	for i := range from {
		from[i] = netip.MustParsePrefix(fmt.Sprintf("2001:db8:1111:2222:3333:4444:5555:%x/127", 0xf000+2*i))
	}
	for i := range list {
		list[i] = &Key{ID: fmt.Sprintf("%s%05d", id, i), Account: msg.MaxAccounts, Read: true, Trade: true, From: from, secret: secret}
	}
	text, err := appendFile(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > maxFileBytes {
		t.Errorf("%d bytes, and %d are read", len(text), maxFileBytes)
	}
	if back, err := parseFile(text); err != nil || len(back) != len(list) {
		t.Errorf("%d of %d come back: %v", len(back), len(list), err)
	}
}

// TestSecretIsNotTold prints, logs and encodes a key in all ways.
func TestSecretIsNotTold(t *testing.T) {
	s := openStore(t, "")
	k, secret := add(t, s, Draft{Account: 1, ID: "k", Secret: canary, Read: true})
	if secret != canary {
		t.Fatalf("got %q, want %q", secret, canary)
	}
	around := struct {
		Key *Key
		in  Key
	}{k, *k}
	var told bytes.Buffer
	for _, v := range []any{k, *k, around, &around, []*Key{k}, s, *s.now.Load()} {
		fmt.Fprintf(&told, "%v %+v %#v %s %q %d %x\n", v, v, v, v, v, v, v)
		slog.New(slog.NewTextHandler(&told, nil)).Info("key", "key", v)
		slog.New(slog.NewJSONHandler(&told, nil)).Info("key", "key", v)
		if text, err := json.Marshal(v); err == nil {
			told.Write(text)
		}
	}
	hexed := fmt.Sprintf("%x", canary)
	if text := told.String(); strings.Contains(text, canary) || strings.Contains(text, hexed) {
		t.Errorf("the secret is in\n%s", text)
	}
	if !strings.Contains(told.String(), "key k of account 1 (hmac)") {
		t.Errorf("the key is not in\n%s", told.String())
	}
}

func TestStoreReset(t *testing.T) {
	dir := t.TempDir()
	path, aside := filepath.Join(dir, "keys.json"), filepath.Join(dir, "old.json")
	s := openStore(t, path)
	if err := s.Reset(aside); err != nil {
		t.Errorf("without a file: %v", err)
	}
	k, _ := add(t, s, Draft{Account: 1, ID: "k", Secret: "s", Read: true})
	if err := os.WriteFile(aside, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(aside); !errors.Is(err, ErrAsideExists) || !s.Holds(k) {
		t.Errorf("got %v, want %v and the key kept", err, ErrAsideExists)
	}
	if text, _ := os.ReadFile(aside); string(text) != "mine" {
		t.Error("the file aside was touched")
	}
	if err := os.Remove(aside); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(aside); err != nil || s.Len() != 0 || s.Lookup([]byte("k")) != nil {
		t.Errorf("%v, %d keys", err, s.Len())
	}
	if openStore(t, path).Len() != 0 || openStore(t, aside).Len() != 1 {
		t.Error("the file was not moved")
	}
	add(t, s, Draft{Account: 1, ID: "k", Read: true})
	if openStore(t, path).Len() != 1 {
		t.Error("a key after the reset is not kept")
	}
}

// TestStoreFailure takes the directory away: a change that cannot be kept is none.
func TestStoreFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, filepath.Join(dir, "keys.json"))
	k, _ := add(t, s, Draft{Account: 1, ID: "k", Read: true})
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Add(Draft{Account: 1, ID: "l", Secret: canary, Read: true}); err == nil || s.Lookup([]byte("l")) != nil ||
		strings.Contains(err.Error(), canary) {
		t.Errorf("add: %v", err)
	}
	if err := s.Delete("k"); err == nil || !s.Holds(k) {
		t.Errorf("delete: %v", err)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	// What a crash has left of a file that was being written is in nobody's way.
	if err := os.WriteFile(filepath.Join(dir, "keys.json.tmp"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	add(t, s, Draft{Account: 1, ID: "l", Read: true})
	if n := openStore(t, filepath.Join(dir, "keys.json")).Len(); n != 2 {
		t.Errorf("%d keys, want 2", n)
	}
}

func TestStoreTogether(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "keys.json"))
	const writers, each = 4, 10
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				id := fmt.Sprintf("key-%d-%d", w, i)
				if _, _, err := s.Add(Draft{Account: 1, ID: id, Read: true}); err != nil {
					t.Error(err)
				}
				if s.Lookup([]byte(id)) == nil {
					t.Errorf("%s was added and is not found", id)
				}
				if i%2 == 1 {
					if err := s.Delete(id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	if n := s.Len(); n != writers*each/2 {
		t.Errorf("%d keys, want %d", n, writers*each/2)
	}
}
