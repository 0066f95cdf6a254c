package api

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Kind is the form of a parameter's value.
type Kind uint8

// The kinds.
const (
	Text     Kind = iota // anything
	Symbol               // the name of a symbol, which must exist: Call.Market
	Decimal              // digits with decimals
	ID                   // digits: an id of something, which fits into 63 bits
	ClientID             // a client order id
	Int                  // digits: a count, which fits into 63 bits
	Time                 // digits: milliseconds or microseconds since the epoch
	Bool                 // true or false
	Enum                 // one of Values
	Names                // a JSON array of names
	NameList             // a JSON array of names, or one bare name
)

// The forms of kinds as a refusal quotes them.
const (
	decimalForm  = `^([0-9]{1,20})(\.[0-9]{1,20})?$`
	idForm       = `^[0-9]{1,20}$`
	clientIDForm = `^[a-zA-Z0-9-_]{1,36}$`
	nameForm     = `^[a-zA-Z0-9-_]{1,36}$`
	namesForm    = `^\[("[a-zA-Z0-9-_]{1,36}"(,"[a-zA-Z0-9-_]{1,36}"){0,}){0,1}\]$`
)

// maxDigits bounds both parts of a decimal, and an id.
const maxDigits = 20

// Spec declares a parameter of a method. A parameter that a method does not
// declare is ignored, whatever its value.
type Spec struct {
	Name string
	Kind Kind
	Must bool // refused when it was not sent
	Void bool // sent without a value it counts as not sent: some client always sends it

	Values  []string // Enum: what it may be
	Invalid *Error   // Enum: the refusal of anything else; nil is that of a parameter which is not valid
	Empty   *Error   // the refusal of an empty value; nil is the general one
}

// check refuses a value that is not of the declared form. What an enumeration or
// a symbol is allowed to be is checked later.
func (s *Spec) check(p *Params) *Error {
	value, sent := p.Find(s.Name)
	switch {
	case !sent && s.Must:
		return MandatoryError(s.Name)
	case !sent:
		return nil
	case isBlank(value) && s.Void:
		p.remove(s.Name)
		return nil
	case isBlank(value):
		return s.emptyError()
	}
	return s.form(value)
}

func (s *Spec) emptyError() *Error {
	switch {
	case s.Empty != nil:
		return s.Empty
	case s.Must:
		return MandatoryError(s.Name)
	default:
		return EmptyError(s.Name)
	}
}

// form refuses a value that is not of the form of the parameter's kind.
func (s *Spec) form(value []byte) *Error {
	switch s.Kind {
	case Decimal:
		if !isDecimal(value) {
			return IllegalError(s.Name, decimalForm)
		}
	case ID, Int, Time:
		if !isDigits(value) {
			return IllegalError(s.Name, idForm)
		}
		if _, ok := parseInt(value); !ok {
			return OverflowError(s.Name)
		}
	case ClientID:
		if !isName(value) {
			return IllegalError(s.Name, clientIDForm)
		}
	case Bool:
		switch string(value) {
		case "true", "false", "TRUE", "FALSE":
		default:
			return InvalidError(s.Name)
		}
	case Names:
		if !isNames(value) {
			return IllegalError(s.Name, namesForm)
		}
	case NameList:
		switch {
		case value[0] == '[' && !isNames(value):
			return IllegalError(s.Name, namesForm)
		case value[0] != '[' && !isName(value):
			return IllegalError(s.Name, nameForm)
		}
	case Text, Symbol, Enum:
	}
	return nil
}

// allows refuses a value that the parameter's enumeration does not have.
func (s *Spec) allows(p *Params) *Error {
	if s.Kind != Enum {
		return nil
	}
	value, sent := p.Find(s.Name)
	if !sent {
		return nil
	}
	switch {
	case slices.Contains(s.Values, string(value)):
		return nil
	case s.Invalid != nil:
		return s.Invalid
	default:
		return InvalidError(s.Name)
	}
}

func isBlank(value []byte) bool {
	for _, c := range value {
		if c != ' ' {
			return false
		}
	}
	return true
}

func isDigits(value []byte) bool {
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(value) > 0 && len(value) <= maxDigits
}

func isDecimal(value []byte) bool {
	for i, c := range value {
		if c == '.' {
			return isDigits(value[:i]) && isDigits(value[i+1:])
		}
	}
	return isDigits(value)
}

func isName(value []byte) bool {
	for _, c := range value {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return len(value) > 0 && len(value) <= msg.NameLen
}
