package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// MaxKeys bounds the keys of a store.
const MaxKeys = 10_000

// Store holds the API keys and keeps them in a file. It may be used by many
// goroutines at once. Who looks up waits for nobody: a change is made to a copy,
// which takes the place of the old one when it is durable.
type Store struct {
	mu   sync.Mutex // of whoever changes
	path string
	now  atomic.Pointer[keyring]
}

// keyring is a set of keys that is never changed.
type keyring struct {
	list []*Key // in the order in which they were added
	byID map[string]*Key
}

func newKeyring(list []*Key) *keyring {
	r := &keyring{list: list, byID: make(map[string]*Key, len(list))}
	for _, k := range list {
		r.byID[k.ID] = k
	}
	return r
}

// Open returns the store of a file, which is made with the first key if there is
// none. A file that somebody else could read, or in which something is not as it
// should be, is refused. With an empty path the keys are kept in memory only.
func Open(path string) (*Store, error) {
	s := &Store{path: path}
	var list []*Key
	if path != "" {
		var err error
		list, err = readFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open keys: %w", err)
		}
	}
	s.now.Store(newKeyring(list))
	return s, nil
}

// Lookup returns the key of an id, or nil.
func (s *Store) Lookup(id []byte) *Key { return s.now.Load().byID[string(id)] }

// Holds reports whether k is still a key: one that was deleted is not.
func (s *Store) Holds(k *Key) bool { return s.now.Load().byID[k.ID] == k }

// Len returns the number of keys.
func (s *Store) Len() int { return len(s.now.Load().list) }

// Of returns the keys of an account, in the order in which they were added.
func (s *Store) Of(account msg.AccountID) []*Key {
	var of []*Key
	for _, k := range s.now.Load().list {
		if k.Account == account {
			of = append(of, k)
		}
	}
	return of
}

// Add adds the key that d describes, and returns it with the secret of an HMAC key.
// When it returns, the key is durable. After an error of the file it is not a key,
// but may be one after the next start.
func (s *Store) Add(d Draft) (key *Key, secret string, err error) {
	key, secret, err = d.key()
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.now.Load()
	switch {
	case old.byID[key.ID] != nil:
		return nil, "", ErrKnown
	case len(old.list) >= MaxKeys:
		return nil, "", ErrTooMany
	}
	if err := s.replace(append(slices.Clip(old.list), key)); err != nil {
		return nil, "", fmt.Errorf("add key: %w", err)
	}
	return key, secret, nil
}

// Delete deletes the key of an id: ErrUnknownKey. When it returns, that is durable.
// After an error of the file it is still a key, but may be none after the next
// start.
func (s *Store) Delete(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.now.Load()
	k := old.byID[id]
	if k == nil {
		return ErrUnknownKey
	}
	list := slices.DeleteFunc(slices.Clone(old.list), func(o *Key) bool { return o == k })
	if err := s.replace(list); err != nil {
		return fmt.Errorf("delete key: %w", err)
	}
	return nil
}

// Reset forgets all keys, for an exchange that begins anew, and moves their file to
// aside. A file that is there already is not touched: ErrAsideExists.
func (s *Store) Reset(aside string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path != "" {
		if _, err := os.Lstat(aside); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("move keys to %s: %w", aside, ErrAsideExists)
		}
		if err := moveFile(s.path, aside); err != nil {
			return fmt.Errorf("move keys aside: %w", err)
		}
	}
	s.now.Store(newKeyring(nil))
	return nil
}

// replace makes list the keys.
func (s *Store) replace(list []*Key) error {
	if s.path != "" {
		if err := writeFile(s.path, list); err != nil {
			return err
		}
	}
	s.now.Store(newKeyring(list))
	return nil
}
