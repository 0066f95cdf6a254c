module github.com/seed-7d4c2414/exchange/bench/flash1

go 1.26.0

require github.com/seed-7d4c2414/exchange v0.0.0

replace github.com/seed-7d4c2414/exchange => ../..
