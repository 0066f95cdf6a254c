package api

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/gateway/auth"
)

// someListenKeys is one listen key, if there may be one.
type someListenKeys struct {
	none bool
	by   *auth.Key
	did  string
}

func (s *someListenKeys) Open(by *auth.Key) (string, bool) {
	s.by = by
	return "abc", !s.none
}

func (s *someListenKeys) Extend(by *auth.Key, name []byte) bool {
	s.did += " extend"
	return by == s.by && string(name) == "abc"
}

func (s *someListenKeys) Close(by *auth.Key, name []byte) bool {
	s.did += " close"
	return by == s.by && string(name) == "abc"
}

// TestListenKeys asks for a listen key with nothing but an API key.
func TestListenKeys(t *testing.T) {
	a := newTestAPI(t, Limits{})
	call := func(key, verb, query string) string {
		t.Helper()
		c := Call{Key: []byte(key)}
		addQuery(t, &c.Params, query)
		m := a.method(t, verb, "/api/v3/userDataStream")
		if n := m.Weight(&c); n != 2 {
			t.Errorf("%s weighs %d", verb, n)
		}
		if err := a.Serve(m, &c); err != nil {
			return string(err.AppendJSON(nil))
		}
		return string(c.Out)
	}
	const (
		unknown = `{"code":-1125,"msg":"This listenKey does not exist."}`
		missing = `{"code":-1102,"msg":"Mandatory parameter 'listenKey' was not sent, was empty/null, or malformed."}`
		noKey   = `{"code":-2014,"msg":"API-key format invalid."}`
		refused = `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`
	)
	if _, _, err := a.keys.Add(auth.Draft{Account: ann, ID: "blind", Trade: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, verb, query, want string }{
		{"ann", "POST", "", `{"code":-1020,"msg":"This operation is not supported."}`},
		{"ann", "PUT", "listenKey=abc", unknown},
		{"ann", "DELETE", "listenKey=abc", unknown},
	} {
		if got := call(c.key, c.verb, c.query); got != c.want {
			t.Errorf("none at all: %s?%s: got %s, want %s", c.verb, c.query, got, c.want)
		}
	}
	one := &someListenKeys{}
	a.listenKeys = one
	for _, c := range []struct{ key, verb, query, want string }{
		{"", "POST", "", noKey},
		{"nobody", "POST", "", refused},
		{"blind", "POST", "", refused},
		{"ann", "POST", "", `{"listenKey":"abc"}`},
		{"blind", "PUT", "listenKey=abc", refused},
		{"blind", "DELETE", "listenKey=abc", refused},
		{"ann", "PUT", "listenKey=abc", "{}"},
		{"ann", "PUT", "listenKey=abd", unknown},
		{"ann", "PUT", "", missing},
		{"ann", "DELETE", "listenKey=", missing},
		{"ann", "DELETE", "listenKey=" + strings.Repeat("x", 64), unknown},
		{"ann", "DELETE", "listenKey=abc", "{}"},
		{"", "DELETE", "listenKey=abc", noKey},
	} {
		if got := call(c.key, c.verb, c.query); got != c.want {
			t.Errorf("%s?%s by %s: got %s, want %s", c.verb, c.query, c.key, got, c.want)
		}
	}
	if one.did != " extend extend close close" || one.by.ID != "ann" {
		t.Errorf("%s did%s", one.by, one.did)
	}
	one.none = true
	if got, want := call("ann", "POST", ""), string(ErrOverloaded.AppendJSON(nil)); got != want {
		t.Errorf("there are too many: got %s, want %s", got, want)
	}
}
