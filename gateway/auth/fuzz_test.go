package auth

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// FuzzSignature shows any text as the signature of any payload, to a key of each
// kind: it is taken only when it is the one that there is, in one of the ways in
// which it may be written.
func FuzzSignature(f *testing.F) {
	const secretText = "testsecret"
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	hashed := &Key{ID: "h", secret: newSecret(secretText)}
	public := &Key{ID: "p", Public: private.Public().(ed25519.PublicKey)}
	sum := func(payload []byte) []byte {
		h := hmac.New(sha256.New, []byte(secretText))
		h.Write(payload)
		return h.Sum(nil)
	}
	for _, payload := range []string{"", "symbol=BTCUSDT&timestamp=1", "\x00\xff"} {
		hexed, based := hex.EncodeToString(sum([]byte(payload))), base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(payload)))
		for _, text := range []string{
			hexed, strings.ToUpper(hexed), hexed[1:], hexed + "00", " " + hexed[1:], based, strings.ReplaceAll(based, "+", " "), based[:86], based[:87] + "\n",
			strings.NewReplacer("+", "-", "/", "_").Replace(based), based[:85] + "h==", strings.Repeat("0", 64), strings.Repeat("A", 86) + "==", "",
		} {
			f.Add([]byte(payload), []byte(text))
		}
	}
	a := &Authenticator{}
	f.Fuzz(func(t *testing.T, payload, text []byte) {
		wantHash := strings.EqualFold(string(text), hex.EncodeToString(sum(payload)))
		if got := a.Verify(hashed, payload, text) == nil; got != wantHash {
			t.Fatalf("%q as HMAC of %q: %t, want %t", text, payload, got, wantHash)
		}
		// Ed25519 signatures are unique to whoever does not have the key.
		wantPublic := strings.ReplaceAll(string(text), " ", "+") == base64.StdEncoding.EncodeToString(ed25519.Sign(private, payload))
		if got := a.Verify(public, payload, text) == nil; got != wantPublic {
			t.Fatalf("%q as Ed25519 of %q: %t, want %t", text, payload, got, wantPublic)
		}
		// What is written differently and means the same is remembered as the same.
		if s, ok := public.decode(text); ok && base64.StdEncoding.EncodeToString(s.bytes[:s.n]) != strings.ReplaceAll(string(text), " ", "+") {
			t.Fatalf("%q was read as %x", text, s.bytes)
		}
		if s, ok := hashed.decode(text); ok && !strings.EqualFold(hex.EncodeToString(s.bytes[:s.n]), string(text)) {
			t.Fatalf("%q was read as %x", text, s.bytes[:s.n])
		}
	})
}

// described is what there is to know of a key.
func described(k *Key) Draft {
	d := Draft{Account: k.Account, ID: k.ID, Secret: k.Reveal(), Read: k.Read, Trade: k.Trade, From: k.From}
	if k.Public != nil {
		d.Public = base64.StdEncoding.EncodeToString(k.Public)
	}
	return d
}

// FuzzKeys reads any text as the file of keys. What is taken is written, and read
// again, as the same keys; and each is one that could have been added.
func FuzzKeys(f *testing.F) {
	const entry = `{"key":"k","account":1,"secret":"s","read":true,"trade":true}`
	for _, seed := range []string{
		`{"format":1,"keys":[]}`, `{"format":1,"keys":[` + entry + `]}`, `{"format":1,"keys":[` + entry + "," + strings.Replace(entry, `"k"`, `"l"`, 1) + `]}`,
		`{"format":1,"keys":[` + entry + "," + entry + `]}`, `{"format":2,"keys":[]}`, `{"format":1,"keys":null}`, `{"format":1}`, `{}`, ``, `null`, `[]`,
		`{"format":1,"keys":[{"key":"p","account":2,"public_key":"MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=","read":true,"trade":false}]}`,
		`{"format":1,"keys":[` + strings.Replace(entry, `"read"`, `"ips":["10.0.0.0/8","::1"],"read"`, 1) + `]}`,
		`{"format":1,"keys":[` + strings.Replace(entry, `"read"`, `"ips":[],"read"`, 1) + `]}`,
		`{"format":1,"format":1,"keys":[]}`, `{"FORMAT":1,"keys":[]}`, `{"format":1,"keys":[` + strings.Replace(entry, `"trade":true`, `"trade":true,"trade":false`, 1) + `]}`,
		`{"format":1,"keys":[]}x`, "{\"format\":1,\"keys\":[" + strings.Replace(entry, `"s"`, "\"s\xff\"", 1) + "]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := parseFile(text)
		if err != nil {
			return
		}
		s := &Store{}
		s.now.Store(newKeyring(nil))
		for _, k := range list {
			d := described(k)
			if k.Public != nil {
				if d.Public, err = formatPublic(k.Public); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := s.Add(d); err != nil {
				t.Fatalf("%s could not have been added: %v", k, err)
			}
		}
		written, err := appendFile(nil, list)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseFile(written)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%s is written as %s, and read as %v, %v", text, written, again, err)
		}
		for i := range list {
			if was, is := described(list[i]), described(again[i]); !reflect.DeepEqual(was, is) {
				t.Fatalf("%s is written as %s, and read otherwise", text, written)
			}
		}
	})
}
