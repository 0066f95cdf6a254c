module github.com/seed-7d4c2414/exchange/bench/flash1

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/seed-7d4c2414/exchange v0.0.0
)

require github.com/klauspost/compress v1.20.3 // indirect

replace github.com/seed-7d4c2414/exchange => ../..
