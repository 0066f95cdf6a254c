package admin

import (
	"errors"
	"slices"
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/marketview"
)

func (a *Admin) addKey(q *request) (int, any, error) {
	id, err := q.accountArg()
	if err != nil {
		return 0, nil, err
	}
	d := auth.Draft{Account: id}
	if err := readDraft(q.body, &d); err != nil {
		return 0, nil, err
	}
	err = a.read(func(v *marketview.Views) error {
		if _, ok := v.Account(id); !ok || id == msg.FeeAccount {
			return unknown("UNKNOWN_ACCOUNT", "account", q.args[0])
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	k, secret, err := a.keys.Add(d)
	if err != nil {
		return 0, nil, keyRefused(err)
	}
	return fasthttp.StatusCreated, struct {
		Key    string `json:"key"`
		Secret string `json:"secret,omitempty"`
	}{k.ID, secret}, nil
}

// readDraft reads what a new key is to be.
func readDraft(src []byte, d *auth.Draft) error {
	var b struct {
		Type        *string   `json:"type"`
		PublicKey   *string   `json:"public_key"`
		Permissions *[]string `json:"permissions"`
		Key         *string   `json:"key"`
		Secret      *string   `json:"secret"`
		IPs         *[]string `json:"ips"`
	}
	if err := decode(src, &b); err != nil {
		return err
	}
	if err := missing(sent("type", b.Type)); err != nil {
		return err
	}
	switch {
	case *b.Type != "hmac" && *b.Type != "ed25519":
		return bad("INVALID_VALUE", "type", "The value is none of those there are.").because(*b.Type, "hmac|ed25519")
	case *b.Type == "hmac" && b.PublicKey != nil:
		return bad("UNKNOWN_FIELD", "public_key", "An HMAC key has a secret and no public key.")
	case *b.Type == "ed25519" && b.Secret != nil:
		return bad("UNKNOWN_FIELD", "secret", "An Ed25519 key has a public key, its secret stays with its owner.")
	case *b.Type == "ed25519" && b.PublicKey == nil:
		return bad("MISSING_FIELD", "public_key", "The field is missing.")
	}
	for _, f := range []struct {
		name string
		sent *string
		into *string
	}{{"public_key", b.PublicKey, &d.Public}, {"key", b.Key, &d.ID}, {"secret", b.Secret, &d.Secret}} {
		if f.sent == nil {
			continue
		}
		if *f.sent == "" { // which would stand for one that is generated
			return bad("INVALID_KEY", f.name, "The field is empty.")
		}
		*f.into = *f.sent
	}
	if err := readNetworks(b.IPs, d); err != nil {
		return err
	}
	return readPermissions(b.Permissions, d)
}

// readNetworks reads from where a new key may be used.
func readNetworks(texts *[]string, d *auth.Draft) error {
	if texts == nil {
		return nil
	}
	if n := len(*texts); n == 0 || n > auth.MaxNetworks {
		return bad("INVALID_VALUE", "ips", "A list of addresses is not empty, and has a bound.").because(strconv.Itoa(n), "1 to "+strconv.Itoa(auth.MaxNetworks))
	}
	for i, text := range *texts {
		field := "ips." + strconv.Itoa(i)
		p, err := auth.ParseNetwork(text)
		if err != nil {
			return bad("INVALID_ADDRESS", field, "The value is no address of IPv4 or IPv6, and no network of such with nothing behind its prefix.").because(text, "127.0.0.1, 10.0.0.0/8, 2001:db8::/32")
		}
		if slices.Contains(d.From, p) {
			return bad("INVALID_VALUE", field, "The address is there twice.").because(text, "")
		}
		d.From = append(d.From, p)
	}
	return nil
}

func readPermissions(names *[]string, d *auth.Draft) error {
	if names == nil {
		d.Read, d.Trade = true, true
		return nil
	}
	for _, name := range *names {
		switch name {
		case "read":
			d.Read = true
		case "trade":
			d.Trade = true
		default:
			return bad("INVALID_VALUE", "permissions", "The value is none of those there are.").because(name, "read|trade")
		}
	}
	return nil
}

// keyRefused says why a key was not added.
func keyRefused(err error) error {
	switch {
	case errors.Is(err, auth.ErrID):
		return bad("INVALID_KEY", "key", "A key has 1 to 128 characters A-Z a-z 0-9 - _.")
	case errors.Is(err, auth.ErrSecret):
		return bad("INVALID_KEY", "secret", "A secret has 1 to 128 characters A-Z a-z 0-9 - _.")
	case errors.Is(err, auth.ErrPublic):
		return bad("INVALID_KEY", "public_key", "A public key is an Ed25519 key as SubjectPublicKeyInfo, in base64.")
	case errors.Is(err, auth.ErrPermission):
		return bad("INVALID_VALUE", "permissions", "A key may read, or trade, or both.").because("", "read|trade")
	case errors.Is(err, auth.ErrKnown):
		p := bad("KEY_TAKEN", "key", "There is one of this name.")
		p.status = fasthttp.StatusConflict
		return p
	case errors.Is(err, auth.ErrTooMany):
		p := bad("TOO_MANY", "", "There are as many as there can be.")
		p.status = fasthttp.StatusConflict
		return p
	case errors.Is(err, gateway.ErrStorage):
		return unanswered(err)
	default:
		return &problem{status: fasthttp.StatusServiceUnavailable, Code: "KEYS_NOT_KEPT", Message: "The keys cannot be kept; there is no such key."}
	}
}

// keyRow is what is told of a key: all but its secret.
type keyRow struct {
	Key         string   `json:"key"`
	Type        string   `json:"type"`
	Permissions []string `json:"permissions"`
	IPs         []string `json:"ips,omitempty"`
}

// accountKeys answers with the keys of an account, in the order in which they were
// added.
func (a *Admin) accountKeys(q *request) (int, any, error) {
	id, err := q.accountArg()
	if err != nil {
		return 0, nil, err
	}
	err = a.read(func(v *marketview.Views) error {
		if _, ok := v.Account(id); !ok {
			return unknown("UNKNOWN_ACCOUNT", "account", q.args[0])
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	rows := []keyRow{}
	for _, k := range a.keys.Of(id) {
		row := keyRow{Key: k.ID, Type: "hmac", IPs: k.Networks()}
		if k.Public != nil {
			row.Type = "ed25519"
		}
		if k.Read {
			row.Permissions = append(row.Permissions, "read")
		}
		if k.Trade {
			row.Permissions = append(row.Permissions, "trade")
		}
		rows = append(rows, row)
	}
	return fasthttp.StatusOK, rows, nil
}

func (a *Admin) deleteKey(q *request) (int, any, error) {
	err := a.keys.Delete(q.args[0])
	switch {
	case errors.Is(err, auth.ErrUnknownKey):
		p := unknown("UNKNOWN_KEY", "key", q.args[0])
		return 0, nil, p
	case err != nil:
		return 0, nil, keyRefused(err)
	}
	return fasthttp.StatusNoContent, nil, nil
}
