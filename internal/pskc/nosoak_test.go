//go:build !soak

package pskc

const everyByte = false
