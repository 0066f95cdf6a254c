package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// MaxIDLen bounds the id and the secret of a key that the caller chose.
const MaxIDLen = 128

// generatedLen is the length of ids and secrets that are generated: 62^64 of them
// are more than 2^380.
const generatedLen = 64

// The ways in which a new key can be refused.
var (
	ErrID          = errors.New("auth: a key id is 1 to 128 characters A-Z a-z 0-9 - _")
	ErrSecret      = errors.New("auth: a secret is 1 to 128 characters A-Z a-z 0-9 - _")
	ErrPublic      = errors.New("auth: a public key is the base64 of an Ed25519 key as SubjectPublicKeyInfo")
	ErrBoth        = errors.New("auth: a key has a secret or a public key, not both")
	ErrPermission  = errors.New("auth: a key may read or trade or both")
	ErrAccount     = errors.New("auth: a key is of an account, and the fee account has none")
	ErrKnown       = errors.New("auth: a key of this id exists")
	ErrTooMany     = errors.New("auth: the bound of keys is reached")
	ErrUnknownKey  = errors.New("auth: no key of this id")
	ErrAsideExists = errors.New("auth: where the file of keys is to be moved there is a file")
)

// Draft is a key to be.
type Draft struct {
	Account msg.AccountID
	ID      string // generated when empty
	Secret  string // of an HMAC key; generated when empty
	Public  string // of an Ed25519 key, its SubjectPublicKeyInfo in base64; empty for HMAC
	Read    bool
	Trade   bool
	From    []netip.Prefix // from where it may be used; nil: from anywhere
}

// key returns the key that d describes, and its secret if it has one.
func (d *Draft) key() (k *Key, text string, err error) {
	k = &Key{ID: d.ID, Account: d.Account, Read: d.Read, Trade: d.Trade, From: slices.Clone(d.From)}
	if err := checkNetworks(d.From); err != nil {
		return nil, "", err
	}
	switch {
	case d.Account == msg.FeeAccount || d.Account > msg.MaxAccounts:
		return nil, "", ErrAccount
	case !d.Read && !d.Trade:
		return nil, "", ErrPermission
	case d.ID == "":
		k.ID = generate()
	case !isID(d.ID):
		return nil, "", ErrID
	}
	k.tag = tagOf(k.ID)
	switch {
	case d.Public != "" && d.Secret != "":
		return nil, "", ErrBoth
	case d.Public != "":
		k.Public, err = parsePublic(d.Public)
		return k, "", err
	case d.Secret == "":
		text, k.fresh = generate(), true
	case !isID(d.Secret):
		return nil, "", ErrSecret
	default:
		text = d.Secret
	}
	k.secret = newSecret(text)
	return k, text, nil
}

// tagOf returns a number for an id. That two ids had one would refuse what both had
// signed alike, and no more.
func tagOf(id string) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.LittleEndian.Uint64(sum[:])
}

// generate returns random alphanumerics.
func generate() string {
	const (
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		fair     = 256 - 256%len(alphabet) // bytes from here on would favour the first letters
	)
	var text [generatedLen]byte
	var random [generatedLen]byte
	for n := 0; n < len(text); {
		_, _ = rand.Read(random[:]) // it never fails
		for _, b := range random {
			if int(b) < fair && n < len(text) {
				text[n] = alphabet[int(b)%len(alphabet)]
				n++
			}
		}
	}
	return string(text[:])
}

// isID reports whether s is what an id or a secret may be.
func isID[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > MaxIDLen {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

func parsePublic(text string) (ed25519.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrPublic
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, ErrPublic
	}
	public, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, ErrPublic
	}
	if isWeak(public) {
		return nil, fmt.Errorf("%w: of small order, for which anybody can sign", ErrPublic)
	}
	return public, nil
}

// isWeak reports whether a public key is a point of small order: one of eight, some
// of which can be written in more than one way. For such a key there are signatures
// that are right for any bytes, and no secret is needed to find them. Neither the
// parser of keys nor the verifier of signatures minds.
func isWeak(public ed25519.PublicKey) bool {
	const (
		prime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed" // of the field
		eight = "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826" // y of two points of order 8; of the other two it is the negative
	)
	y := slices.Clone(public)
	slices.Reverse(y)
	y[0] &= 0x7f // without the sign of x
	number := func(text string) *big.Int {
		n, _ := new(big.Int).SetString(text, 16)
		return n
	}
	p, order8 := number(prime), number(eight)
	got := new(big.Int).SetBytes(y)
	got.Mod(got, p)
	for _, weak := range []*big.Int{
		big.NewInt(0), big.NewInt(1), new(big.Int).Sub(p, big.NewInt(1)), // of orders 4, 1 and 2
		order8, new(big.Int).Sub(p, order8),
	} {
		if got.Cmp(weak) == 0 {
			return true
		}
	}
	return false
}

// formatPublic is the inverse of parsePublic.
func formatPublic(public ed25519.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(der), nil
}
