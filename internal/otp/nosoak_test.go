//go:build !soak

package otp

const soak = false
