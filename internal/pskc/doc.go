// Package pskc knows RFC 6030, the Portable Symmetric Key Container, both ways:
// read as a stream of key packages, with its encryption, MACs and signatures,
// and written so that it is read as the same. A family of seed files reads
// through it and provision will write through it, so it says what the XML says
// and judges no token: what fob can use is for its callers.
//
// Package xmlstream reads the XML and never builds a tree. On top of what it
// refuses, a Decoder refuses single elements that stand twice, elements of foreign
// namespaces and text split by comments. Only a signature needs a tree, of a file
// whose tokens were seen to be sound, and of a part of it at a time; what is then
// read is what was signed and nothing else.
//
// What is encrypted is verified before it is decrypted, and every failure on the
// way is one error, ErrKey. Ciphers, MACs, key derivation and key transport are
// functions that know no XML.
//
// decoder.go has the container, elements.go how any element is read, package.go
// what RFC 6030 has in a package, header.go what stands before the packages,
// dialect.go what is not RFC 6030. open.go opens encrypted values with the keys
// that unlock.go finds.
package pskc
