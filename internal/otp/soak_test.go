//go:build soak

package otp

// soak tells that there is time for the whole of it.
const soak = true
