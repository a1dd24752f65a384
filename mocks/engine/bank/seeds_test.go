//go:build !race

package bank

const seeds = 10_000
