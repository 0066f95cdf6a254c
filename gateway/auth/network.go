package auth

import (
	"errors"
	"net/netip"
	"strings"
)

// MaxNetworks bounds the list of addresses of a key.
const MaxNetworks = 32

// The ways in which the list of addresses of a key can be refused.
var (
	ErrNetwork  = errors.New("auth: an address is of IPv4 or IPv6, or a network such as 10.0.0.0/8 with nothing behind its prefix")
	ErrNetworks = errors.New("auth: a list of addresses has 1 to 32 of them, none twice")
)

// ParseNetwork reads an address, or a network as ADDRESS/BITS. A network with bits
// set behind its prefix is refused: whoever writes 10.1.2.3/8 may mean either.
func ParseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		if err != nil || p != p.Masked() || p.Addr().Is4In6() {
			return netip.Prefix{}, ErrNetwork
		}
		return p, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, ErrNetwork
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// FormatNetwork is the inverse of ParseNetwork.
func FormatNetwork(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// Networks returns from where the key may be used, as text; none is from anywhere.
func (k *Key) Networks() []string {
	var list []string
	for _, p := range k.From {
		list = append(list, FormatNetwork(p))
	}
	return list
}

// checkNetworks checks a list of addresses. One that is empty would let nobody in,
// and be read as one that lets everybody in: it is refused.
func checkNetworks(list []netip.Prefix) error {
	if list != nil && len(list) == 0 || len(list) > MaxNetworks {
		return ErrNetworks
	}
	seen := make(map[netip.Prefix]bool, len(list))
	for _, p := range list {
		switch {
		case !p.IsValid():
			return ErrNetwork
		case seen[p]:
			return ErrNetworks
		}
		seen[p] = true
	}
	return nil
}

// AllowsFrom reports whether the key may be used from an address. One that is not
// known is in no list.
func (k *Key) AllowsFrom(a netip.Addr) bool {
	if k.From == nil {
		return true
	}
	for _, p := range k.From {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
