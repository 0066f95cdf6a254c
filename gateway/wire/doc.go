// Package wire turns the integers of the exchange into the decimals, times and
// strings of the public wire format, and back.
package wire
