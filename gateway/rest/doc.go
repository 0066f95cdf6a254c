// Package rest carries the public API over HTTP: paths and verbs become methods,
// query and form body become parameters, and refusals become statuses and JSON.
//
// What was signed is the query and the body exactly as they came, so both are
// read as bytes and by this package's own parser: a general one reads a body with
// some verbs only, and takes a plus in a signature for a blank.
package rest
