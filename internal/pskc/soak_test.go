//go:build soak

package pskc

// everyByte has the mutation test change every byte in every way that it knows.
const everyByte = true
