package api

// scratch is what methods use again from call to call.
type scratch struct{}
