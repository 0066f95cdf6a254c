package api

import "bytes"

// MaxParams bounds the parameters of a call.
const MaxParams = 64

// Param is one parameter, decoded. Name and value belong to whoever added them.
type Param struct {
	Name  []byte
	Value []byte
}

// Params are the parameters of a call, in the order in which they came.
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

// Has reports whether a parameter was sent with a value.
func (p *Params) Has(name string) bool {
	v, ok := p.Find(name)
	return ok && len(bytes.TrimSpace(v)) > 0
}
