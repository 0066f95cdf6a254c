package api

import (
	"bytes"
	"math"
	"slices"
)

// MaxParams bounds the parameters of a call.
const MaxParams = 64

// Param is one parameter, decoded. Name and value belong to whoever added them.
type Param struct {
	Name  []byte
	Value []byte
}

// Params are the parameters of a call, in the order in which they came. What
// they return of a declared parameter needs no further check: Serve has refused
// whatever is not of the declared form.
type Params struct {
	list []Param
}

// Reset forgets all parameters.
func (p *Params) Reset() { p.list = p.list[:0] }

// Add adds a parameter; false means that there are MaxParams already.
func (p *Params) Add(name, value []byte) bool {
	if len(p.list) == MaxParams {
		return false
	}
	p.list = append(p.list, Param{name, value})
	return true
}

// Len returns their number.
func (p *Params) Len() int { return len(p.list) }

// At returns the parameter at an index.
func (p *Params) At(i int) Param { return p.list[i] }

// repeats reports whether a parameter was sent twice.
func (p *Params) repeats() bool {
	for i := range p.list {
		for j := range i {
			if bytes.Equal(p.list[i].Name, p.list[j].Name) {
				return true
			}
		}
	}
	return false
}

// Find returns the value of a parameter; ok is false when it was not sent. Of
// several with this name it is the first.
func (p *Params) Find(name string) (value []byte, ok bool) {
	for i := range p.list {
		if string(p.list[i].Name) == name {
			return p.list[i].Value, true
		}
	}
	return nil, false
}

// remove removes a parameter.
func (p *Params) remove(name string) {
	p.list = slices.DeleteFunc(p.list, func(q Param) bool { return string(q.Name) == name })
}

// Has reports whether a parameter was sent with a value.
func (p *Params) Has(name string) bool {
	v, ok := p.Find(name)
	return ok && !isBlank(v)
}

// Value returns the value of a parameter, nil when it was not sent.
func (p *Params) Value(name string) []byte {
	v, _ := p.Find(name)
	return v
}

// Int returns a parameter of kind Int or ID; ok is false when it was not sent.
func (p *Params) Int(name string) (n int64, ok bool) {
	v, ok := p.Find(name)
	if !ok {
		return 0, false
	}
	return parseInt(v)
}

// Bool returns a parameter of kind Bool, or what it is when it was not sent.
func (p *Params) Bool(name string, absent bool) bool {
	v, ok := p.Find(name)
	if !ok {
		return absent
	}
	return len(v) == len("true")
}

// Is reports whether a parameter was sent with this value.
func (p *Params) Is(name, value string) bool {
	v, ok := p.Find(name)
	return ok && string(v) == value
}

// microFrom is the number from which on a time counts microseconds: as
// milliseconds it would be the year 5138, as microseconds it is 1973.
const microFrom = 1e14

// Time returns a parameter of kind Time in nanoseconds since the epoch: the first
// and the last that show as the time that was sent. ok is false when it was not
// sent. What is later than nanoseconds can count is the last that they can.
func (p *Params) Time(name string) (first, last int64, ok bool) {
	n, ok := p.Int(name)
	if !ok {
		return 0, 0, false
	}
	unit := int64(1e6)
	if n >= microFrom {
		unit = 1e3
	}
	if n >= math.MaxInt64/unit {
		return math.MaxInt64, math.MaxInt64, true
	}
	return n * unit, (n+1)*unit - 1, true
}

// parseInt reads a number without a sign; ok is false when it is none or needs
// more than 63 bits.
func parseInt(text []byte) (n int64, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(text) > 0
}
