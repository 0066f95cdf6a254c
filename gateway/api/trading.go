package api

// scratchTrade is what the methods of accounts and their orders use again.
type scratchTrade struct{}

// tradingMethods are the methods of accounts and their orders.
func tradingMethods() []Method { return nil }
