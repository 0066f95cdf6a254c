package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
)

// onceFrom remembers a signature and from where it came, or returns why it is not to
// be taken. The one that came from the same place before is taken again.
func (r *replays) onceFrom(k *Key, w Window, s *signature, client netip.Addr, now int64) error {
	f := s.fingerprint(k)
	there := f.from(client)
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.remember(f, w, now)
	switch {
	case err == nil:
		return r.remember(there, w, now)
	case errors.Is(err, ErrReplayed) && r.remembers(there, w):
		return nil
	}
	return err
}

// from stands for a signature that comes from an address: for one and the same, no
// other address has a second that stands for it.
func (f fingerprint) from(client netip.Addr) fingerprint {
	text := binary.LittleEndian.AppendUint64(nil, f.high)
	text = binary.LittleEndian.AppendUint64(text, f.low)
	sum := sha256.Sum256(append(text, client.String()...))
	return fingerprint{high: binary.LittleEndian.Uint64(sum[:]), low: binary.LittleEndian.Uint64(sum[8:]), key: f.key}
}

func (r *replays) remembers(f fingerprint, w Window) bool {
	m := r.seconds[w.kept()]
	if m == nil {
		return false
	}
	_, used := m.used[f]
	return used
}
