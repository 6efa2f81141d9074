// Package pskc reads the family pskc: RFC 6030 containers whose values are in
// plain text. What the container says is read by package fob/internal/pskc;
// here it is decided what of it is a token, and every restriction that fob
// cannot keep refuses its record by name.
package pskc
