//go:build race

package bank

// The race detector makes the same arithmetic fifteen times as slow.
const seeds = 300
