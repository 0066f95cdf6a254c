// Package ahead asks for memory before it is written.
//
// It is a package of its own because one that speaks with C can have no assembly.
package ahead
